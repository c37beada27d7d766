"""A model that fails in each way of the sandbox, with another model behind it: every attempt is
booked as it was billed, and no budget is passed.
"""

from __future__ import annotations

import contextlib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import wayfare
from wayfare.sandbox import Endpoint, Model, Sandbox, faults, prices

pytestmark = pytest.mark.slow

PRICES = prices("0.000002", "0.000004")
MODELS = tuple(Model(f"m/{name}", name, (Endpoint("Alpha", PRICES),)) for name in ("a", "b"))
LIMIT = Decimal("0.002")


def play(name: str, *, streamed: bool, folder: Path) -> str:
    """Calls until the budget refuses; returns what does not fit together."""
    with Sandbox(models=MODELS) as sandbox:
        sandbox.fault(name, model="m/a")
        options: Any = {
            "base_url": sandbox.base_url,
            "api_key": sandbox.api_key,
            "dialect": "openrouter",
            "ledger": str(folder / f"{name}-{streamed}.db"),
            "first_byte_timeout": 0.3,
            "idle_timeout": 0.3,
            "content_timeout": 0.3,
            "deadline": 3,
            "durability": "no_sync",
        }
        with wayfare.Client(**options) as client:
            client.budget("team", limit=LIMIT, window="lifetime")
            attempts = [one for _ in range(3) for one in _attempts(client, streamed)]
            return _wrong(client, sandbox, attempts)


def _attempts(client: wayfare.Client, streamed: bool) -> list[wayfare.Attempt]:
    """The attempts of one call, however it ended."""
    route: Any = {"models": ["m/a", "m/b"], "retries": 0}
    try:
        if streamed:
            with client.stream("Hello", max_tokens=20, route=route) as stream:
                for _ in stream:
                    pass
                return list(stream.reply.attempts)
        return list(client.chat("Hello", max_tokens=20, route=route).attempts)
    except wayfare.Error as error:
        return list(error.reply.attempts) if error.reply else []


def _wrong(client: wayfare.Client, sandbox: Sandbox, told: list[wayfare.Attempt]) -> str:
    entries = {one.entry: one for one in client.entries()}
    sent = sum(one.method == "POST" for one in sandbox.requests)
    (budget,) = client.budgets()
    billed = {line["generation_id"]: Decimal(line["cost"]) for line in sandbox.bill}
    missing = [attempt.entry for attempt in told if attempt.entry not in entries]
    if missing:
        return f"the attempts {missing} have no entries"
    if len(entries) < sent:
        return f"{sent} requests were sent, and {len(entries)} are booked"
    for one in entries.values():
        bill = billed.get(one.generation_id or "")
        if one.state == "settled" and None not in (one.cost, bill) and one.cost != bill:
            return f"{one.cost} is booked, and {bill} is billed"
        if one.state == "void" and bill:
            return f"the billed attempt {one.generation_id} is void"
    costs = [cost for one in entries.values() for cost in (one.cost, one.upstream_cost)]
    known = sum((cost for cost in costs if cost is not None), Decimal(0))
    if budget.spent != known:
        return f"the budget has spent {budget.spent}, and the entries {known}"
    if budget.spent + budget.reserved > LIMIT + budget.excess:
        return f"{budget.spent} + {budget.reserved} of {LIMIT}"
    found = client.verify()
    return "" if found.ok else "; ".join(found.problems)


def test_every_attempt_is_booked_whatever_fails(tmp_path: Path) -> None:
    wrong = {}
    for name in sorted(faults.FAULTS):
        for streamed in (False, True):
            with contextlib.suppress(ValueError):  # faults of other endpoints
                if problem := play(name, streamed=streamed, folder=tmp_path):
                    wrong[name, streamed] = problem
    assert wrong == {}
