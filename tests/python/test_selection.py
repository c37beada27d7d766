"""Policies: rankings of the models list, and calls that use them."""

from __future__ import annotations

import asyncio
import json
import pickle
import threading
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import wayfare
from model_lists import LIST, Lists, model


def test_select_tells_the_ranking_and_sends_nothing(
    raw_server: Any, wire: Any, open_client: Any
) -> None:
    server = Lists(raw_server, wire)
    client = open_client(server.base_url)
    selection = client.select("Hello", route={"policy": "cheapest"})
    assert selection.policy == "cheapest" and selection.catalogue.source == "fetched"
    assert [c.model for c in selection.ranked] == ["b/cheap", "f/middle", "a/dear"]
    first = selection.ranked[0]
    assert first.expected == Decimal("0.000001") * 8 + Decimal(
        "0.000002"
    ) * 512 and first.reason.startswith("expected to cost")
    assert first.bound is not None and first.bound > first.expected and first.unbounded is None
    assert {c.model: c.reason for c in selection.out} == {
        "c/free:free": "free ones are few a day and not private: taken only where they are named",
        "d/auto": "a router: it chooses a model itself",
        "e/gone": "its end was on 2020-01-01",
    }
    named = client.select("Hello", max_tokens=2000, route={"models": ["a/dear", "x/unheard-of"]})
    assert named.policy == "ordered" and [c.model for c in named.ranked] == ["x/unheard-of"]
    assert named.out[0].reason == "it gives at most 1000 tokens, 2000 are asked for"
    assert named.ranked[0].unbounded == "the price of x/unheard-of"
    assert server.bodies == [] and list(client.entries()) == []
    with pytest.raises(wayfare.Error, match=r"route\.policy"):
        client.select("Hello", route={"policy": "quickest"})


def test_a_call_takes_the_cheapest_and_the_next_one_where_it_fails(
    raw_server: Any, wire: Any, open_client: Any
) -> None:
    server = Lists(raw_server, wire, busy=("b/cheap",))
    client = open_client(server.base_url)
    reply = client.chat("Hello", route={"policy": "cheapest"})
    assert [body["model"] for body in server.bodies] == ["b/cheap", "f/middle"]
    assert [a.model for a in reply.attempts] == ["b/cheap", "f/middle"]
    assert [c.model for c in reply.selection.ranked] == [
        "b/cheap",
        "f/middle",
        "a/dear",
    ] and reply.selection.policy == "cheapest"
    assert client.chat("Hello", model="a/dear").selection is None
    with client.stream(
        "Hello", route={"models": ["a/dear", "f/middle"], "policy": "cheapest"}
    ) as stream:
        list(stream)
    assert stream.reply.attempts[0].model == "f/middle"


def test_max_price_leaves_out_what_is_dearer_and_tells_the_server(
    raw_server: Any, wire: Any, open_client: Any
) -> None:
    server = Lists(raw_server, wire)
    client = open_client(server.base_url)
    policy = {"sort": "cheapest", "max_price": {"prompt": 2, "completion": Decimal("2.5")}}
    reply = client.chat("Hello", route={"policy": policy})
    assert [c.model for c in reply.selection.ranked] == ["b/cheap"] and reply.added == [
        "model",
        "provider.max_price",
    ]
    assert server.bodies[0]["provider"] == {"max_price": {"prompt": "2", "completion": "2.5"}}
    client.chat(
        "Hello", provider={"zdr": True, "max_price": {"prompt": 7}}, route={"policy": policy}
    )
    # The caller's limit stays.
    assert server.bodies[1]["provider"] == {
        "zdr": True,
        "max_price": {"prompt": 7, "completion": "2.5"},
    }
    both = {"sort": "cheapest", "max_price": {"prompt": 2, "request": 1, "image": 1}}
    client.chat(
        "Hello", provider={"max_price": {"prompt": "1e1", "request": 3}}, route={"policy": both}
    )
    # No name occurs twice.
    assert server.bodies[2]["provider"] == {
        "max_price": {"prompt": "1e1", "request": 3, "image": "1"}
    }
    with pytest.raises(wayfare.Error) as raised:
        client.chat(
            "Hello",
            route={"policy": {"max_price": {"prompt": "0.5"}}, "models": ["a/dear", "b/cheap"]},
        )
    assert (
        raised.value.code == "no_model"
        and "a/dear: dearer than max_price; b/cheap: dearer than max_price" in raised.value.message
    )
    with pytest.raises(wayfare.Error, match="float is not exact"):
        client.chat("Hello", route={"policy": {"max_price": {"prompt": 0.5}}})


