"""ask: one prompt, one answer."""

from __future__ import annotations

import contextlib
import sys

from ._calls import add_call_options, answer, request_of, tell_cost, today_of, total_text
from ._codes import GOOD
from ._files import read_input
from ._output import put
from ._server import open_caller
from ._words import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "ask",
        epilog=(
            'Examples:\n  wayfare ask "Say hello" --max-tokens 100\n'
            '  git diff | wayfare ask "Review this"\n\n'
            "The answer goes to the standard output, the line about its cost to the standard error."
        ),
    )
    parser.add_argument(
        "words",
        metavar="PROMPT",
        nargs="*",
        help="the prompt; piped input follows it, or comes in the place of a word -",
    )
    add_call_options(parser)


def run(arguments: argparse.Namespace) -> int:
    prompt = prompt_of(arguments.words)
    system = [{"role": "system", "content": arguments.system}] * (arguments.system is not None)
    with contextlib.ExitStack() as opened:
        client = open_caller(arguments, opened)
        request = request_of(arguments, [*system, {"role": "user", "content": prompt}])
        reply = answer(client, request, stream=not arguments.no_stream, heard=[])
        cost, unknown = today_of(client)
        tell_cost(reply, total_text("today", cost, unknown))
        told = reply.to_dict()
        del told["raw"], told["message"], told["selection"]
        today = {"cost": cost, "unknown": unknown}
        put({**told, "today": today, "ledger": client.ledger_path})
    return GOOD


def prompt_of(words: list[str]) -> str:
    """Returns the prompt of the words and of the standard input."""
    if "-" in words or not sys.stdin.isatty():
        piped = read_input("wayfare ask")
        if "-" in words:
            at = words.index("-")
            parts = [" ".join(words[:at]), piped, " ".join(words[at + 1 :])]
        else:
            parts = [" ".join(words), piped]
    else:
        parts = [" ".join(words)]
    prompt = "\n\n".join(part for part in parts if part.strip())
    if not prompt:
        raise UsageError("wayfare ask: there is no prompt", 'name it: wayfare ask "Say hello"')
    return prompt
