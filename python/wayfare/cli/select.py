"""select: the models that a prompt would be sent to, and why."""

from __future__ import annotations

from ._client import NO_LEDGER, existing, open_client
from ._codes import GOOD, NOT_FOUND
from ._output import put, say, table
from ._policy import add_policy_options, policy_of
from ._values import amount_of, dollars, positive
from ._words import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from typing import Any

    import wayfare


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "select",
        epilog='Example: wayfare select "Say hello" --policy cheapest --max-tokens 100',
    )
    parser.add_argument("words", metavar="PROMPT", nargs="*")
    parser.add_argument(
        "--agent", metavar="NAME", help="an agent of the ledger: what is left out is its profile's"
    )
    parser.add_argument("--model", action="append", help="repeated: models to try in this order")
    parser.add_argument("--max-tokens", metavar="N", type=positive, help="of the answer")
    parser.add_argument("--max-cost", metavar="USD", type=amount_of)
    add_policy_options(parser)
    parser.add_argument(
        "--limit", metavar="N", type=positive, default=20, help="show so many; default: 20"
    )


def run(arguments: argparse.Namespace) -> int:
    if not arguments.words:
        raise UsageError(
            "wayfare select: there is no prompt", 'name it: wayfare select "Say hello"'
        )
    members = {
        "models": arguments.model,
        "policy": policy_of(arguments) or None,
        "max_cost": arguments.max_cost,
    }
    route: Any = {name: value for name, value in members.items() if value is not None}
    body = {} if arguments.max_tokens is None else {"max_tokens": arguments.max_tokens}
    agent = arguments.agent
    own = {"ledger": NO_LEDGER} if agent is None else {}
    with open_client(arguments, **own) as client:
        if agent is not None:
            existing(client)
        found = client.select(" ".join(arguments.words), agent=agent, route=route, **body)
    show(found.ranked, arguments.limit, "no model can serve it")
    if found.out:
        say()
        say("left out:")
        show(found.out, arguments.limit, "")
    put({"policy": found.policy, "ranked": found.ranked, "out": found.out})
    return GOOD if found.ranked else NOT_FOUND


def show(candidates: Sequence[wayfare.Candidate], limit: int, empty: str) -> None:
    table(
        ["model", ">expected USD", ">at most USD", "reason"],
        [
            [
                candidate.model,
                dollars(candidate.expected),
                candidate.unbounded or dollars(candidate.bound),
                candidate.reason,
            ]
            for candidate in candidates[:limit]
        ],
        empty=empty,
    )
    if len(candidates) > limit:
        say(f"and {len(candidates) - limit} more: --limit shows more")
