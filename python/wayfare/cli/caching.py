"""caching: how much of the prompts came from caches, and what leaving a cache cost."""

from __future__ import annotations

from ._client import existing, open_client
from ._codes import GOOD
from ._output import put, say, table
from ._values import dollars, period_of, several
from .usage import DIMENSIONS, TIMES, dimensions_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

    import wayfare

KNOWN = [name for name in DIMENSIONS if name != "tag"]


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "caching",
        description="tell which share of the prompt tokens came from caches of the providers, how "
        "often the calls of a run went to another model or provider, and what that cost",
        epilog=(
            "A cold hop left a cache that the call before had used within 5 minutes. The cost is\n"
            "an estimate: the tokens that it did not read from a cache, at the prices of the\n"
            "models list, above the price of cached tokens."
        ),
    )
    parser.add_argument(
        "--by",
        metavar="NAMES",
        default="model",
        help=f"the dimensions with commas between them: {', '.join(KNOWN)}; default: model",
    )
    parser.add_argument("--since", metavar="TIME", help=TIMES)
    parser.add_argument("--until", metavar="TIME", help="not included")
    for name in ("app", "agent", "user", "run"):
        parser.add_argument(f"--{name}", metavar="NAME", help=f"only this {name} of charge_to")


def run(arguments: argparse.Namespace) -> int:
    by = dimensions_of(arguments.by, KNOWN, "wayfare caching")
    since, until = period_of(arguments)
    given = {name: getattr(arguments, name) for name in ("app", "agent", "user", "run")}
    filters: Any = {name: value for name, value in given.items() if value is not None}
    with existing(open_client(arguments)) as client:
        told = client.caching(by, since, until, **filters)
    show(by, told)
    put({"by": by, "since": since, "until": until, "caching": told})
    return GOOD


def show(by: list[str], told: wayfare.Caching) -> None:
    table(
        [*by, ">calls", ">prompt", ">cached", ">hops", ">cold", ">lost tokens", ">cost USD"],
        [
            [
                *(getattr(row, name) or "-" for name in by),
                f"{row.calls}",
                f"{row.prompt_tokens}",
                share(row),
                f"{row.hops}",
                f"{row.cold_hops}",
                f"{row.lost_tokens}",
                dollars(row.hop_cost),
            ]
            for row in told.rows
        ],
        empty="there are no calls",
    )
    total = told.total
    if total.calls:
        say(
            f"{several(total.calls, 'call')}, {share(total)} of the prompt tokens cached, "
            f"{several(total.hops, 'hop')} for about {dollars(total.hop_cost)} USD"
            + (f", {several(total.unpriced, 'hop')} without a price" if total.unpriced else "")
        )


def share(row: wayfare.CachingRow) -> str:
    return "-" if row.cached_share is None else f"{100 * row.cached_share:.1f} %"
