"""What commands show, as golden files in tests/golden/cli. WAYFARE_GOLDEN_WRITE=1 writes them."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import cli

FOLDER = Path(__file__).parents[1] / "golden/cli"
WIDTHS = (60, 100, 200)
WRITES = "WAYFARE_GOLDEN_WRITE" in os.environ  # a test may have another environment


def check(report: str, words: str, columns: int, variables: dict[str, Any]) -> str:
    """Compares what the command shows on a terminal of this width. Returns the text."""
    shown = cli.run(*words.split(), COLUMNS=f"{columns}", NO_COLOR="1", **variables)
    text = normalised(shown.stdout, variables)
    file = FOLDER / f"{report}-{columns}.txt"
    if WRITES:
        file.write_text(text)
    assert text == file.read_text()
    return text


def normalised(text: str, variables: dict[str, Any]) -> str:
    """Returns the text with the same times, ids and paths each time, of the same lengths."""
    text = text.replace(variables["WAYFARE_LEDGER"], "/ledger.db")
    text = re.sub(r"\d{4}-\d\d-\d\d( \d\d:\d\d(:\d\d)?)?|\d\.\d{3} s", hidden, text)
    text = re.sub(r"\bgen-\d+-\w+", "gen-9", text)
    return re.sub(r"\b01[0-9A-Z]{24}\b", "01" + "X" * 24, text)


def hidden(time: re.Match[str]) -> str:
    return re.sub(r"\d", "9", time[0])
