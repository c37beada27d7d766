"""One call, many calls and streams in C++, beside bare libcurl and RapidJSON."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import machine
import peers
from context import Context
from report import Line, at_most, compare, failure, median
from workers import SCRATCH, Makers, Worker, in_turn

DURABILITIES = {"no_sync": "process-durable", "sync_reservations": "durable"}


def calls(c: Context) -> Iterator[Line]:
    """CPU of a plain call, 64 in flight."""
    count, flight = c.scaled(6400), 64
    makers: Makers = {
        "curl": partial(c.program, "curl", mode="multi", flight=flight, calls=count, base=c.url())
    }
    makers["curl, handles used again"] = partial(
        c.program, "curl", mode="multi", reuse=1, flight=flight, calls=count, base=c.url()
    )
    for durability in DURABILITIES:
        makers[durability] = partial(
            c.client, durability, mode="calls", flight=flight, calls=count, base=c.url()
        )
    makers["budget"] = partial(
        c.client,
        "sync_reservations",
        mode="calls",
        flight=flight,
        calls=count,
        base=c.url(),
        budget=1,
    )
    taken, versions, failed = in_turn(makers, c.rounds)
    floor = machine.sync_floor_us(SCRATCH)
    for durability, limit in {"no_sync": 1.6, "sync_reservations": 2.0}.items():
        name = f"CPU per plain call, C++, {flight} in flight, {DURABILITIES[durability]}"
        for reference, its_limit in {"curl": limit, "curl, handles used again": None}.items():
            if durability in taken and reference in taken:
                yield compare(
                    name,
                    "µs",
                    taken[durability],
                    taken[reference],
                    f"lib{reference} (multi, epoll)",
                    limit=its_limit,
                    versions=versions,
                )
    if "budget" in taken and "sync_reservations" in taken:
        name = f"CPU per plain call, C++, {flight} in flight, durable, under a hard budget"
        yield compare(
            name,
            "µs",
            taken["budget"],
            taken["sync_reservations"],
            "wayfare without one",
            versions=versions,
        )
    for name, error in failed.items():
        yield failure("CPU per plain call, C++", name, error)
    yield at_most("the disk's sync floor", "µs", floor)


def alone(c: Context) -> Iterator[Line]:
    """CPU and latency of one call alone: what wayfare adds to libcurl."""
    count = c.scaled(1000)
    makers: Makers = {"curl": partial(c.program, "curl", mode="easy", calls=count, base=c.url())}
    for durability in DURABILITIES:
        makers[durability] = partial(c.client, durability, mode="alone", calls=count, base=c.url())
    taken, versions, failed = in_turn(makers, c.rounds)
    floor = machine.sync_floor_us(SCRATCH)
    for name, error in failed.items():
        yield failure("one call alone, C++", name, error)
    if failed:
        return
    for durability, told in DURABILITIES.items():
        for figure, what in {"cpu": "CPU", "latency_p50": "latency (median)"}.items():
            yield compare(
                f"{what} of one call alone, C++, {told}",
                "µs",
                taken[durability],
                taken["curl"],
                "libcurl easy",
                figure,
                versions=versions,
            )
    added = {
        d: [
            {f: one[f] - other[f] for f in ("cpu", "latency_p50")}
            for one, other in zip(taken[d], taken["curl"])
        ]
        for d in DURABILITIES
    }
    yield at_most(
        "CPU added to one call, process-durable", "µs", median(added["no_sync"], "cpu"), 100
    )
    yield at_most(
        "latency added to one call, process-durable", "µs", median(added["no_sync"], "latency_p50")
    )
    durable = [
        {"more": one["latency_p50"] - other["latency_p50"]}
        for one, other in zip(taken["sync_reservations"], taken["no_sync"])
    ]
    line = compare(
        "latency that durability adds to one call",
        "µs",
        durable,
        [{"more": floor}] * len(durable),
        "one sync of the disk",
        "more",
        1.0,
    )
    yield line


def chunks(c: Context) -> Iterator[Line]:
    """CPU of a streamed chunk, bytes to typed delta, the chunks arriving together."""
    streams, size = c.scaled(40), 1000
    makers: Makers = {
        "wayfare": partial(
            c.client, "sync_reservations", mode="stream", calls=streams, base=c.url(str(size))
        ),
        "RapidJSON SAX in place": partial(
            c.program, "rapidjson", mode="sax", calls=streams, chunks=size
        ),
        "RapidJSON DOM, pooled": partial(
            c.program, "rapidjson", mode="dom", calls=streams, chunks=size
        ),
        "deltas": partial(c.program, "deltas", calls=streams, chunks=size),
        "libcurl, bytes only": partial(
            c.program, "curl", mode="stream", calls=streams, base=c.url(str(size))
        ),
    }
    taken, versions, failed = in_turn(makers, c.rounds)
    for ours, what in {
        "wayfare": "CPU per streamed chunk, C++",
        "deltas": "of it: bytes to typed deltas, without network and ledger",
    }.items():
        for reference in [name for name in makers if name not in ("wayfare", "deltas")]:
            if reference in taken and ours in taken and (ours == "wayfare" or "SAX" in reference):
                limit = 1.7 if "SAX" in reference else None
                yield compare(
                    what,
                    "µs",
                    taken[ours],
                    taken[reference],
                    reference,
                    limit=limit,
                    per=(size, size),
                    versions=versions,
                )
    for name, error in failed.items():
        yield failure("CPU per streamed chunk, C++", name, error)


def streams(c: Context) -> Iterator[Line]:
    """Many live streams in one process, two tokens a second each."""
    flight, tokens = (1000, 6) if c.quick else (10_000, 20)
    options: dict[str, Any] = {
        "mode": "hold",
        "flight": flight,
        "calls": tokens,
        "base": c.url(f"{tokens}x500"),
    }
    makers: Makers = {
        "libcurl": partial(c.program, "curl", **options),
        "wayfare": partial(c.client, "sync_reservations", **options),
    }
    taken, versions, failed = in_turn(makers, 1 if c.quick else 3)
    for name, error in failed.items():
        yield failure(f"{flight:,} live streams", name, error)
    if failed:
        return
    what = f"{flight:,} live streams, C++: "
    yield compare(
        what + "CPU per token",
        "µs",
        taken["wayfare"],
        taken["libcurl"],
        "libcurl (multi, epoll)",
        "cpu",
        1.4,
        versions=versions,
    )
    first = taken["wayfare"][:1], taken["libcurl"][:1]  # later rounds find what the first has left
    yield compare(
        what + "memory per stream",
        "KB",
        *first,
        "libcurl (multi, epoll)",
        "memory",
        1.3,
        versions=versions,
    )
    late = compare(
        what + "lateness, p99",
        "ms",
        taken["wayfare"],
        taken["libcurl"],
        "libcurl (multi, epoll)",
        "late_p99",
        versions=versions,
    )
    late.aim, late.met = "≤ 20 ms", median(taken["wayfare"], "late_p99") <= 20
    yield late


def selection(c: Context, models: int = 400) -> Iterator[Line]:
    """The choice of the cheapest of a whole catalogue, beside litellm's Router with as many
    deployments."""
    makers: Makers = {
        mode: partial(c.program, "selection", mode=mode, calls=c.scaled(4000), models=models)
        for mode in ("rank", "call")
    }
    router = Path(__file__).with_name("router_worker.py")
    makers["litellm"] = lambda: Worker(
        "litellm", [peers.install("litellm"), router], deployments=models
    )
    taken, versions, failed = in_turn(makers, c.rounds)
    for name, error in failed.items():
        yield failure("choice of a model", name, error)
    for mode, what in {
        "rank": "the ranking alone",
        "call": "its body read, the head of the ranking in words",
    }.items():
        if mode not in taken:
            continue
        line = f"choice of the cheapest of {models} models, C++: {what}"
        if "litellm" in taken:
            yield compare(
                line,
                "µs",
                taken[mode],
                taken["litellm"],
                "litellm's Router, cost-based",
                versions=versions,
            )
        yield at_most(line, "µs", median(taken[mode], "cpu"), 10 if mode == "rank" else None)
