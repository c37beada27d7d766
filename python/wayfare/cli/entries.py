"""entries: the rows of the ledger, the newest first."""

from __future__ import annotations

import collections
import datetime

from ._client import open_ledger
from ._codes import GOOD
from ._layout import Cell
from ._output import put, table
from ._values import SCOPE, add_scope, count, dollars, positive, second, time_of, today

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from typing import Any

    import wayfare
    from wayfare import Entry

STATES = ("reserved", "settled", "void", "unknown")
PARTS = [part for part in SCOPE if part != "key"]


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "entries",
        epilog="Times are in UTC. --json has every field.",
    )
    parser.add_argument(
        "--limit", metavar="N", type=positive, default=20, help="the most entries; default: 20"
    )
    parser.add_argument("--since", metavar="TIME", help="the earliest time of booking")
    parser.add_argument("--until", metavar="TIME", help="not included")
    parser.add_argument("--state", choices=STATES)
    parser.add_argument("--request-id", metavar="ID", help="the id that the caller gave")
    add_scope(parser, PARTS)


def run(arguments: argparse.Namespace) -> int:
    with open_ledger(arguments) as client:
        entries = newest(client, arguments)
    show(entries)
    put({"entries": entries})
    return GOOD


def newest(client: wayfare.Client, arguments: argparse.Namespace) -> list[Entry]:
    """Returns the newest entries that match, the newest first.

    The ledger gives the oldest first. So this asks for the last days before it asks for all.
    """
    since, until = (
        None if at is None else time_of(at) for at in (arguments.since, arguments.until)
    )
    starts: list[Any] = [since]
    if since is None and until is None:
        starts = [today() - datetime.timedelta(days=days) for days in (1, 10, 100)] + [None]
    found: collections.deque[Entry] = collections.deque(maxlen=arguments.limit)
    for start in starts:
        found.clear()
        found.extend(e for e in client.entries(start, until) if matches(e, arguments))
        if len(found) == arguments.limit:
            break
    return list(found)[::-1]


def matches(entry: Entry, arguments: argparse.Namespace) -> bool:
    for name in ("app", "agent", "user", "run", "state", "request_id"):
        wanted = getattr(arguments, name)
        if wanted is not None and getattr(entry, name) != wanted:
            return False
    if arguments.model not in (None, entry.model, entry.requested_model):
        return False
    return arguments.tag is None or arguments.tag in entry.tags


def show(entries: Sequence[Entry]) -> None:
    table(
        ["reserved", "entry", "state", "model", "agent", "user", ">prompt", ">completion", ">USD"],
        [
            [
                second(entry.reserved),
                entry.entry,
                state(entry),
                entry.model,
                entry.agent,
                entry.user,
                count(entry.prompt_tokens),
                count(entry.completion_tokens),
                dollars(entry.cost),
            ]
            for entry in entries
        ],
        empty="there are no entries",
    )


def state(entry: Entry) -> Cell:
    told = f"{entry.state} ({entry.error})" if entry.error else entry.state
    return Cell(told, "yellow" if entry.state == "unknown" else "")
