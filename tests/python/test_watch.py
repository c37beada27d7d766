"""Notices of what happens to the calls of a client, and the log that is made of them."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import wayfare
from watched import answer_by_model, take

Opens = Callable[..., wayfare.Client]
ROUTE: wayfare.types.Route = {"retries": 0}


@pytest.fixture
def base_url(raw_server: Any) -> str:
    """A server that answers by the model's name."""
    return str(raw_server(answer_by_model).base_url)


def test_each_ended_attempt_and_each_fallback_is_told(base_url: str, open_client: Opens) -> None:
    client = open_client(base_url)
    with client.watch() as watch:
        reply = client.chat(
            "secret words",
            route={"models": ["x/busy", "y/good"]},
            charge_to={"agent": "support", "tags": ["red"]},
            request_id="mine",
        )
        first, fallback, last = take(watch, 3)
    assert [one.type for one in (first, fallback, last)] == ["ended", "fallback", "ended"]
    assert (first.model, first.error, first.status, first.state) == (
        "x/busy",
        "overloaded",
        503,
        "void",
    )
    assert first.entry == reply.attempts[0].entry
    assert fallback.text == "y/good is tried after overloaded (503) of another model"
    assert (last.model, last.provider, last.state, last.cost) == (
        "m/served",
        "P",
        "settled",
        Decimal("0.25"),
    )
    assert (last.agent, last.tags, last.request_id) == ("support", ["red"], "mine")
    assert last.entry == reply.entry
    assert last.total_us and last.total_us > 0
    assert last.text.startswith("m/served: settled, 3 + 4 tokens, 0.25 USD, ")
    assert "secret" not in repr([first, fallback, last])


def test_retries_waits_lookups_and_thresholds_are_told(base_url: str, open_client: Opens) -> None:
    client = open_client(base_url)
    client.budget("small", limit=1, window="day", thresholds=[20, 50], assume="0.1")
    with client.watch() as watch:
        client.chat("a", model="y/good", route=ROUTE, max_tokens=1)
        found = take(watch, 2)
        assert [one.type for one in found] == ["ended", "crossing"]
        assert found[1].text == "the budget small has spent 20 % of its limit"
        with pytest.raises(wayfare.Error):
            client.chat("a", model="x/busy", route={"retries": 1}, max_tokens=1)
        found = take(watch, 3)
        assert [one.type for one in found] == ["ended", "retry", "ended"]
        assert found[1].wait_us and found[1].error == "overloaded"
        with pytest.raises(wayfare.Error), client.stream("a", model="x/lost", route=ROUTE) as lost:
            list(lost)
        [lost_notice] = take(watch, 1)
        assert lost_notice.state == "unknown"
        client.reconcile()
        found = take(watch, 2)
        assert [one.type for one in found] == ["looked_up", "crossing"]
        assert found[0].cost == Decimal("0.5")
        assert found[0].entry == lost_notice.entry
        assert found[1].percent == 50
        client.budget("small", limit="0.76")

        def later() -> None:
            time.sleep(0.3)
            client.budget("small", limit=50)

        raising = threading.Thread(target=later)
        raising.start()
        client.chat("a", model="y/good", route={"on_budget": "wait"}, max_tokens=1)
        raising.join()
        assert [one.type for one in take(watch, 2)] == ["waits", "ended"]


def test_a_watch_ends_by_cancel_by_close_and_by_leaving_it(
    base_url: str, open_client: Opens
) -> None:
    client = open_client(base_url)
    watch = client.watch()
    threading.Timer(0.1, watch.cancel).start()
    assert list(watch) == []
    with client.watch() as left:
        pass
    assert list(left) == []
    watch = client.watch()
    threading.Timer(0.1, client.close).start()
    with pytest.raises(wayfare.errors.Closed):
        list(watch)


def test_asyncio_watches_too(base_url: str, tmp_path: Any, wire: Any) -> None:
    async def main() -> None:
        async with wayfare.AsyncClient(
            base_url=base_url, api_key=wire.key, ledger=tmp_path / "l.db", dialect="openrouter"
        ) as client:
            async with client.watch() as watch:
                await client.chat("a", model="y/good", route=ROUTE)
                async for notice in watch:
                    assert notice.type == "ended"
                    break
            watch = client.watch()
            watch.cancel()
            assert [one async for one in watch] == []

    asyncio.run(main())


