"""Providers that cool down: their models are kept, in all processes of one ledger."""

from __future__ import annotations

import datetime
import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cli
import pytest
import wayfare
from callers import Starts, callers
from wayfare import sandbox as sandboxes
from wayfare.sandbox import Sandbox

Opens = Callable[..., wayfare.Client]
MODEL = "openai/gpt-4o-mini"  # at OpenAI and Azure
OTHER = "openai/gpt-4"
FOUR = "meta-llama/llama-3.3-70b-instruct"  # at DeepInfra, Novita, Groq and Together
ALONE = "mistralai/mistral-small"  # at Mistral alone


@pytest.fixture
def start(host: Any) -> Iterator[Starts]:
    """start(base_url) starts a process that makes calls."""
    with callers(host, "reply.provider, reply.added") as start:
        yield start


def limited(provider: str, retry_after: str = "600", **more: Any) -> sandboxes.Error:
    metadata = {"provider_name": provider, **more}
    return sandboxes.Error(429, metadata=metadata, headers={"Retry-After": retry_after})


def ignored(sandbox: Sandbox) -> list[Any]:
    """What the bodies of the chats leave out."""
    return [
        one.json.get("provider", {}).get("ignore")
        for one in sandbox.requests
        if one.method == "POST"
    ]


def rows(client: wayfare.Client) -> list[tuple[str, str | None]]:
    return [(one.model, one.slug) for one in client.cooldowns()]


def fail(client: wayfare.Client, sandbox: Sandbox, answer: Any, **call: Any) -> None:
    call = {"model": MODEL, **call}
    sandbox.reply(answer)
    with pytest.raises(wayfare.Error):
        client.chat("Hi", **call)


def test_a_call_keeps_the_model_and_leaves_the_provider_out(
    sandbox: Sandbox, open_client: Opens, tmp_path: Path
) -> None:
    client = open_client(sandbox.base_url)
    client.endpoints(MODEL)
    with client.watch() as watch:
        fail(client, sandbox, limited("Azure"))
        notices = [next(watch) for _ in range(2)]
    assert [one.type for one in notices] == ["ended", "cooldown"]
    assert (notices[1].model, notices[1].provider, notices[1].slug) == (MODEL, "Azure", "azure")
    assert notices[1].text.startswith(f"{MODEL} at Azure cools down until ")
    (one,) = client.cooldowns()
    assert (one.model, one.provider, one.slug, one.failures) == (MODEL, "Azure", "azure", 1)
    assert (one.error, one.status, one.probing) == ("rate_limited", 429, False)
    for name in (MODEL, MODEL + ":nitro"):
        reply = client.chat("Hi", model=name, route={"cooldown": "refuse"})
        assert (reply.model, reply.provider) == (MODEL, "OpenAI")
        assert reply.added == ["provider.ignore"]
        assert reply.warnings[0].startswith(f"left out the provider Azure (azure) of {MODEL}: ")
    assert (
        "provider.ignore" not in client.chat("Hi", route={"cooldown": "ignore"}, model=MODEL).added
    )
    assert client.chat("Hi", model=OTHER).added == []
    assert ignored(sandbox) == [None, ["azure"], ["azure"], None, None]
    with sqlite3.connect(tmp_path / "ledger.db") as ledger:
        query = "SELECT model, provider, slug FROM v1_cooldowns"
        assert ledger.execute(query).fetchall() == [(MODEL, "Azure", "azure")]


def test_a_stream_that_breaks_cools_the_provider_that_served_it(
    sandbox: Sandbox, open_client: Opens
) -> None:
    client = open_client(sandbox.base_url)
    client.endpoints(MODEL)
    served = client.chat("Hi", model=MODEL).provider
    other = {"OpenAI": "Azure", "Azure": "OpenAI"}[str(served)]
    for fault in ("error-midstream", "cut", "error-midstream"):
        sandbox.reply(sandboxes.Reply("Hello you", fault=fault))
        with pytest.raises(wayfare.errors.StreamBroken):
            list(client.stream("Hi", model=MODEL))
    assert rows(client) == [(MODEL, str(served).lower())]
    assert client.chat("Hi", model=MODEL).provider == other


def test_where_the_providers_are_not_known_the_model_cools(
    sandbox: Sandbox, open_client: Opens
) -> None:
    client = open_client(sandbox.base_url)
    before = len(sandbox.requests)
    fail(client, sandbox, limited("Azure"))
    assert rows(client) == [(MODEL, None)]
    client.end_cooldown(MODEL)
    assert len(sandbox.requests) == before + 1  # nothing was fetched for it
    client.endpoints(MODEL)
    fail(client, sandbox, limited("Nobody"))
    assert rows(client) == [(MODEL, None)]
    client.end_cooldown(MODEL)
    client.endpoints(ALONE)
    fail(client, sandbox, limited("Mistral"), model=ALONE)
    assert rows(client) == [(ALONE, None)]


