"""Budgets and blocks through Python: names, types, refusals, and other processes."""

from __future__ import annotations

import asyncio
import datetime
import pickle
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import wayfare
from raw_server import KEY


def test_a_budget_is_made_changed_told_and_deleted(
    answering: str, open_client: Callable[..., wayfare.Client]
) -> None:
    client = open_client(answering)
    made = client.budget("support-day", limit="5.00", window="day", agent="support")
    assert made is not None
    assert (made.name, made.limit, made.left, made.mode, made.window, made.agent, made.app) == (
        "support-day",
        5,
        5,
        "hard",
        "day",
        "support",
        None,
    )
    assert made.resets_at is not None and made.resets_at.utcoffset() == datetime.timedelta(0)
    changed = client.budget("support-day", limit=Decimal("0.1"), mode="soft", assume=2)
    assert changed is not None
    assert (changed.limit, changed.mode, changed.agent, changed.assume) == (
        Decimal("0.1"),
        "soft",
        "support",
        2,
    )
    assert client.budgets() == [changed]
    assert client.budget("support-day", delete=True) is None
    assert client.budgets() == []


def test_a_hard_budget_refuses_before_anything_is_sent(
    open_client: Callable[..., wayfare.Client], raw_server: Callable[..., Any]
) -> None:
    seen: list[bytes] = []

    def serve(connection: Any) -> None:  # the server has no models list either
        if (request := connection.read()) and request[1]:
            seen.append(request[1])

    client = open_client(raw_server(serve).base_url)
    client.budget("b", limit="0.5", window="month", assume="0.75")
    with pytest.raises(wayfare.BudgetExceeded) as caught:
        client.chat("Hello", model="x/unheard-of")
    error = caught.value
    assert isinstance(error, wayfare.Error)
    assert (error.code, error.budget, error.left, error.retryable) == (
        "budget_exceeded",
        "b",
        Decimal("0.5"),
        False,
    )
    assert error.resets_at is not None and error.resets_at.day == 1
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.budget, copy.left, copy.resets_at) == (
        str(error),
        error.budget,
        error.left,
        error.resets_at,
    )
    client.budget("c", limit=1, window="lifetime")
    client.budget("b", delete=True)
    with pytest.raises(
        wayfare.Error,
        match="no_bound: the budget c is hard, and there is no bound for the price of x/unheard-of",
    ):
        client.chat("Hello", model="x/unheard-of")
    assert seen == []
    assert list(client.entries()) == []


def test_a_cost_is_charged_to_the_window(
    answering: str, open_client: Callable[..., wayfare.Client]
) -> None:
    client = open_client(answering)
    client.budget("b", limit=9, window="day", assume="0.01", agent="a")
    reply = client.chat("Hello", charge_to={"agent": "a"})
    client.chat("Hello", charge_to={"agent": "other"})
    (budget,) = client.budgets()
    assert reply.cost
    assert (budget.spent, budget.reserved, budget.left) == (reply.cost, 0, 9 - reply.cost)


def test_a_block_stops_every_process_at_once(
    answering: str, open_client: Callable[..., wayfare.Client]
) -> None:
    client = open_client(answering)
    client.chat("Hello", charge_to={"agent": "support"})
    order = (
        "import sys, wayfare; client = wayfare.Client(ledger=sys.argv[1]); "
        "getattr(client, sys.argv[2])(agent='support')"
    )
    subprocess.run(
        [sys.executable, "-c", order, client.ledger_path, "block"], check=True, timeout=60
    )
    with pytest.raises(wayfare.Error, match="blocked: calls with agent support are blocked"):
        client.chat("Hello", charge_to={"agent": "support"})
    assert [block.agent for block in client.blocks()] == ["support"]
    subprocess.run(
        [sys.executable, "-c", order, client.ledger_path, "unblock"], check=True, timeout=60
    )
    client.chat("Hello", charge_to={"agent": "support"})


def in_hours(hours: float) -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=hours)