def test_nobody_who_takes_the_notices_delays_no_call(base_url: str, open_client: Opens) -> None:
    client = open_client(base_url, durability="no_sync")
    with client.watch() as watch:
        for _ in range(1300):
            client.chat("a", model="y/good", route=ROUTE)
        notices = take(watch, 1)
    assert notices[0].dropped and notices[0].dropped >= 256


def test_the_log_has_a_line_for_each_notice(
    base_url: str, open_client: Opens, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "wayfare")
    client = open_client(base_url)
    client.chat("secret words", model="y/good", route=ROUTE)
    with pytest.raises(wayfare.Error):
        client.chat("secret words", model="x/busy", route=ROUTE)
    with pytest.raises(wayfare.Error), client.stream("a", model="x/lost", route=ROUTE) as lost:
        list(lost)
    until = time.monotonic() + 20
    while len(caplog.records) < 3 and time.monotonic() < until:
        time.sleep(0.01)
    told = [(record.levelname, record.getMessage().split(",")[0]) for record in caplog.records]
    assert told == [
        ("DEBUG", "m/served: settled"),
        ("INFO", "x/busy: overloaded (503)"),
        ("WARNING", "x/lost: stream_broken (200)"),
    ]
    assert caplog.records[0].wayfare.type == "ended"  # type: ignore[attr-defined]
    assert "secret" not in caplog.text
    client.close()


SILENT = """
import logging, sys, threading, wayfare
LOUD
client = wayfare.Client(api_key=sys.argv[2], base_url=sys.argv[1], ledger=":memory:",
                        dialect="openrouter")
client.chat("a", model="y/good")
print([thread.name for thread in threading.enumerate()])
"""


@pytest.mark.parametrize(("loud", "threads"), [(False, 1), (True, 2)])
def test_the_log_is_silent_and_has_no_thread_unless_logging_is_configured(
    base_url: str, wire: Any, loud: bool, threads: int
) -> None:
    text = SILENT.replace("LOUD", "logging.basicConfig(level='DEBUG')" if loud else "")
    done = subprocess.run(
        [sys.executable, "-c", text, base_url, wire.key], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert len(eval(done.stdout)) == threads
    assert bool(done.stderr) == loud or loud  # the line may come after the end


def test_to_watch_starts_nothing(open_client: Opens, tmp_path: Any) -> None:
    before = threads_of_wayfare()
    client = open_client("http://127.0.0.1:1/api/v1", ledger=str(tmp_path / "none" / "l.db"))
    with client.watch():
        assert threads_of_wayfare() <= before
    limited = open_client("http://127.0.0.1:1/api/v1", max_open_calls=1)
    with limited.watch(), limited.watch(), pytest.raises(wayfare.errors.Connect):
        limited.chat("a", model="y/good", route=ROUTE)  # a watch is no open call


def test_a_client_has_so_many_watches_at_most(base_url: str, open_client: Opens) -> None:
    client = open_client(base_url)
    watches = [client.watch() for _ in range(40)]
    client.chat("a", model="y/good", route=ROUTE)  # from now on the engine has them
    watches += [client.watch() for _ in range(24)]
    with pytest.raises(wayfare.errors.Full, match="64 watches"):
        list(client.watch())
    watches[0].cancel()
    assert [one.type for one in watches[0]] == ["ended"]
    client.watch().cancel()
    assert [one.type for one in take(watches[1], 1)] == ["ended"]


def threads_of_wayfare() -> int:
    names = [path.read_text() for path in Path("/proc/self/task").glob("*/comm")]
    return sum(name.startswith("wayfare") for name in names)


def test_a_variable_under_a_wrong_name_is_told(
    base_url: str, open_client: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAYFARE_DB", "/somewhere/else.db")
    monkeypatch.setenv("OPENROUTER_TITLE", "Shop")
    monkeypatch.delenv("OPENROUTER_APP_TITLE", raising=False)
    client = open_client(base_url)  # with a ledger by its option, so WAYFARE_DB matters to nobody
    with client.watch() as watch:
        [notice] = take(watch, 1)
    assert notice.text == (
        "OPENROUTER_TITLE in the environment is not used: did you mean OPENROUTER_APP_TITLE?"
    )


def test_a_setting_that_is_left_out_is_told(
    base_url: str, open_client: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEXT_PUBLIC_APP_URL", "localhost:3000/ a")
    client = open_client(base_url)
    with client.watch() as watch:
        [notice] = take(watch, 1)
    assert notice.type == "setting"
    assert "NEXT_PUBLIC_APP_URL in the environment" in notice.text
    assert client.chat("a", model="y/good").text == "pong"
