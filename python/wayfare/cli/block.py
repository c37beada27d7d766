"""block, unblock and blocks: what stops calls at once."""

from __future__ import annotations

from ._client import open_ledger
from ._codes import GOOD
from ._output import put, say, table
from ._values import add_scope, given_of, scope
from ._words import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any


def add_parser(subparsers: Any) -> None:
    for name, told, everything in (
        ("block", "refuse the calls that match every given part", "refuse every call"),
        ("unblock", "lift the block that has exactly these parts", "lift the block of every call"),
    ):
        parser = subparsers.add_parser(
            name, description=told, epilog="It holds at once, in every process of the ledger."
        )
        add_scope(parser)
        parser.add_argument("--everything", action="store_true", help=everything)
    subparsers.add_parser("blocks")


def run(arguments: argparse.Namespace) -> int:
    with open_ledger(arguments, make=arguments.command == "block") as client:
        if arguments.command == "blocks":
            blocks = client.blocks()
            table(
                ["calls that are refused"],
                [[scope(block) or "every call"] for block in blocks],
                empty="there are no blocks",
            )
            put({"blocks": blocks})
            return GOOD
        parts = given_of(arguments)
        if not parts and not arguments.everything:
            raise UsageError(
                f"wayfare {arguments.command}: no part of the calls is named",
                "name one, such as --agent support, or --everything",
            )
        change = client.block if arguments.command == "block" else client.unblock
        change(everything=arguments.everything, **parts)
    told = "every call" if arguments.everything else " ".join(f"{k}={v}" for k, v in parts.items())
    state = "blocked" if arguments.command == "block" else "no longer blocked"
    say(f"{state}: {told}")
    put({arguments.command: parts, "everything": arguments.everything})
    return GOOD