def test_where_no_provider_would_be_left_the_model_cools(
    sandbox: Sandbox, open_client: Opens
) -> None:
    client = open_client(sandbox.base_url)
    client.endpoints(MODEL)
    fail(client, sandbox, limited("Azure"))
    fail(client, sandbox, limited("OpenAI"))
    assert rows(client) == [(MODEL, None), (MODEL, "azure")]
    client.end_cooldown(MODEL)
    tried = [{"provider": "OpenAI", "code": 429, "status": 429}]
    fail(client, sandbox, limited("Azure", previous_errors=tried))
    assert rows(client) == [(MODEL, None)]


@pytest.mark.parametrize("chosen", [{"order": ["azure"]}, {"sort": "price"}, {"ignore": ["x"]}])
def test_a_call_that_chooses_providers_is_not_changed(
    sandbox: Sandbox, open_client: Opens, chosen: dict[str, Any]
) -> None:
    client = open_client(sandbox.base_url)
    client.endpoints(MODEL)
    fail(client, sandbox, limited("Azure"))
    reply = client.chat("Hi", model=MODEL, provider=chosen)
    assert reply.added == [] and sandbox.requests[-1].json["provider"] == chosen
    fail(client, sandbox, limited("OpenAI"), provider=chosen)
    assert (MODEL, None) in rows(client)


def test_the_rules_of_a_policy_stay(sandbox: Sandbox, open_client: Opens) -> None:
    client = open_client(sandbox.base_url)
    route: wayfare.types.Route = {"models": [FOUR], "policy": {"providers": {"ignore": ["groq"]}}}
    fail(client, sandbox, limited("Novita"), model=None, route=route)
    assert rows(client) == [(FOUR, "novita")]
    reply = client.chat("Hi", route=route)
    assert sandbox.requests[-1].json["provider"]["ignore"] == ["groq", "novita"]
    assert reply.added.count("provider.ignore") == 1


def test_a_request_that_only_the_cold_provider_can_serve_is_sent_once_more(
    sandbox: Sandbox, open_client: Opens
) -> None:
    client = open_client(sandbox.base_url)
    client.endpoints(FOUR)
    fail(client, sandbox, limited("DeepInfra"), model=FOUR)
    only = {"quantizations": ["fp8"]}  # only DeepInfra has it
    reply = client.chat("Hi", model=FOUR, provider=only)
    assert reply.provider == "DeepInfra" and reply.added == []
    assert [one.status for one in reply.attempts] == [404, 200]
    assert ignored(sandbox) == [None, ["deepinfra"], None]
    assert any("sent once more" in one for one in reply.warnings)


def test_another_server_never_gets_it(raw_server: Any, wire: Any, tmp_path: Path) -> None:
    seen: list[Any] = []

    def serve(connection: Any) -> None:
        while request := connection.read():
            seen.append(json.loads(request[1]))
            error = {"code": 429, "message": "no", "metadata": {"provider_name": "Azure"}}
            connection.reply(json.dumps({"error": error}).encode(), 429, Retry_After="600")

    client = wayfare.Client(
        base_url=raw_server(serve).base_url,
        api_key="k",
        dialect="openai",
        ledger=tmp_path / "ledger.db",
        retries=0,
    )
    with client:
        for _ in range(2):
            with pytest.raises(wayfare.errors.RateLimited):
                client.chat("Hi", model=MODEL)
        assert rows(client) == [(MODEL, None)]
    assert all("provider" not in body for body in seen)


def test_all_processes_of_the_ledger_leave_it_out(start: Starts, sandbox: Sandbox) -> None:
    first, second = start(sandbox.base_url), start(sandbox.base_url)
    policy = {"policy": {"sort": "fastest"}, "models": [MODEL]}  # it needs the list
    assert first.call(route=policy)[0] == "ok"
    sandbox.reply(limited("Azure"))
    assert second.call(model=MODEL)[0] == "rate_limited"  # it has the list from the disk
    for caller in (first, second, start(sandbox.base_url)):
        assert caller.call(model=MODEL) == ["ok", "OpenAI", ["provider.ignore"]]
    assert caller.call(model=MODEL, route={"cooldown": "ignore"})[2] == []


