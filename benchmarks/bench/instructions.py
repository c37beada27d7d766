"""The hot paths in instructions, counted by callgrind: on a shared machine time is noise, and these are not."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from context import Context
from report import Line, failure
from workers import PROGRAMS, SCRATCH

GOLDEN = Path(__file__).parents[1] / "instructions.json"
UNITS = {
    "stream": ("a streamed chunk", 1000),
    "plain": ("a plain call's request and answer", 100),
    "pair": ("a reservation and its end", 100),
    "rank": ("a ranking of 400 models", 100),
}


def count(path: str) -> int:
    """Instructions of one pass of the path, the second one: the first warms it up."""
    out = SCRATCH / f"callgrind.{path}"
    command = ["valgrind", "--tool=callgrind", f"--toggle-collect=hot_{path}", f"--callgrind-out-file={out}", PROGRAMS / "bench_hot_paths", path]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=300)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or not found:
        raise OSError(done.stderr.strip().splitlines()[-1])
    return int(found[1])


def record() -> None:
    """Makes what is counted now the bound: after a change that is meant."""
    golden = json.loads(GOLDEN.read_text())
    golden["recorded"] = {path: round(count(path) / per) for path, (_, per) in UNITS.items()}
    GOLDEN.write_text(json.dumps(golden, indent=1) + "\n")


def instructions(_: Context) -> Iterator[Line]:
    """The hot paths in instructions, held to the bounds of instructions.json."""
    bounds = json.loads(GOLDEN.read_text())
    for path, (what, per) in UNITS.items():
        try:
            value = count(path) / per
        except (OSError, subprocess.TimeoutExpired) as error:
            yield failure(f"instructions of {what}", "callgrind", str(error))
            continue
        if path not in bounds["recorded"]:
            yield failure(f"instructions of {what}", "as recorded", f"{value:,.0f}, and nothing is recorded: ./run bench --record")
            continue
        recorded, bound = bounds["recorded"][path], bounds["recorded"][path] * bounds["room"]
        yield Line(f"instructions of {what}", "", value, "as recorded", recorded, value / recorded, None, bounds["room"], f"≤ {bound:,.0f}", value <= bound)
