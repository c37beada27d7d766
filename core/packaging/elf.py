"""What a library needs of the system, and what it shows to others."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from steps import ROOT, Failed, output

# Those of the C library itself. Every Linux has them.
SYSTEM = ("libc.", "libm.", "libpthread.", "libdl.", "librt.", "ld-linux")


@dataclass(frozen=True)
class Library:
    path: Path
    needed: list[str]  # the libraries that it loads
    floors: dict[str, tuple[int, ...]]  # of each symbol version, such as GLIBC: the newest
    exported: list[str]
    run_paths: list[str]


def read(path: Path) -> Library:
    dynamic = output("readelf", "-d", "-W", path)
    floors: dict[str, tuple[int, ...]] = {}
    versions = output("readelf", "-V", "-W", path).partition("Version needs section")[2]
    for name, version in re.findall(r"Name: ([A-Z_]+)_([0-9.]+)\b", versions):
        number = tuple(int(part) for part in version.split("."))
        floors[name] = max(floors.get(name, ()), number)
    symbols = output("nm", "-D", "--defined-only", path).split("\n")
    return Library(
        path=path,
        needed=re.findall(r"\(NEEDED\).*\[(.+)\]", dynamic),
        floors=floors,
        exported=sorted(
            line.split()[-1].split("@")[0] for line in symbols if " A " not in line and line
        ),
        run_paths=re.findall(r"\((?:RPATH|RUNPATH)\).*\[(.+)\]", dynamic),
    )


def faults(library: Library, shown: str, glibc: tuple[int, ...]) -> list[str]:
    """Says why the library would not do on another system. `shown` matches what it may export."""
    found = [f"it loads {name}" for name in library.needed if not name.startswith(SYSTEM)]
    for name, version in library.floors.items():
        if name != "GLIBC":
            found.append(f"it needs symbols of {name}")
        elif version > glibc:
            found.append(f"it needs glibc {'.'.join(map(str, version))}")
    others = [name for name in library.exported if not re.fullmatch(shown, name)]
    if others:
        found.append(f"it shows {', '.join(others[:5])}")
    if not [name for name in library.exported if re.fullmatch(shown, name)]:
        found.append(f"it does not show {shown}")
    found += [f"it has the run path {path}" for path in library.run_paths]
    if str(ROOT).encode() in library.path.read_bytes():
        found.append("it names the folder in which it was built")
    return found


def check(path: Path, shown: str, glibc: tuple[int, ...]) -> None:
    found = faults(read(path), shown, glibc)
    if found:
        raise Failed(f"{path.name}: {'; '.join(found)}")
