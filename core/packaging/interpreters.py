"""The Pythons of this machine."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

OLDEST = (3, 9)

PROBE = """
import json, os, platform, sys, sysconfig
include = sysconfig.get_paths()["include"]
multiarch = sysconfig.get_config_var("MULTIARCH") or ""
print(json.dumps({
    "program": sys.executable,
    "kind": platform.python_implementation(),
    "version": list(sys.version_info[:3]),
    "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    "include": include,
    "own_config": os.path.join(os.path.dirname(include), multiarch, os.path.basename(include)),
}))
"""


@dataclass(frozen=True)
class Interpreter:
    program: str
    kind: str  # CPython, PyPy
    version: tuple[int, ...]
    free_threaded: bool
    include: Path
    own_config: Path  # where Debian keeps the pyconfig.h of this processor

    @property
    def name(self) -> str:
        return f"{self.kind} {'.'.join(map(str, self.version))}"

    @property
    def tag(self) -> str:
        return f"cp{self.version[0]}{self.version[1]}"

    def refusal(self) -> str:
        """Why there is no wheel for it; "" if there is one."""
        if self.kind != "CPython":
            return f"{self.name}: only CPython is supported"
        if self.version[:2] < OLDEST:
            return f"{self.name}: wayfare needs {'.'.join(map(str, OLDEST))} or later"
        if self.free_threaded:
            return f"{self.name}, free-threaded: wayfare needs the lock of the interpreter"
        if not (self.include / "Python.h").exists():
            return f"{self.name}: its headers are missing: {self.include}/Python.h"
        return ""


def probe(program: str) -> Interpreter | None:
    try:
        told = subprocess.run(
            [program, "-I", "-c", PROBE], capture_output=True, text=True, timeout=60
        )
        found = json.loads(told.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None  # it is there and does not work, such as a place-holder
    return Interpreter(
        **{
            **found,
            "version": tuple(found["version"]),
            "include": Path(found["include"]),
            "own_config": Path(found["own_config"]),
        }
    )


def programs() -> list[str]:
    """Those in PATH, and where two managers of Pythons keep theirs."""
    home = Path.home()
    folders = [Path(name) for name in os.get_exec_path()]
    folders += sorted((home / ".pyenv/versions").glob("*/bin"))
    folders += sorted((home / ".local/share/uv/python").glob("*/bin"))
    return [
        str(program)
        for folder in folders
        if folder.is_dir()
        for program in sorted(folder.glob("python3.*"))
        if re.fullmatch(r"python3\.\d+t?", program.name)
    ]


def find(named: Iterable[str] = ()) -> tuple[list[Interpreter], list[str]]:
    """Returns one interpreter for each version, and why others are left out."""
    kept: dict[str, Interpreter] = {}
    refusals = []
    for program in list(named) or programs():
        found = probe(program)
        if not found:
            continue
        refusal = found.refusal()
        if refusal:
            refusals.append(refusal)
        else:
            kept.setdefault(found.tag, found)
    made = sorted(kept.values(), key=lambda one: one.version)
    return made, sorted(set(refusals))
