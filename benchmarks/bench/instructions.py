"""The hot paths in instructions, held to the bounds of instructions.json."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import callgrind
from context import Context
from report import Line, failure
from workers import PROGRAMS

PROGRAM = PROGRAMS / "bench_hot_paths"


def record() -> None:
    callgrind.record(PROGRAM)


def instructions(_: Context) -> Iterator[Line]:
    """The hot paths in instructions, held to the bounds of instructions.json."""
    for path, (what, _per) in callgrind.PATHS.items():
        name = f"instructions of {what}"
        try:
            value = callgrind.count(PROGRAM, path)
            before, bound = callgrind.recorded(path)
        except (OSError, subprocess.TimeoutExpired) as error:
            yield failure(name, "callgrind", str(error))
        except KeyError:
            yield failure(name, "as recorded", "nothing is recorded: ./run bench --record")
        else:
            yield Line(
                name,
                "",
                value,
                "as recorded",
                before,
                value / before,
                None,
                bound / before,
                f"≤ {bound:,.0f}",
                value <= bound,
            )
