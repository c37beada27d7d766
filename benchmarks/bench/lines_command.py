"""What the start of the command wayfare costs."""

from __future__ import annotations

from collections.abc import Iterator

import peers
from context import Context
from report import Line, median
from workers import Figures, fresh_ledger, whole_process

LIMIT = 50  # ms over python -c pass
LEDGER = (
    "import sys, wayfare; wayfare.Client(ledger=sys.argv[1]).budget('b', limit=1, window='day')"
)


def commands(c: Context) -> Iterator[Line]:
    """The start of `wayfare --version` and `wayfare status` over `python -c pass`."""
    python = peers.python("wayfare")
    wayfare = python.with_name("wayfare")
    ledger = fresh_ledger("command")
    whole_process(python, "-c", LEDGER, ledger)
    for words in (["--version"], ["status", "--ledger", ledger]):
        whole_process(wayfare, *words)  # writes the bytecode
        bare: list[Figures] = []
        added: list[Figures] = []
        for _ in range(3 if c.quick else 25):
            bare.append(whole_process(python, "-c", "pass")[0])
            took = whole_process(wayfare, *words)[0]
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