class Held:
    """A server of one model at two providers. Azure is limited once, and the call after that waits
    until it is told to go on.
    """

    def __init__(self, raw_server: Any, wire: Any) -> None:
        self.go = threading.Event()
        self.asked: list[Any] = []

        def serve(connection: Any) -> None:
            while request := connection.read():
                if not request[1]:  # a list: of models, which may be this one, too, or of providers
                    endpoints = [
                        {"provider_name": name, "tag": name.lower(), "status": 0}
                        for name in ("Azure", "OpenAI")
                    ]
                    listed = {"data": {"id": MODEL, "endpoints": endpoints}}
                    connection.reply(json.dumps(listed).encode(), 200)
                    continue
                left_out = json.loads(request[1]).get("provider", {}).get("ignore")
                self.asked.append(left_out)
                if len(self.asked) == 1:
                    error = {"code": 429, "message": "no", "metadata": {"provider_name": "Azure"}}
                    body = json.dumps({"error": error}).encode()
                    connection.reply(body, 429, Retry_After_Ms="50")
                    continue
                if left_out is None:
                    self.go.wait(60)
                answer = json.loads(wire.completion())
                answer["provider"] = "OpenAI" if left_out else "Azure"
                connection.reply(json.dumps(answer).encode())

        self.base_url = raw_server(serve).base_url


def until(what: Callable[[], bool]) -> None:
    """Waits for a state of the ledger or of the server, which comes by itself."""
    end = time.monotonic() + 60
    while not what():
        assert time.monotonic() < end
        time.sleep(0.01)


def is_due(client: wayfare.Client) -> bool:
    (one,) = client.cooldowns()
    return one.slug == "azure" and one.until <= datetime.datetime.now(datetime.timezone.utc)


def test_one_call_of_several_processes_tries_the_provider_again(
    raw_server: Any, wire: Any, start: Starts, open_client: Opens
) -> None:
    held = Held(raw_server, wire)
    prober, other = start(held.base_url), start(held.base_url)
    with open_client(held.base_url) as client:
        client.endpoints(MODEL)
        assert prober.call(model=MODEL)[0] == "rate_limited"
        until(lambda: is_due(client))
        prober.begin(model=MODEL)
        until(lambda: len(held.asked) == 2)
        assert client.cooldowns()[0].probing
        assert other.call(model=MODEL)[1] == client.chat("Hi", model=MODEL).provider == "OpenAI"
        held.go.set()
        assert prober.end()[:2] == ["ok", "Azure"]
        assert client.cooldowns() == []
        assert other.call(model=MODEL)[:2] == ["ok", "Azure"]
    assert held.asked == [None, None, ["azure"], ["azure"], None]


def test_a_killed_process_does_not_keep_the_provider(
    raw_server: Any, wire: Any, start: Starts, open_client: Opens
) -> None:
    held = Held(raw_server, wire)
    prober = start(held.base_url)
    with open_client(held.base_url) as client:
        client.endpoints(MODEL)
        assert prober.call(model=MODEL)[0] == "rate_limited"
        until(lambda: is_due(client))
        prober.begin(model=MODEL)
        until(lambda: len(held.asked) == 2)
        assert client.chat("Hi", model=MODEL).provider == "OpenAI"
    prober.process.kill()
    prober.process.communicate()
    held.go.set()
    with open_client(held.base_url) as client:  # whoever opens the file sees that it is gone
        assert client.chat("Hi", model=MODEL).provider == "Azure"
        assert client.cooldowns() == []


def test_the_command_lists_providers_and_ends_one(
    sandbox: Sandbox, open_client: Opens, tmp_path: Path
) -> None:
    def run(*words: str) -> tuple[int, str]:
        done = cli.run("cooldowns", *words, "--ledger", "ledger.db", folder=tmp_path)
        return done.returncode, done.stdout

    client = open_client(sandbox.base_url)
    client.endpoints(FOUR)
    fail(client, sandbox, limited("Groq"), model=FOUR)
    fail(client, sandbox, limited("Novita"), model=FOUR)
    code, shown = run()
    assert code == 0 and f"{FOUR}  groq" in shown and f"{FOUR}  novita" in shown
    end = ("--end", FOUR, "--provider", "Groq")
    assert run(*end) == (0, f"{FOUR} at Groq no longer cools down\n")
    assert run(*end)[0] == 2
    assert run("--provider", "Groq")[0] == 2
    assert rows(client) == [(FOUR, "novita")]
    client.end_cooldown(FOUR, provider="novita")
    assert run() == (0, "nothing cools down\n")
