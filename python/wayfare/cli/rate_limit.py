"""rate-limit, rate-limit set and rate-limit delete."""

from __future__ import annotations

from ._client import open_ledger
from ._codes import GOOD
from ._output import put, say, table
from ._values import add_scope, given_of, positive, scope

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from typing import Any

    import wayfare


def add_parser(subparsers: Any) -> None:
    subparsers.add_parser(
        "rate-limit",
        description="list the rate limits and what counts in them now",
        epilog="Its other commands are rate-limit set and delete.",
    )
    parser = subparsers.add_parser(
        "rate-limit set",
        description="make a rate limit, or change what is given of it",
        epilog="Example: wayfare rate-limit set support --requests 10 --agent support",
    )
    parser.add_argument("name", metavar="NAME")
    parser.add_argument(
        "--requests", metavar="COUNT", type=positive, help="the most requests within the time"
    )
    parser.add_argument(
        "--tokens", metavar="COUNT", type=positive, help="the most tokens within the time"
    )
    parser.add_argument("--per", metavar="SECONDS", type=positive, help="the time; default: 60")
    add_scope(parser)
    delete = subparsers.add_parser("rate-limit delete")
    delete.add_argument("name", metavar="NAME")


def run(arguments: argparse.Namespace) -> int:
    if arguments.command == "rate-limit set":
        return make(arguments)
    with open_ledger(arguments) as client:
        if arguments.command == "rate-limit":
            limits = client.rate_limits()
            show(limits)
            put({"rate_limits": limits})
            return GOOD
        client.rate_limit(arguments.name, delete=True)
    say(f"the rate limit {arguments.name} is deleted")
    put({"deleted": arguments.name})
    return GOOD


def make(arguments: argparse.Namespace) -> int:
    with open_ledger(arguments, make=True) as client:
        changed = client.rate_limit(
            arguments.name,
            requests=arguments.requests,
            tokens=arguments.tokens,
            per=arguments.per,
            **given_of(arguments),
        )
    assert changed is not None
    show([changed])
    put({"rate_limit": changed})
    return GOOD


def show(limits: Sequence[wayfare.RateLimit]) -> None:
    table(
        ["rate limit", "calls", ">seconds", ">requests", ">used", ">tokens", ">used"],
        [
            [
                limit.name + (f" ({limit.value})" if limit.value is not None else ""),
                scope(limit) or "every call",
                str(limit.per),
                "" if limit.requests is None else str(limit.requests),
                str(limit.used_requests),
                "" if limit.tokens is None else str(limit.tokens),
                "" if limit.tokens is None else str(limit.used_tokens),
            ]
            for limit in limits
        ],
        empty="there are no rate limits",
    )
