"""Models that cool down: in several processes of one ledger, by calls, by hand, and told."""

from __future__ import annotations

import asyncio
import datetime
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cli
import pytest
import wayfare
from callers import Starts, callers
from wayfare import sandbox as sandboxes
from wayfare.sandbox import Sandbox

Opens = Callable[..., wayfare.Client]
A, B = "openai/gpt-4o-mini", "openai/gpt-4"
BOTH: wayfare.types.Route = {"models": [A, B]}
STRICT: wayfare.types.Route = {"models": [A], "cooldown": "refuse"}


@pytest.fixture
def start(host: Any) -> Iterator[Starts]:
    """start(base_url) starts a process that makes calls."""
    with callers(host, "reply.attempts[-1].model, reply.warnings") as start:
        yield start


def sent(sandbox: Sandbox) -> list[str]:
    return [one.json["model"] for one in sandbox.requests if one.method == "POST"]


def limited(retry_after: str) -> sandboxes.Error:
    return sandboxes.Error(429, metadata={}, headers={"Retry-After": retry_after})


def until(what: Callable[[], bool]) -> None:
    """Waits for a state of the ledger or of the server, which comes by itself."""
    end = time.monotonic() + 60
    while not what():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_no_process_sends_to_a_model_that_cools_down_because_of_another(
    start: Starts, sandbox: Sandbox
) -> None:
    sandbox.reply(limited("600"), model=A)
    first, second = start(sandbox.base_url), start(sandbox.base_url)
    assert first.call(route={"models": [A]})[0] == "rate_limited"
    for _ in range(3):
        state, model, (warning,) = second.call(route=BOTH)
        assert (state, model) == ("ok", B)
        assert warning.startswith(f"skipped {A}: it cools down until ")
        assert ", after 1 failure: rate_limited (429)" in warning
    code, message, retry_after = second.call(route=STRICT)
    assert code == "cooling_down" and message.startswith(f"{A}: it cools down until ")
    assert message.endswith("; nothing was sent to it") and 590 < retry_after <= 600
    assert second.call(route={"models": [A + ":nitro"], "cooldown": "refuse"})[0] == "cooling_down"
    assert sent(sandbox) == [A, B, B, B]
    third = start(sandbox.base_url)  # begun after the failure
    assert third.call(route=STRICT)[0] == "cooling_down" and third.call(route=BOTH)[:2] == ["ok", B]
    assert third.call(route={"models": [A, B], "cooldown": "ignore"})[:2] == ["ok", A]
    # A good answer has ended it.
    assert second.call(route=STRICT)[:2] == first.call(route=BOTH)[:2] == ["ok", A]
    assert sent(sandbox) == [A, B, B, B, B, A, A, A]


def test_a_cool_down_survives_the_processes(start: Starts, sandbox: Sandbox) -> None:
    sandbox.reply(limited("600"), model=A)
    first = start(sandbox.base_url)
    first.call(route={"models": [A]})
    first.process.communicate(timeout=30)
    assert first.process.returncode == 0
    second = start(sandbox.base_url)
    assert second.call(route=STRICT)[0] == "cooling_down"
    second.process.kill()
    second.process.communicate()
    assert start(sandbox.base_url).call(route=BOTH)[:2] == ["ok", B]
    assert sent(sandbox) == [A, B]


def test_the_last_model_is_tried_all_the_same(sandbox: Sandbox, open_client: Opens) -> None:
    client = open_client(sandbox.base_url)
    sandbox.reply(limited("600"), model=A)
    sandbox.reply(limited("600"), model=B)
    with pytest.raises(wayfare.errors.RateLimited):
        client.chat("Hi", route=BOTH)
    reply = client.chat("Hi", route=BOTH)
    assert [one.model for one in reply.attempts] == [B] and len(reply.warnings) == 1
    assert sent(sandbox) == [A, B, B]
    assert len(list(client.entries())) == 3


