"""One watch for all clients of the process, and the logs of several clients."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import wayfare
from watched import answer_by_model, take

Opens = Callable[..., wayfare.Client]


@pytest.fixture
def base_url(raw_server: Any) -> str:
    """A server that answers by the model's name."""
    return str(raw_server(answer_by_model).base_url)


def test_one_watch_sees_the_clients_of_every_ledger(
    base_url: str, open_client: Opens, tmp_path: Path
) -> None:
    ledgers = [str(tmp_path / f"{name}.db") for name in "abc"]
    one, two = (open_client(base_url, ledger=path) for path in ledgers[:2])
    with one.watch(of="process") as watch:
        two.chat("a", model="y/good")
        later = open_client(base_url, ledger=ledgers[2])
        later.chat("a", model="y/good", charge_to={"agent": "support"})
        one.chat("a", model="y/good")
        notices = take(watch, 3)
    assert [one.ledger for one in notices] == [ledgers[1], ledgers[2], ledgers[0]]
    assert {one.base_url for one in notices} == {base_url}
    assert notices[1].agent == "support"
    with one.watch("client") as own, one.watch() as default:
        two.chat("a", model="y/good")
        one.chat("a", model="y/good")
        for watch in (own, default):
            assert [notice.ledger for notice in take(watch, 1)] == [ledgers[0]]


def test_another_word_is_refused(open_client: Opens, base_url: str) -> None:
    with pytest.raises(wayfare.Error, match="of"):
        list(open_client(base_url).watch(of="everything"))  # type: ignore[arg-type]


def test_asyncio_watches_the_process_too(base_url: str, tmp_path: Path, wire: Any) -> None:
    async def main() -> None:
        options: Any = {"base_url": base_url, "api_key": wire.key, "dialect": "openrouter"}
        watching = wayfare.AsyncClient(ledger=tmp_path / "a.db", **options)
        calling = wayfare.AsyncClient(ledger=tmp_path / "b.db", **options)
        async with watching, calling, watching.watch(of="process") as watch:
            await calling.chat("a", model="y/good")
            async for notice in watch:
                assert notice.ledger == str(tmp_path / "b.db")
                break

    asyncio.run(main())


def test_what_all_clients_of_a_ledger_are_told_is_logged_once(
    base_url: str, open_client: Opens, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "wayfare")
    one, two = open_client(base_url), open_client(base_url)
    one.budget("small", limit=1, window="day", thresholds=[20, 50, 70], assume="0.1")
    for client in (one, two):
        client.chat("a", model="y/good", max_tokens=1)
    with pytest.raises(wayfare.Error), one.stream("a", model="x/lost", max_tokens=1) as lost:
        list(lost)
    assert two.reconcile().settled == 1

    def told(start: str) -> list[str]:
        return [message for message in caplog.messages if message.startswith(start)]

    until = time.monotonic() + 20
    while len(told("the budget small")) < 3 and time.monotonic() < until:
        time.sleep(0.01)
    two.close()  # its log has ended when the next call of the other one is told
    one.close()
    assert told("the budget small") == [
        f"the budget small has spent {percent} % of its limit" for percent in (20, 50, 70)
    ]
    notices: list[Any] = [vars(record)["wayfare"] for record in caplog.records]
    assert len([notice for notice in notices if notice.type == "looked_up"]) == 1
    assert len(told("m/served: settled")) == 2


def test_the_log_of_a_client_goes_on_when_another_one_is_closed(
    base_url: str, open_client: Opens, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "wayfare")
    one, two = open_client(base_url), open_client(base_url)
    one.chat("a", model="y/good")
    two.chat("a", model="y/good")
    one.close()
    two.chat("a", model="y/good")
    until = time.monotonic() + 20
    while len(caplog.messages) < 3 and time.monotonic() < until:
        time.sleep(0.01)
    assert len(caplog.messages) == 3


def test_a_child_of_a_fork_watches_its_own_clients(
    base_url: str, open_client: Opens, tmp_path: Path
) -> None:
    parent = open_client(base_url, ledger=str(tmp_path / "a.db"))
    with parent.watch(of="process") as watch:
        parent.chat("a", model="y/good")
        assert len(take(watch, 1)) == 1
        child = os.fork()
        if child == 0:
            code = 1
            try:
                own = open_client(base_url, ledger=str(tmp_path / "b.db"))
                with own.watch(of="process") as mine:
                    own.chat("a", model="y/good")
                    [notice] = take(mine, 1)
                    code = 0 if notice.ledger == str(tmp_path / "b.db") else 2
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        parent.chat("a", model="y/good")
        [notice] = take(watch, 1)
        assert notice.ledger == str(tmp_path / "a.db")


def test_settings_of_every_client_are_told(
    base_url: str, open_client: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    watching = open_client(base_url)
    monkeypatch.setenv("NEXT_PUBLIC_APP_URL", "localhost:3000/ a")
    open_client(base_url, ledger=":memory:")
    with watching.watch(of="process") as watch:
        later = open_client(base_url, ledger=":memory:")
        told = take(watch, 2)
    assert [one.type for one in told] == ["setting", "setting"]
    assert {one.ledger for one in told} == {":memory:"} == {later.ledger_path}


def test_nobody_who_takes_the_notices_delays_no_call_of_another_client(
    base_url: str, open_client: Opens, tmp_path: Path
) -> None:
    watching = open_client(base_url, ledger=str(tmp_path / "a.db"))
    calling = open_client(base_url, ledger=str(tmp_path / "b.db"), durability="no_sync")
    with watching.watch(of="process") as watch:
        for _ in range(1300):
            calling.chat("a", model="y/good")
        notices = take(watch, 1)
    assert notices[0].dropped and notices[0].dropped >= 256
    assert calling.usage()[0].cost == 1300 * Decimal("0.25")
