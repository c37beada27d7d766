"""unknown and unknown settle: attempts whose cost is not known."""

from __future__ import annotations

from .._terminal import escaped
from ._client import open_ledger
from ._codes import GOOD
from ._output import put, say, table
from ._values import amount_of, dollars, figures, minute

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable
    from typing import Any

    from .._wayfare import Entry, Unknown


def add_parser(subparsers: Any) -> None:
    subparsers.add_parser(
        "unknown",
        epilog='"wayfare reconcile" asks the server for them. Times are in UTC.',
    )
    settle = subparsers.add_parser(
        "unknown settle", description="book a cost that you have found out, such as from a bill"
    )
    settle.add_argument("entry", metavar="ENTRY", help='an entry of "wayfare unknown"')
    settle.add_argument(
        "--cost", metavar="USD", type=amount_of, help="US dollars that the server bills"
    )
    settle.add_argument(
        "--upstream-cost",
        metavar="USD",
        type=amount_of,
        help="US dollars that the provider bills you directly (BYOK)",
    )
    settle.add_argument("--reason", metavar="TEXT", required=True, help="why; the entry keeps it")


def run(arguments: argparse.Namespace) -> int:
    with open_ledger(arguments) as client:
        if arguments.command == "unknown settle":
            client.settle(
                arguments.entry, arguments.cost, arguments.reason, arguments.upstream_cost
            )
            say(f"{arguments.entry} is settled")
            put({"entry": arguments.entry, "cost": arguments.cost})
            return GOOD
        found = list(client.unknown())
    table(
        ["since", "entry", "model", "agent", ">held USD", "looked up", "gives up"],
        [
            [
                minute(attempt.since),
                attempt.entry,
                attempt.model,
                attempt.agent,
                dollars(attempt.held),
                "yes" if attempt.looked_up else "no",
                minute(attempt.gives_up_at),
            ]
            for attempt in found
        ],
        empty="every cost is known",
    )
    show_refused(found)
    put({"unknown": found})
    return GOOD


def show_refused(rows: Iterable[Entry | Unknown]) -> None:
    """Prints a line for each row with figures of the server that cannot be right."""
    told = {row.entry: figures(row.refused_figures) for row in rows if row.refused_figures}
    for entry, text in told.items():
        say(escaped(f"{entry}: the server told {text}, which cannot be right"))
