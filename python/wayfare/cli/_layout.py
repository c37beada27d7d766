"""How a table is laid out in lines. The colours change nothing of it."""

from __future__ import annotations

import unicodedata

from .._terminal import escaped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NamedTuple, Union

    class Cell(NamedTuple):
        text: str
        style: str

    Line = Sequence[Union[str, Cell]]
else:
    import collections

    Cell = collections.namedtuple("Cell", "text style")

GAP = "  "
BETWEEN = "   "  # of the pairs in a block
MARGIN = "    "  # of the lines of a block, but the first
HEADING, NAME = "bold", "dim"


def columns_of(text: str) -> int:
    """Returns how many columns of a terminal the text takes."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    without = sum(unicodedata.combining(letter) > 0 for letter in text)
    return len(text) + wide - without


def cell(value: str | Cell | None) -> Cell:
    text, style = value if isinstance(value, Cell) else (value or "", "")
    return Cell(escaped(text), style)


def padded(value: Cell, width: int, right: bool) -> Line:
    space = " " * (width - columns_of(value.text))
    return (space, value) if right else (value, space)


def trimmed(line: list[str | Cell]) -> Line:
    """Returns the line without blanks at its end."""
    while line:
        last = line.pop()
        text = (last if isinstance(last, str) else last.text).rstrip()
        if text:
            return [*line, text if isinstance(last, str) else Cell(text, last.style)]
    return line


def table(
    headings: Sequence[str],
    rows: Sequence[Sequence[str | Cell | None]],
    width: int | None,
    empty: str,
) -> list[Line]:
    """Returns the lines of the table: in columns if they fit into the width, else as blocks."""
    if not rows:
        return [[empty]]
    names = [heading.lstrip(">") for heading in headings]
    right = [heading.startswith(">") for heading in headings]
    cells = [[cell(value) for value in row] for row in rows]
    widths = [
        max(columns_of(name), *(columns_of(row[at].text) for row in cells))
        for at, name in enumerate(names)
    ]
    if width is not None and sum(widths) + len(GAP) * (len(widths) - 1) > width:
        return blocks(names, cells, width)
    lines: list[Line] = []
    for row in ([Cell(name, HEADING) for name in names], *cells):
        line: list[str | Cell] = []
        for at, value in enumerate(row):
            line += [*([GAP] if at else []), *padded(value, widths[at], right[at])]
        lines.append(trimmed(line))
    return lines


def blocks(names: Sequence[str], cells: Sequence[Sequence[Cell]], width: int) -> list[Line]:
    """Returns some lines for each row: the names and the values of the columns that have one."""
    lines: list[Line] = []
    for row in cells:
        line: list[str | Cell] = []
        used = 0
        for name, value in zip(names, row):
            if not value.text:
                continue
            needed = columns_of(name) + 1 + columns_of(value.text)
            if line and used + len(BETWEEN) + needed > width:
                lines.append(line)
                line, used = [MARGIN], len(MARGIN)
            elif line:
                line.append(BETWEEN)
                used += len(BETWEEN)
            line += [Cell(name, NAME), " ", value]
            used += needed
        lines.append(line)
    return lines