class Held:
    """A server whose model "a" is limited once, and then answers when it is told to."""

    def __init__(self, raw_server: Any, wire: Any, retry_after_ms: str = "50") -> None:
        self.go = threading.Event()
        self.asked: list[str] = []

        def serve(connection: Any) -> None:
            while request := connection.read():
                model = json.loads(request[1])["model"]
                self.asked.append(model)
                if self.asked.count("a") == 1 and model == "a":
                    busy = b'{"error":{"code":429,"message":"busy"}}'
                    connection.reply(busy, 429, Retry_After_Ms=retry_after_ms)
                    continue
                if model == "a":
                    self.go.wait(60)
                connection.reply(wire.completion())

        self.base_url = raw_server(serve).base_url


def is_due(client: wayfare.Client) -> bool:
    (one,) = client.cooldowns()
    return one.until <= datetime.datetime.now(datetime.timezone.utc)


def test_exactly_one_of_many_calls_of_two_processes_probes(
    raw_server: Any, wire: Any, start: Starts, open_client: Opens
) -> None:
    held = Held(raw_server, wire)
    callers = [start(held.base_url) for _ in range(2)]
    client = open_client(held.base_url)
    with pytest.raises(wayfare.errors.RateLimited):
        client.chat("Hi", model="a")
    until(lambda: is_due(client))
    route: wayfare.types.Route = {"models": ["a", "b"]}
    with ThreadPoolExecutor(8) as pool:
        calls = [pool.submit(client.chat, "Hi", route=route) for _ in range(6)]
        for caller in callers:
            caller.begin(route=route)
        # All but one end while the probe waits for its answer.
        until(lambda: held.asked.count("b") == 7)
        assert held.asked.count("a") == 2
        (one,) = client.cooldowns()
        assert one.probing and one.model == "a"
        with pytest.raises(wayfare.errors.CoolingDown, match="another call tries now") as refused:
            client.chat("Hi", route={"models": ["a"], "cooldown": "refuse"})
        assert refused.value.retry_after == 1
        held.go.set()
        models = [str(call.result().attempts[-1].model) for call in calls]
        models += [caller.end()[1] for caller in callers]
    assert sorted(models) == ["a", *"bbbbbbb"]
    assert client.cooldowns() == []
    assert client.chat("Hi", route=route).attempts[-1].model == "a"


def test_a_killed_process_does_not_keep_the_model(
    raw_server: Any, wire: Any, start: Starts, open_client: Opens
) -> None:
    held = Held(raw_server, wire)
    prober = start(held.base_url)
    assert prober.call(route={"models": ["a"]})[0] == "rate_limited"
    with open_client(held.base_url) as client:
        until(lambda: is_due(client))
        prober.begin(route={"models": ["a"]})
        until(lambda: held.asked.count("a") == 2)
        assert client.chat("Hi", route={"models": ["a", "b"]}).attempts[-1].model == "b"
    prober.process.kill()
    prober.process.communicate()
    held.go.set()
    with open_client(held.base_url) as client:  # whoever opens the file sees that it is gone
        assert client.chat("Hi", route={"models": ["a", "b"]}).attempts[-1].model == "a"
        assert client.cooldowns() == []


def test_a_retry_waits_for_the_server_and_is_the_probe(
    raw_server: Any, wire: Any, open_client: Opens
) -> None:
    held = Held(raw_server, wire, "100")
    held.go.set()
    client = open_client(held.base_url)
    reply = client.chat("Hi", route={"models": ["a"], "retries": 1, "cooldown": "refuse"})
    assert [one.status for one in reply.attempts] == [429, 200] and client.cooldowns() == []


