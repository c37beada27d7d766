"""The parser: the options of every command, the command's own, and the nearest word for a typing
error.
"""

from __future__ import annotations

import argparse
import re
import textwrap

from . import _codes
from ._commands import COMMANDS, GROUPS
from ._output import terminal_width

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, NoReturn

# The options of every command that take a value.
VALUED = {
    "--ledger": ("PATH", "the ledger; default: WAYFARE_LEDGER, else the one in the home folder"),
    "--base-url": ("URL", "the server; default: OPENROUTER_BASE_URL, else OpenRouter"),
    "--env-folder": (
        "DIR",
        "read variables that the environment does not set from DIR/.env.local, then from "
        "DIR/.env; default: the working folder",
    ),
    "--allow-key-to": (
        "HOST",
        "send the API key to HOST though the base URL is from another place; may be repeated",
    ),
}
SWITCHES = {
    "--allow-http": "allow plain http to other machines",
    "--json": "print one JSON object, for an error too",
}
ENVIRONMENT = """\
Variables: OPENROUTER_API_KEY, OPENROUTER_BASE_URL, WAYFARE_LEDGER. They are also read from
.env.local and .env in the working folder. With NO_COLOR the output has no colours; it has none
without the Python package rich, and none that is piped."""


class UsageError(Exception):
    """The words of the command cannot be used."""

    def __init__(self, message: str, advice: str | None = None) -> None:
        super().__init__(message)
        self.advice = advice


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Returns the known word that is most like this one."""
    import difflib

    return next(iter(difflib.get_close_matches(word, [*known], 1, 0.6)), None)


class Parser(argparse.ArgumentParser):
    """A parser with the options of every command. Its errors are raised and not printed."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, formatter_class=formatter, **options)
        about = self.description or COMMANDS[self.command][1]
        self.description = f"{about[:1].upper()}{about[1:]}."

    def add_common(self) -> None:
        common = self.add_argument_group("options of every command")
        for name, (value, told) in VALUED.items():
            action = "append" if name == "--allow-key-to" else "store"
            common.add_argument(name, metavar=value, help=told, action=action)
        for name, told in SWITCHES.items():
            common.add_argument(name, action="store_true", help=told)

    @property
    def command(self) -> str:
        return self.prog[len("wayfare ") :]

    def parse_all(self, words: list[str]) -> argparse.Namespace:
        arguments, more = self.parse_known_args(words, argparse.Namespace(command=self.command))
        if more:
            self.refuse(more[0])
        return arguments

    def refuse(self, word: str) -> NoReturn:
        if word.startswith("-"):
            like = nearest(word.split("=")[0], self._option_string_actions)
            raise UsageError(f"{self.prog} has no option {word}", did_you_mean(like, self.prog))
        deeper = {name.split()[1]: name for name in COMMANDS if name.startswith(self.command + " ")}
        like = nearest(word, deeper)
        told = f'"wayfare {deeper[like]}"' if like else None
        raise UsageError(f"{self.prog} takes no word {word!r}", did_you_mean(told, self.prog))

    def error(self, message: str) -> NoReturn:
        advice = f'"{self.prog} --help" tells more'
        refused = re.search(r"invalid choice: '?(.*?)'? \(choose from (.*)\)", message)
        if refused:
            like = nearest(refused[1], re.findall(r"[\w-]+", refused[2]))
            advice = did_you_mean(like, self.prog)
        raise UsageError(f"{self.prog}: {message}", advice)


def formatter(prog: str) -> argparse.HelpFormatter:
    width = min(terminal_width() or 100, 100)  # else argparse loads a module to find it out
    return argparse.RawDescriptionHelpFormatter(prog, max_help_position=28, width=width)


def did_you_mean(like: str | None, program: str = "wayfare") -> str:
    return f"did you mean {like}?" if like else f'"{program} --help" tells what there is'


def find_command(words: list[str]) -> tuple[str | None, list[str]]:
    """Returns the command and all other words. Options may stand on both sides of the command.

    The command is None if there is only --help, --version or nothing.
    """
    at = 0
    while at < len(words) and words[at].startswith("-") and words[at] != "-":
        at += 2 if words[at] in VALUED else 1
    before, after = words[:at], words[at:]
    if not after:
        known = {*SWITCHES, *VALUED, "-h", "--help", "--version"}
        for word in before:
            if word.startswith("-") and word.split("=")[0] not in known:
                like = nearest(word, known)
                raise UsageError(f"there is no option {word}", did_you_mean(like))
        return None, []
    for length in (2, 1):
        name = " ".join(after[:length])
        if name in COMMANDS and len(after) >= length:
            return name, before + after[length:]
    like = nearest(after[0], COMMANDS)
    command = f'"wayfare {like}"' if like else None
    raise UsageError(f"there is no command {after[0]!r}", did_you_mean(command))


def parser_for(module: Any, name: str) -> Parser:
    """Returns the parser of one command."""
    commands = argparse.ArgumentParser(prog="wayfare", formatter_class=formatter).add_subparsers(
        parser_class=Parser
    )
    module.add_parser(commands)
    parser: Parser = commands.choices[name]
    parser.add_common()
    return parser


def help_text() -> str:
    lines = ["usage: wayfare COMMAND [OPTION]…", ""]
    lines.append(
        "LLM calls, each of them booked in a local ledger. Only ask and chat send a prompt."
    )
    for heading, commands in GROUPS.items():
        lines += ["", f"{heading}:"]
        lines += [f"  {name:<16} {about}" for name, (_, about) in commands.items()]
    lines += ["", "Options of every command (wayfare COMMAND --help has the others):"]
    options = {f"{name} {value}": told for name, (value, told) in VALUED.items()} | SWITCHES
    for name, told in {**options, "--version": "the version, alone"}.items():
        lines += textwrap.wrap(
            told, 96, initial_indent=f"  {name:<21} ", subsequent_indent=" " * 24
        )
    return "\n".join([*lines, "", ENVIRONMENT, "", "Exit codes:", _codes.table()])
