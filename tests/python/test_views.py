"""The views that any SQLite tool can read. They agree with the library for calls in every state,
and are read-only.
"""

from __future__ import annotations

import datetime
import json
import re
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import wayfare

# A later version may add columns at the end. It may not remove a column or change its meaning.
VIEWS = {
    "v1_entries": """
        entry state reserved booked app agent user run tags request_id model requested_model
        provider generation_id prompt_tokens completion_tokens cached_tokens
        cache_write_tokens reasoning_tokens cost_picodollars cost_usd cost_source
        finish_reason status total_us correction non_token_cost_picodollars error_code
        is_byok upstream_cost_picodollars reason
        non_token_cost_usd upstream_cost_usd agent_version first_us tier served_otherwise server
        refused_figures
        quantization
    """.split(),
    "v1_pending": """
        entry state reserved app agent user run tags request_id requested_model
        generation_id unknown_since bound_picodollars model provider status
        bound_usd agent_version refused_figures
    """.split(),
    "v1_usage_day": """
        day app agent model provider key calls unknown prompt_tokens completion_tokens
        cached_tokens cache_write_tokens reasoning_tokens cost_picodollars
        byok_calls upstream_unknown upstream_cost_picodollars
        cost_usd upstream_cost_usd
    """.split(),
    "v1_usage_user_day": """
        day user app model calls unknown prompt_tokens completion_tokens cached_tokens
        cache_write_tokens reasoning_tokens cost_picodollars
        byok_calls upstream_unknown upstream_cost_picodollars
        cost_usd upstream_cost_usd
    """.split(),
    "v1_usage_tag_day": """
        day tag app model calls unknown prompt_tokens completion_tokens cached_tokens
        cache_write_tokens reasoning_tokens cost_picodollars
        byok_calls upstream_unknown upstream_cost_picodollars
        cost_usd upstream_cost_usd
    """.split(),
    "v1_budgets": """
        name window mode app agent user run tag key model value start resets_at
        limit_picodollars spent_picodollars reserved_picodollars excess_picodollars
        left_picodollars byok missing override_picodollars override_until
        limit_usd spent_usd reserved_usd excess_usd left_usd override_usd
    """.split(),
    "v1_crossings": """
        name value start percent crossed limit_picodollars spent_picodollars
        limit_usd spent_usd
    """.split(),
    "v1_agents": "name version archived created changed models tags".split(),
    "v1_blocks": """
        app agent user run tag key model made
    """.split(),
    "v1_cooldowns": """
        model server provider until since failures error_code status probing entry slug
    """.split(),
    "v1_status": """
        now day calls unknown cost_picodollars cost_usd without_end budget budget_value
        left_picodollars left_usd resets_at empty_by blocks
    """.split(),
}


def wait_for(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)


class Every:
    """A ledger with calls in every state, and its file in SQLite. A server produces each state by
    the name of the model.
    """

    def __init__(self, client: wayfare.Client, path: Path, go: threading.Event) -> None:
        self.client, self.path, self.go = client, path, go
        client.budget("each", limit=5, window="day", assume="0.25", user="*", missing="share")
        client.budget(
            "all", limit=50, window="lifetime", mode="soft", app="shop", thresholds=[1, 1000]
        )
        tomorrow = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
        client.override("all", "0.75", tomorrow)
        client.block(agent="stopped", model="x/y")
        self.call("given-up")  # charged nothing, because it has no bound
        with pytest.raises(wayfare.Error):
            self.call("given-up", max_cost="0.125")
        with sqlite3.connect(path) as file:
            file.execute("UPDATE pending SET marked_us = marked_us - 25 * 3600000000")
        assert client.reconcile().given_up == 2
        self.call("cost_pending")
        assert client.reconcile().settled == 1  # settled by a correction
        self.call("settled")
        self.call("settled", user="ann", run="r", tags=["red", "blue"])
        self.call("own-key", tags=["red"])
        self.call("refused")
        with pytest.raises(wayfare.Error):
            self.call("lost", max_cost="0.125")
        self.stream = client.stream(
            "Hi", model="reserved", charge_to={"app": "shop"}, route={"retries": 0}
        )
        next(iter(self.stream))
        self.file = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        self.file.row_factory = sqlite3.Row

    def call(
        self, model: str, user: str = "bob", max_cost: str | None = None, **charge_to: Any
    ) -> None:
        whom: Any = {"app": "shop", "user": user, **charge_to}
        route: wayfare.types.Route = {"retries": 0}
        if max_cost is not None:
            route["max_cost"] = max_cost
        try:
            self.client.chat(
                "Hi",
                model=model,
                charge_to=whom,
                route=route,
                request_id=f"id {model}",
            )
        except wayfare.Error:
            if max_cost is not None:
                raise

    def rows(self, sql: str) -> list[dict[str, Any]]:
        return [dict(row) for row in self.file.execute(sql)]


