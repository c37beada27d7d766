"""replay: what past calls would have cost."""

from __future__ import annotations

from ._client import existing, open_client, open_ledger
from ._codes import GOOD
from ._output import put, say, table
from ._values import dollars, given_of, period_of, several
from ._words import UsageError
from .usage import DIMENSIONS as ALL_DIMENSIONS
from .usage import TIMES, dimensions_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from typing import Any

    from wayfare import Replayed, ReplayRow

DIMENSIONS = [name for name in ALL_DIMENSIONS if name != "tag"]
FILTERS = ("app", "agent", "user", "of_model")
# Why a call was not priced, and the words for it.
REASONS = {
    "no_price": "without a price",
    "no_model": "without a model",
    "no_tokens": "without tokens",
    "byok": "paid to the provider (BYOK)",
}


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "replay",
        description="tell what past calls would have cost",
        epilog=(
            "Without --model, --map and --cheapest, the calls keep their models: then only the\n"
            "prices of the models list differ. Another model counts tokens otherwise, so that its\n"
            "cost is an estimate. Nothing is sent to a model.\n"
            "Example: wayfare replay --since 30d --model anthropic/claude-3-haiku"
        ),
    )
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--model", metavar="MODEL", help="the model at whose prices calls are priced")
    way.add_argument(
        "--map",
        metavar="FROM=TO",
        action="append",
        help="repeated: for a model that served, the model at whose prices its calls are priced",
    )
    way.add_argument(
        "--cheapest", action="store_true", help="each call with the cheapest model for its tokens"
    )
    for name in ("allow", "deny"):
        parser.add_argument(
            f"--{name}",
            metavar="PATTERN",
            action="append",
            help="repeated, with --cheapest: models such as anthropic/*",
        )
    parser.add_argument(
        "--models-list", metavar="FILE", help="the prices, in the form of GET /models"
    )
    parser.add_argument("--since", metavar="TIME", help=TIMES)
    parser.add_argument("--until", metavar="TIME", help="not included")
    parser.add_argument(
        "--by",
        metavar="NAMES",
        default="model,agent",
        help="the dimensions with commas between them, as of usage, all but tag; default: "
        "model,agent",
    )
    for name in FILTERS:
        what = "of this model" if name == "of_model" else f"of this {name} of charge_to"
        option = "--" + name.replace("_", "-")
        parser.add_argument(option, metavar="NAME", help=f"only calls {what}")


def run(arguments: argparse.Namespace) -> int:
    by = dimensions_of(arguments.by, DIMENSIONS, "wayfare replay")
    patterns = given_of(arguments, ("allow", "deny"))
    if patterns and not arguments.cheapest:
        raise UsageError("wayfare replay: --allow and --deny need --cheapest", "give it, too")
    policy: Any = {"sort": "cheapest", **patterns} if arguments.cheapest else None
    since, until = period_of(arguments)
    # The prices of a file need no network.
    opened = (
        existing(open_client(arguments))
        if arguments.models_list is None
        else open_ledger(arguments)
    )
    with opened as client:
        found = client.replay(
            since,
            until,
            by=by,
            model=arguments.model,
            models=mapping(arguments.map),
            policy=policy,
            models_list=arguments.models_list,
            **given_of(arguments, FILTERS),
        )
    show(by, found)
    put({"by": by, "since": since, "until": until, **found.to_dict()})
    return GOOD


def mapping(words: Sequence[str] | None) -> dict[str, str] | None:
    """Reads FROM=TO."""
    if words is None:
        return None
    models = {}
    for word in words:
        source, equals, target = word.partition("=")
        if not (source and equals and target):
            raise UsageError(
                f"wayfare replay: {word!r} is not FROM=TO",
                "such as --map openai/gpt-4o=anthropic/claude-3-haiku",
            )
        if source in models:
            raise UsageError(f"wayfare replay: --map has {source!r} twice", "give it once")
        models[source] = target
    return models


def show(by: Sequence[str], found: Replayed) -> None:
    table(
        [*by, "priced as", ">calls", ">priced", ">cost USD", ">replayed USD", ""],
        [
            [
                *(getattr(row, name) or "-" for name in by),
                row.replayed_model or "-",
                f"{row.calls}",
                f"{row.priced}",
                dollars(row.priced_cost),
                dollars(row.replayed_cost),
                kind_of(row),
            ]
            for row in found.rows
        ],
        empty="there are no calls",
    )
    total = found.total
    if not total.calls:
        return
    say(
        f"{total.priced} of {several(total.calls, 'call')} priced: "
        f"{dollars(total.priced_cost)} USD, replayed {dollars(total.replayed_cost)} USD"
        + (f" ({kind_of(total)})" if total.priced else "")
    )
    left_out = [
        f"{getattr(total, name)} {text}" for name, text in REASONS.items() if getattr(total, name)
    ]
    if left_out:
        say("not priced: " + ", ".join(left_out))


def kind_of(row: ReplayRow) -> str:
    return "" if not row.priced else "exact" if row.exact else "estimate"