def test_max_cost_is_made_true_on_the_wire_or_refused(
    raw_server: Any, wire: Any, open_client: Any
) -> None:
    server = Lists(raw_server, wire)
    client = open_client(server.base_url)
    reply = client.chat("Hello", model="b/cheap", route={"max_cost": "0.01"})
    # The limit of the model, because the caller gave none.
    assert server.bodies[0]["max_completion_tokens"] == 1000
    assert server.bodies[0]["provider"] == {"max_price": {"prompt": "1", "completion": "2"}}
    assert reply.added == ["provider.max_price", "max_completion_tokens"]
    client.chat("Hello", model="b/cheap", max_tokens=50, route={"max_cost": "0.01"})
    assert server.bodies[1]["max_tokens"] == 50 and "max_completion_tokens" not in server.bodies[1]
    with pytest.raises(wayfare.Error) as raised:
        client.chat("Hello", model="a/dear", max_tokens=1000, route={"max_cost": "0.01"})
    assert (
        raised.value.code == "max_cost"
        and "0.02" in raised.value.message
        and raised.value.reply is None
    )
    assert len(server.bodies) == 2 and len(list(client.entries())) == 2


def test_the_deadline_counts_the_wait_for_the_list(raw_server: Any, open_client: Any) -> None:
    go = threading.Event()

    def serve(connection: Any) -> None:
        connection.read()
        go.wait(30)

    client = open_client(raw_server(serve).base_url)
    began = time.monotonic()
    with pytest.raises(
        wayfare.Error, match="waited for the models list; nothing was sent"
    ) as raised:
        client.chat("Hello", route={"policy": "cheapest", "deadline": 0.5})
    assert (raised.value.code, raised.value.retryable) == ("deadline", True)
    assert 0.5 <= time.monotonic() - began < 5
    assert list(client.entries()) == []
    go.set()


@pytest.mark.slow
def test_the_deadline_goes_on_after_the_wait(raw_server: Any, open_client: Any) -> None:
    def serve(connection: Any) -> None:
        while request := connection.read():
            time.sleep(2.5 if not request[1] else 30)
            connection.reply(json.dumps({"data": LIST}).encode())

    client = open_client(raw_server(serve).base_url)
    began = time.monotonic()
    with pytest.raises(wayfare.Error, match="the deadline of 3 s has passed") as raised:
        client.chat("Hello", route={"policy": "cheapest", "models": ["b/cheap"], "deadline": 3})
    assert 3 <= time.monotonic() - began < 5.4  # not later: the wait for the list counts
    took = raised.value.reply.timings.total_us
    assert took is not None and took >= 2_900_000


def test_what_max_cost_cannot_bound_is_told(raw_server: Any, wire: Any, open_client: Any) -> None:
    client = open_client(Lists(raw_server, wire).base_url)
    reply = client.chat(
        "Hello", model="b/cheap", plugins=[{"id": "web"}], route={"max_cost": "0.01"}
    )
    (warning,) = reply.warnings
    assert warning.startswith("nothing bounds the cost of the plugin web") and "max_cost" in warning
    assert client.chat("Hello", model="b/cheap", route={"max_cost": "0.01"}).warnings == []


def test_a_reply_keeps_its_selection_when_it_is_pickled(
    raw_server: Any, wire: Any, open_client: Any
) -> None:
    client = open_client(Lists(raw_server, wire).base_url)
    for body in ({}, {"plugins": [{"id": "web"}]}):
        reply = client.chat("Hello", model="b/cheap", route={"max_cost": "0.01"}, **body)
        copy = pickle.loads(pickle.dumps(reply))
        assert copy.selection == reply.selection and copy.selection.ranked[0].model == "b/cheap"
        assert copy.warnings == reply.warnings and copy.attempts == reply.attempts


