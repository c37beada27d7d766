"""Instructions of the hot paths, counted by callgrind:

on a shared machine time is noise, and these are not.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from pathlib import Path

GOLDEN = Path(__file__).parents[1] / "instructions.json"
PATHS = {  # what it is, and how many of it a pass does
    "stream": ("a streamed chunk", 1000),
    "plain": ("a plain call's request and answer", 100),
    "pair": ("a reservation and its end", 100),
    "rank": ("a ranking of 400 models", 100),
}


def count(program: Path, path: str) -> float:
    """Instructions of one of what the path does, in its second pass: the first warms it up."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            "valgrind",
            "--tool=callgrind",
            f"--toggle-collect=hot_{path}",
            f"--callgrind-out-file={folder}/out",
            str(program),
            path,
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or not found:
        raise OSError((done.stderr.strip().splitlines() or ["it told nothing"])[-1])
    return int(found[1]) / PATHS[path][1]


def recorded(path: str) -> tuple[float, float]:
    """What was counted when it was recorded, and the most that it may be."""
    golden = json.loads(GOLDEN.read_text())
    return golden["recorded"][path], golden["recorded"][path] * golden["room"]


def record(program: Path) -> None:
    """Makes what is counted now the bound: after a change that is meant."""
    golden = json.loads(GOLDEN.read_text())
    golden["recorded"] = {path: round(count(program, path)) for path in PATHS}
    GOLDEN.write_text(json.dumps(golden, indent=1) + "\n")
