"""Runs the command wayfare: with pipes, or on a terminal of a chosen width."""

from __future__ import annotations

import contextlib
import fcntl
import io
import json
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

from wayfare.cli import main


class Done(NamedTuple):
    """What a command has printed, and its exit code."""

    returncode: int
    stdout: str
    stderr: str


WAYFARE = (sys.executable, "-m", "wayfare")
WITHOUT_RICH = (
    sys.executable,
    "-c",
    "import sys; sys.modules['rich.console'] = None\n"
    "from wayfare.cli import main; sys.exit(main())",
)
STYLES = re.compile(r"\x1b\[[0-9;]*m")


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Returns the environment with these variables and without those that change the output."""
    kept = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES", "NO_COLOR")}
    return {**kept, "TERM": "xterm-256color", "PYTHONUTF8": "1", **variables}


class Screen(io.TextIOWrapper):
    """A stream that takes itself for a terminal, whose width the variable COLUMNS tells."""

    def isatty(self) -> bool:
        return True


def run(
    *words: str, folder: Path | None = None, given: str | bytes = b"", **variables: str
) -> Done:
    """Runs the command as with pipes, or as on a terminal if COLUMNS is among the variables.
    `given` is its standard input.
    """
    return run_in(environment(variables), folder, *words, given=given)


def run_in(
    variables: Mapping[str, str], folder: Path | None, *words: str, given: str | bytes = b""
) -> Done:
    """Runs the command in this process, which is faster, with this environment alone."""
    input = given.encode() if isinstance(given, str) else given
    pieces = [io.BytesIO(input), io.BytesIO(), io.BytesIO()]
    kind = Screen if "COLUMNS" in variables else io.TextIOWrapper
    stdin, stdout, stderr = (kind(piece, "utf-8") for piece in pieces)
    streams = mock.patch.multiple(sys, stdin=stdin, stdout=stdout, stderr=stderr)
    before = os.getcwd()
    with mock.patch.dict(os.environ, variables, clear=True), streams:
        os.chdir(folder or before)
        try:
            code = main(words)
        except SystemExit as end:  # of argparse, for --help
            code = int(end.code or 0)
        finally:
            os.chdir(before)
    stdout.flush()
    stderr.flush()
    return Done(code, *(piece.getvalue().decode() for piece in pieces[1:]))


def told(*words: str, **options: Any) -> tuple[int, Any]:
    """Runs the command with --json. Returns the exit code and the object."""
    done = run(*words, "--json", **options)
    assert done.stdout.count("\n") == 1 and done.stderr == "", (done.stdout, done.stderr)
    return done.returncode, json.loads(done.stdout)


def ok(words: str, options: Mapping[str, Any]) -> Any:
    """Runs the command with --json, which must succeed. Returns the object."""
    code, result = told(*words.split(), **options)
    assert code == 0, result
    return result


def refused(words: str, options: Mapping[str, Any]) -> tuple[int, str, str]:
    """Runs the command with --json. Returns the exit code, the code of its error, and its text."""
    code, error = told(*words.split(), **options)
    return code, error["code"], f"{error['message']}; {error['advice']}"


class Terminal:
    """A process whose standard streams are a terminal. `text` is what it has shown so far."""

    def __init__(self, process: subprocess.Popen[bytes], screen: int, seconds: float = 60) -> None:
        self.process, self._screen, self.text = process, screen, ""
        self._read = b""
        self._until = time.monotonic() + seconds

    def send(self, keys: str) -> None:
        os.write(self._screen, keys.encode())

    def wait_for(self, text: str, times: int = 1) -> None:
        while self.text.count(text) < times:
            assert self._more(), f"it ended without {text!r}: {self.text}"

    def interrupt(self, text: str, times: int) -> None:
        """Presses Ctrl-C until the text is there. readline misses one that comes between its prompt
        and its first wait for a key.
        """
        while self.text.count(text) < times:
            self.send("\x03")
            while select.select([self._screen], [], [], 1)[0] and self.text.count(text) < times:
                assert self._more(), f"it ended without {text!r}: {self.text}"
            assert time.monotonic() < self._until, self.text

    def end(self) -> int:
        """Reads to the end and returns the exit code."""
        while self._more():
            pass
        return self.process.wait(10)

    def _more(self) -> bool:
        left = self._until - time.monotonic()
        ready = select.select([self._screen], [], [], max(left, 0))[0]
        assert ready, f"it shows nothing more: {self.text}"
        with contextlib.suppress(OSError):  # how Linux tells the end of a terminal
            if piece := os.read(self._screen, 1 << 16):
                self._read += piece
                self.text = self._read.decode(errors="replace").replace("\r\n", "\n")
                return True
        return False


@contextlib.contextmanager
def terminal(
    *words: str,
    columns: int = 100,
    folder: Path | None = None,
    program: tuple[str, ...] = WAYFARE,
    **variables: str,
) -> Iterator[Terminal]:
    """Runs the command on a terminal."""
    screen, keyboard = pty.openpty()
    fcntl.ioctl(keyboard, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    process = subprocess.Popen(
        ["setsid", "-c", "-w", *program, *words],  # so that Ctrl-C reaches it and nobody else
        cwd=folder,
        env=environment(variables),
        stdin=keyboard,
        stdout=keyboard,
        stderr=keyboard,
    )
    os.close(keyboard)
    try:
        yield Terminal(process, screen)
    finally:
        process.kill()
        process.wait()
        os.close(screen)


def shown(*words: str, **options: Any) -> str:
    """Returns all that the command shows on a terminal."""
    with terminal(*words, **options) as screen:
        screen.end()
        return screen.text
