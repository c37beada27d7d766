"""How late deadlines are kept while a large answer is read."""

from __future__ import annotations

from collections.abc import Iterator

from context import Context
from report import Line, at_most, failure, median
from workers import in_turn

KINDS = {
    "none": "nothing",
    "text": "a plain text",
    "escapes": "a text of escapes",
    "members": "small members",
    "values": "numbers",
    "deep": "deep lists",
    "details": "reasoning details",
    "parts": "parts of a content",
    "tool": "the arguments of a tool call",
    "choices": "choices",
    "stray bytes": "a text with stray bytes",
    "no JSON": "JSON with an error at its end",
    "event": "one event of a stream",
    "event of members": "one event with small members",
    "lines of an event": "one event of many lines",
    "deltas": "a stream of small events",
    "long deltas": "a stream of long events",
    "refusal": "a refusal with a long text",
    "errors of a refusal": "a refusal with many errors",
    "page": "a refusal that is a page",
    "prompt": "none, but a request is large",
}


def lateness(c: Context) -> Iterator[Line]:
    """How late the deadlines of other calls are kept while one answer of 60 MiB is read."""
    for kind, what in KINDS.items():
        makers = {kind: lambda kind=kind: c.program("lateness", kind=kind, mib=c.scaled(60))}
        taken, _, failed = in_turn(makers, 3)
        name = f"the latest of the other calls while an answer is read: {what}"
        if kind in failed:
            yield failure(name, kind, failed[kind])
        else:
            yield at_most(name, "ms", median(taken[kind], "late"), 100)
