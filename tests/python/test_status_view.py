"""The view v1_status, for prompts and monitors."""

from __future__ import annotations

import datetime
import sqlite3
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import wayfare


def test_the_status_tells_the_day_and_the_budget_that_is_empty_next(
    raw_server: Any, open_client: Callable[..., wayfare.Client], tmp_path: Path, wire: Any
) -> None:
    def answer(connection: Any) -> None:
        while connection.read():
            connection.reply(wire.completion(cost="0.25"))

    client = open_client(raw_server(answer).base_url)
    client.budget("large", limit=100, window="month", assume="0.3")
    client.budget("soft", limit="0.1", window="day", mode="soft")

    def status() -> dict[str, Any]:
        with sqlite3.connect(tmp_path / "ledger.db") as file:
            file.row_factory = sqlite3.Row
            [row] = file.execute("SELECT * FROM v1_status")
            return dict(row)

    before = status()
    assert (before["calls"], before["cost_usd"], before["budget"]) == (0, "0.000000000000", "large")
    assert Decimal(before["left_usd"]) == 100
    assert before["empty_by"] is None
    client.chat("Hi", model="a/b")
    client.budget("small", limit="0.3", window="day", assume="0.01")
    after = status()
    assert (after["calls"], after["unknown"], Decimal(after["cost_usd"])) == (1, 0, Decimal("0.25"))
    assert after["day"] == f"{datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d}"
    small: Any = next(budget for budget in client.budgets() if budget.name == "small")
    now = datetime.datetime.now(datetime.timezone.utc)
    start = now.replace(hour=0, minute=0, second=0, microsecond=0)
    expected = now + (now - start) * float((Decimal("0.3") - small.spent) / small.spent)
    if expected + datetime.timedelta(seconds=60) < start + datetime.timedelta(days=1):
        assert after["budget"] == "small"
        told_time = datetime.datetime.fromisoformat(after["empty_by"].replace("Z", "+00:00"))
        assert abs(told_time - expected) < datetime.timedelta(seconds=60)
        assert Decimal(after["left_usd"]) == Decimal("0.05")
        assert after["resets_at"].endswith("T00:00:00Z")
        assert abs(small.empty_by - told_time) < datetime.timedelta(seconds=60)
    client.block(agent="stopped")
    assert status()["blocks"] == 1


def test_a_budget_tells_when_it_is_empty(
    raw_server: Any, open_client: Callable[..., wayfare.Client], wire: Any
) -> None:
    def answer(connection: Any) -> None:
        while connection.read():
            connection.reply(wire.completion(cost="0.25"))

    client = open_client(raw_server(answer).base_url)
    soft: list[tuple[str, str, Any]] = [
        ("ample", "9000", "hour"),
        ("tight", "0.25", "day"),
        ("soft", "0.1", "month"),
        ("whole", "0.3", "lifetime"),
    ]
    for name, limit, window in soft:
        client.budget(name, limit=limit, window=window, mode="soft")
    budgets: dict[str, Any] = {budget.name: budget for budget in client.budgets()}
    assert [budgets[name].empty_by for name in budgets] == [None] * 4  # nothing was spent
    assert budgets["whole"].start is None and budgets["whole"].resets_at is None
    assert budgets["tight"].resets_at - budgets["tight"].start == datetime.timedelta(days=1)
    client.chat("Hi", model="a/b")
    now = datetime.datetime.now(datetime.timezone.utc)
    budgets = {budget.name: budget for budget in client.budgets()}
    assert budgets["ample"].empty_by is None  # not before the hour ends
    assert budgets["whole"].empty_by is None
    for name in ("tight", "soft"):  # nothing is left
        assert abs(budgets[name].empty_by - now) < datetime.timedelta(seconds=60)
    client.override("tight", "0.25", until=now + datetime.timedelta(days=2))
    tight: Any = next(budget for budget in client.budgets() if budget.name == "tight")
    twice = now + (now - tight.start)  # as much is left as was spent since the window began
    if twice + datetime.timedelta(seconds=60) < tight.resets_at:
        assert abs(tight.empty_by - twice) < datetime.timedelta(seconds=60)
    elif twice > tight.resets_at + datetime.timedelta(seconds=60):
        assert tight.empty_by is None
