"""How many answers the sandbox gives a second."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import machine
import peers
from context import Context
from report import Line, failure, median
from workers import SCRATCH, SERVER_CORE, Failed, Makers, Worker, in_turn

WORKER = Path(__file__).with_name("sandbox_worker.py")
LEAST = 1000  # answers a second


@contextlib.contextmanager
def _sandbox() -> Iterator[tuple[str, int]]:
    """Runs the sandbox on the server's core; gives its base URL and its process id."""
    process = subprocess.Popen(
        [str(peers.install_wayfare("sandbox", "aiohttp")), "-m", "wayfare.sandbox"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=SCRATCH,
        preexec_fn=lambda: machine.pin(SERVER_CORE),
    )
    assert process.stdout
    try:
        base = process.stdout.readline().strip()
        if not base:
            raise Failed("the sandbox does not start")
        yield base, process.pid
    finally:
        process.terminate()
        process.stdout.close()
        process.wait(10)


def sandbox(c: Context) -> Iterator[Line]:
    """Answers of the sandbox a second, plain and streamed:

    by the CPU of its process, and by the clock with the client on the other core.
    """
    with _sandbox() as (base, pid):
        options = {"base": base, "pid": pid, "flight": 16, "calls": c.scaled(1600)}
        makers: Makers = {
            name: partial(Worker, name, [sys.executable, WORKER], stream=stream, **options)
            for name, stream in (("plain", 0), ("a stream of 21 deltas", 1))
        }
        taken, versions, failed = in_turn(makers, c.rounds)
    for name, error in failed.items():
        yield failure(f"sandbox, {name}", "", error)
    for name, rounds in taken.items():
        for figure, what in (("cpu", "of its CPU"), ("wall", "of the clock")):
            each = 1e6 / median(rounds, figure)
            line = Line(f"sandbox, {name}: answers a second {what}", "", each, versions=versions)
            if figure == "cpu":
                line.aim, line.met = f"≥ {LEAST:,}", each >= LEAST
            yield line
