"""Rate limits: shared by processes, waited for, told, and refused by name."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cli
import pytest
import wayfare
from wayfare.sandbox import Sandbox

Opens = Callable[..., wayfare.Client]
MODEL = "openai/gpt-4o-mini"

# Makes as many calls at once as it reads, and prints what became of them.
CALLER = """
import json
from concurrent.futures import ThreadPoolExecutor
one = client()
print("ready", flush=True)

def call(at):
    try:
        return "ok" if one.chat(f"{at}", model=arguments[0]).text else "empty"
    except wayfare.Error as error:
        return error.code

for line in sys.stdin:
    with ThreadPoolExecutor(int(line)) as pool:
        print(json.dumps(list(pool.map(call, range(int(line))))), flush=True)
"""


def sent(sandbox: Sandbox) -> int:
    return sum(one.method == "POST" for one in sandbox.requests)


def test_two_processes_share_a_limit(host: Any, sandbox: Sandbox, open_client: Opens) -> None:
    client = open_client(sandbox.base_url)
    client.rate_limit("ten", requests=10)
    callers = [host.start(CALLER, sandbox.base_url, "", MODEL, stdin=subprocess.PIPE) for _ in "ab"]
    for caller in callers:
        assert caller.stdout.readline() == "ready\n"
    for caller in callers:  # 20 calls at once
        caller.stdin.write("10\n")
        caller.stdin.flush()
    ended: Counter[str] = Counter()
    for caller in callers:
        ended.update(json.loads(caller.stdout.readline()))
        caller.communicate(timeout=30)
    assert ended == {"ok": 10, "over_rate": 10}
    assert sent(sandbox) == 10 == len(list(client.entries()))
    (limit,) = client.rate_limits()
    assert (limit.name, limit.requests, limit.tokens, limit.per) == ("ten", 10, None, 60)
    assert (limit.used_requests, limit.value, limit.model) == (10, None, None)
    with pytest.raises(wayfare.errors.OverRate, match="the rate limit ten of 10 requests") as full:
        client.chat("Hi", model=MODEL)
    assert full.value.retryable and full.value.limit == "ten"
    assert full.value.retry_after is not None and 0 < full.value.retry_after <= 61
    client.rate_limit("ten", delete=True)
    assert client.chat("Hi", model=MODEL).text and client.rate_limits() == []


def test_calls_that_wait_are_sent_when_there_is_room(sandbox: Sandbox, open_client: Opens) -> None:
    client = open_client(sandbox.base_url)
    client.rate_limit("two", requests=2, per=1)
    route: wayfare.types.Route = {"on_rate_limit": "wait", "budget_wait": 60}
    with client.watch() as watch, ThreadPoolExecutor(6) as pool:
        replies = [
            pool.submit(client.chat, "Hi", model=MODEL, route=route, request_id=str(at))
            for at in range(6)
        ]
        assert all(reply.result(60).text for reply in replies)
        notices = []
        while sum(one.type == "ended" for one in notices) < 6:
            notices.append(next(watch))
    waits = [one for one in notices if one.type == "waits"]
    assert len(waits) == 4 and {one.limit for one in waits} == {"two"}
    assert waits[0].text == "a call waits for the rate limit two"
    reserved = sorted(entry.reserved for entry in client.entries())
    for first, third in zip(reserved, reserved[2:]):
        assert (third - first).total_seconds() >= 0.99  # the wall clock may be slewed
    assert sent(sandbox) == 6


def test_a_call_does_not_wait_in_vain(sandbox: Sandbox, open_client: Opens) -> None:
    client = open_client(sandbox.base_url)
    client.rate_limit("one", requests=1, per=3600)
    client.chat("Hi", model=MODEL)
    route: wayfare.types.Route = {"on_rate_limit": "wait"}
    with pytest.raises(wayfare.errors.OverRate, match="later than the call waits"):
        client.chat("Hi", model=MODEL, route=route)
    client.rate_limit("few", tokens=20)
    with pytest.raises(wayfare.errors.OverRate, match="the rate limit few of 20 tokens") as never:
        client.chat("Hi", model=MODEL, max_tokens=100, route=route)
    assert not never.value.retryable and never.value.retry_after is None
    with pytest.raises(wayfare.errors.Invalid, match="budget_wait is given without"):
        client.chat("Hi", model=MODEL, route={"budget_wait": 1})


def test_each_value_of_a_star_has_its_own(sandbox: Sandbox, open_client: Opens) -> None:
    client = open_client(sandbox.base_url)
    client.rate_limit("each", requests=1, user="*", model=MODEL)
    for user in ("ann", "bob"):
        client.chat("Hi", model=MODEL, charge_to={"user": user})
        with pytest.raises(wayfare.errors.OverRate, match=f"of user {user} has no room"):
            client.chat("Hi", model=MODEL + ":nitro", charge_to={"user": user})
        client.chat("Hi", model="openai/gpt-4", charge_to={"user": user})
    assert [(one.value, one.user) for one in client.rate_limits()] == [("ann", "*"), ("bob", "*")]


def test_tokens_are_those_that_the_server_tells(sandbox: Sandbox, open_client: Opens) -> None:
    client = open_client(sandbox.base_url)
    client.rate_limit("tokens", tokens=10_000)
    usage = client.chat("Hi", model=MODEL, max_tokens=5000).usage
    (limit,) = client.rate_limits()
    assert usage.prompt_tokens is not None and usage.completion_tokens is not None
    assert limit.used_tokens == usage.prompt_tokens + usage.completion_tokens < 1000
    assert client.chat("Hi", model=MODEL, max_tokens=5000).text  # there is room again


def test_retries_and_fallbacks_count(sandbox: Sandbox, open_client: Opens) -> None:
    client = open_client(sandbox.base_url)
    client.rate_limit("r", requests=2)
    sandbox.reply(502, model=MODEL)
    reply = client.chat("Hi", route={"models": [MODEL, "openai/gpt-4"]})
    assert len(reply.attempts) == 2 and client.rate_limits()[0].used_requests == 2
    sandbox.reply(502, model=MODEL)
    client.rate_limit("r", requests=3)
    with pytest.raises(wayfare.errors.OverRate) as full:  # the second attempt has no room
        client.chat("Hi", route={"models": [MODEL, "openai/gpt-4"]})
    assert full.value.reply is not None and len(full.value.reply.attempts) == 1


def test_it_works_in_a_loop(sandbox: Sandbox, tmp_path: Any) -> None:
    async def limit() -> list[str]:
        async with wayfare.AsyncClient(
            api_key="sk-or-v1-x",
            base_url=sandbox.base_url,
            dialect="openrouter",
            ledger=tmp_path / "ledger.db",
        ) as client:
            await client.rate_limit("r", requests=1)
            await client.chat("Hi", model=MODEL)
            with pytest.raises(wayfare.errors.OverRate):
                await client.chat("Hi", model=MODEL)
            return [one.name for one in await client.rate_limits()]

    assert asyncio.run(limit()) == ["r"]


def test_the_commands_make_list_and_delete_one(tmp_path: Path) -> None:
    def run(words: str) -> list[str]:
        done = cli.run(*words.split(), "--ledger", "ledger.db", folder=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        return [" ".join(line.split()) for line in done.stdout.splitlines()]

    heading = "rate limit calls seconds requests used tokens used"
    made = run("rate-limit set r --requests 10 --tokens 500 --per 30 --user *")
    assert made == [heading, "r user=* 30 10 0 500 0"]
    assert run("rate-limit set r --requests 20")[1] == "r user=* 30 20 0 500 0"
    assert run("rate-limit") == [heading, "r user=* 30 20 0 500 0"]
    assert run("rate-limit delete r") == ["the rate limit r is deleted"]
    assert run("rate-limit") == ["there are no rate limits"]
