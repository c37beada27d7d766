"""What it takes to install wayfare and other clients: `./run packages --table`."""

from __future__ import annotations

import resource
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from environments import installed_size
from interpreters import Interpreter
from steps import BUILD, Failed, run

PEERS = ("openai", "litellm", "liter-llm", "warpllm")
FOLDER = BUILD / "table"


@dataclass(frozen=True)
class Row:
    name: str
    version: str
    packed: float  # MB of all files that are fetched
    installed: float  # MB without bytecode
    dependencies: int
    wall: float  # seconds
    cpu: float


def measure(interpreter: Interpreter, name: str, wanted: str) -> Row:
    """Installs from files that were fetched before, so that the network is not measured."""
    folder = FOLDER / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    run(interpreter.program, "-m", "venv", folder / "venv")
    python = folder / "venv/bin/python"
    pip = (python, "-m", "pip", "--quiet", "--disable-pip-version-check")
    run(*pip, "install", "--upgrade", "pip")
    run(*pip, "download", "--only-binary=:all:", "--dest", folder / "files", wanted)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.monotonic()
    run(*pip, "install", "--no-index", "--find-links", folder / "files", wanted)
    wall = time.monotonic() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    files = list((folder / "files").iterdir())
    (own,) = [one for one in files if one.name.lower().startswith(f"{name.replace('-', '_')}-")]
    return Row(
        name=name,
        version=own.name.split("-")[1],
        packed=sum(one.stat().st_size for one in files) / 1e6,
        installed=installed_size(folder / "venv") / 1e6,
        dependencies=len(files) - 1,
        wall=wall,
        cpu=after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
    )


def show(interpreter: Interpreter, wheel: Path) -> None:
    """Prints a table. A client that cannot be installed is told with its error."""
    print(f"{interpreter.name}\n")
    print("| package | fetched | installed | dependencies | time to install | CPU |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name in ("wayfare", *PEERS):
        try:
            row = measure(interpreter, name, str(wheel) if name == "wayfare" else name)
        except Failed as failed:
            print(f"| {name} | {str(failed).splitlines()[-2][:80]} | | | | |")
            continue
        print(
            f"| {row.name} {row.version} | {row.packed:.1f} MB | {row.installed:.1f} MB "
            f"| {row.dependencies or 'none'} | {row.wall:.1f} s | {row.cpu:.1f} s |",
            flush=True,
        )
