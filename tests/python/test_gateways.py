"""Costs with servers that are not OpenRouter: nothing bounds a call there, and a missing cost is
computed or unknown.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import wayfare

PRICED: dict[str, Any] = {
    "id": "b/cheap",
    "context_length": 8000,
    "pricing": {
        "prompt": "0.0000010000005",
        "completion": "0.000002",
        "input_cache_read": "0.0000001",
    },
}
TIMED = {
    **PRICED,
    "id": "b/timed",
    "pricing": {**PRICED["pricing"], "overrides": [{"prompt": "0.000009", "utc_start": 900}]},
}
LIST = [PRICED, TIMED, {"id": "n/priceless"}]


class Gateway:
    """A server that tells the tokens but no cost. It serves the model `served`, else the requested
    model.
    """

    def __init__(self, raw_server: Any) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.usage: dict[str, Any] = {
            "prompt_tokens": 30,
            "completion_tokens": 4,
            "prompt_tokens_details": {"cached_tokens": 10},
        }
        self.served = ""
        self.base_url = raw_server(self.serve).base_url

    def serve(self, connection: Any) -> None:
        while request := connection.read():
            if not request[1]:
                connection.reply(json.dumps({"data": LIST}).encode())
                continue
            body = json.loads(request[1])
            self.bodies.append(body)
            choice = {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": "pong"},
            }
            answer = {
                "id": "chatcmpl-1",
                "model": self.served or body["model"],
                "choices": [choice],
                "usage": self.usage,
            }
            connection.reply(json.dumps(answer).encode())


@pytest.fixture
def gateway(raw_server: Any) -> Gateway:
    return Gateway(raw_server)


@pytest.fixture
def client(gateway: Gateway, open_client: Callable[..., wayfare.Client]) -> wayfare.Client:
    return open_client(gateway.base_url, dialect="openai")


# 20 prompt tokens at 0.0000010000005, 10 cached at 0.0000001, 4 completion tokens at 0.000002.
COST = Decimal("0.00002900001")


def test_a_hard_budget_refuses_what_such_a_server_may_charge_freely(
    gateway: Gateway, client: wayfare.Client
) -> None:
    client.budget("day", limit="1", window="day")
    with pytest.raises(
        wayfare.Error,
        match=r"no_bound: .* a server that is not OpenRouter, which may ignore provider\.max_price",
    ):
        client.chat("Hello", model="b/cheap", max_tokens=100)
    assert gateway.bodies == [] and list(client.entries()) == []


def test_under_an_assumed_amount_the_tokens_are_priced_by_the_servers_list(
    gateway: Gateway, client: wayfare.Client
) -> None:
    client.budget("day", limit="1", window="day", assume="0.75")
    reply = client.chat("Hello", model="b/cheap", max_tokens=100)
    assert (reply.cost, reply.cost_source, reply.added) == (COST, "computed", [])
    assert reply.metadata["cost_source"] == "computed"
    (budget,) = client.budgets()
    assert (budget.spent, budget.reserved) == (COST, 0)
    (entry,) = client.entries()
    assert (entry.state, entry.cost, entry.cost_source, entry.non_token_cost) == (
        "settled",
        COST,
        "computed",
        None,
    )
    assert client.verify().ok


@pytest.mark.parametrize(
    "why", ["another model", "an hour's price", "no price", "no tokens", "a tool of the server"]
)
def test_what_the_list_does_not_price_stays_unknown_and_held(
    gateway: Gateway, client: wayfare.Client, why: str
) -> None:
    client.budget("day", limit="1", window="day", assume="0.75")
    body: dict[str, Any] = {
        "model": {"an hour's price": "b/timed", "no price": "n/priceless"}.get(why, "b/cheap")
    }
    if why == "another model":
        gateway.served = "b/dearer"
    if why == "no tokens":
        gateway.usage = {"completion_tokens": 4}
    if why == "a tool of the server":
        body["plugins"] = [{"id": "web"}]
    reply = client.chat("Hello", **body)
    assert (reply.cost, reply.cost_source) == (None, "none")
    (budget,) = client.budgets()
    assert (budget.spent, budget.reserved) == (0, Decimal("0.75"))


def test_max_cost_is_held_and_said_not_to_be_kept(gateway: Gateway, client: wayfare.Client) -> None:
    client.budget("day", limit="1", window="day")
    reply = client.chat("Hello", model="b/cheap", max_tokens=100, route={"max_cost": "0.5"})
    (warning,) = reply.warnings
    assert warning.startswith("nothing bounds the cost of a server that is not OpenRouter") and set(
        gateway.bodies[0]
    ) == {"messages", "max_tokens", "model"}
    assert (reply.cost, reply.cost_source) == (COST, "computed")
    with pytest.raises(wayfare.BudgetExceeded):
        # The whole amount is held.
        client.chat("Hello", model="b/cheap", max_tokens=100, route={"max_cost": "0.99999"})
    with pytest.raises(wayfare.Error, match="max_cost"):
        # The prices of the list alone exceed max_cost.
        client.chat("Hello", model="b/cheap", max_tokens=5000, route={"max_cost": "0.0001"})
    assert len(gateway.bodies) == 1


def test_a_cost_that_is_told_stands_and_a_plain_call_is_not_priced(
    gateway: Gateway, client: wayfare.Client
) -> None:
    plain = client.chat("Hello", model="b/cheap")
    assert (plain.cost, plain.cost_source) == (None, "none")
    gateway.usage = {**gateway.usage, "cost": 0.5}
    told = client.chat("Hello", model="b/cheap", route={"max_cost": "1"})
    assert (told.cost, told.cost_source) == (Decimal("0.5"), "response")


def test_openrouters_own_cost_is_never_computed(
    gateway: Gateway, open_client: Callable[..., wayfare.Client]
) -> None:
    client = open_client(gateway.base_url)  # the dialect of such servers
    client.budget("day", limit="1", window="day")
    reply = client.chat("Hello", model="b/cheap", max_tokens=100)
    assert (reply.cost, reply.cost_source) == (None, "none") and client.budgets()[0].reserved > 0


def test_a_policy_under_a_hard_budget_is_bound_on_the_wire(
    gateway: Gateway, open_client: Callable[..., wayfare.Client]
) -> None:
    client = open_client(gateway.base_url)
    client.budget("day", limit="1", window="day")
    reply = client.chat("Hello", route={"models": ["b/cheap"], "policy": "cheapest"})
    sent = gateway.bodies[0]
    assert (
        sent["provider"]["max_price"]["completion"] == "2" and sent["max_completion_tokens"] == 8000
    )
    assert set(reply.added) >= {"provider.max_price", "max_completion_tokens"}


def test_only_what_a_hard_budget_holds_is_bound_on_the_wire(
    gateway: Gateway, open_client: Callable[..., wayfare.Client]
) -> None:
    client = open_client(gateway.base_url)
    client.budget("day", limit="1", window="day", agent="a")

    def is_bound(agent: str, user: str = "") -> bool:
        reply = client.chat(
            "Hello", model="b/cheap", charge_to={"agent": agent, **({"user": user} if user else {})}
        )
        sent = "max_price" in gateway.bodies[-1].get("provider", {})
        assert sent == ("provider.max_price" in reply.added)
        return sent

    assert [
        is_bound(*who)
        for who in (("a",), ("b",), ("a",), ("a", "u"), ("a", "u"), ("b", "u"), ("b",))
    ] == [True, False, True, True, True, False, False]
    assert client.budgets()[0].reserved > 0
    client.budget("day", delete=True)
    is_bound("a")  # may still be bound once: the earlier hold is remembered
    assert not is_bound("a")
    client.budget("all", limit="1", window="day")
    assert is_bound("b") and is_bound("b")
    with pytest.raises(wayfare.Error, match="no_bound: the budget all is hard"):
        client.chat("Hello", model="b/unheard-of", charge_to={"agent": "b"})
    client.budget("all", delete=True)
    client.chat("Hello", model="b/unheard-of", charge_to={"agent": "b"})


def test_an_answer_that_a_gateway_compressed_is_read(
    raw_server: Any, open_client: Callable[..., wayfare.Client]
) -> None:
    """wayfare asks for no encoding. Some gateways compress all the same."""
    usage = {"prompt_tokens": 3, "completion_tokens": 4, "cost": 0.5}
    message = {"role": "assistant", "content": "Hello"}
    whole = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": usage}
    delta = {"choices": [{"index": 0, "delta": message, "finish_reason": "stop"}], "usage": usage}
    events = f"data: {json.dumps(delta)}\n\ndata: [DONE]\n\n"
    encodings = []

    def serve(connection: Any) -> None:
        while request := connection.read():
            encodings.append(request[0].get("accept-encoding", ""))
            streamed = json.loads(request[1]).get("stream")
            body = events if streamed else json.dumps(whole)
            label = "text/event-stream" if streamed else "application/json"
            connection.reply(gzip.compress(body.encode()), 200, label, Content_Encoding="gzip")

    client = open_client(raw_server(serve).base_url)
    assert client.chat("Hi", model="m/x").text == "Hello"
    assert "".join(event.text or "" for event in client.stream("Hi", model="m/x")) == "Hello"
    assert [entry.cost for entry in client.entries()] == [Decimal("0.5")] * 2
    assert not any("gzip" in encoding for encoding in encodings)