def serve(connection: Any, go: threading.Event) -> None:
    while request := connection.read():
        if not request[1]:
            connection.reply(
                b'{"data":{"id":"gen-cost_pending","total_cost":0.5,"model":"cost_pending",'
                b'"native_tokens_prompt":9}}'
            )
            continue
        model = json.loads(request[1])["model"]
        if model in ("lost", "given-up"):
            return  # disconnects after the request: the call may have been billed
        if model == "refused":
            connection.reply(b'{"error":{"message":"no such model","code":404}}', 404)
            continue
        if model == "reserved":
            connection.head(
                200,
                "text/event-stream",
                X_Generation_Id="gen-reserved",
                Transfer_Encoding="chunked",
            )
            connection.chunk(
                b'data: {"id":"gen-reserved","choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n'
            )
            go.wait(60)
            return
        usage: dict[str, Any] = {
            "prompt_tokens": 3,
            "completion_tokens": 5,
            "prompt_tokens_details": {"cached_tokens": 2},
        }
        if model in ("settled", "own-key"):
            usage["cost"] = 0.001
        if model == "own-key":
            usage.update(is_byok=True, cost_details={"upstream_inference_cost": 0.02})
        choice = {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": "pong"},
        }
        body = {
            "id": f"gen-{model}",
            "model": f"{model}-1",
            "provider": "P",
            "choices": [choice],
            "usage": usage,
        }
        connection.reply(json.dumps(body).encode(), X_Generation_Id=f"gen-{model}")


@pytest.fixture
def every(
    raw_server: Any, open_client: Callable[..., wayfare.Client], tmp_path: Path
) -> Iterator[Every]:
    go = threading.Event()
    ledger = Every(
        open_client(raw_server(lambda connection: serve(connection, go)).base_url),
        tmp_path / "ledger.db",
        go,
    )
    yield ledger
    go.set()
    ledger.stream.cancel()
    ledger.file.close()


def test_the_document_of_the_ledger_lists_the_columns_of_the_views() -> None:
    text = (Path(__file__).resolve().parents[2] / "core/LEDGER.md").read_text()
    told = re.findall(r"^\| `(v1_\w+)` \| (.*) \|$", text, re.MULTILINE)
    found = {view: columns.replace("`", "").replace(",", "").split() for view, columns in told}
    assert found == VIEWS


def test_the_columns_of_the_views_stay(every: Every) -> None:
    there = {
        name for (name,) in every.file.execute("SELECT name FROM sqlite_schema WHERE type = 'view'")
    }
    assert there == set(VIEWS)
    for view, columns in VIEWS.items():
        described = every.file.execute(f"SELECT * FROM {view}").description
        assert [column[0] for column in described] == columns


def test_the_views_are_read_only(every: Every) -> None:
    with sqlite3.connect(every.path) as file:
        for view, columns in VIEWS.items():
            for change in (
                f"DELETE FROM {view}",
                f"UPDATE {view} SET {columns[0]} = 1",
                f"INSERT INTO {view} DEFAULT VALUES",
            ):
                with pytest.raises(sqlite3.OperationalError):
                    file.execute(change)


def told(entry: wayfare.Entry) -> dict[str, Any]:
    """Returns the fields of an attempt that the views and the library share."""
    return {
        "entry": entry.entry,
        "state": entry.state,
        "reserved": f"{entry.reserved:%Y-%m-%dT%H:%M:%SZ}",
        **{name: getattr(entry, name) or "" for name in ("app", "agent", "user")},
        "run": entry.run,
        "tags": entry.tags or None,
        **{
            name: getattr(entry, name)
            for name in ("request_id", "model", "requested_model", "generation_id", "status")
        },
        "provider": entry.provider or "",
    }


def seen(row: dict[str, Any]) -> dict[str, Any]:
    row["tags"] = json.loads(row["tags"]) if row["tags"] else None
    row["status"] = row["status"] or None
    return row


