"""The words of a command line, and the nearest ones for a typing error. It loads no parser."""

from __future__ import annotations

from . import _codes
from ._commands import COMMANDS, GROUPS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

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


class Given:
    """What the words of a plain command give. A parser gives the same attributes."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.__dict__.update(values)


def read_plainly(command: str, words: list[str]) -> Given | None:
    """Reads the words of a plain command without a parser, which takes longer to load than such a
    command takes to run. None if a word is not in its plainest form: then a parser reads them.
    """
    values: dict[str, Any] = {**dict.fromkeys(VALUED), **dict.fromkeys(SWITCHES, False)}
    left = iter(words)
    for word in left:
        if word in SWITCHES:
            values[word] = True
            continue
        value = next(left, "-") if word in VALUED else "-"
        if value.startswith("-"):
            return None
        values[word] = [*(values[word] or ()), value] if word == "--allow-key-to" else value
    named = {word[len("--") :].replace("-", "_"): value for word, value in values.items()}
    return Given({"command": command, **named})


def help_text() -> str:
    import textwrap

    lines = ["usage: wayfare COMMAND [OPTION]…", ""]
    lines.append(
        "LLM calls, each of them booked in a local ledger. Only ask, chat and doctor --send send a "
        "prompt."
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
