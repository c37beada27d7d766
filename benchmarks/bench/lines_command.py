"""What the start of the command wayfare costs."""

from __future__ import annotations

import os
import resource
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import machine
import peers
from context import Context
from report import Line, median
from workers import CLIENT_CORE, Failed, Figures, fresh_ledger

LIMIT = 50  # ms over python -c pass
LEDGER = (
    "import sys, wayfare; wayfare.Client(ledger=sys.argv[1]).budget('b', limit=1, window='day')"
)


def _process(*words: str | Path) -> Figures:
    """A process from its start to its end: wall and CPU."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(
        [str(word) for word in words],
        env=bare,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        preexec_fn=lambda: machine.pin(CLIENT_CORE),
        timeout=120,
    )
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise Failed(done.stderr.strip().splitlines()[-1][:200])
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall": wall * 1e3, "cpu": cpu * 1e3}


def commands(c: Context) -> Iterator[Line]:
    """The start of `wayfare --version` and `wayfare status` over `python -c pass`."""
    python = peers.python("wayfare")
    wayfare = python.with_name("wayfare")
    ledger = fresh_ledger("command")
    _process(python, "-c", LEDGER, ledger)
    for words in (["--version"], ["status", "--ledger", ledger]):
        _process(wayfare, *words)  # writes the bytecode
        bare: list[Figures] = []
        added: list[Figures] = []
        for _ in range(3 if c.quick else 25):
            bare.append(_process(python, "-c", "pass"))
            took = _process(wayfare, *words)
            added.append({figure: took[figure] - bare[-1][figure] for figure in took})
        for figure, what in (("wall", "time"), ("cpu", "CPU")):
            line = Line(
                f"wayfare {words[0]} over python -c pass: {what}",
                "ms",
                median(added, figure),
                "python -c pass",
                median(bare, figure),
            )
            if figure == "wall":
                line.limit, line.aim = LIMIT, f"≤ {LIMIT} ms"
                line.met = (line.value or 0) <= LIMIT
            yield line
