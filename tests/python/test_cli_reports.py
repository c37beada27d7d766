"""What the reports show on terminals of three widths, as golden files, and what they select.

WAYFARE_GOLDEN_WRITE=1 writes the files.
"""

from __future__ import annotations

import datetime
import re
import time
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import cli
import golden
import pytest
import wayfare
import wayfare.types
from wayfare.cli import usage
from wayfare.cli._layout import table

pytestmark = pytest.mark.usefixtures("bare_environment")
REPORTS = {
    "help": "--help",
    "status": "status",
    "usage": "usage --by day,model,agent,user",
    "replay": "replay --model openai/gpt-4o",
    "caching": "caching --by model,agent",
    "entries": "entries",
    "budgets": "budget",
    "blocks": "blocks",
    "unknown": "unknown",
    "models": "models --sort price",
    "defaults": "models --default",
    "performance": "performance",
    "endpoints": "endpoints openai/gpt-4o-mini",
    "select": "select hello --policy cheapest --max-tokens 100 --limit 3",
}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A ledger with calls of two agents, budgets, a block and an unknown cost."""
    sandbox_of = pytest.importorskip("wayfare.sandbox").Sandbox
    now = datetime.datetime.now(datetime.timezone.utc)
    if now.hour == 23 and now.minute > 57:  # all of it has to be on one day
        time.sleep(180)
    folder = tmp_path_factory.mktemp("kept")
    with sandbox_of() as sandbox:
        options = {"api_key": "sk-or-v1-x", "base_url": sandbox.base_url, "retries": 0}
        ledger = str(folder / "ledger.db")
        with wayfare.Client(dialect="openrouter", ledger=ledger, **options) as client:
            fill(client)
        variables = {
            "OPENROUTER_BASE_URL": sandbox.base_url,
            "WAYFARE_DIALECT": "openrouter",
            "WAYFARE_LEDGER": ledger,
            "XDG_CACHE_HOME": str(folder),
        }
        cli.run("models", **variables)  # the list is on the disk from now on
        yield variables


def fill(client: wayfare.Client) -> None:
    client.chat("Hello", charge_to={"agent": "support", "user": "ann", "tags": ["red"]})
    client.chat("How are you?", charge_to={"agent": "support", "user": "\u4e2d\u6587"})
    client.chat("Hi", model="mistralai/mistral-small", charge_to={"agent": "search", "run": "r1"})
    with pytest.raises(wayfare.errors.StreamBroken):
        client.stream("Hi", model="sandbox/cut", charge_to={"agent": "search"}).reply  # noqa: B018
    client.budget("support", limit="0.50", window="lifetime", agent="support")
    client.budget("each-user", limit="1.00", window="month", user="*", missing="share")
    client.budget("empty", limit="0", window="day", agent="nobody", mode="soft")
    client.block(agent="bad", user="bob")


@pytest.mark.parametrize("columns", golden.WIDTHS)
@pytest.mark.parametrize("report", REPORTS)
def test_a_report_fits_the_terminal(kept: dict[str, Any], report: str, columns: int) -> None:
    text = golden.check(report, REPORTS[report], columns, kept)
    if columns == 200 and report != "help":  # a pipe gets the same
        assert golden.normalised(cli.run(*REPORTS[report].split(), **kept).stdout, kept) == text


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ("", 4),
        ("--limit 1", 1),
        ("--agent support", 2),
        ("--agent support --user ann", 1),
        ("--tag red", 1),
        ("--run r1", 1),
        ("--model mistralai/mistral-small", 1),
        ("--state settled", 3),
        ("--state unknown", 1),
        ("--request-id none", 0),
        ("--since today", 4),
        ("--since 1d --until today", 0),
    ],
)
def test_entries_are_selected(kept: dict[str, Any], words: str, count: int) -> None:
    code, told = cli.told("entries", *words.split(), **kept)
    assert code == 0 and len(told["entries"]) == count
    reserved = [entry["reserved"] for entry in told["entries"] if entry["state"] != "unknown"]
    assert reserved == sorted(reserved, reverse=True)


def test_an_entry_is_found_by_its_id(kept: dict[str, Any]) -> None:
    for entry in cli.told("entries", **kept)[1]["entries"]:
        found = cli.told("entries", "--entry", entry["entry"], **kept)[1]["entries"]
        assert found == [entry]


def test_usage_takes_every_dimension_and_a_time_zone(kept: dict[str, Any]) -> None:
    assert sorted(usage.DIMENSIONS) == sorted(get_args(wayfare.types.Dimension))
    words = ("usage", "--by", "hour,requested_model", "--time-zone", "+05:30")
    rows = cli.told(*words, **kept)[1]["usage"]
    assert {row["requested_model"] for row in rows} >= {"mistralai/mistral-small", "sandbox/cut"}
    assert all(row["hour"].endswith("+05:30") for row in rows)
    assert sum(row["calls"] for row in rows) == 4


def test_usage_tells_what_the_library_tells(kept: dict[str, Any]) -> None:
    with wayfare.Client(ledger=kept["WAYFARE_LEDGER"]) as client:
        rows = [row.to_dict() for row in client.usage(by=["agent"])]
    told = cli.told("usage", "--by", "agent", "--since", "today", **kept)[1]
    for row, same in zip(rows, told["usage"]):
        assert {k: str(v) for k, v in row.items()} == {k: str(v) for k, v in same.items()}
    assert cli.told("usage", "--until", "yesterday", **kept)[1]["usage"] == []


def test_models_are_selected_and_sorted(kept: dict[str, Any]) -> None:
    every = cli.told("models", **kept)[1]["models"]
    found = cli.told("models", "OPENAI", "mini", **kept)[1]["models"]
    assert cli.told("models", "nosuchmodel", **kept) == (
        3,
        {"models": [], "catalogue": cli.told("models", **kept)[1]["catalogue"]},
    )
    assert 0 < len(found) < len(every) and all("mini" in model["id"] for model in found)
    for sort, of in (
        ("context", lambda model: -model["context_tokens"]),
        ("name", lambda model: model["id"]),
        ("price", lambda model: Decimal(model["prices"]["prompt"] or "inf")),
    ):
        first, *_, last = cli.told("models", "--sort", sort, **kept)[1]["models"]
        assert of(first) <= of(last)


def test_the_models_of_the_key_are_asked_for_with_it(kept: dict[str, Any]) -> None:
    every = cli.told("models", **kept)[1]["models"]
    code, told = cli.told("models", "--of-key", OPENROUTER_API_KEY="sk-or-v1-x", **kept)
    assert (code, told["models"], told["catalogue"]["source"]) == (0, every, "fetched")
    assert cli.told("models", "--of-key", **kept)[0] == 8  # there is no key


def test_the_models_need_no_ledger_and_make_none(kept: dict[str, Any], tmp_path: Path) -> None:
    for words in (["models"], ["models", "--default"], ["select", "hello"]):
        assert cli.run(*words, **{**kept, "WAYFARE_LEDGER": str(tmp_path / "l.db")}).returncode == 0
    assert list(tmp_path.iterdir()) == []


def test_status_says_when_a_budget_is_empty(kept: dict[str, Any]) -> None:
    with wayfare.Client(ledger=kept["WAYFARE_LEDGER"]) as client:
        spent = next(budget.spent for budget in client.budgets() if budget.name == "support")
        limit = f"{spent + spent / 1000:.12f}"
        client.budget("tight", limit=limit, window="month", agent="support")
    told = cli.told("status", **kept)[1]
    assert told["unknown"]["count"] == 1
    budgets = {budget["name"]: budget for budget in told["budgets"] if not budget["value"]}
    lines = cli.run("status", **kept).stdout.splitlines()
    with wayfare.Client(ledger=kept["WAYFARE_LEDGER"]) as client:
        client.budget("tight", delete=True)  # the ledger is that of other tests too
    for name, shown in (
        ("tight", r"\d{4}-\d\d-\d\d \d\d:\d\d"),
        ("empty", "now"),
        ("support", "unknown"),
    ):
        (line,) = [one for one in lines if one.startswith(f"{name} ")]
        assert re.search(f"  {shown}$", line), line
        assert (budgets[name]["empty_by"] is None) is (name == "support")


def test_status_uses_neither_a_key_nor_the_network(kept: dict[str, Any], raw_server: Any) -> None:
    connections: list[Any] = []
    server = raw_server(connections.append)
    variables = {**kept, "OPENROUTER_BASE_URL": server.base_url, "OPENROUTER_API_KEY": "no key"}
    for report in ("status", "usage", "entries", "budget", "blocks", "unknown"):
        assert cli.run(report, **variables).returncode == 0
    assert connections == []


def test_a_table_too_wide_for_the_terminal_becomes_blocks() -> None:
    headings, rows = ["name", ">count"], [["a", "1"], ["b\n", ""]]

    def text(width: int | None) -> list[str]:
        return [
            "".join(part if isinstance(part, str) else part.text for part in line)
            for line in table(headings, rows, width, "none")
        ]

    assert text(None) == text(14) == ["name     count", "a            1", "b\\u000a"]
    assert text(13) == ["name a", "    count 1", "name b\\u000a"]
    assert table(headings, [], 60, "none") == [["none"]]
