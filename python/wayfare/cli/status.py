"""status: today's cost, what budgets have left and how long it lasts, and unknown costs."""

from __future__ import annotations

import datetime
from decimal import Decimal

from ._client import open_ledger
from ._codes import GOOD
from ._layout import Cell
from ._output import put, say, table
from ._values import SCOPE, dollars, minute, now, scope, several

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

    import wayfare

DAY = Decimal(24 * 60 * 60)
# Python has no later times.
LATEST = Decimal(100 * 365) * DAY


def add_parser(subparsers: Any) -> None:
    subparsers.add_parser(
        "status",
        epilog=(
            "It reads the ledger alone and needs neither a key nor the network. Times are in UTC.\n"
            '"empty by" is the time at which a budget has nothing left if its calls go on to cost\n'
            "as much as they did on average since midnight."
        ),
    )


def run(arguments: argparse.Namespace) -> int:
    at = now()
    with open_ledger(arguments) as client:
        rows = client.usage(since=at.date())
        budgets = [(budget, empty_by(client, budget, at)) for budget in client.budgets()]
        unknown = list(client.unknown())
        blocks = client.blocks()
    calls = sum(row.calls for row in rows)
    cost = sum((row.cost for row in rows), Decimal(0))
    held = sum((attempt.held for attempt in unknown), Decimal(0))
    say(f"today    {at:%Y-%m-%d} UTC: {several(calls, 'call')}, {dollars(cost)} USD")
    say(f"unknown  {several(len(unknown), 'cost')}, for which budgets hold {dollars(held)} USD")
    say(f"blocks   {', '.join(scope(block) or 'every call' for block in blocks) or 'none'}")
    say(f"ledger   {client.ledger_path}")
    show([(budget, told) for budget, (told, _) in budgets])
    put(
        {
            "day": f"{at:%Y-%m-%d}",
            "calls": calls,
            "cost": cost,
            "unknown": {"count": len(unknown), "held": held},
            "blocks": blocks,
            "budgets": [{**b.to_dict(), "empty_by": when} for b, (_, when) in budgets],
            "ledger": client.ledger_path,
        }
    )
    return GOOD


def show(budgets: list[tuple[wayfare.Budget, str]]) -> None:
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
                told,
            ]
            for budget, told in budgets
        ],
    )


def empty_by(
    client: wayfare.Client, budget: wayfare.Budget, at: datetime.datetime
) -> tuple[str, datetime.datetime | None]:
    """Returns when the budget has nothing left at today's pace: in words, and as a time if it
    comes before the budget begins again.
    """
    if budget.left <= 0:
        return "now", at
    spent = spent_today(client, budget, at)
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    elapsed = Decimal(max(1, (at - midnight).seconds))
    if spent <= 0 or budget.left * elapsed / spent > LATEST:
        return "not at today's pace", None
    when = at + datetime.timedelta(seconds=int(budget.left * elapsed / spent))
    if budget.resets_at is not None and when >= budget.resets_at:
        return "not before it resets", None
    return minute(when), when


def spent_today(client: wayfare.Client, budget: wayfare.Budget, at: datetime.datetime) -> Decimal:
    """Returns what the calls of the budget have cost today."""
    if budget.window == "day":
        return budget.spent
    parts = {part: getattr(budget, part) for part in SCOPE}
    wanted = {
        part: budget.value if value == "*" else value
        for part, value in parts.items()
        if value is not None
    }
    by: Any = [*wanted]
    return sum(
        (
            row.cost if budget.byok == "ignore" else row.cost + row.upstream_cost
            for row in client.usage(by, since=at.date())
            if all(same(part, getattr(row, part), value) for part, value in wanted.items())
        ),
        Decimal(0),
    )


def same(part: str, found: str, wanted: str | None) -> bool:
    return wanted is not None and (
        wanted.startswith(found) if part == "key" and found else found == wanted
    )
