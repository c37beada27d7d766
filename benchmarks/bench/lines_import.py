"""What it costs to have the library at all: import, memory, size on the disk, dependencies."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import peers
from context import Context
from report import Line, compare, failure, median
from workers import Failed, Figures, whole_process

SHOW = (
    "import json; s = open('/proc/self/status').read().split(); "
    "print(json.dumps({'kb': int(s[s.index('VmRSS:') + 1])}))"
)
OWN = {"pip", "setuptools", "wheel"}  # what a new environment has already


def _import(interpreter: Path, module: str) -> Figures:
    """A new interpreter, its bytecode cached:

    wall and CPU of the whole process, and what it holds behind the import.
    """
    code = f"import {module}\n{SHOW}" if module else SHOW
    figures, output = whole_process(interpreter, "-I", "-c", code)
    return {**figures, "mb": json.loads(output.splitlines()[-1])["kb"] / 1024}


def _installed(name: str) -> tuple[float, int]:
    """MB of the environment's packages, bytecode left out, and how many there are beside the one
    that was asked for."""
    packages = next((peers.folder(name) / "lib").glob("python*/site-packages"))
    own = OWN | {"_distutils_hack", "pkg_resources", "distutils-precedence.pth"}
    size = 0
    for top in packages.iterdir():
        if top.name.split("-")[0] in own:
            continue
        files = (
            [top]
            if top.is_file()
            else [
                file
                for file in top.rglob("*")
                if file.is_file() and "__pycache__" not in file.parts
            ]
        )
        size += sum(file.stat().st_size for file in files)
    infos = [info.name.split("-")[0] for info in packages.glob("*.dist-info")]
    return size / 2**20, len([info for info in infos if info not in OWN]) - 1


def imports(c: Context) -> Iterator[Line]:
    """Import, memory after it, installed size and dependencies, beside the peers."""
    rounds = 3 if c.quick else 15
    bare = peers.python("wayfare")
    for name in ["", *peers.PEERS]:
        try:
            interpreter, module = (
                (peers.install(name), peers.PEERS[name].module) if name else (bare, "")
            )
            plain: list[Figures] = []
            taken: dict[str, list[Figures]] = {"wayfare": [], name: []}
            _import(interpreter, module), _import(bare, "wayfare")  # writes the bytecode
            for _ in range(rounds):
                plain.append(_import(bare, ""))
                taken["wayfare"].append(_import(bare, "wayfare"))
                taken[name].append(_import(interpreter, module))
        except (Failed, subprocess.TimeoutExpired) as failed:
            yield failure("import", name, str(failed))
            continue
        added = {
            one: [{f: at[f] - base[f] for f in base} for at, base in zip(rounds_, plain)]
            for one, rounds_ in taken.items()
        }
        versions = {one: peers.version(one) for one in ("wayfare", name) if one}
        if not name:
            for figure, unit, limit in (("wall", "ms", 15), ("cpu", "ms", None), ("mb", "MB", 10)):
                what = {"wall": "time", "cpu": "CPU", "mb": "memory"}[figure]
                line = Line(
                    f"import wayfare over bare Python: {what}",
                    unit,
                    median(added["wayfare"], figure),
                    "bare Python",
                    median(plain, figure),
                )
                if limit:
                    line.limit, line.aim, line.met = (
                        limit,
                        f"≤ {limit} {unit}",
                        (line.value or 0) <= limit,
                    )
                yield line
            size, others = _installed("wayfare")
            yield Line("installed", "MB", size, limit=6, aim="≤ 6 MB", met=size <= 6)
            yield Line("dependencies", "packages", others, limit=0, aim="none", met=others == 0)
            continue
        for figure, unit, what in (("wall", "ms", "time"), ("mb", "MB", "memory")):
            yield compare(
                f"import over bare Python: {what}",
                unit,
                added["wayfare"],
                added[name],
                name,
                figure,
                versions=versions,
            )
        (size, others), (ours, none) = _installed(name), _installed("wayfare")
        yield Line("installed", "MB", ours, name, size, ours / size, versions=versions)
        yield Line("dependencies", "packages", none, name, others, versions=versions)
