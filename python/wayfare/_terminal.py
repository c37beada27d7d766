"""Texts of a server on a terminal: the terminal obeys nothing in them, and no line of them looks
like a line of the program.
"""

from __future__ import annotations

import sys
import unicodedata

# Joins letters and emojis, and does nothing else.
JOINERS = "\u200c\u200d"
MARGIN = "  "


def escaped(text: str, allowed: str = "") -> str:
    """Returns the text with escapes for what a terminal obeys: control characters, line breaks and
    marks that turn the direction of writing.
    """

    def shown(character: str) -> str:
        if unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp"):
            return character
        if character in JOINERS or character in allowed:
            return character
        return f"\\u{ord(character):04x}"

    return text if text.isascii() and text.isprintable() else "".join(map(shown, text))


class Answer:
    """Prints an answer piece by piece. Each line of it stands behind a margin, and no line of the
    program does.
    """

    def __init__(self) -> None:
        self._begins_line = True

    def add(self, piece: str) -> None:
        for line in escaped(piece, "\n\t").splitlines(keepends=True):
            print((MARGIN if self._begins_line else "") + line, end="")
            self._begins_line = line.endswith("\n")
        sys.stdout.flush()
