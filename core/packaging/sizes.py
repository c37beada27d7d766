"""How many bytes of a library each part takes, as the linker tells."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

from parts import read
from steps import Failed, output

# The part that each archive belongs to, as parts.ini names it.
ARCHIVES = {
    "curl": "curl",
    "ssl": "tls",
    "crypto": "tls",
    "sqlite3": "sqlite",
    "nghttp2": "nghttp2",
    "z": "zlib",
    "wayfare_core": "wayfare",
    # What zig brings: the library of C++ and what the compiler calls.
    "c++": "zig",
    "c++abi": "zig",
    "unwind": "zig",
    "compiler_rt": "zig",
    "ubsan_rt": "zig",
    "c": "zig",
    "c_nonshared": "zig",
}
LINKER = "linker"  # its tables, and strings that several parts share
ROW = re.compile(r" *[0-9a-f]+ +[0-9a-f]+ +([0-9a-f]+) +\d+ (\S.*|        \S.*)")
EMPTY = (".bss", ".tbss")  # they take no room in the file


def part_of(path: str) -> str:
    if path == "<internal>":
        return LINKER
    archive = re.search(r"lib([\w+]+)\.a\(", path)
    if archive:
        return ARCHIVES[archive[1]]
    return "zig" if re.search(r"(crt\w+|Scrt1)\.o$", path) else "wayfare"


def of_map(text: str) -> dict[str, int]:
    """Adds up the sections of a map that the linker printed."""
    sizes: dict[str, int] = {}
    is_empty = False
    for line in text.splitlines():
        row = ROW.fullmatch(line)
        if not row:
            continue
        if not row[2].startswith(" "):
            is_empty = row[2].startswith(EMPTY)
        elif not is_empty and (inner := re.fullmatch(r" {8}(\S.*):\(\S*\)", row[2])):
            name = part_of(inner[1])
            sizes[name] = sizes.get(name, 0) + int(row[1], 16)
    return sizes


def of_library(tree: Path, name: str) -> dict[str, int]:
    """Links a library of a tree once more, and asks the linker for its map."""
    command = output("ninja", "-C", tree, "-t", "commands", name).splitlines()[-1]
    words = shlex.split(command.split("&&")[1])
    words[words.index("-o") + 1] = str(tree / "measured.so")
    done = subprocess.run([*words, "-Wl,--print-map"], cwd=tree, capture_output=True, text=True)
    sizes = of_map(done.stdout + done.stderr)
    if done.returncode != 0 or "wayfare" not in sizes:
        raise Failed(f"the linker printed no map of {name}: {done.stderr[-1000:]}")
    return sizes


def told(sizes: Mapping[str, int]) -> str:
    titles = {part.name: part.title for part in read().values()} | {"zig": "libc++ and the like"}
    rows = sorted(sizes.items(), key=lambda row: -row[1])
    return ", ".join(f"{titles.get(name, name)} {size:,}" for name, size in rows)
