"""The parser of one command: its own options, and those of every command."""

from __future__ import annotations

import argparse
import re

from ._commands import COMMANDS
from ._output import put, say, terminal_width
from ._words import SWITCHES, VALUED, UsageError, did_you_mean, nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn


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
        start = argparse.Namespace(command=self.command)
        if any(action.dest == "words" for action in self._actions):
            # They may stand around options. What follows a -- is no option.
            at = words.index("--") if "--" in words else len(words)
            arguments, more = self.parse_known_intermixed_args(words[:at], start)
            arguments.words = [*arguments.words, *words[at + 1 :]]
        else:
            arguments, more = self.parse_known_args(words, start)
        if more:
            self.refuse(more[0])
        return arguments

    def print_help(self, _: object = None) -> None:
        say(self.format_help().rstrip())
        put({"help": self.format_help()})

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


class Commands:
    """Makes the parsers of one module's commands. argparse's own subparsers would start later."""

    def __init__(self) -> None:
        self.parsers: dict[str, Parser] = {}

    def add_parser(self, name: str, help: str | None = None, **options: Any) -> Parser:
        """Makes the parser of one command. Its description is `help`, if it has no other one."""
        options.setdefault("description", help)
        return self.parsers.setdefault(name, Parser(prog=f"wayfare {name}", **options))


def parser_for(module: Any, name: str) -> Parser:
    """Returns the parser of one command."""
    commands = Commands()
    module.add_parser(commands)
    parser = commands.parsers[name]
    parser.add_common()
    return parser
