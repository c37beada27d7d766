"""Tells which parts of the packages, and which pinned tools, have a newer version.

The exit status is 1 if something is behind, and 2 if something else is not known.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from parts import read
from sources import MANIFEST, cargo
from steps import BUILD, ROOT, Failed, say

FOLDER = BUILD / "outdated"


@dataclass(frozen=True)
class Pinned:
    what: str  # the part, or the tool
    package: str  # that the registry knows
    registry: str  # crates.io or PyPI
    version: str  # of the package, as it is pinned
    newest: str | None = None  # None if it is not known

    @property
    def is_behind(self) -> bool | None:
        return None if self.newest is None else numbers(self.newest) > numbers(self.version)


def numbers(version: str) -> list[int]:
    return [int(digits) for digits in re.findall(r"\d+", version)]


def pinned() -> list[Pinned]:
    parts = [
        Pinned(
            part.title,
            part.package,
            "crates.io" if part.kind == "crate" else "PyPI",
            part.package_version,
        )
        for part in read().values()
    ]
    page = (ROOT / "pyproject.toml").read_text()
    tools = re.findall(r'"([\w.-]+)==([\w.]+)"', page)
    return parts + [Pinned(name, name, "PyPI", version) for name, version in tools]


def in_crates_io(packages: Iterable[str]) -> dict[str, str]:
    """Lets cargo choose the newest version of each, and returns what it chose."""
    packages = list(packages)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    (FOLDER / "nothing.rs").touch()
    manifest = MANIFEST + "".join(f'{name} = "*"\n' for name in packages)
    (FOLDER / "Cargo.toml").write_text(manifest)
    words = [cargo(), "generate-lockfile", "--quiet", "--manifest-path", str(FOLDER / "Cargo.toml")]
    done = subprocess.run(words, capture_output=True, text=True, cwd=FOLDER)
    if done.returncode != 0:
        say(f"cargo: {done.stderr.strip()[-1000:]}")
        return {}
    return chosen((FOLDER / "Cargo.lock").read_text(), packages)


def chosen(lock: str, packages: Iterable[str]) -> dict[str, str]:
    found = dict(re.findall(r'^name = "(.+)"\nversion = "(.+)"$', lock, re.MULTILINE))
    return {name: found[name] for name in packages if name in found}


def in_pypi(package: str) -> str | None:
    """The newest version that this Python can have."""
    words = [sys.executable, "-m", "pip", "--disable-pip-version-check", "index", "versions"]
    done = subprocess.run([*words, package], capture_output=True, text=True)
    found = re.match(r"\S+ \((\S+)\)", done.stdout)
    if not found:
        say(f"pip: {package}: {done.stderr.strip()[-1000:]}")
    return found[1] if found else None


def newest(asked: Iterable[Pinned]) -> list[Pinned]:
    """The same with the newest version."""
    asked = list(asked)
    crates = in_crates_io(one.package for one in asked if one.registry == "crates.io")
    return [
        Pinned(
            one.what,
            one.package,
            one.registry,
            one.version,
            crates.get(one.package) if one.registry == "crates.io" else in_pypi(one.package),
        )
        for one in asked
    ]


def table(found: Iterable[Pinned]) -> str:
    rows = [("part or tool", "package", "pinned", "newest", "")]
    words = {True: "behind", False: "", None: "not known"}
    for one in found:
        rows.append((one.what, one.package, one.version, one.newest or "?", words[one.is_behind]))
    widths = [max(map(len, column)) for column in zip(*rows)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run outdated", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON and no table")
    as_json = parser.parse_args().json
    try:
        found = newest(pinned())
    except Failed as failed:
        say(str(failed))
        return 2
    if as_json:
        print(json.dumps([{**asdict(one), "is_behind": one.is_behind} for one in found], indent=1))
    else:
        print(table(found))
    states = {one.is_behind for one in found}
    return 1 if True in states else 2 if None in states else 0


if __name__ == "__main__":
    sys.exit(main())
