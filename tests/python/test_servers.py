"""Several servers in one route: OpenRouter, and then a server of one's own."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import wayfare
from raw_server import KEY, completion
from wayfare.sandbox import Sandbox

MODEL = "openai/gpt-4o-mini"
BOTH: Any = {"servers": ["default", "local"], "retries": 0}


@pytest.fixture
def openrouter() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def local() -> Iterator[Sandbox]:
    """A server of one's own that serves another model."""
    with Sandbox(models=["llama"], auth=False) as sandbox:
        yield sandbox


def dead_url() -> str:
    """The base URL of a server that is down."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{one.getsockname()[1]}/v1"


def client_of(openrouter: Sandbox, local: Sandbox, tmp_path: Path, **more: Any) -> wayfare.Client:
    base_url = more.pop("base_url", openrouter.base_url)
    server: Any = {
        "name": "local",
        "base_url": local.base_url,
        "model": "llama",
        **more.pop("own", {}),
    }
    return wayfare.Client(
        base_url=base_url,
        api_key=openrouter.api_key,
        dialect="openrouter",
        servers=[server],
        ledger=str(tmp_path / "l.db"),
        **more,
    )


@pytest.mark.parametrize("streamed", [False, True])
def test_a_server_that_is_down_leaves_the_call_to_the_next(
    openrouter: Sandbox, local: Sandbox, tmp_path: Path, streamed: bool
) -> None:
    with client_of(openrouter, local, tmp_path, base_url=dead_url()) as client:
        if streamed:
            with client.stream("Hello", model=MODEL, route=BOTH) as stream:
                assert [event for event in stream if event.text]
            reply = stream.reply
        else:
            reply = client.chat("Hello", model=MODEL, route=BOTH)
        assert reply.model == "llama" and "model" in reply.added
        assert [(one.server, one.model, one.error, one.state) for one in reply.attempts] == [
            ("default", MODEL, "connect", "void"),
            ("local", "llama", None, "settled"),
        ]
        served, failed = client.entries(newest=True)
        assert served.server == local.base_url and served.requested_model == "llama"
        assert failed.server == client.base_url and failed.state == "void"
    (request,) = [one for one in local.requests if one.method == "POST"]
    assert "authorization" not in {name.lower() for name in request.headers}
    sent = json.loads(request.body)
    assert sent["model"] == "llama" and "provider" not in sent


def test_a_server_that_is_down_cools_down_for_calls_with_another(
    openrouter: Sandbox, local: Sandbox, tmp_path: Path
) -> None:
    with client_of(openrouter, local, tmp_path, base_url=dead_url()) as client:
        for _ in range(3):
            assert len(client.chat("Hello", model=MODEL, route=BOTH).attempts) == 2
        reply = client.chat("Hello", model=MODEL, route=BOTH)
        assert [one.server for one in reply.attempts] == ["local"]
        assert any("cools down" in warning for warning in reply.warnings)
        (cooldown,) = client.cooldowns()
        assert (cooldown.model, cooldown.error) == (MODEL, "connect")
        with pytest.raises(wayfare.errors.Connect):  # it has no other server, and tries this one
            client.chat("Hello", model=MODEL, route={"retries": 0})
        assert client.cooldowns()[0].failures == 3


def test_the_first_server_serves_alone_where_it_can(
    openrouter: Sandbox, local: Sandbox, tmp_path: Path
) -> None:
    with client_of(openrouter, local, tmp_path) as client:
        reply = client.chat("Hello", model=MODEL, route=BOTH)
        assert reply.model == MODEL and reply.attempts[0].server == "default"
        turned = client.chat("Hello", model=MODEL, route={"servers": ["local", "default"]})
        assert turned.model == "llama" and turned.attempts[0].server == "local"
        plain = client.chat("Hello", model=MODEL)
        assert plain.attempts[0].server is None
    assert sum(one.method == "POST" for one in openrouter.requests) == 2
    assert sum(one.method == "POST" for one in local.requests) == 1


@pytest.mark.parametrize(
    ("fault", "code"),
    [("503", "overloaded"), ("429", "rate_limited"), ("401", "unauthorized"), ("402", None)],
)
def test_refusals_lead_to_the_next_server(
    openrouter: Sandbox, local: Sandbox, tmp_path: Path, fault: str, code: str | None
) -> None:
    openrouter.reply(int(fault), times=None)
    with client_of(openrouter, local, tmp_path) as client:
        reply = client.chat("Hello", model=MODEL, route=BOTH)
        first, second = reply.attempts
        assert (first.server, second.server) == ("default", "local")
        assert first.error == (code or first.error) and first.state == "void"


def test_each_server_has_its_own_key_and_no_other(raw_server: Any, tmp_path: Path) -> None:
    sent: dict[str, str] = {}

    def serve(name: str, status: int) -> Any:
        def run(connection: Any) -> None:
            while request := connection.read():
                sent[name] = request[0].get("authorization", "")
                connection.reply(completion(), status=status)

        return raw_server(run)

    first, second, third = serve("first", 503), serve("second", 503), serve("third", 200)
    with wayfare.Client(
        base_url=first.base_url,
        api_key=KEY,
        dialect="openrouter",
        keys={"mine": "sk-mine-0123456789abcdef", "other": "sk-other-0123456789abcdef"},
        servers=[
            {"name": "second", "base_url": second.base_url, "key": "mine"},
            {"name": "third", "base_url": third.base_url},
        ],
        ledger=str(tmp_path / "l.db"),
    ) as client:
        client.chat("Hello", model=MODEL, route={"servers": ["default", "second", "third"]})
    assert sent == {
        "first": f"Bearer {KEY}",
        "second": "Bearer sk-mine-0123456789abcdef",
        "third": "",
    }


def test_a_price_lets_hard_budgets_hold_at_a_server_of_ones_own(
    openrouter: Sandbox, raw_server: Any, tmp_path: Path
) -> None:
    def serve(connection: Any) -> None:
        while connection.read():
            connection.reply(completion(cost=None))

    server = raw_server(serve)
    price = {"prompt": "1", "completion": "2"}  # the answer has 3 and 4 tokens
    servers: Any = [
        {"name": "free", "base_url": server.base_url, "price": {"prompt": 0, "completion": 0}},
        {"name": "priced", "base_url": server.base_url, "price": price},
        {"name": "unknown", "base_url": server.base_url},
    ]
    with wayfare.Client(
        base_url=dead_url(),
        api_key=KEY,
        dialect="openrouter",
        servers=servers,
        ledger=str(tmp_path / "l.db"),
    ) as client:
        client.budget("team", limit="0.01", window="lifetime")

        def call(server: str, **more: Any) -> wayfare.Reply:
            return client.chat("Hello", model="m", route={"servers": [server]}, **more)

        free = call("free")
        assert free.cost == 0 and free.cost_source == "computed"
        priced = call("priced", max_tokens=500)
        assert priced.cost == Decimal("0.000011")
        with pytest.raises(wayfare.Error, match="the length of the answer") as open_end:
            call("priced")
        assert open_end.value.code == "no_bound"
        with pytest.raises(wayfare.Error) as unknown:
            call("unknown", max_tokens=500)
        assert unknown.value.code == "no_bound"
        with pytest.raises(wayfare.Error) as too_much:
            call("priced", max_tokens=500_000)
        assert too_much.value.code == "budget_exceeded"
        (budget,) = client.budgets()
        assert budget.spent == Decimal("0.000011") and budget.reserved == 0


def test_an_unknown_end_is_looked_up_at_the_server_that_got_it(
    openrouter: Sandbox, tmp_path: Path
) -> None:
    with Sandbox() as second:
        second.fault("cut")
        keys = {"mine": second.api_key}
        own = {"dialect": "openrouter", "key": "mine", "model": MODEL}
        openrouter.reply(503, times=None)
        with client_of(openrouter, second, tmp_path, own=own, keys=keys) as client:
            stream = client.stream("Hello", model=MODEL, route=BOTH)
            with stream, pytest.raises(wayfare.Error):
                list(stream)
            entry = next(client.entries(newest=True))
            assert entry.server == second.base_url and entry.state == "unknown"
            assert client.reconcile().settled == 1
            settled = next(client.entries(newest=True))
            assert settled.cost == Decimal(second.bill[-1]["cost"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"servers": [{"name": "a"}]}, "base_url is missing"),
        ({"servers": [{"base_url": "http://127.0.0.1"}]}, "name is missing"),
        ({"servers": [{"name": "a", "base_url": "http://127.0.0.1", "api_key": "x"}]}, "api_key"),
        ({"servers": {"a": "http://127.0.0.1"}}, "servers"),
    ],
)
def test_what_a_server_cannot_have_is_refused(options: Any, words: str) -> None:
    with pytest.raises(wayfare.Error, match=words) as refused:
        wayfare.Client(ledger=":memory:", **options)
    assert refused.value.code == "invalid"


def test_an_agent_may_name_servers_but_no_keys(
    openrouter: Sandbox, local: Sandbox, tmp_path: Path
) -> None:
    openrouter.reply(503, times=None)
    with client_of(openrouter, local, tmp_path) as client:
        client.create_agent("support", model=MODEL, route=BOTH)
        reply = client.chat("Hello", agent="support")
        assert reply.attempts[-1].server == "local" and reply.agent_version == 1
    other = wayfare.Client(
        ledger=str(tmp_path / "l.db"), api_key=openrouter.api_key, base_url=openrouter.base_url
    )
    with other, pytest.raises(wayfare.Error, match="no server of the client"):
        other.chat("Hello", agent="support")
