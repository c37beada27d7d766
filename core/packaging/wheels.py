"""Builds the wheels: one core for all of them, and a module for each Python."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import elf
import libraries
import sbom
import sizes
import wayfare_core
from interpreters import Interpreter, find
from parts import read
from steps import BUILD, PACKAGES, ROOT, Failed, run, say
from target import GLIBC, Target
from wheel_file import WheelFile

LIMIT = 3_000_000  # bytes of a wheel


def build(named: list[str]) -> list[Path]:
    found, refusals = find(named)
    for refusal in refusals:
        say(f"no wheel for {refusal}")
    if not found or (named and refusals):
        raise Failed("there is no Python to build a wheel for")
    tree, folders = wayfare_core.build(GLIBC)
    PACKAGES.mkdir(parents=True, exist_ok=True)
    made = []
    for interpreter in found:
        say(f"building the wheel for {interpreter.name}")
        wheel = module(interpreter, GLIBC, tree, folders)
        (library,) = (GLIBC.folder / interpreter.tag / "tree").glob("_wayfare*.so")
        measured = sizes.of_library(library.parent, library.name)
        made.append(finish(wheel, GLIBC, folders, measured))
    for path in made:
        say(f"{path.relative_to(ROOT)}: {path.stat().st_size:,} bytes")
    say(f"in the last module: {sizes.told(measured)}")
    return made


def module(interpreter: Interpreter, target: Target, tree: Path, folders: dict[str, Path]) -> Path:
    """Builds the module and lets the usual build backend make a wheel of it."""
    folder = target.folder / interpreter.tag
    python = environment(interpreter, folder)
    shutil.rmtree(folder / "wheel", ignore_errors=True)
    archives = [tree / "libwayfare_core.a", *libraries.archives(target)]
    defines = {
        "CMAKE_TOOLCHAIN_FILE": target.toolchain,
        "WAYFARE_ARCHIVE": ";".join(map(str, archives)),
        "WAYFARE_INSTALL": "OFF",
        "WAYFARE_UNITY": "ON",
        "CMAKE_INTERPROCEDURAL_OPTIMIZATION": "OFF",
        "Python_INCLUDE_DIR": headers(interpreter, folder),
        "pybind11_DIR": folders["pybind11"] / "share/cmake/pybind11",
    }
    run(
        *(python, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check"),
        *("--no-build-isolation", "--no-deps", "-w", folder / "wheel"),
        *(f"-Cbuild-dir={folder / 'tree'}", "-Cinstall.strip=false"),
        *(f"-Ccmake.define.{name}={value}" for name, value in defines.items()),
        ROOT,
    )
    return next((folder / "wheel").glob("*.whl"))


def environment(interpreter: Interpreter, folder: Path) -> Path:
    """Returns the Python of an environment that has the build backend."""
    python = folder / "venv/bin/python"
    if not (folder / "venv/done").exists():
        shutil.rmtree(folder / "venv", ignore_errors=True)
        run(interpreter.program, "-m", "venv", folder / "venv")
        pip = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        run(*pip, "--upgrade", "pip>=23.1")  # older ones cannot pass several settings on
        run(*pip, "scikit-build-core>=0.10")
        (folder / "venv/done").touch()
    return python


def headers(interpreter: Interpreter, folder: Path) -> Path:
    """Copies the headers of Python to a folder of their own.

    Beside those of the system, the compiler would take the headers of this machine's C library.
    """
    copied = folder / "headers"
    shutil.rmtree(copied, ignore_errors=True)
    shutil.copytree(interpreter.include, copied)
    own = interpreter.own_config / "pyconfig.h"
    if own.exists():
        shutil.copy(own, copied)
    return copied


def finish(
    made: Path, target: Target, folders: dict[str, Path], measured: Mapping[str, int]
) -> Path:
    """Adds the bill of materials and the licences, names the platform, and checks the result."""
    parts = list(read().values())
    wheel = WheelFile(made)
    wheel.set_platform(target.wheels)
    wheel.add("sboms/wayfare.cdx.json", sbom.text(parts, measured).encode())
    for notice in wayfare_core.notices(parts, folders, BUILD / "licenses"):
        wheel.add_license(f"parts/{notice.name}", notice.read_bytes())
    path = wheel.write(PACKAGES)
    check(path, target)
    return path


def check(path: Path, target: Target) -> None:
    wheel = WheelFile(path)
    (name,) = [name for name in wheel.files if name.endswith(".so")]
    module = BUILD / "module.so"
    module.write_bytes(wheel.files[name])
    elf.check(module, "PyInit__wayfare", target.glibc)
    if path.stat().st_size > LIMIT:
        raise Failed(f"{path.name} has {path.stat().st_size:,} bytes: more than {LIMIT:,}")