def test_entries_and_pending(every: Every) -> None:
    entries = list(every.client.entries())
    ended = every.rows("SELECT * FROM v1_entries")
    pending = every.rows("SELECT * FROM v1_pending ORDER BY entry")
    sources = [(row["state"], row["cost_source"], row["correction"]) for row in ended]
    settled, given_up = ("settled", "response", 0), ("unknown", "none", 0)
    assert sorted(sources[:2]) == [("settled", "bound", 0), given_up]
    assert sources[2:] == [
        ("settled", "none", 0),
        ("settled", "generation", 1),
        settled,
        settled,
        settled,
        ("void", "none", 0),
    ]
    assert [row["state"] for row in pending] == ["unknown", "reserved"]
    tokens = (
        "prompt_tokens",
        "completion_tokens",
        "cached_tokens",
        "cache_write_tokens",
        "reasoning_tokens",
    )
    for row, entry in zip(map(seen, ended), entries[: len(ended)]):
        assert {name: row[name] for name in told(entry)} == told(entry)
        assert row["booked"] == f"{entry.booked:%Y-%m-%dT%H:%M:%SZ}"
        assert [row[name] for name in tokens] == [getattr(entry, name) for name in tokens]
        assert (None if row["cost_usd"] is None else Decimal(row["cost_usd"])) == entry.cost
        for name in ("cost", "upstream_cost"):
            value = getattr(entry, name)
            assert row[f"{name}_picodollars"] == (None if value is None else int(value.scaleb(12)))
        assert row["is_byok"] == entry.is_byok
        assert (row["error_code"] != 0) == (entry.error is not None)
        assert row["non_token_cost_picodollars"] == (
            None if entry.non_token_cost is None else int(entry.non_token_cost.scaleb(12))
        )
        assert (row["cost_source"], bool(row["correction"]), row["total_us"]) == (
            entry.cost_source,
            entry.correction,
            entry.total_us,
        )
        assert row["finish_reason"] == (entry.finish_reason or "")
    for row, entry in zip(map(seen, pending), entries[len(ended) :]):
        assert {name: row[name] for name in told(entry)} == told(entry)
        assert row["unknown_since"] == (
            f"{entry.booked:%Y-%m-%dT%H:%M:%SZ}" if entry.state == "unknown" else None
        )
    assert [row["bound_picodollars"] for row in pending] == [125_000_000_000, None]
    assert len(entries) == len(ended) + len(pending)


@pytest.mark.parametrize(
    ("view", "by"),
    [
        ("v1_usage_day", ["day", "app", "agent", "model", "provider", "key"]),
        ("v1_usage_user_day", ["day", "user", "app", "model"]),
        ("v1_usage_tag_day", ["day", "tag", "app", "model"]),
    ],
)
def test_usage(every: Every, view: str, by: list[Any]) -> None:
    every.go.set()
    every.stream.cancel()
    wait_for(lambda: all(entry.state != "reserved" for entry in every.client.entries()))
    with sqlite3.connect(
        every.path
    ) as file:  # what has no end is in no sum of the views, and in those of the library
        file.execute("UPDATE pending SET marked_us = marked_us - 25 * 3600000000, gen_id = NULL")
    every.client.reconcile()
    sums = (
        "calls",
        "unknown",
        "prompt_tokens",
        "completion_tokens",
        "cached_tokens",
        "cache_write_tokens",
        "reasoning_tokens",
    )
    rows = {
        tuple(row[name] for name in by): (*(row[name] for name in sums), row["cost_picodollars"])
        for row in every.rows(f"SELECT * FROM {view}")
    }
    usage = every.client.usage(by=by)
    expected = {
        tuple(getattr(row, name) for name in by): (
            *(getattr(row, name) for name in sums),
            int(row.cost.scaleb(12)),
        )
        for row in usage
    }
    assert rows == {
        names: values
        for names, values in expected.items()
        if "user" not in by or names[by.index("user")]
    }
    assert rows


def test_budgets_and_blocks(every: Every) -> None:
    budgets = {(budget.name, budget.value or ""): budget for budget in every.client.budgets()}
    rows = {(row["name"], row["value"]): row for row in every.rows("SELECT * FROM v1_budgets")}
    assert rows.keys() == budgets.keys() and {"ann", "bob"} <= {value for _, value in rows}
    for name, row in rows.items():
        budget = budgets[name]
        assert (row["window"], row["mode"]) == (budget.window, budget.mode)
        assert [
            row[part] or None for part in ("app", "agent", "user", "run", "tag", "key", "model")
        ] == [
            getattr(budget, part) for part in ("app", "agent", "user", "run", "tag", "key", "model")
        ]
        assert row["resets_at"] == (
            None if budget.resets_at is None else f"{budget.resets_at:%Y-%m-%dT%H:%M:%SZ}"
        )
        until = budget.override_until
        assert row["override_until"] == (f"{until:%Y-%m-%dT%H:%M:%SZ}" if until else None)
        for amount in ("limit", "spent", "reserved", "excess", "left", "override"):
            assert row[f"{amount}_picodollars"] == int(getattr(budget, amount).scaleb(12)), (
                name,
                amount,
            )
    (row,) = every.rows("SELECT * FROM v1_blocks")
    (block,) = every.client.blocks()
    parts = ("app", "agent", "user", "run", "tag", "key", "model")
    assert {part: row[part] or None for part in parts} == block.to_dict()


def test_dollars_are_the_same_amounts_as_exact_texts(every: Every) -> None:
    for view, columns in VIEWS.items():
        for name in columns:
            base, _, unit = name.rpartition("_")
            if unit != "usd":
                continue
            for row in every.rows(f"SELECT * FROM {view}"):
                amount = row[f"{base}_picodollars"]
                assert (amount is None) == (row[name] is None), (view, name)
                if amount is not None:
                    assert Decimal(row[name]).scaleb(12) == amount, (view, name)
