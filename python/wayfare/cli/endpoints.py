"""endpoints: the providers of a model, with their prices and speeds."""

from __future__ import annotations

from ._client import NO_LEDGER, open_client
from ._codes import GOOD, NOT_FOUND
from ._output import put, say, table
from ._values import minute, per_million, rounded

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

    import wayfare


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "endpoints",
        description="list the providers of a model with their prices in US dollars per million "
        "tokens, and their speeds of the last 30 minutes",
        epilog="Speeds are told only with an API key. Only OpenRouter tells its providers.",
    )
    parser.add_argument("model", metavar="MODEL")


def run(arguments: argparse.Namespace) -> int:
    with open_client(arguments, ledger=NO_LEDGER) as client:
        found = client.endpoints(arguments.model)
    table(
        ["provider", ">prompt", ">completion", ">first token", ">tokens/s", ">uptime", "state"],
        [
            [
                one.tag or one.provider,
                per_million(one.prices.prompt),
                per_million(one.prices.completion),
                rounded(one.first_token_ms, " ms"),
                rounded(one.throughput, ""),
                rounded(one.uptime, " %"),
                _state(one),
            ]
            for one in found.endpoints
        ],
        empty="no provider serves it",
    )
    when = f", of {minute(found.catalogue.fetched)} UTC" if found.catalogue.fetched else ""
    say(f"{len(found.endpoints)} providers of {found.model}{when}")
    put({"endpoints": found})
    return GOOD if found.endpoints else NOT_FOUND


def _state(one: wayfare.ModelEndpoint) -> str:
    parts = [one.quantization, "" if one.status >= 0 else "degraded or down"]
    return ", ".join(part for part in parts if part)
