"""status: today's cost, what budgets have left and how long it lasts, and unknown costs."""

from __future__ import annotations

from decimal import Decimal

from ._client import open_ledger
from ._codes import GOOD
from ._layout import Cell
from ._output import put, say, table
from ._values import dollars, minute, now, scope, several, sum_of_dollars

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

    import wayfare


def add_parser(subparsers: Any) -> None:
    subparsers.add_parser(
        "status",
        epilog=(
            "It reads the ledger alone and needs neither a key nor the network. Times are in UTC.\n"
            '"empty by" is the time at which a budget has nothing left if its calls go on to cost\n'
            "as much as they did on average since its window began. It is unknown for a budget\n"
            "that never resets."
        ),
    )


def run(arguments: argparse.Namespace) -> int:
    at = now()
    with open_ledger(arguments) as client:
        rows = client.usage(since=at.date())
        budgets = client.budgets()
        unknown = list(client.unknown())
        blocks = client.blocks()
    calls = sum(row.calls for row in rows)
    cost = sum((row.cost for row in rows), Decimal(0))
    saturated = any(row.saturated for row in rows)
    spent = sum_of_dollars(cost, saturated)
    held = sum((attempt.held for attempt in unknown), Decimal(0))
    say(f"today    {at:%Y-%m-%d} UTC: {several(calls, 'call')}, {spent} USD")
    say(f"unknown  {several(len(unknown), 'cost')}, for which budgets hold {dollars(held)} USD")
    say(f"blocks   {', '.join(scope(block) or 'every call' for block in blocks) or 'none'}")
    say(f"ledger   {client.ledger_path}")
    show(budgets)
    put(
        {
            "day": f"{at:%Y-%m-%d}",
            "calls": calls,
            "cost": cost,
            "saturated": saturated,
            "unknown": {"count": len(unknown), "held": held},
            "blocks": blocks,
            "budgets": budgets,
            "ledger": client.ledger_path,
        }
    )
    return GOOD


def show(budgets: list[wayfare.Budget]) -> None:
    if not budgets:
        return
    say()
    table(
        ["budget", "calls", ">left", ">of", "resets", "empty by"],
        [
            [
                budget.name + (f" ({budget.value})" if budget.value is not None else ""),
                scope(budget) or "every call",
                Cell(dollars(budget.left), "red") if budget.left <= 0 else dollars(budget.left),
                dollars(budget.limit + budget.override),
                minute(budget.resets_at) or "never",
                empty_by(budget),
            ]
            for budget in budgets
        ],
    )


def empty_by(budget: wayfare.Budget) -> str:
    if budget.left <= 0:
        return "now"
    if budget.resets_at is None:
        return "unknown"
    return minute(budget.empty_by) or "not before it resets"
