"""Python clients side by side:

calls and chunks, blocking and asyncio; wayfare with its durable ledger, the others without any.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import machine
import peers
from context import Context
from report import Line, at_most, compare, failure
from workers import SCRATCH, Makers, Worker, fresh_ledger, in_turn

WORKER = Path(__file__).with_name("python_worker.py")

# The highest ratio of wayfare's CPU to each that is aimed at.
LIMITS = {
    "call": {"httpx": 1.0, "openai": 1 / 4},
    "acall": {"aiohttp": 1 / 2, "liter-llm": 1 / 4, "openai": 1 / 25},
    "stream": {"httpx": 0.3, "openai": 1 / 50},
    "astream": {"httpx": 0.3, "openai": 1 / 50, "liter-llm": 1 / 40},
}
NAMES = {
    "call": "CPU per call, Python, blocking",
    "acall": "CPU per call, Python, asyncio, 64 in flight",
    "stream": "CPU per streamed chunk, Python, blocking",
    "astream": "CPU per streamed chunk, Python, asyncio, 4 streams at once",
}


def _interpreter(name: str) -> Path:
    return peers.python("wayfare") if name == "wayfare" else peers.install(name)


def _holder(name: str, options: dict[str, object]) -> Worker:
    return Worker(name, [_interpreter(name), WORKER, name, "hold"], **options)


def _worker(name: str, mode: str, base: str) -> Worker:
    arguments: dict[str, object] = {"base": base, "flight": 64 if mode == "acall" else 4}
    if name == "wayfare":
        arguments["ledger"] = fresh_ledger(f"python-{mode}")
    return Worker(name, [_interpreter(name), WORKER, name, mode], **arguments)


def _one(c: Context, mode: str) -> Iterator[Line]:
    """Each beside wayfare alone, so that no pair of rounds lies far apart."""
    for name in peers.PEERS:
        makers: Makers = {
            "wayfare": partial(_worker, "wayfare", mode, c.url()),
            name: partial(_worker, name, mode, c.url()),
        }
        taken, _, failed = in_turn(makers, 2 if c.quick else 5)
        versions = {one: peers.version(one) for one in taken}
        if failed:
            error = "; ".join(
                why if one == name else f"wayfare: {why}" for one, why in failed.items()
            )
            yield failure(NAMES[mode], name, error)
        else:
            yield compare(
                NAMES[mode],
                "µs",
                taken["wayfare"],
                taken[name],
                name,
                limit=LIMITS[mode].get(name),
                versions=versions,
            )


def python_calls(c: Context) -> Iterator[Line]:
    """CPU of a plain call in Python, beside each peer."""
    yield at_most("the disk's sync floor", "µs", machine.sync_floor_us(SCRATCH))
    yield from _one(c, "call")
    yield from _one(c, "acall")


def telemetry(c: Context) -> Iterator[Line]:
    """CPU of a plain call in Python with telemetry, beside one without."""
    python = peers.install_wayfare("telemetry", "opentelemetry-sdk")
    names = {
        "instrumented": "with telemetry, not recorded",
        "recorded": "with spans and metrics of OpenTelemetry's SDK",
    }
    makers: Makers = {
        name: partial(
            Worker,
            name,
            [python, WORKER, name, "call"],
            base=c.url(),
            ledger=fresh_ledger(f"telemetry-{name}"),
        )
        for name in ("wayfare", *names)
    }
    taken, _, failed = in_turn(makers, c.rounds)
    for name, error in failed.items():
        yield failure(f"{NAMES['call']}, {names.get(name, name)}", name, error)
    if failed:
        return
    for name, told in names.items():
        what = f"{NAMES['call']}, {told}"
        yield compare(what, "µs", taken[name], taken["wayfare"], "wayfare without telemetry")


def python_chunks(c: Context) -> Iterator[Line]:
    """CPU of a streamed chunk in Python, beside each peer."""
    yield from _one(c, "stream")
    yield from _one(c, "astream")


def python_streams(c: Context) -> Iterator[Line]:
    """Many live streams in one Python process, two tokens a second each:

    1000, as many as openai's client holds.
    """
    flight, tokens = (200, 6) if c.quick else (1000, 20)
    makers: Makers = {}
    for name in ("wayfare", "openai"):
        options: dict[str, object] = {
            "base": c.url(f"{tokens}x500"),
            "flight": flight,
            "tokens": tokens,
        }
        if name == "wayfare":
            options["ledger"] = fresh_ledger("python-hold")
        makers[name] = partial(_holder, name, options)
    taken, _, failed = in_turn(makers, 1 if c.quick else 3)
    what = f"{flight:,} live streams, Python, asyncio: "
    for name, error in failed.items():
        yield failure(what, name, error)
    if failed:
        return
    versions = {name: peers.version(name) for name in taken}
    for figure, (told, unit) in {
        "cpu": ("CPU per token", "µs"),
        "memory": ("memory per stream", "KB"),
        "late_p99": ("lateness, p99", "ms"),
    }.items():
        rounds = 1 if figure == "memory" else None  # later ones find what the first has left
        yield compare(
            what + told,
            unit,
            taken["wayfare"][:rounds],
            taken["openai"][:rounds],
            "openai",
            figure,
            versions=versions,
        )
