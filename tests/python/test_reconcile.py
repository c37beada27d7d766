"""Attempts whose cost was not seen: it is looked up at the server, in the background or at once,
and booked.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import cli
import pytest
import wayfare
from wayfare.sandbox import Sandbox

Opens = Callable[..., wayfare.Client]


def cut_short(client: wayfare.Client) -> None:
    """Drops a stream after its first words: it becomes unknown and has a generation id."""
    with client.stream("Tell me a long story", model="sandbox/slow-50") as stream:
        next(iter(stream))


def make_older(path: Path, hours: int) -> None:
    with sqlite3.connect(path) as file:
        file.execute("UPDATE pending SET marked_us = marked_us - ?1 * 3600000000", (hours,))


def wait_for(what: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_charges_that_do_not_fit_stay_at_the_largest_amount(
    open_client: Opens, raw_server: Any, tmp_path: Path
) -> None:
    """Each attempt was held at 9,000,000 dollars: three of them are more than can be told."""

    def hang_up(connection: Any) -> None:
        connection.read()

    client = open_client(raw_server(hang_up).base_url, retries=0)
    for _ in range(3):
        with pytest.raises(wayfare.Error):
            client.chat("Hi", model="a/b", max_tokens=5)
    path = tmp_path / "ledger.db"
    with sqlite3.connect(path) as file:
        file.execute("UPDATE pending SET bound_p = 9000000000000000000, gen_id = NULL")
    make_older(path, 25)
    done = client.reconcile()
    most = Decimal("9223372.036854775807")
    assert (done.given_up, done.charged, done.cost, done.saturated) == (3, most, 0, True)
    [row] = client.usage()
    assert (row.calls, row.unknown, row.cost, row.saturated) == (3, 0, most, True)
    client.budget("day", limit=1, window="day")
    assert [budget.spent for budget in client.budgets()] == [most]
    with sqlite3.connect(path) as file:
        assert file.execute("SELECT cost_usd FROM v1_status").fetchone() == (f"{most}",)
    for command in ("usage", "status"):
        told = cli.run(command, WAYFARE_LEDGER=str(path), XDG_CONFIG_HOME=str(tmp_path))
        assert f"{most} or more" in told.stdout
    assert cli.told("status", WAYFARE_LEDGER=str(path))[1]["saturated"] is True


def test_what_was_left_is_billed_to_the_last_digit(open_client: Opens) -> None:
    with Sandbox() as sandbox:
        client = open_client(sandbox.base_url)
        for _ in range(20):
            cut_short(client)
        wait_for(lambda: all(entry.state == "unknown" for entry in client.entries()))
        wait_for(lambda: len(sandbox.bill) == 20)
        done = client.reconcile()
        bill = {line["generation_id"]: Decimal(line["cost"]) for line in sandbox.bill}
        entries = list(client.entries())
        assert client.reconcile().looked_up == 0
    assert (done.looked_up, done.settled, done.given_up, done.unknown, done.trouble) == (
        20,
        20,
        0,
        0,
        None,
    )
    assert {entry.generation_id: entry.cost for entry in entries} == bill
    assert {(entry.state, entry.cost_source, entry.error) for entry in entries} == {
        ("settled", "generation", "cancelled")
    }
    assert done.cost == sum(bill.values()) == client.usage()[0].cost


@pytest.mark.slow
def test_lookups_run_in_the_background_after_15_seconds(open_client: Opens) -> None:
    with Sandbox() as sandbox:
        client = open_client(sandbox.base_url)
        cut_short(client)
        began = time.monotonic()
        wait_for(lambda: [entry.state for entry in client.entries()] == ["settled"])
        assert time.monotonic() - began > 10
        (entry,) = client.entries()
        assert entry.cost == Decimal(sandbox.bill[0]["cost"]) and entry.cost_source == "generation"


def test_another_process_settles_what_one_left_that_was_killed(host: Any) -> None:
    with Sandbox() as sandbox:
        text = """
        one = client()
        stream = one.stream("Tell me a long story", model="sandbox/slow-50")
        next(iter(stream))
        print("streams", flush=True)
        time.sleep(60)
        """
        process = host.start(text, sandbox.base_url)
        assert process.stdout.readline() == "streams\n"
        process.kill()
        host.end(process, 60)
        client = wayfare.Client(
            api_key="sk-or-v1-x",
            dialect="openrouter",
            base_url=sandbox.base_url,
            ledger=str(host.ledger),
        )
        with client:
            done = client.reconcile()
            assert (done.looked_up, done.settled) == (1, 1)
            (entry,) = client.entries()
        assert entry.cost == Decimal(sandbox.bill[0]["cost"])


def test_an_unknown_attempt_is_charged_at_its_bound_a_day_later(
    open_client: Opens, raw_server: Any, tmp_path: Path
) -> None:
    asked = []

    def serve(connection: Any) -> None:
        while request := connection.read():
            if not request[1]:
                asked.append(1)
                connection.reply(b'{"error":{"message":"not found","code":404}}', 404)
                continue
            connection.head(
                200,
                "text/event-stream",
                X_Generation_Id=f"gen-{len(asked)}",
                Transfer_Encoding="chunked",
            )
            connection.chunk(b'data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n')

    client = open_client(raw_server(serve).base_url)
    client.budget("b", limit=1, window="lifetime", assume="0.25")
    for _ in range(3):
        with client.stream("Hi", model="x/y", route={"retries": 0}) as stream:
            next(iter(stream))
    wait_for(lambda: [entry.state for entry in client.entries()] == ["unknown"] * 3)
    done = client.reconcile()
    assert (done.looked_up, done.settled, done.given_up, done.unknown) == (3, 0, 0, 3)
    (budget,) = client.budgets()
    assert (budget.spent, budget.reserved) == (0, Decimal("0.75"))
    make_older(tmp_path / "ledger.db", 25)
    done = client.reconcile()
    assert (done.looked_up, done.given_up, done.unknown) == (3, 3, 0)
    assert len(asked) >= 6


@pytest.mark.parametrize(
    "answer",
    [
        401,
        429,
        500,
        b"{}",
        b"<html>",
        b'{"data":{"id":"gen-another","total_cost":1}}',
        "close",
        "silent",
    ],
)
def test_an_answer_that_tells_nothing_settles_nothing(
    open_client: Opens, raw_server: Any, tmp_path: Path, answer: Any
) -> None:
    go = threading.Event()

    def serve(connection: Any) -> None:
        while request := connection.read():
            if request[1]:
                connection.head(
                    200, "text/event-stream", X_Generation_Id="gen-1", Transfer_Encoding="chunked"
                )
                connection.chunk(b'data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n')
                go.wait(60)
            elif answer == "close":
                return
            elif answer == "silent":
                go.wait(60)
            elif isinstance(answer, int):
                connection.reply(b'{"error":{"message":"no"}}', answer)
            else:
                connection.reply(answer)

    client = open_client(raw_server(serve).base_url)
    with client.stream("Hi", model="x/y", route={"retries": 0}) as stream:
        next(iter(stream))
    wait_for(lambda: [entry.state for entry in client.entries()] == ["unknown"])
    make_older(tmp_path / "ledger.db", 25)
    if answer == "silent":
        threading.Timer(1.0, client.close).start()
        with pytest.raises(wayfare.Error, match="closed"):
            client.reconcile()
        go.set()
        return
    done = client.reconcile()
    go.set()
    assert (done.looked_up, done.settled, done.given_up, done.unknown) == (1, 0, 0, 1)
    assert (done.trouble is None) == isinstance(answer, bytes), done.trouble


def test_a_key_asks_about_its_own(open_client: Opens, tmp_path: Path) -> None:
    with Sandbox() as sandbox:
        client = open_client(sandbox.base_url)
        cut_short(client)
        wait_for(lambda: [entry.state for entry in client.entries()] == ["unknown"])
        other = wayfare.Client(
            api_key="sk-or-v1-" + "9" * 64,
            base_url=sandbox.base_url,
            ledger=str(tmp_path / "ledger.db"),
        )
        with other:
            done = other.reconcile()
        assert (done.looked_up, done.unknown) == (0, 1)
        seen = [request for request in sandbox.requests if "generation" in request.path]
        assert seen == []


def test_awaited(tmp_path: Path) -> None:
    async def run(url: str, ledger: str) -> wayfare.Reconciled:
        async with wayfare.AsyncClient(
            api_key="sk-or-v1-" + "1" * 64, base_url=url, ledger=ledger, dialect="openrouter"
        ) as client:
            async with client.stream("Tell me a long story", model="sandbox/slow-50") as stream:
                async for _ in stream:
                    break
            for _ in range(600):
                if [entry.state async for entry in client.entries()] == ["unknown"]:
                    break
                await asyncio.sleep(0.05)
            one, two = await asyncio.gather(client.reconcile(), client.reconcile())
            assert one.settled + two.settled >= 1
            return one

    with Sandbox() as sandbox:
        done = asyncio.run(run(sandbox.base_url, str(tmp_path / "ledger.db")))
        assert done.unknown == 0
