"""budget, budget check, budget set, budget override and budget delete."""

from __future__ import annotations

import wayfare

from ._client import open_ledger
from ._codes import GOOD, OVER_BUDGET
from ._layout import Cell
from ._output import put, say, table
from ._values import (
    add_scope,
    amount_of,
    dollars,
    given_of,
    minute,
    positive,
    scope,
    several,
    time_of,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from decimal import Decimal
    from typing import Any

WINDOWS = ("hour", "day", "week", "month", "lifetime")


def add_parser(subparsers: Any) -> None:
    subparsers.add_parser(
        "budget",
        description="list the budgets in their current windows",
        epilog="Its other commands are budget check, set, override and delete.",
    )
    check = subparsers.add_parser(
        "budget check",
        description="tell whether a budget is used up: the exit code is 4 then",
    )
    check.add_argument("name", metavar="NAME", nargs="?", help="default: every budget")
    check.add_argument(
        "--min-left", metavar="USD", type=amount_of, help="also 4 if less than this is left"
    )
    add_set(subparsers)
    override = subparsers.add_parser("budget override")
    override.add_argument("name", metavar="NAME")
    override.add_argument("amount", metavar="USD", type=amount_of, help="0 ends all overrides")
    override.add_argument(
        "--until", metavar="TIME", help="such as 2026-12-01 or 2026-12-01T12:00:00Z"
    )
    delete = subparsers.add_parser("budget delete")
    delete.add_argument("name", metavar="NAME")


def add_set(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "budget set",
        description="make a budget, or change what is given of it",
        epilog="Example: wayfare budget set support-day --limit 5.00 --window day --agent support",
    )
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("--limit", metavar="USD", type=amount_of, help="required for a new one")
    parser.add_argument("--window", choices=WINDOWS, help="in UTC; required for a new one")
    parser.add_argument(
        "--mode", choices=("hard", "soft"), help="hard refuses a call that may pass it; default"
    )
    parser.add_argument(
        "--assume", metavar="USD", type=amount_of, help="what a call without a bound holds"
    )
    parser.add_argument(
        "--byok",
        choices=("count", "ignore"),
        help="whether it counts what a provider bills you directly; default: count",
    )
    parser.add_argument(
        "--missing",
        choices=("refuse", "share"),
        help='what happens to a call without a value for the "*"; default: refuse',
    )
    parser.add_argument(
        "--threshold",
        metavar="PERCENT",
        type=positive,
        action="append",
        help="record when so much of the limit is spent; may be repeated",
    )
    add_scope(parser)


def run(arguments: argparse.Namespace) -> int:
    if arguments.command == "budget set":
        return make(arguments)
    with open_ledger(arguments) as client:
        if arguments.command == "budget":
            budgets = client.budgets()
            show(budgets)
            put({"budgets": budgets})
            return GOOD
        if arguments.command == "budget check":
            return check(named(client, arguments.name), arguments.min_left)
        if arguments.command == "budget override":
            until = None if arguments.until is None else time_of(arguments.until)
            changed = client.override(arguments.name, arguments.amount, until)
            show([changed])
            put({"budget": changed})
            return GOOD
        named(client, arguments.name)
        client.budget(arguments.name, delete=True)
    say(f"the budget {arguments.name} is deleted")
    put({"deleted": arguments.name})
    return GOOD


def named(client: wayfare.Client, name: str | None) -> list[wayfare.Budget]:
    """Returns the rows of the named budget, or all rows. Raises Error if it is not there."""
    budgets = client.budgets()
    if name is None:
        return budgets
    found = [budget for budget in budgets if budget.name == name]
    if not found:
        raise wayfare.Error(
            f"there is no budget {name}", "not_found", '"wayfare budget" lists the budgets'
        )
    return found


def make(arguments: argparse.Namespace) -> int:
    with open_ledger(arguments, make=True) as client:
        changed = client.budget(
            arguments.name,
            limit=arguments.limit,
            window=arguments.window,
            mode=arguments.mode,
            assume=arguments.assume,
            byok=arguments.byok,
            missing=arguments.missing,
            thresholds=arguments.threshold,
            **given_of(arguments),
        )
    assert changed is not None
    show([changed])
    put({"budget": changed})
    return GOOD


def check(budgets: Sequence[wayfare.Budget], least: Decimal | None) -> int:
    """Returns the exit code OVER_BUDGET if a budget has nothing left, or less than `least`."""
    short = [b for b in budgets if b.left <= 0 or (least is not None and b.left < least)]
    show(short, empty=f"{several(len(budgets), 'budget')} checked: enough is left")
    put({"ok": not short, "budgets": budgets})
    return OVER_BUDGET if short else GOOD


def show(budgets: Sequence[wayfare.Budget], empty: str = "there are no budgets") -> None:
    table(
        ["budget", "calls", "window", ">limit", ">spent", ">reserved", ">left", "resets"],
        [
            [
                budget.name + (f" ({budget.value})" if budget.value is not None else ""),
                scope(budget) or "every call",
                budget.window + (" soft" if budget.mode == "soft" else ""),
                dollars(budget.limit),
                dollars(budget.spent),
                dollars(budget.reserved),
                Cell(dollars(budget.left), "red") if budget.left <= 0 else dollars(budget.left),
                minute(budget.resets_at),
            ]
            for budget in budgets
        ],
        empty=empty,
    )
