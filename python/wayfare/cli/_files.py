"""What a command reads from files and from the standard input, and the private files it writes."""

from __future__ import annotations

import contextlib
import os
import sys

import wayfare

from ._words import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SIZE_MAX = 64 << 20  # like the library itself
INPUT = "-"  # the name of the standard input


def read_input(command: str) -> str:
    """Returns the text of the standard input."""
    read = b"" if sys.stdin is None else sys.stdin.buffer.read(SIZE_MAX + 1)
    return text_of(read, command, "the standard input")


def read_text(command: str, path: str) -> str:
    """Returns the text of a file, or of the standard input for a -."""
    if path == INPUT:
        return read_input(command)
    try:
        with open(path, "rb") as file:
            read = file.read(SIZE_MAX + 1)
    except FileNotFoundError:
        raise wayfare.Error(f"there is no file {path}", "not_found", "name another one") from None
    return text_of(read, command, path)


def text_of(read: bytes, command: str, place: str) -> str:
    if len(read) > SIZE_MAX:
        raise UsageError(f"{command}: {place} is longer than 64 MiB")
    try:
        return read.decode()
    except UnicodeDecodeError as error:
        raise UsageError(f"{command}: byte {error.start + 1} of {place} is not UTF-8") from None


def read_json(command: str, place: str, text: str) -> Any:
    """Returns the value of a JSON text. Refuses another text with the place of its fault."""
    import json

    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{command}: {place} is not JSON: {error}") from None


def write_private(path: str, text: str) -> None:
    """Makes a file that only this user may read. Refuses to replace one."""
    try:
        made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise wayfare.Error(
            f"there is {path} already", "invalid", "name another file, or remove that one"
        ) from None
    try:
        with os.fdopen(made, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(path)
        raise
