"""Costs that nobody told: listed, and settled by hand."""

from __future__ import annotations

import asyncio
import datetime
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import wayfare

Opens = Callable[..., wayfare.Client]
MARK_OLD = "UPDATE pending SET marked_us = marked_us - 25 * 3600000000"


def lost(raw_server: Any, open_client: Opens) -> wayfare.Client:
    """A client with one attempt whose connection was lost."""

    def serve(connection: Any) -> None:
        connection.read()

    client = open_client(raw_server(serve).base_url)
    client.budget("b", limit=1, window="lifetime")
    with pytest.raises(wayfare.Error, match="connection_lost"):
        client.chat("Hi", charge_to={"agent": "a"}, request_id="mine", route={"max_cost": "0.5"})
    return client


def test_a_lost_attempt_is_listed_and_settled_by_another_process(
    raw_server: Any, open_client: Opens
) -> None:
    client = lost(raw_server, open_client)
    (attempt,) = client.unknown()
    assert isinstance(attempt, wayfare.Unknown)
    assert (attempt.state, attempt.agent, attempt.request_id, attempt.looked_up) == (
        "unknown",
        "a",
        "mine",
        False,
    )
    assert attempt.bound == attempt.held and attempt.held <= Decimal("0.5")
    assert attempt.cost is None
    assert attempt.gives_up_at == attempt.since + datetime.timedelta(days=1)
    assert client.budgets()[0].unknown == 1

    order = (
        "import sys, wayfare; client = wayfare.Client(ledger=sys.argv[1]); "
        "(one,) = client.unknown(); client.settle(one.entry, '0.25', 'the bill of May')"
    )
    subprocess.run([sys.executable, "-c", order, client.ledger_path], check=True, timeout=60)
    assert list(client.unknown()) == []
    (entry,) = client.entries()
    assert (entry.entry, entry.state, entry.cost, entry.cost_source, entry.reason) == (
        attempt.entry,
        "settled",
        Decimal("0.25"),
        "manual",
        "the bill of May",
    )
    (budget,) = client.budgets()
    assert (budget.spent, budget.reserved, budget.unknown) == (Decimal("0.25"), 0, 0)
    assert client.verify().problems == []
    with pytest.raises(wayfare.errors.Invalid, match="there is no attempt"):
        client.settle(attempt.entry, "0.25", "twice")


def test_an_attempt_that_was_given_up_is_corrected_by_hand(
    raw_server: Any, open_client: Opens, tmp_path: Path
) -> None:
    def serve(connection: Any) -> None:
        connection.read()

    client = open_client(raw_server(serve).base_url)
    with pytest.raises(wayfare.Error):
        client.chat("Hi", model="x/unheard-of")  # it has no bound
    with sqlite3.connect(tmp_path / "ledger.db") as file:
        file.execute(MARK_OLD)
    assert client.reconcile().given_up == 1
    (attempt,) = client.unknown()
    assert (attempt.gives_up_at, attempt.looked_up, attempt.bound) == (None, False, None)
    client.settle(attempt.entry, 2, reason="the provider's bill", upstream_cost="0.5")
    assert list(client.unknown()) == []
    first, correction = client.entries()
    assert (first.cost, first.reason) == (None, None)
    assert (correction.correction, correction.cost, correction.upstream_cost) == (
        True,
        2,
        Decimal("0.5"),
    )
    (usage,) = client.usage()
    assert (usage.calls, usage.unknown, usage.cost, usage.upstream_cost) == (
        1,
        0,
        2,
        Decimal("0.5"),
    )
    assert client.verify().problems == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"reason": ""}, "reason of settle has not 1 to 256 bytes"),
        ({"reason": "ä" * 129}, "reason of settle has not 1 to 256 bytes"),
        ({"cost": 0.5}, "cost is not an amount"),
        ({"cost": None}, "neither cost nor upstream_cost"),
        ({"cost": None, "upstream_cost": 1}, "is not known; give cost"),
        ({"entry": "x"}, "it has 26 characters"),
        ({"entry": "0" * 26}, "there is no attempt"),
    ],
)
def test_what_cannot_be_settled_is_named(
    arguments: dict[str, Any], message: str, raw_server: Any, open_client: Opens
) -> None:
    client = lost(raw_server, open_client)
    (attempt,) = client.unknown()
    with pytest.raises(wayfare.errors.Invalid) as caught:
        client.settle(**{"entry": attempt.entry, "cost": 1, "reason": "r", **arguments})
    assert message in str(caught.value)
    assert list(client.unknown()) == [attempt]


def test_awaited(raw_server: Any, open_client: Opens) -> None:
    path = lost(raw_server, open_client).ledger_path

    async def run() -> None:
        async with wayfare.AsyncClient(ledger=path) as client:
            (attempt,) = [one async for one in client.unknown()]
            await client.settle(attempt.entry, "0.125", "the bill")
            assert [one async for one in client.unknown()] == []

    asyncio.run(run())
