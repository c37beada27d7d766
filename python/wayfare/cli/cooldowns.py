"""cooldowns: the models and providers that calls pass over for a while, because they failed."""

from __future__ import annotations

from ._client import open_ledger
from ._codes import GOOD
from ._output import put, say, table
from ._values import now, second
from ._words import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

    import wayfare


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "cooldowns",
        description="list the models and providers that cool down in all processes of the ledger",
        epilog="Times are in UTC.",
    )
    parser.add_argument(
        "--end",
        metavar="MODEL",
        help="let calls go to this model and its providers again, and list nothing",
    )
    parser.add_argument(
        "--provider", metavar="NAME", help="with --end: to this provider of the model alone"
    )


def run(arguments: argparse.Namespace) -> int:
    with open_ledger(arguments) as client:
        if arguments.end is not None:
            client.end_cooldown(arguments.end, provider=arguments.provider)
            at = f" at {arguments.provider}" if arguments.provider else ""
            say(f"{arguments.end}{at} no longer cools down")
            put({"ended": arguments.end, "provider": arguments.provider})
            return GOOD
        if arguments.provider is not None:
            raise UsageError("--provider goes with --end")
        found = client.cooldowns()
    table(
        ["model", "provider", "server", "until", "since", ">failures", "last failure", "now"],
        [
            [
                one.model,
                one.slug or "every",
                one.server,
                second(one.until),
                second(one.since),
                str(one.failures),
                cause(one),
                state(one),
            ]
            for one in found
        ],
        empty="nothing cools down",
    )
    put({"cooldowns": found})
    return GOOD


def cause(one: wayfare.Cooldown) -> str:
    text = one.error + (f" ({one.status})" if one.status is not None else "")
    return f"{text} of {one.provider}" if one.provider is not None else text


def state(one: wayfare.Cooldown) -> str:
    if one.probing:
        return "a call tries it"
    return "cools" if one.until > now() else "the next call tries it"
