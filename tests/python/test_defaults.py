"""What a call leaves out comes from the options of the client and of its views."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import wayfare

Opens = Callable[..., wayfare.Client]


@pytest.fixture
def seen(raw_server: Any, wire: Any) -> tuple[str, list[dict[str, Any]]]:
    """The base URL of a server, and the bodies that it gets."""
    bodies: list[dict[str, Any]] = []

    def serve(connection: Any) -> None:
        while request := connection.read():
            if not request[1]:
                connection.reply(b"{}", 404)  # there is no models list
                continue
            bodies.append(json.loads(request[1]))
            if bodies[-1].get("stream"):
                connection.head(kind="text/event-stream", Transfer_Encoding="chunked")
                connection.chunk(wire.delta("pong"))
                connection.chunk(wire.end)
                connection.chunk(b"")
            else:
                connection.reply(wire.completion())

    return raw_server(serve).base_url, bodies


def test_a_client_has_a_model_a_limit_and_accounts_for_its_calls(
    seen: Any, open_client: Opens
) -> None:
    base_url, bodies = seen
    client = open_client(
        base_url, model="a/default", max_tokens=50, charge_to={"app": "api", "tags": ["red"]}
    )
    reply = client.chat("Hi", charge_to={"agent": "support"})
    assert bodies[-1] == {
        "messages": [{"role": "user", "content": "Hi"}],
        "model": "a/default",
        "max_tokens": 50,
    }
    assert reply.added == ["model", "max_tokens"]
    client.chat("Hi", model="b/own", max_tokens=7)
    assert bodies[-1]["model"] == "b/own"
    assert bodies[-1]["max_tokens"] == 7
    with client.stream("Hi") as stream:
        assert stream.reply.text == "pong"
    assert bodies[-1]["max_tokens"] == 50
    assert client.select("Hi").ranked[0].model == "a/default"
    entries = list(client.entries())
    assert [entry.app for entry in entries] == ["api"] * 3
    assert [entry.agent for entry in entries] == ["support", None, None]
    assert all(entry.tags == ["red"] for entry in entries)


def test_a_view_goes_before_its_client_and_shares_all_else(seen: Any, open_client: Opens) -> None:
    base_url, bodies = seen
    client = open_client(base_url, model="a/default", charge_to={"app": "api"})
    view = client.with_options(model="v/view", charge_to={"agent": "support"})
    inner = view.with_options(max_tokens=9, charge_to={"agent": "inner", "user": "ann"})
    for one, model in ((client, "a/default"), (view, "v/view"), (inner, "v/view")):
        one.chat("Hi")
        assert bodies[-1]["model"] == model
    assert bodies[-1]["max_tokens"] == 9
    told = [(entry.app, entry.agent, entry.user) for entry in client.entries()]
    assert told == [("api", None, None), ("api", "support", None), ("api", "inner", "ann")]
    assert type(inner) is wayfare.Client
    inner.close()
    with pytest.raises(wayfare.errors.Closed):
        client.chat("Hi")


def test_a_call_without_a_required_account_is_refused(seen: Any, open_client: Opens) -> None:
    base_url, bodies = seen
    client = open_client(base_url, require_charge_to=["agent", "tags"], charge_to={"tags": ["x"]})
    with pytest.raises(wayfare.errors.Invalid, match="agent is missing") as refused:
        client.chat("Hi")
    assert "require_charge_to" in str(refused.value)
    with pytest.raises(wayfare.errors.Invalid), client.stream("Hi") as stream:
        list(stream)
    assert not bodies
    client.chat("Hi", charge_to={"agent": "a"})
    client.with_options(charge_to={"agent": "b"}).chat("Hi")
    assert len(bodies) == 2


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"max_tokens": 0}, "max_tokens is not 1 to 2147483647"),
        ({"route": {"retries": 11}}, "route.retries is not 0 to 10"),
        ({"route": {"modle": "x"}}, '"route.modle" is not known'),
        ({"charge_to": {"agnt": "x"}}, '"charge_to.agnt" is not known'),
        ({"charge_to": {"agent": None}}, "charge_to.agent is given without a value"),
        ({"model": "a/b", "route": {"models": ["c/d"]}}, "name them once"),
        ({"require_charge_to": ["agents"]}, "require_charge_to"),
    ],
)
def test_defaults_that_cannot_be_used_are_refused_by_name(options: Any, told: str) -> None:
    with pytest.raises(wayfare.errors.Invalid, match=told):
        wayfare.Client(ledger=":memory:", **options)


def test_a_default_route_bounds_each_call(seen: Any, open_client: Opens) -> None:
    base_url, bodies = seen
    client = open_client(base_url, route={"max_cost": "0.000001"}, max_tokens=1000)
    with pytest.raises(wayfare.errors.MaxCost):
        client.chat("Hi")
    assert not bodies
    client.chat("Hi", route={"max_cost": "1"})
    assert len(bodies) == 1