@pytest.mark.parametrize("size", [100, 400_000])
def test_a_hard_budget_bounds_bodies_of_any_size(
    raw_server: Any, wire: Any, open_client: Any, size: int
) -> None:
    server = Lists(
        raw_server, wire, [model("b/cheap", "0.000001", "0.000002", context_length=10**7)]
    )
    client = open_client(server.base_url)
    client.budget("b", limit=50, window="day")
    threads = [
        threading.Thread(target=client.chat, args=("x" * size,), kwargs={"model": "b/cheap"})
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(server.bodies) == 8 and all(
        "max_price" in body["provider"] for body in server.bodies
    )


def test_asyncio(raw_server: Any, wire: Any, tmp_path: Path) -> None:
    server = Lists(raw_server, wire)

    async def main() -> None:
        options: Any = {
            "api_key": wire.key,
            "base_url": server.base_url,
            "dialect": "openrouter",
            "ledger": tmp_path / "l.db",
        }
        async with wayfare.AsyncClient(**options) as client:
            models, selection, reply = await asyncio.gather(
                client.models(),
                client.select("Hello", route={"policy": "cheapest"}),
                client.chat("Hello", route={"policy": "cheapest"}),
            )
            assert (
                len(models) == 6
                and selection.ranked[0].model == reply.attempts[0].model == "b/cheap"
            )

    asyncio.run(main())
    assert server.fetched == 2  # all waited for one fetch of all models, and one of the key's


def test_a_hard_budget_holds_what_the_call_can_cost_and_makes_it_true(
    raw_server: Any, wire: Any, open_client: Any
) -> None:
    server = Lists(raw_server, wire)
    client = open_client(server.base_url)
    client.budget("day", limit="0.01", window="day", agent="support")
    # The call of another agent has no budget, no limits, and needs no list.
    client.chat("Hello", model="a/dear", max_tokens=1000)
    assert server.fetched == 0 and set(server.bodies[0]) == {"model", "messages", "max_tokens"}

    charge = {"agent": "support"}
    reply = client.chat("Hello", model="b/cheap", charge_to=charge)
    assert server.bodies[1]["max_completion_tokens"] == 1000 and server.bodies[1]["provider"] == {
        "max_price": {"prompt": "1", "completion": "2"}
    }
    assert reply.added == ["provider.max_price", "max_completion_tokens"] and server.fetched == 1
    (budget,) = client.budgets()
    assert (budget.spent, budget.reserved) == (reply.cost, 0)

    with pytest.raises(wayfare.BudgetExceeded) as over:
        # costs 0.02 or more
        client.chat("Hello", model="a/dear", max_tokens=1000, charge_to=charge)
    assert over.value.left == Decimal("0.01") - reply.cost
    with pytest.raises(wayfare.Error, match=r"no_bound: .* the plugin web") as unbounded:
        client.chat("Hello", model="b/cheap", plugins=[{"id": "web"}], charge_to=charge)
    assert unbounded.value.code == "no_bound"
    assert len(server.bodies) == 2
    with client.stream(
        "Hello", route={"models": ["a/dear", "b/cheap"]}, max_tokens=100, charge_to=charge
    ) as stream:
        list(stream)
    assert server.bodies[2]["provider"] == {"max_price": {"prompt": "10", "completion": "20"}}


def test_an_attempt_that_may_be_billed_stays_held_and_is_not_retried(
    raw_server: Any, wire: Any, open_client: Any
) -> None:
    asked: list[bytes] = []

    def serve(connection: Any) -> None:
        while request := connection.read():
            if not request[1]:
                connection.reply(json.dumps({"data": LIST}).encode())
                continue
            asked.append(request[1])
            return  # reads the request and disconnects

    client = open_client(raw_server(serve).base_url, retries=2)
    client.budget("day", limit="1", window="day")
    with pytest.raises(wayfare.Error) as lost:
        client.chat("Hello", model="b/cheap", max_tokens=100)
    assert lost.value.code == "connection_lost" and len(asked) == 1
    (budget,) = client.budgets()
    assert budget.spent == 0 and Decimal("0.0003") < budget.reserved < Decimal("0.0005")


def test_a_soft_budget_warns_in_the_reply(raw_server: Any, wire: Any, open_client: Any) -> None:
    client = open_client(Lists(raw_server, wire).base_url)
    client.budget("month", limit="0.0015", window="month", mode="soft")
    assert [client.chat("Hello", model="b/cheap").warnings for _ in range(2)] == [[], []]
    (warning,) = client.chat("Hello", model="b/cheap").warnings  # 0.002 were spent before
    assert warning.startswith("the budget month of $0.0015 for this month is passed by $0.0005")
