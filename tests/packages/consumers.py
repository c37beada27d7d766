"""Projects that use the packages by the tools that their users have."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import environments
from sbom import version
from steps import BUILD, JOBS, ROOT, Failed, output, run

PROJECTS = ROOT / "tests/consumer"


def built(project: str, folder: Path, *defines: str) -> Path:
    source = PROJECTS / project
    run("cmake", "-G", "Ninja", "-S", source, "-B", folder, *(f"-D{one}" for one in defines))
    run("cmake", "--build", folder, "-j", JOBS)
    return folder / "consumer"


def of_the_archive(archive: Path) -> str:
    """find_package and pkg-config find the C library where the archive was unpacked."""
    with tempfile.TemporaryDirectory() as place, tarfile.open(archive) as tar:
        tar.extractall(place)
        prefix = Path(place) / archive.name[: -len(".tar.gz")]
        found = built("c", Path(place) / "cmake", f"CMAKE_PREFIX_PATH={prefix}")
        program = Path(place) / "consumer"
        run(
            *("sh", "-ec", 'cc main.c $(pkg-config --cflags --libs wayfare) -o "$0"', program),
            cwd=PROJECTS / "c",
            env={"PKG_CONFIG_PATH": str(prefix / "lib/pkgconfig")},
        )
        told = {output(one).strip() for one in (found, program)}
    if told != {version()}:
        raise Failed(f"the programs tell {told}")
    return "programs by find_package and by pkg-config"


def call(program: Path, server: Path) -> None:
    """Runs the program in C++, which makes a call and tells the 26 characters of its entry."""
    with environments.sandbox(server) as base_url, tempfile.TemporaryDirectory() as state:
        variables = environments.environment(base_url, state)
        done = subprocess.run(
            [program], capture_output=True, text=True, timeout=60, env={**os.environ, **variables}
        )
    if done.returncode != 0 or len(done.stdout.split()[-1]) != 26:
        raise Failed(f"{program.name}: {done.stdout[-500:]}{done.stderr[-500:]}")


def of_the_sources(sdist: Path, server: Path) -> str:
    """FetchContent takes the sources in, from the packed file."""
    with tempfile.TemporaryDirectory() as place:
        defines = (f"WAYFARE_TARBALL={sdist}", "WAYFARE_UNITY=ON", "CMAKE_BUILD_TYPE=None")
        call(built("fetched", Path(place), *defines), server)
    return "a program by FetchContent"


CALL = "import wayfare; print(wayfare.Client().chat('Hello').entry)"


def by_pip(sdist: Path, server: Path) -> str:
    """pip builds the Python module from the sources, with the libraries of the system."""
    with tempfile.TemporaryDirectory() as place:
        python = Path(place) / "bin/python"
        run(sys.executable, "-m", "venv", place)
        run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", sdist)
        with environments.sandbox(server) as base_url:
            variables = environments.environment(base_url, f"{place}/state")
            entry = environments.python_run(python, CALL, variables).strip()
    if len(entry) != 26:
        raise Failed(f"the call tells the entry {entry!r}")
    return "pip install, and a call"


WANTED = """\
[requires]
wayfare/{version}
[generators]
CMakeToolchain
CMakeDeps
"""


def of_conan(server: Path) -> str:
    """The recipe makes a package of this checkout, and a project finds it."""
    folder = BUILD / "environments/conan"
    conan = folder / "bin/conan"
    if not conan.exists():
        run(sys.executable, "-m", "venv", folder)
        run(folder / "bin/python", "-m", "pip", "install", "--quiet", "conan>=2,<3")
    with tempfile.TemporaryDirectory() as place:
        home = {"CONAN_HOME": str(Path(place) / "home")}
        run(conan, "profile", "detect", env=home)
        options = ("-s", "compiler.cppstd=20", "-c", f"tools.build:jobs={JOBS}", "--no-remote")
        run(conan, "create", ROOT / "core/packaging/conan", *options, env=home)
        page = Path(place) / "conanfile.txt"
        page.write_text(WANTED.format(version=version()))
        run(conan, "install", page, *options, "--output-folder", place, env=home)
        defines = (
            f"CMAKE_TOOLCHAIN_FILE={place}/conan_toolchain.cmake",
            "CMAKE_BUILD_TYPE=Release",
        )
        call(built("cpp", Path(place) / "cmake", *defines), server)
    return "a package, and a program that finds it"
