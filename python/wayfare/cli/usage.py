"""usage: sums over calls."""

from __future__ import annotations

from decimal import Decimal

from ._client import open_ledger
from ._codes import GOOD
from ._output import put, say, table
from ._values import period_of, several, sum_of_dollars
from ._words import UsageError, did_you_mean, nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from typing import Any

    from wayfare import UsageRow

DIMENSIONS = (
    "hour day week month app agent agent_version model requested_model provider key user tag run"
).split()
TIMES = "such as 2026-11-01, today, yesterday, or 7d (days ago), in UTC"


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "usage",
        description="sum the calls that the ledger has",
        epilog=(
            "The ledger keeps sums by day in UTC. Reports by hour, run, requested_model or\n"
            "agent_version, in a time zone, or by user or tag together with agent, provider or\n"
            "key, read the entries instead, and do not count entries that were pruned."
        ),
    )
    parser.add_argument(
        "--by",
        metavar="NAMES",
        default="day",
        help=f"the dimensions with commas between them: {', '.join(DIMENSIONS)}; default: day",
    )
    parser.add_argument("--since", metavar="DAY", help=TIMES)
    parser.add_argument("--until", metavar="DAY", help="not included")
    parser.add_argument(
        "--time-zone",
        metavar="ZONE",
        help="of hours, days, weeks and months, such as Europe/Berlin or +02:00; default: UTC",
    )


def dimensions_of(names: str, known: Sequence[str], command: str) -> Any:
    """The dimensions of --by."""
    by = [name.strip() for name in names.split(",") if name.strip()]
    for name in by:
        if name not in known:
            raise UsageError(
                f"{command} has no dimension {name!r}", did_you_mean(nearest(name, known), command)
            )
    return by


def run(arguments: argparse.Namespace) -> int:
    by = dimensions_of(arguments.by, DIMENSIONS, "wayfare usage")
    since, until = period_of(arguments)
    with open_ledger(arguments) as client:
        rows = client.usage(by, since, until, arguments.time_zone)
    show(by, rows)
    zone = arguments.time_zone or "UTC"
    put({"by": by, "since": since, "until": until, "time_zone": zone, "usage": rows})
    return GOOD


def show(by: Sequence[str], rows: Sequence[UsageRow]) -> None:
    some_unknown = any(row.unknown for row in rows)
    table(
        [*by, ">calls", ">prompt", ">completion", ">cost USD", *[">unknown"] * some_unknown],
        [
            [
                *(getattr(row, name) or "-" for name in by),
                f"{row.calls}",
                f"{row.prompt_tokens}",
                f"{row.completion_tokens}",
                sum_of_dollars(row.cost, row.saturated),
                *[f"{row.unknown}"] * some_unknown,
            ]
            for row in rows
        ],
        empty="there are no calls",
    )
    if len(rows) > 1 and "tag" not in by:
        unknown = sum(row.unknown for row in rows)
        cost = sum((row.cost for row in rows), Decimal(0))
        say(
            f"{several(sum(row.calls for row in rows), 'call')}, "
            f"{sum_of_dollars(cost, any(row.saturated for row in rows))} USD"
            + (f" and {several(unknown, 'unknown cost')}" if unknown else "")
        )
