"""entries: the rows of the ledger, the newest first."""

from __future__ import annotations

import itertools

from ._client import open_ledger
from ._codes import GOOD
from ._layout import Cell
from ._output import put, table
from ._values import (
    SCOPE,
    add_scope,
    count,
    dollars,
    given_of,
    period_of,
    positive,
    second,
    with_version,
)
from ._words import UsageError
from .unknown import show_refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from typing import Any

    from wayfare import Entry

STATES = ("reserved", "settled", "void", "unknown")
PARTS = [part for part in SCOPE if part != "key"]
FILTERS = ("entry", "request_id", "state", *PARTS)


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
    parser.add_argument("--entry", metavar="ID", help="the id of an attempt")
    parser.add_argument("--request-id", metavar="ID", help="the id that the caller gave")
    add_scope(parser, PARTS)
    parser.add_argument(
        "--agent-version", metavar="N", type=positive, help="only calls of this version of --agent"
    )


def run(arguments: argparse.Namespace) -> int:
    filters = given_of(arguments, FILTERS)
    version = arguments.agent_version
    if version is not None and arguments.agent is None:
        raise UsageError("wayfare entries: --agent-version needs --agent", "name the agent, too")
    most = arguments.limit if version is None else None
    with open_ledger(arguments) as client:
        found = client.entries(*period_of(arguments), newest=True, limit=most, **filters)
        if version is not None:
            found = (entry for entry in found if entry.agent_version == version)
        entries = [*itertools.islice(found, arguments.limit)]
    show(entries)
    put({"entries": entries})
    return GOOD


def show(entries: Sequence[Entry]) -> None:
    table(
        ["reserved", "entry", "state", "model", "agent", "user", ">prompt", ">completion", ">USD"],
        [
            [
                second(entry.reserved),
                entry.entry,
                state(entry),
                entry.model,
                with_version(entry.agent, entry.agent_version),
                entry.user,
                count(entry.prompt_tokens),
                count(entry.completion_tokens),
                dollars(entry.cost),
            ]
            for entry in entries
        ],
        empty="there are no entries",
    )
    show_refused(entries)


def state(entry: Entry) -> Cell:
    told = f"{entry.state} ({entry.error})" if entry.error else entry.state
    return Cell(told, "yellow" if entry.state == "unknown" else "")
