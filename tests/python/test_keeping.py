"""Care of the ledger's file through Python: verify, backup, prune, sums by user, tag and run; and the views that any SQLite tool reads."""

from __future__ import annotations

import asyncio
import datetime
import sqlite3
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

import wayfare

Opens = Callable[..., wayfare.Client]
VIEWS = {
    "v1_entries": "entry state reserved booked app agent user run tags request_id model requested_model provider generation_id prompt_tokens "
    "completion_tokens cached_tokens written_tokens reasoning_tokens cost_picodollars cost_usd cost_source finish_reason status total_us correction",
    "v1_pending": "entry state reserved app agent user run tags request_id requested_model generation_id",
    "v1_usage_day": "day app agent model provider key calls unknown prompt_tokens completion_tokens cached_tokens written_tokens reasoning_tokens "
    "cost_picodollars",
    "v1_usage_user_day": "day user app model calls unknown prompt_tokens completion_tokens cached_tokens written_tokens reasoning_tokens cost_picodollars",
    "v1_usage_tag_day": "day tag app model calls unknown prompt_tokens completion_tokens cached_tokens written_tokens reasoning_tokens cost_picodollars",
    "v1_budgets": "name window mode app agent user run tag key model value start resets_at limit_picodollars spent_picodollars "
    "reserved_picodollars excess_picodollars left_picodollars",
    "v1_blocks": "app agent user run tag key model made",
}


def some_calls(client: wayfare.Client) -> None:
    for user, run, tags in (("ann", "r1", ["red"]), ("ann", "r2", ["red", "blue"]), ("bob", "r2", [])):
        client.chat("Hello", model="x/y", charge_to={"app": "shop", "agent": "a", "user": user, "run": run, "tags": tags})
    client.chat("Hello", model="x/y")


def test_sums_by_user_tag_and_run(answering: str, open_client: Opens) -> None:
    client = open_client(answering)
    some_calls(client)
    cost = Decimal("0.001")
    assert {row.user: row.cost for row in client.usage(by=["user"])} == {"": cost, "ann": 2 * cost, "bob": cost}
    assert {row.tag: row.calls for row in client.usage(by=["tag"])} == {"blue": 1, "red": 2}
    assert {(row.run, row.user): row.calls for row in client.usage(by=["run", "user"])} == {("", ""): 1, ("r1", "ann"): 1, ("r2", "ann"): 1, ("r2", "bob"): 1}
    (row, *_) = client.usage(by=["app"])
    assert row.user is None and row.tag is None and row.run is None


def test_verify_backup_and_prune(answering: str, open_client: Opens, tmp_path: Path) -> None:
    client = open_client(answering)
    some_calls(client)
    found = client.verify()
    assert (found.ok, found.entries, found.pending, found.problems) == (True, 4, 0, [])
    client.backup(tmp_path / "copy.db")
    client.backup(str(tmp_path / "copy.db"))
    with pytest.raises(wayfare.Error, match="it is the ledger itself"):
        client.backup(tmp_path / "ledger.db")
    with open_client(answering, ledger=str(tmp_path / "copy.db")) as copy:
        assert [entry.entry for entry in copy.entries()] == [entry.entry for entry in client.entries()]
    with pytest.raises(wayfare.Error, match="before of prune is in the future"):
        client.prune(datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1))
    with pytest.raises(wayfare.Error, match="prune has no before"):
        client.prune(None)
    assert client.prune("2026-01-01") == client.prune(datetime.date(2026, 1, 1))
    gone = client.prune(datetime.datetime.now(datetime.timezone.utc))
    assert (gone.entries, gone.windows) == (4, 0)
    assert list(client.entries()) == [] and sum(row.calls for row in client.usage(by=["agent"])) == 4
    assert client.verify().ok


def test_awaited(answering: str, tmp_path: Path) -> None:
    async def run() -> None:
        async with wayfare.AsyncClient(api_key="sk-or-v1-x", dialect="openrouter", base_url=answering, ledger=str(tmp_path / "l.db")) as client:
            await client.chat("Hello", model="x/y")
            assert (await client.verify()).entries == 1
            await client.backup(tmp_path / "copy.db")
            assert (await client.prune("2026-01-01")).entries == 0

    asyncio.run(run())
    assert (tmp_path / "copy.db").exists()


def test_the_views_tell_what_the_library_tells(answering: str, open_client: Opens, tmp_path: Path) -> None:
    client = open_client(answering)
    client.budget("b", limit=5, window="day", assume="0.01", user="*")
    client.block(agent="stopped")
    some_calls(client)
    file = sqlite3.connect(f"file:{tmp_path / 'ledger.db'}?mode=ro", uri=True)
    file.row_factory = sqlite3.Row
    for view, columns in VIEWS.items():  # a column may be added, and none may go
        assert " ".join(column[0] for column in file.execute(f"SELECT * FROM {view}").description) == columns
    assert [(row["entry"], row["state"], Decimal(row["cost_usd"]), row["cost_source"]) for row in file.execute("SELECT * FROM v1_entries")] == [
        (entry.entry, entry.state, entry.cost, entry.cost_source) for entry in client.entries()
    ]
    assert [row[0] for row in file.execute("SELECT entry FROM v1_pending")] == []
    for view, by in (("v1_usage_user_day", "user"), ("v1_usage_tag_day", "tag"), ("v1_usage_day", "agent")):
        told = {getattr(row, by): (row.calls, int(row.cost.scaleb(12))) for row in client.usage(by=[by]) if by != "user" or row.user}
        rows = file.execute(f"SELECT {by}, sum(calls), sum(cost_picodollars) FROM {view} GROUP BY 1")
        assert {name: (calls, cost) for name, calls, cost in rows} == told
    budgets = {(row["name"], row["value"], row["spent_picodollars"]) for row in file.execute("SELECT * FROM v1_budgets")}
    assert budgets == {(budget.name, budget.value or "", int(budget.spent.scaleb(12))) for budget in client.budgets()}
    assert [row["agent"] for row in file.execute("SELECT * FROM v1_blocks")] == ["stopped"]
