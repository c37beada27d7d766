"""The lines that are measured: what they are compared with, and how they are told."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table
from workers import Figures


@dataclass
class Line:
    """`value` is wayfare's, `reference` that of what it is measured beside; `ratio` the median
    of value / reference, pair by pair of rounds that followed each other, and `spread` its
    quartiles. Met where the ratio (or, without a reference, the value) is at most `limit`."""

    name: str
    unit: str
    value: float | None
    reference: str = ""
    reference_value: float | None = None
    ratio: float | None = None
    spread: tuple[float, float] | None = None
    limit: float | None = None
    aim: str = ""
    met: bool | None = None
    error: str = ""
    versions: dict[str, str] = field(default_factory=dict)


def quartiles(values: Sequence[float]) -> tuple[float, float]:
    if len(values) < 2:
        return values[0], values[0]
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, high


def median(rounds: Sequence[Figures], figure: str, per: float = 1) -> float:
    return statistics.median(one[figure] / per for one in rounds)


def compare(
    name: str,
    unit: str,
    ours: Sequence[Figures],
    theirs: Sequence[Figures],
    reference: str,
    figure: str = "cpu",
    limit: float | None = None,
    per: tuple[float, float] = (1, 1),
    versions: dict[str, str] | None = None,
) -> Line:
    """Paired rounds of one figure, divided by `per`: ours, theirs."""
    ratios = [
        (one[figure] / per[0]) / (other[figure] / per[1])
        for one, other in zip(ours, theirs)
        if other[figure] > 0
    ]
    if not ratios:
        return Line(
            name,
            unit,
            median(ours, figure, per[0]),
            reference,
            error="the reference is zero",
            limit=limit,
        )
    ratio = statistics.median(ratios)
    return Line(
        name,
        unit,
        median(ours, figure, per[0]),
        reference,
        median(theirs, figure, per[1]),
        ratio,
        quartiles(ratios),
        limit,
        f"≤ {limit:g}×" if limit is not None else "",
        ratio <= limit if limit is not None else None,
        versions=versions or {},
    )


def at_most(name: str, unit: str, value: float, limit: float | None = None) -> Line:
    met = None if limit is None else value <= limit
    return Line(
        name,
        unit,
        value,
        limit=limit,
        aim=f"≤ {limit:g} {unit}" if limit is not None else "",
        met=met,
    )


def failure(name: str, reference: str, error: str) -> Line:
    return Line(name, "", None, reference, error=error)


def number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def table(lines: Sequence[Line], title: str) -> None:
    shown = Table(title=title, title_justify="left")
    for heading in ("what", "wayfare", "unit", "beside", "its", "ratio", "quartiles", "aim", ""):
        shown.add_column(
            heading,
            justify="right" if heading in ("wayfare", "its", "ratio", "quartiles") else "left",
        )
    before = ""
    for line in lines:
        spread = f"{line.spread[0]:.3g}–{line.spread[1]:.3g}" if line.spread else ""
        ratio = f"{line.ratio:.3g}" if line.ratio is not None else ""
        mark = "" if line.met is None else "[green]met[/]" if line.met else "[red]missed[/]"
        last = f"[yellow]{line.error}[/]" if line.error else mark
        name = line.name if line.name != before else ""
        shown.add_row(
            name,
            number(line.value),
            line.unit,
            line.reference,
            number(line.reference_value),
            ratio,
            spread,
            line.aim,
            last,
        )
        before = line.name
    console = Console()
    Console(width=max(console.width, 160)).print(shown)


def write(path: Path, lines: Sequence[Line], machine: dict[str, str]) -> None:
    path.write_text(
        json.dumps(
            [{**asdict(line), "machine": machine} for line in lines], indent=1, ensure_ascii=False
        )
        + "\n"
    )
