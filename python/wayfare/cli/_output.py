"""What a command prints: lines and tables for a person, or one JSON object for a program.

A command calls say, table and put, and need not know for whom it prints: say and table print
nothing with --json, and put prints nothing without it.
"""

from __future__ import annotations

import os
import sys

from .. import _terminal
from ._codes import READER_GONE, exit_code

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any, Union

    from ..errors import Error
    from ._layout import Cell, Line

    Told = Union[str, Line]


class _Chosen:
    json = False
    printer: Callable[[Line], None] | None = None


def begin(json: bool) -> None:
    """Begins a command, with or without --json."""
    _Chosen.json = json
    _Chosen.printer = None
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a locale may lack a character of an answer
            stream.reconfigure(errors="backslashreplace")


def for_program() -> bool:
    """Whether --json is given."""
    return _Chosen.json


def is_terminal() -> bool:
    """Whether a person reads the standard output on a terminal."""
    return not _Chosen.json and sys.stdout.isatty()


def terminal_width() -> int | None:
    """Returns the columns of the terminal, and None for a pipe or a file."""
    if not sys.stdout.isatty():
        return None
    named = os.environ.get("COLUMNS", "")
    return int(named) if named.isdecimal() else os.get_terminal_size(sys.stdout.fileno()).columns


def say(line: Told = "") -> None:
    """Prints one line: a text, or a list of texts and Cells."""
    if not _Chosen.json:
        _print([line] if isinstance(line, str) else line)


def note(line: str) -> None:
    """Prints one line that is not a part of the result, to the standard error."""
    if not _Chosen.json:
        print(line, file=sys.stderr, flush=True)


def table(
    headings: Sequence[str],
    rows: Iterable[Sequence[str | Cell | None]],
    empty: str = "nothing",
) -> None:
    """Prints rows in columns. A column whose heading begins with > is aligned to the right.

    On a terminal that is too narrow, each row becomes some lines of names and values.
    Without rows it prints `empty`.
    """
    if _Chosen.json:
        return
    from . import _layout

    for line in _layout.table(headings, [*rows], terminal_width(), empty):
        _print(line)


def put(result: dict[str, Any]) -> None:
    """Prints the result as one JSON object. Records, amounts and times may be in it."""
    if not _Chosen.json:
        return
    import json

    from .._plain import scalar

    def plain(value: Any) -> Any:
        return value.to_dict() if hasattr(value, "to_dict") else scalar(value)

    # ASCII alone: a terminal obeys nothing in it.
    print(json.dumps(result, default=plain), flush=True)


def fail(
    code: str,
    message: str,
    advice: str | None = None,
    *,
    retryable: bool = False,
    http_status: int | None = None,
    generation_id: str | None = None,
) -> int:
    """Tells why the command failed. Returns the exit code that stands for the code."""
    if _Chosen.json:
        put(
            {
                "code": code,
                "message": message,
                "advice": advice,
                "retryable": retryable,
                "http_status": http_status,
                "generation_id": generation_id,
                "exit_code": exit_code(code),
            }
        )
    else:
        line = message if code in ("usage", "interrupted", "failed") else f"{code}: {message}"
        line = f"{line}; {advice}" if advice else line
        start = "" if line.startswith("wayfare ") else "wayfare: "
        note(start + _terminal.escaped(line))
    return exit_code(code)


def fail_with(error: Error) -> int:
    """Like fail, for an Error of the library."""
    fields: Any = error  # they are set when it is made
    return fail(
        fields.code,
        fields.message,
        fields.advice,
        retryable=fields.retryable,
        http_status=fields.status,
        generation_id=fields.generation_id,
    )


def reader_is_gone() -> int:
    """Ends the output to a pipe that nobody reads, so that the exit prints no error."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return READER_GONE


def _print(line: Line) -> None:
    if _Chosen.printer is None:
        _Chosen.printer = _styled() or _print_plainly
    _Chosen.printer(line)


def _print_plainly(line: Line) -> None:
    print("".join(part if isinstance(part, str) else part.text for part in line))


def _styled() -> Callable[[Line], None] | None:
    """Returns a printer with colours, if a terminal asks for them and rich is there."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return None
    try:
        from rich.console import Console
        from rich.text import Text
    except ImportError:
        return None
    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)

    def printer(line: Line) -> None:
        parts = [part if isinstance(part, str) else (part.text, part.style) for part in line]
        console.print(Text.assemble(*parts))

    return printer