def test_an_override_adds_to_the_limit_for_a_while(
    answering: str, open_client: Callable[..., wayfare.Client]
) -> None:
    client = open_client(answering)
    client.budget("b", limit="0.5", window="month", assume="0.75")
    with pytest.raises(wayfare.BudgetExceeded):
        client.chat("Hello", model="x/unheard-of")
    until = in_hours(1)
    raised = client.override("b", "0.25", until)
    assert (raised.limit, raised.override, raised.override_until, raised.left) == (
        Decimal("0.5"),
        Decimal("0.25"),
        until,
        Decimal("0.75"),
    )
    assert client.budgets() == [raised]
    client.chat("Hello", model="x/unheard-of")
    with pytest.raises(wayfare.BudgetExceeded, match=r"\$0.75 \(\$0.25 of it by an override\)"):
        client.chat("Hello", model="x/unheard-of")
    ended = client.override("b", 0)
    assert (ended.override, ended.override_until) == (0, None)
    with pytest.raises(wayfare.errors.Invalid, match="until of override is not in the future"):
        client.override("b", 1, in_hours(-1))
    with pytest.raises(wayfare.errors.Invalid, match="there is no budget c"):
        client.override("c", 1, in_hours(1))
    assert client.verify().problems == []


SPENDING = """
import sys, wayfare
with wayfare.Client(ledger=sys.argv[1], base_url=sys.argv[2], api_key="k") as client:
    for _ in range(10):
        client.chat("Hello")
"""


def test_a_share_is_recorded_once_by_all_processes(
    answering: str, open_client: Callable[..., wayfare.Client]
) -> None:
    client = open_client(answering)
    made = client.budget(
        "b", limit="0.03", window="lifetime", mode="soft", thresholds=[50, 80, 100]
    )
    assert made is not None and made.thresholds == [50, 80, 100]
    assert client.crossings() == []
    words = [sys.executable, "-c", SPENDING, client.ledger_path, answering]
    processes = [subprocess.Popen(words) for _ in range(3)]  # 30 calls of 0.001
    assert [process.wait(timeout=60) for process in processes] == [0, 0, 0]
    crossings = client.crossings()
    assert [(one.name, one.percent, one.spent) for one in crossings] == [
        ("b", 50, Decimal("0.015")),
        ("b", 80, Decimal("0.024")),
        ("b", 100, Decimal("0.03")),
    ]
    assert client.crossings(since=crossings[1].crossed, limit=1) == [crossings[1]]
    assert len(list(client.entries())) == 30
    changed = client.budget("b", thresholds=[])
    assert changed is not None and changed.thresholds == []
    assert client.crossings() == crossings
    assert client.verify().problems == []


def test_asyncio_has_the_same_names(answering: str, tmp_path: Any) -> None:
    async def run() -> None:
        async with wayfare.AsyncClient(
            api_key="k", base_url=answering, ledger=str(tmp_path / "l.db")
        ) as client:
            made = await client.budget("b", limit=1, window="week", user="*")
            assert made is not None and made.user == "*"
            assert await client.budgets() == [made]
            await client.block(run="7")
            assert [block.run for block in await client.blocks()] == ["7"]
            await client.unblock(run="7")
            await client.accept_clock()
            raised = await client.override("b", 1, in_hours(1))
            assert (raised.override, raised.left) == (1, 2)
            assert await client.crossings() == []

    asyncio.run(run())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"limit": 0.5}, "limit is not an amount from 0 to 9223372 dollars: it is of type float"),
        ({"limit": True}, "limit is not an amount from 0 to 9223372 dollars: it is of type bool"),
        ({"assume": 1.0}, "assume is not an amount from 0 to 9223372 dollars: it is of type float"),
        ({"limit": "-1"}, "limit is not an amount from 0 to 9223372 dollars; give it as a text"),
        ({"limit": "five"}, "limit is not an amount from 0 to 9223372 dollars; give it as a text"),
        ({"limit": 10_000_000}, "limit is not an amount from 0 to 9223372 dollars"),
        ({"window": "year"}, "window is not a known value; use hour, day, week, month or lifetime"),
        ({"mode": "off"}, "mode is not a known value; use hard or soft"),
        ({"agent": 7}, "agent is not a str: it is of type int"),
        ({"colour": "red"}, '"colour" is not known; known are name, limit, window, mode, assume,'),
        ({"tag": "*"}, 'tag cannot be "*" here'),
        ({"key": "default"}, "key is not the first 12"),
        ({"thresholds": [0]}, "a share in thresholds is not between 1 and 1000 percent"),
        ({"thresholds": 50}, "thresholds is not a list: it is of type int"),
        ({"thresholds": "50"}, "thresholds is not a list: it is of type str"),
        ({"agent": "\udc80"}, "agent is not a str: it is a str with a lone surrogate in it"),
        ({"thresholds": [0.5]}, "thresholds[0] is not a whole number"),
        ({"window": None}, "a new one needs a limit and a window"),
    ],
)
def test_what_a_budget_cannot_be_is_named(
    arguments: dict[str, Any],
    message: str,
    answering: str,
    open_client: Callable[..., wayfare.Client],
) -> None:
    client = open_client(answering)
    with pytest.raises(wayfare.Error) as caught:
        client.budget("b", **{"limit": 1, "window": "day", **arguments})
    assert caught.value.code == "invalid"
    assert message in str(caught.value)
    assert client.budgets() == []


