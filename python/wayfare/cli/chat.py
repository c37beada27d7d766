"""chat: a conversation.

Lines are edited by the standard module readline: it needs no other package, and Ctrl-C, Ctrl-D and
the arrow keys do in it what they do in a shell. The history is not stored: wayfare keeps no prompt
on the disk.
"""

from __future__ import annotations

import contextlib
import sys
from decimal import Decimal

from .. import errors
from .._terminal import escaped
from ._calls import add_call_options, answer, request_of, tell_cost, total_text
from ._codes import GOOD, KEY, exit_code
from ._output import fail_with, is_terminal, note, put
from ._server import open_caller
from ._words import UsageError, did_you_mean, nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

    import wayfare

PROMPT, GOES_ON = "> ", ". "
COMMANDS = {
    "/help": "this list",
    "/new": "begin a new conversation",
    "/model NAME": "call another model from now on",
    "/quit": "leave, like Ctrl-D",
}


def add_parser(subparsers: Any) -> None:
    lines = "\n".join(f"  {name:<12} {told}" for name, told in COMMANDS.items())
    parser = subparsers.add_parser(
        "chat",
        description="hold a conversation; each line that you enter is sent",
        epilog=(
            "Ctrl-C ends an answer. Ctrl-D leaves. A line that ends with \\ goes on in the next "
            "one.\n\nLines that begin with / are not sent, unless a blank stands before it:\n"
            + lines
        ),
    )
    add_call_options(parser)


def run(arguments: argparse.Namespace) -> int:
    with contextlib.ExitStack() as opened:
        client = open_caller(arguments, opened)
        conversation = Conversation(client, arguments)
        if sys.stdin.isatty():
            with contextlib.suppress(ImportError):
                import readline

                readline.set_auto_history(True)
            note("wayfare: Ctrl-C ends an answer, Ctrl-D leaves, /help tells more")
        while (line := next_line()) is not None:
            if not conversation.take(line):
                break
        put(conversation.told())
    return GOOD


def next_line() -> str | None:
    """Returns the next message, or None at the end. Ctrl-C drops the line that is begun."""
    lines: list[str] = []
    while True:
        try:
            line = read_line(GOES_ON if lines else PROMPT)
        except EOFError:
            return "\n".join(lines) if lines else None
        except KeyboardInterrupt:
            if not sys.stdin.isatty():
                raise
            note("")
            lines = []
            continue
        lines.append(line.removesuffix("\\"))
        if not line.endswith("\\"):
            return "\n".join(lines)


def read_line(prompt: str) -> str:
    if is_terminal() and sys.stdin.isatty():
        return input(prompt)  # readline edits it
    if sys.stdin.isatty():  # the prompt is no part of what a pipe gets
        sys.stderr.write(prompt)
        sys.stderr.flush()
    try:
        line = sys.stdin.readline()
    except UnicodeDecodeError:
        raise UsageError("wayfare chat: the standard input is not UTF-8") from None
    if not line:
        raise EOFError
    return line.rstrip("\n")


class Conversation:
    """The messages so far, and what they have cost."""

    def __init__(self, client: wayfare.Client, arguments: argparse.Namespace) -> None:
        self._client, self._arguments = client, arguments
        self._cost, self._unknown, self._calls = Decimal(0), 0, 0
        self._messages: list[dict[str, Any]] = []
        self._begin()

    def _begin(self) -> None:
        system = self._arguments.system
        self._messages = [] if system is None else [{"role": "system", "content": system}]

    def take(self, line: str) -> bool:
        """Sends the line, or carries out the command in it. Returns whether to go on."""
        if line.startswith("/"):
            return self._command(*line.split(maxsplit=1))
        if line.strip():
            self._send(line)
        return True

    def told(self) -> dict[str, Any]:
        return {
            "messages": self._messages,
            "calls": self._calls,
            "cost": self._cost,
            "unknown": self._unknown,
            "ledger": self._client.ledger_path,
        }

    def _command(self, name: str, value: str = "") -> bool:
        if name == "/new":
            self._begin()
            note("wayfare: a new conversation")
        elif name == "/model" and value:
            self._arguments.model = [value.strip()]
            note(f"wayfare: the model is {escaped(value.strip())} now")
        elif name == "/help":
            for command, told in COMMANDS.items():
                note(f"{command:<12} {told}")
        elif name != "/quit":
            like = nearest(name, [command.split()[0] for command in COMMANDS])
            note(f"wayfare: there is no {escaped(name)}; {did_you_mean(like, 'wayfare chat')}")
        return name != "/quit"

    def _send(self, line: str) -> None:
        """Sends the line. It stays in the conversation if a part of an answer has come.

        A failure ends the conversation if nobody is there who could go on, or without a key.
        """
        heard: list[str] = []
        message = {"role": "user", "content": line}
        request = request_of(self._arguments, [*self._messages, message])
        self._calls += 1
        try:
            reply = answer(self._client, request, stream=not self._arguments.no_stream, heard=heard)
        except (KeyboardInterrupt, errors.Cancelled):
            if not sys.stdin.isatty():
                raise
            self._unknown += 1
            note("wayfare: stopped; what it costs is not known yet")
            self._keep(message, heard)
            return
        except errors.Error as error:
            if not sys.stdin.isatty() or exit_code(error.code) == KEY:
                raise
            fail_with(error)
            self._keep(message, heard)
            return
        if reply.cost is None:
            self._unknown += 1
        else:
            self._cost += reply.cost
        self._messages += [message, reply.message]
        tell_cost(reply, total_text("so far", self._cost, self._unknown))

    def _keep(self, message: dict[str, Any], heard: list[str]) -> None:
        if heard:
            self._messages += [message, {"role": "assistant", "content": "".join(heard)}]
