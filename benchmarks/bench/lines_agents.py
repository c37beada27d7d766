"""Agents: what a profile adds to a call, and a list of many."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from context import Context
from report import Line, at_most, compare, failure, median
from workers import Makers, fresh_ledger, in_turn

AGENTS = 10_000
LIST_LIMIT_MS = 20
RESOLVE_LIMIT_US = 20


def agents(c: Context) -> Iterator[Line]:
    """CPU of calls that take their parts from one of 10,000 agents, beside calls with the same
    parts of their own, and a list of the agents with a filter that ten pass.
    """
    flight = 64
    makers: Makers = {
        name: partial(
            c.client,
            "sync_reservations",
            ledger=fresh_ledger(f"agents-{profile}"),
            mode="calls",
            flight=flight,
            calls=c.scaled(4000),
            base=c.url(),
            agents=AGENTS,
            profile=profile,
        )
        for name, profile in {"profile": 1, "own parts": 2}.items()
    }
    makers["list"] = partial(
        c.client,
        "sync_reservations",
        ledger=fresh_ledger("agents-list"),
        mode="agents",
        calls=20,
        agents=AGENTS,
    )
    taken, versions, failed = in_turn(makers, c.rounds)
    for name, error in failed.items():
        yield failure("agents", name, error)
    if failed:
        return
    yield compare(
        f"CPU per plain call of an agent, C++, {flight} in flight, durable",
        "µs",
        taken["profile"],
        taken["own parts"],
        "the same call with the parts of its own",
        versions=versions,
    )
    added = median(taken["profile"], "cpu") - median(taken["own parts"], "cpu")
    yield at_most("what the profile adds to the CPU of a call", "µs", added, RESOLVE_LIMIT_US)
    yield at_most(
        f"list of {AGENTS:,} agents, with a filter",
        "ms",
        median(taken["list"], "milliseconds"),
        LIST_LIMIT_MS,
    )