def test_the_first_call_of_a_process_counts_a_model_under_each_of_its_names(
    sandbox: Any, open_client: Callable[..., wayfare.Client]
) -> None:
    """The rules are not known before the first look at the ledger."""
    dated = "anthropic/claude-3-haiku-20240307"
    first = open_client(sandbox.base_url)
    first.block(model="anthropic/claude-3-haiku")
    script = (
        "import sys, wayfare; client = wayfare.Client(api_key=sys.argv[3], base_url=sys.argv[1], "
        "ledger=sys.argv[2], dialect='openrouter', retries=0)\n"
        "try: print(client.chat('Hi', model=sys.argv[4], max_tokens=5).text)\n"
        "except wayfare.Error as error: print(error.code)"
    )
    arguments = [sandbox.base_url, first.ledger_path, KEY, dated]

    def call() -> str:
        done = subprocess.run(
            [sys.executable, "-c", script, *arguments],
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return done.stdout.strip()

    assert call() == "blocked"
    first.unblock(model="anthropic/claude-3-haiku")
    first.budget("haiku", limit=0, window="lifetime", model="anthropic/claude-3-haiku")
    assert call() == "budget_exceeded"


def test_a_budget_for_each_model_counts_it_under_each_of_its_names(
    sandbox: Any, open_client: Callable[..., wayfare.Client]
) -> None:
    haiku, dated = "anthropic/claude-3-haiku", "anthropic/claude-3-haiku-20240307"
    client = open_client(sandbox.base_url)
    client.budget("each", limit=1, window="day", model="*")
    spent = Decimal(0)
    for name in (haiku, dated, f"{haiku}:floor"):
        spent += client.chat("Hi", model=name, max_tokens=5).cost or 0
    [window] = client.budgets()
    assert (window.value, window.spent, window.reserved) == (haiku, spent, 0)
    client.budget("each", limit=spent, window="day", model="*")
    for name in (haiku, dated):
        with pytest.raises(wayfare.errors.BudgetExceeded) as caught:
            client.chat("Hi", model=name, max_tokens=5)
        assert "with the operation budget, or for a while with override" in str(caught.value.advice)


def test_a_call_of_several_models_is_charged_to_the_one_that_served(
    sandbox: Any, open_client: Callable[..., wayfare.Client]
) -> None:
    client = open_client(sandbox.base_url)
    client.budget("each", limit=1, window="day", model="*", assume="0.5")
    first, second = "sandbox/status-500", "anthropic/claude-3-haiku-20240307"
    reply = client.chat("Hi", model=first, models=[first, second], max_tokens=5)
    assert reply.model.startswith("anthropic/claude-3-haiku")
    assert {window.value: (window.spent, window.reserved) for window in client.budgets()} == {
        first: (0, 0),
        "anthropic/claude-3-haiku": (reply.cost, 0),
    }
    assert client.verify().problems == []
