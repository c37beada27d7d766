"""A system that packages are made for, and the compiler for it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from steps import BUILD, ROOT


@dataclass(frozen=True)
class Target:
    name: str  # of the archive, and of the folder in which it is made
    triple: str  # as zig names it
    wheels: str  # the platform tags of wheels; "" if none is made
    glibc: tuple[int, ...]  # the oldest that works; () if it needs another C library

    @property
    def folder(self) -> Path:
        return BUILD / self.name

    @property
    def prefix(self) -> Path:
        """Where the parts are installed."""
        return self.folder / "prefix"

    @property
    def toolchain(self) -> Path:
        return self.folder / "toolchain.cmake"


GLIBC = Target(
    name="linux-x86_64",
    triple="x86_64-linux-gnu.2.17",
    wheels="manylinux_2_17_x86_64.manylinux2014_x86_64",
    glibc=(2, 17),
)

MUSL = Target(name="linux-x86_64-musl", triple="x86_64-linux-musl", wheels="", glibc=())

TARGETS = (GLIBC, MUSL)  # `./run dist` makes the archives for these
NAMED = {one.name: one for one in TARGETS}

# -g0: zig adds debug information otherwise. The folder of the build is not told by what is built.
FLAGS = (
    "-g0 -O2 -fno-sanitize=undefined -fstack-protector-strong -fvisibility=hidden "
    f"-ffunction-sections -fdata-sections -ffile-prefix-map={ROOT}/=/"
)

TOOLCHAIN = """\
set(CMAKE_C_COMPILER "{bin}/cc")
set(CMAKE_CXX_COMPILER "{bin}/c++")
set(CMAKE_ASM_COMPILER "{bin}/cc")
set(CMAKE_AR "{bin}/ar")
set(CMAKE_RANLIB "{bin}/ranlib")
set(CMAKE_BUILD_TYPE Release CACHE STRING "")
set(CMAKE_C_FLAGS_RELEASE "-DNDEBUG" CACHE STRING "")
set(CMAKE_CXX_FLAGS_RELEASE "-DNDEBUG" CACHE STRING "")
set(CMAKE_SHARED_LINKER_FLAGS_INIT "-Wl,--gc-sections -Wl,-s")
set(CMAKE_MODULE_LINKER_FLAGS_INIT "-Wl,--gc-sections -Wl,-s")
# Nothing of this machine's libraries and headers is taken.
set(CMAKE_PREFIX_PATH "{prefix}")
set(CMAKE_FIND_ROOT_PATH "{prefix}")
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_USE_CMAKE_SYSTEM_PATH OFF)
"""


def of_archive(path: Path) -> Target:
    """The target of wayfare-<version>-<target>.tar.gz."""
    return NAMED[path.name.split("-", 2)[2].removesuffix(".tar.gz")]


def prepare(target: Target, zig: Path) -> None:
    """Writes the wrappers of the compiler, and the file by which CMake finds them."""
    programs = target.folder / "bin"
    programs.mkdir(parents=True, exist_ok=True)
    cache = (
        f'export ZIG_GLOBAL_CACHE_DIR="{BUILD}/zig-cache" ZIG_LOCAL_CACHE_DIR="{BUILD}/zig-cache"'
    )
    for name, words in {
        "cc": f"cc -target {target.triple} {FLAGS}",
        "c++": f"c++ -target {target.triple} {FLAGS}",
        "ar": "ar",
        "ranlib": "ranlib",
    }.items():
        program = programs / name
        program.write_text(f'#!/bin/sh\n{cache}\nexec "{zig}" {words} "$@"\n')
        program.chmod(0o755)
    target.toolchain.write_text(TOOLCHAIN.format(bin=programs, prefix=target.prefix))
