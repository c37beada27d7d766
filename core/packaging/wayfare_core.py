"""Builds the core of wayfare and the C library for a target, with the parts inside."""

from __future__ import annotations

import shutil
from pathlib import Path

import libraries
import sources
from parts import Part, read
from steps import JOBS, ROOT, run, say
from target import Target, prepare


def build(target: Target) -> tuple[Path, dict[str, Path]]:
    """Returns the tree in which the core was built, and the folders of the sources of the parts."""
    parts = read()
    folders = sources.fetch(parts.values())
    prepare(target, folders["zig"] / "zig")
    libraries.build(target, parts, folders)
    tree = target.folder / "wayfare"
    say(f"building wayfare for {target.name}")
    run("cmake", "-G", "Ninja", "-S", ROOT, "-B", tree, *defines(target, folders))
    run("cmake", "--build", tree, "-j", JOBS, "--target", "wayfare", "wayfare_c")
    return tree, folders


def defines(target: Target, folders: dict[str, Path]) -> list[str]:
    lib, include = target.prefix / "lib", target.prefix / "include"
    curl, *others = libraries.archives(target)
    return [
        f"-DCMAKE_TOOLCHAIN_FILE={target.toolchain}",
        "-DWAYFARE_TESTS=OFF",
        "-DWAYFARE_UNITY=ON",
        f"-DCURL_LIBRARY={curl}",
        f"-DCURL_INCLUDE_DIR={include}",
        "-DCURL_NO_CURL_CMAKE=ON",
        f"-DSQLite3_LIBRARY={lib}/libsqlite3.a",
        f"-DSQLite3_INCLUDE_DIR={include}",
        f"-DRapidJSON_DIR={rapidjson(target, folders['rapidjson'])}",
        # What libcurl needs comes last.
        f"-DCMAKE_CXX_STANDARD_LIBRARIES={' '.join(map(str, others))}",
    ]


def rapidjson(target: Target, folder: Path) -> Path:
    """Returns the folder by which find_package finds the headers."""
    package = target.folder / "rapidjson"
    package.mkdir(exist_ok=True)
    page = package / "RapidJSONConfig.cmake"
    page.write_text(f'set(RAPIDJSON_INCLUDE_DIRS "{folder}/include")\n')
    return package


def notices(part_list: list[Part], folders: dict[str, Path], into: Path) -> list[Path]:
    """Copies the licences of the parts: <into>/<part>.txt."""
    into.mkdir(parents=True, exist_ok=True)
    made = []
    for part in part_list:
        if part.notice:
            made.append(into / f"{part.title}.txt")
            shutil.copy(folders[part.name] / part.notice, made[-1])
    return made
