"""Host processes: other programs that use wayfare."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import textwrap
from collections import Counter
from pathlib import Path
from typing import Any

import wayfare
from raw_server import KEY


class Host:
    """Starts processes that run a script. The script opens clients of one server and one ledger."""

    START = """
import gc, os, signal, sys, threading, time, wayfare
base_url, ledger, ca_file, *arguments = sys.argv[1:]
def client(**options):
    own = {"base_url": base_url, "ledger": ledger, "ca_file": ca_file or None, "retries": 0}
    options = {**own, **options}
    return wayfare.Client(api_key="sk-or-v1-x", dialect="openrouter", **options)
"""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ledger = folder / "ledger.db"
        self.processes: list[subprocess.Popen[str]] = []

    def start(
        self, text: str, base_url: str, ca_file: Path | str = "", *arguments: str, **options: Any
    ) -> subprocess.Popen[str]:
        # A file, because a spawned process imports it again.
        script = self.folder / f"host{len(self.processes)}.py"
        script.write_text(self.START + textwrap.dedent(text))
        words = [
            sys.executable,
            "-W",
            "ignore::DeprecationWarning",
            str(script),
            base_url,
            str(self.ledger),
            str(ca_file),
            *arguments,
        ]
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **options}
        self.processes.append(subprocess.Popen(words, **options))
        return self.processes[-1]

    def run(
        self,
        text: str,
        base_url: str,
        ca_file: Path | str = "",
        *arguments: str,
        timeout: float = 60,
    ) -> str:
        """Runs the script to its end and returns its output. It must succeed and print no error."""
        code, out, complaint = self.end(self.start(text, base_url, ca_file, *arguments), timeout)
        assert code == 0 and complaint == "", f"ended with {code}\n{complaint}{out}"
        return out

    @staticmethod
    def end(process: subprocess.Popen[str], timeout: float) -> tuple[int, str, str]:
        out, complaint = process.communicate(timeout=timeout)
        return process.returncode, out, complaint

    def rows(self, sql: str) -> list[Any]:
        connection = sqlite3.connect(self.ledger)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def states(self) -> Counter[str]:
        """Opens the ledger again and returns the number of rows by state."""
        with wayfare.Client(api_key=KEY, ledger=self.ledger) as client:
            assert self.rows("PRAGMA integrity_check") == [("ok",)]
            return Counter(entry.state for entry in client.entries())