def test_three_failures_cool_a_model_and_the_watch_tells_it(
    sandbox: Sandbox, open_client: Opens
) -> None:
    client = open_client(sandbox.base_url)
    sandbox.reply(sandboxes.Error(502), model=A, times=3)
    with client.watch() as watch:
        for _ in range(2):
            with pytest.raises(wayfare.errors.ProviderFailed):
                client.chat("Hi", model=A)
        assert client.cooldowns() == []
        with pytest.raises(wayfare.errors.ProviderFailed):
            client.chat("Hi", model=A)
        notices = [next(watch) for _ in range(4)]
    assert [one.type for one in notices] == ["ended", "ended", "ended", "cooldown"]
    (one,) = client.cooldowns()
    told = notices[-1]
    assert (told.model, told.until, told.entry) == (A, one.until, one.entry)
    assert told.text.startswith(f"{A} cools down until ")
    assert (one.model, one.server, one.failures) == (A, sandbox.base_url, 3)
    assert (one.error, one.status, one.probing) == ("provider_failed", 502, False)
    assert one.until - one.since == datetime.timedelta(seconds=30)
    assert next(client.entries(entry=one.entry)).error == "provider_failed"
    client.end_cooldown(A)
    assert client.cooldowns() == [] and client.chat("Hi", route=STRICT).text
    with pytest.raises(wayfare.errors.Invalid, match=f"the model {A} does not cool down"):
        client.end_cooldown(A)


def test_mistakes_of_the_caller_cool_nothing(sandbox: Sandbox, open_client: Opens) -> None:
    client = open_client(sandbox.base_url)
    for status in (400, 401, 402, 403, 404, 413):
        sandbox.reply(sandboxes.Error(status, headers={"Retry-After": "60"}), model=A, times=3)
        for _ in range(3):
            with pytest.raises(wayfare.Error):
                client.chat("Hi", model=A)
        assert client.cooldowns() == []


def test_defaults_and_agents_take_the_member(sandbox: Sandbox, open_client: Opens) -> None:
    client = open_client(sandbox.base_url, route={"cooldown": "refuse"})
    client.create_agent("strict", model=A, route={"cooldown": "refuse"})
    client.create_agent("usual", model=A, route={"cooldown": "skip"})
    sandbox.reply(limited("600"), model=A, times=2)
    with pytest.raises(wayfare.errors.RateLimited):
        client.chat("Hi", model=A)
    with pytest.raises(wayfare.errors.CoolingDown):
        client.chat("Hi", model=A)
    with pytest.raises(wayfare.errors.CoolingDown):
        client.chat("Hi", agent="strict")
    with pytest.raises(wayfare.errors.RateLimited):
        client.chat("Hi", agent="usual")
    with pytest.raises(wayfare.errors.Invalid, match="cooldown"):
        client.chat("Hi", route={"cooldown": "wait"})  # type: ignore[arg-type]


def test_it_works_in_a_loop(sandbox: Sandbox, open_client: Opens, tmp_path: Any) -> None:
    async def lift() -> list[str]:
        async with wayfare.AsyncClient(
            api_key="sk-or-v1-x",
            base_url=sandbox.base_url,
            dialect="openrouter",
            ledger=tmp_path / "ledger.db",
            retries=0,
        ) as client:
            with pytest.raises(wayfare.errors.RateLimited):
                await client.chat("Hi", model=A)
            found = [one.model for one in await client.cooldowns()]
            await client.end_cooldown(A)
            return found + [one.model for one in await client.cooldowns()]

    sandbox.reply(limited("600"), model=A)
    assert asyncio.run(lift()) == [A]


def test_the_command_lists_them_and_ends_one(
    sandbox: Sandbox, open_client: Opens, tmp_path: Path
) -> None:
    def run(*words: str) -> tuple[int, str]:
        done = cli.run("cooldowns", *words, "--ledger", "ledger.db", folder=tmp_path)
        return done.returncode, done.stdout

    client = open_client(sandbox.base_url)
    sandbox.reply(limited("600"), model=A)
    with pytest.raises(wayfare.errors.RateLimited):
        client.chat("Hi", model=A)
    code, shown = run()
    assert code == 0 and "rate_limited (429)  cools" in shown
    assert run("--end", A) == (0, f"{A} no longer cools down\n")
    assert run() == (0, "nothing cools down\n")
    assert run("--end", A)[0] == 2
    assert client.chat("Hi", route=STRICT).text
