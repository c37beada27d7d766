"""The models list and what a policy makes of it: fetched, kept, shared, stale, and the calls that are routed by it."""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import threading
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import wayfare


def model(name: str, prompt: str, completion: str, **more: Any) -> dict[str, Any]:
    return {
        "id": name,
        "canonical_slug": name,
        "name": name.upper(),
        "created": 1,
        "context_length": 8000,
        "architecture": {"input_modalities": ["text"], "output_modalities": ["text"], "tokenizer": "GPT"},
        "pricing": {"prompt": prompt, "completion": completion},
        "top_provider": {"max_completion_tokens": 1000},
        "supported_parameters": ["tools"],
        **more,
    }


LIST = [
    model("a/dear", "0.00001", "0.00002"),
    model("b/cheap", "0.000001", "0.000002"),
    model("c/free:free", "0", "0"),
    model("d/auto", "-1", "-1"),
    model("e/gone", "0.0000001", "0.0000001", expiration_date="2020-01-01"),
    model("f/middle", "0.000003", "0.000004"),
]


class Lists:
    """Answers GET /models as `lists` says, the last of it for ever, and chats with a pong; "busy" models are busy."""

    def __init__(self, raw_server: Any, wire: Any, *lists: Any, busy: tuple[str, ...] = ()) -> None:
        self.lists, self.wire, self.busy = list(lists) or [LIST], wire, busy
        self.fetched, self.bodies = 0, list[dict[str, Any]]()
        self.headers: list[dict[str, str]] = []
        self.base_url = raw_server(self.serve).base_url

    def serve(self, connection: Any) -> None:
        while request := connection.read():
            if not request[1]:
                self.fetched += 1
                self.headers.append(request[0])
                answer = self.lists.pop(0) if len(self.lists) > 1 else self.lists[0]
                if answer == "close":
                    return
                if isinstance(answer, bytes):
                    connection.reply(answer)
                elif isinstance(answer, int):
                    connection.reply(b"{}", answer)
                else:
                    connection.reply(json.dumps({"data": answer}).encode(), Cache_Control="public, max-age=300, stale-while-revalidate=3600")
                continue
            self.bodies.append(json.loads(request[1]))
            if self.bodies[-1]["model"] in self.busy:
                connection.reply(b'{"error":{"code":503,"message":"busy"}}', 503)
            else:
                connection.reply(self.wire.completion())


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.02)


def shelf(cache: Path) -> Path:
    (kept,) = (path for path in (cache / "wayfare").iterdir() if not path.suffix)
    return kept


def make_old(cache: Path) -> None:
    """The list on the disk, as if it had been fetched a day ago."""
    path = shelf(cache)
    head, _, body = path.read_bytes().partition(b"\n")
    words = head.split()
    words[3] = b"%d" % (int(words[3]) - 86_400)
    path.write_bytes(b" ".join(words) + b"\n" + body)


def test_the_list_is_fetched_once_and_kept_for_the_machine(raw_server: Any, wire: Any, open_client: Any, tmp_path: Path, cache: Path) -> None:
    server = Lists(raw_server, wire)
    client = open_client(server.base_url)
    models = client.models()
    assert [m.id for m in models] == [m["id"] for m in LIST]
    assert models.catalogue.source == "fetched" and not models.catalogue.stale and models.catalogue.fetched is not None
    cheap = models[1]
    assert cheap.prices == {"prompt": Decimal("0.000001"), "completion": Decimal("0.000002")}
    assert (cheap.kind, cheap.context_tokens, cheap.completion_tokens_max, cheap.parameters) == ("model", 8000, 1000, ["tools"])
    assert [m.kind for m in models if m.kind != "model"] == ["router"] and models[2].free and models[4].expires == "2020-01-01"
    other = open_client(server.base_url, ledger=str(tmp_path / "other.db")).models()
    assert other == models and other.catalogue.source == "kept" and other.catalogue.fetched == models.catalogue.fetched
    assert server.fetched == 1 and [e for e in client.entries()] == []
    assert oct(os.stat(shelf(cache)).st_mode & 0o777) == "0o600"
    assert open_client(server.base_url + "/v2").models().catalogue.source == "fetched"  # another server's list is another's


def test_a_plain_call_fetches_nothing(raw_server: Any, wire: Any, open_client: Any, cache: Path) -> None:
    server = Lists(raw_server, wire)
    client = open_client(server.base_url)
    client.chat("Hello", model="b/cheap", route={"retries": 1})
    client.chat("Hello", route={"models": ["a", "b"]})
    assert server.fetched == 0 and list(cache.iterdir()) == []


@pytest.mark.parametrize("answer", [500, 404, b"<html>", b'{"data":[]}', b"", "close"])
def test_without_a_list_the_built_in_five_stand_for_it(raw_server: Any, wire: Any, open_client: Any, answer: Any) -> None:
    server = Lists(raw_server, wire, answer)
    models = open_client(server.base_url).models()
    assert models.catalogue == ("built_in", False, None) and len(models) == 5
    assert "openai/gpt-4o-mini" in {m.id for m in models}


def test_nobody_there_and_no_home(open_client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/nowhere/at/all")
    assert open_client("http://127.0.0.1:1/api/v1").models().catalogue.source == "built_in"


def test_an_old_list_is_served_at_once_and_fetched_again_behind_it(raw_server: Any, wire: Any, open_client: Any, cache: Path) -> None:
    server = Lists(raw_server, wire, LIST, LIST[:2])
    open_client(server.base_url).models()
    make_old(cache)
    client = open_client(server.base_url)
    first = client.models()
    assert len(first) == 6 and first.catalogue.source == "kept"
    wait_for(lambda: client.models().catalogue.source == "fetched")
    assert len(client.models()) == 2 and server.fetched == 2


def test_with_the_network_gone_an_old_list_is_served_and_called_stale(raw_server: Any, wire: Any, open_client: Any, cache: Path) -> None:
    server = Lists(raw_server, wire, LIST, b"<html>", "close")
    open_client(server.base_url).models()
    make_old(cache)
    client = open_client(server.base_url)
    wait_for(lambda: client.models().catalogue.stale)
    assert [m.id for m in client.models()] == [m["id"] for m in LIST]
    assert server.fetched == 2  # not again and again


LATEST = b"wayfare models 1 %d 300 9\n{\"data\":0" % (2**63 - 1)


@pytest.mark.parametrize("damage", [b"", b"wayfare models 2 1 1 1\nx", b"wayfare models 1 99999999999 300 400\n{", LATEST, b"\0" * 100])
def test_a_damaged_file_counts_as_none(raw_server: Any, wire: Any, open_client: Any, cache: Path, damage: bytes) -> None:
    server = Lists(raw_server, wire)
    open_client(server.base_url).models()
    shelf(cache).write_bytes(damage)
    models = open_client(server.base_url).models()
    assert len(models) == 6 and models.catalogue.source == "fetched"
    assert shelf(cache).read_bytes().startswith(b"wayfare models 1 ")


def test_close_while_the_list_is_fetched(raw_server: Any, open_client: Any) -> None:
    def serve(connection: Any) -> None:
        connection.read()
        time.sleep(30)

    client = open_client(raw_server(serve).base_url)
    stream = client.stream("Hello", route={"policy": "cheapest"})  # waits for the list
    began = time.monotonic()
    client.close()
    with pytest.raises(wayfare.Error) as raised:
        list(stream)
    assert raised.value.code in ("cancelled", "closed") and time.monotonic() - began < 8


def test_a_call_that_waits_for_the_list_can_be_cancelled(raw_server: Any, open_client: Any) -> None:
    def serve(connection: Any) -> None:
        connection.read()
        time.sleep(30)

    client = open_client(raw_server(serve).base_url)
    stream = client.stream("Hello", route={"policy": "cheapest"})
    stream.cancel()
    with pytest.raises(wayfare.Error) as raised:
        list(stream)
    assert raised.value.code == "cancelled" and list(client.entries()) == []


def test_select_tells_the_ranking_and_sends_nothing(raw_server: Any, wire: Any, open_client: Any) -> None:
    server = Lists(raw_server, wire)
    client = open_client(server.base_url)
    selection = client.select("Hello", route={"policy": "cheapest"})
    assert selection.policy == "cheapest" and selection.catalogue.source == "fetched"
    assert [c.model for c in selection.ranked] == ["b/cheap", "f/middle", "a/dear"]
    first = selection.ranked[0]
    assert first.expected == Decimal("0.000001") * 8 + Decimal("0.000002") * 512 and first.reason.startswith("expected to cost")
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
    with pytest.raises(wayfare.Error, match="route.policy"):
        client.select("Hello", route={"policy": "fastest"})


def test_a_call_takes_the_cheapest_and_the_next_one_where_it_fails(raw_server: Any, wire: Any, open_client: Any) -> None:
    server = Lists(raw_server, wire, busy=("b/cheap",))
    client = open_client(server.base_url)
    reply = client.chat("Hello", route={"policy": "cheapest"})
    assert [body["model"] for body in server.bodies] == ["b/cheap", "f/middle"]
    assert [a.model for a in reply.attempts] == ["b/cheap", "f/middle"]
    assert [c.model for c in reply.selection.ranked] == ["b/cheap", "f/middle", "a/dear"] and reply.selection.policy == "cheapest"
    assert client.chat("Hello", model="a/dear").selection is None
    with client.stream("Hello", route={"models": ["a/dear", "f/middle"], "policy": "cheapest"}) as stream:
        list(stream)
    assert stream.reply.attempts[0].model == "f/middle"


def test_max_price_leaves_out_what_is_dearer_and_tells_the_server(raw_server: Any, wire: Any, open_client: Any) -> None:
    server = Lists(raw_server, wire)
    client = open_client(server.base_url)
    policy = {"sort": "cheapest", "max_price": {"prompt": 2, "completion": Decimal("2.5")}}
    reply = client.chat("Hello", route={"policy": policy})
    assert [c.model for c in reply.selection.ranked] == ["b/cheap"] and reply.added == ["model", "provider.max_price"]
    assert server.bodies[0]["provider"] == {"max_price": {"prompt": "2", "completion": "2.5"}}
    client.chat("Hello", provider={"zdr": True, "max_price": {"prompt": 7}}, route={"policy": policy})
    assert server.bodies[1]["provider"] == {"zdr": True, "max_price": {"prompt": 7, "completion": "2.5"}}  # the caller's stays
    both = {"sort": "cheapest", "max_price": {"prompt": 2, "request": 1, "image": 1}}
    client.chat("Hello", provider={"max_price": {"prompt": "odd", "request": 3}}, route={"policy": both})
    assert server.bodies[2]["provider"] == {"max_price": {"prompt": "odd", "request": 3, "image": "1"}}  # no name twice
    with pytest.raises(wayfare.Error) as raised:
        client.chat("Hello", route={"policy": {"max_price": {"prompt": "0.5"}}, "models": ["a/dear", "b/cheap"]})
    assert raised.value.code == "no_model" and "a/dear: dearer than max_price; b/cheap: dearer than max_price" in raised.value.message
    with pytest.raises(wayfare.Error, match="float is not exact"):
        client.chat("Hello", route={"policy": {"max_price": {"prompt": 0.5}}})


def test_max_cost_is_made_true_on_the_wire_or_refused(raw_server: Any, wire: Any, open_client: Any) -> None:
    server = Lists(raw_server, wire)
    client = open_client(server.base_url)
    reply = client.chat("Hello", model="b/cheap", route={"max_cost": "0.01"})
    assert server.bodies[0]["max_completion_tokens"] == 1000  # of the model, since the caller gave none
    assert server.bodies[0]["provider"] == {"max_price": {"prompt": "1", "completion": "2"}}
    assert reply.added == ["provider.max_price", "max_completion_tokens"]
    client.chat("Hello", model="b/cheap", max_tokens=50, route={"max_cost": "0.01"})
    assert server.bodies[1]["max_tokens"] == 50 and "max_completion_tokens" not in server.bodies[1]
    with pytest.raises(wayfare.Error) as raised:
        client.chat("Hello", model="a/dear", max_tokens=1000, route={"max_cost": "0.01"})
    assert raised.value.code == "max_cost" and "0.02" in raised.value.message and raised.value.reply is None
    assert len(server.bodies) == 2 and len(list(client.entries())) == 2


def test_the_deadline_counts_the_wait_for_the_list(raw_server: Any, open_client: Any) -> None:
    go = threading.Event()

    def serve(connection: Any) -> None:
        connection.read()
        go.wait(30)

    client = open_client(raw_server(serve).base_url)
    began = time.monotonic()
    with pytest.raises(wayfare.Error, match="the models list was waited for; nothing was sent") as raised:
        client.chat("Hello", route={"policy": "cheapest", "deadline": 0.5})
    assert (raised.value.code, raised.value.retryable) == ("deadline", True)
    assert 0.5 <= time.monotonic() - began < 5
    assert list(client.entries()) == []
    go.set()


def test_the_deadline_goes_on_after_the_wait(raw_server: Any, open_client: Any) -> None:
    def serve(connection: Any) -> None:
        while request := connection.read():
            time.sleep(1 if not request[1] else 30)
            connection.reply(json.dumps({"data": LIST}).encode())

    client = open_client(raw_server(serve).base_url)
    began = time.monotonic()
    with pytest.raises(wayfare.Error, match="the deadline of 2 s has passed") as raised:
        client.chat("Hello", route={"policy": "cheapest", "deadline": 2})
    assert 2 <= time.monotonic() - began < 2.9  # and not three
    assert raised.value.reply.timings.total_us >= 1_900_000


def test_what_max_cost_cannot_bound_is_told(raw_server: Any, wire: Any, open_client: Any) -> None:
    client = open_client(Lists(raw_server, wire).base_url)
    reply = client.chat("Hello", model="b/cheap", plugins=[{"id": "web"}], route={"max_cost": "0.01"})
    (warning,) = reply.warnings
    assert warning.startswith("nothing bounds the cost of plugins") and "max_cost" in warning
    assert client.chat("Hello", model="b/cheap", route={"max_cost": "0.01"}).warnings == []


def test_a_reply_keeps_its_selection_when_it_is_pickled(raw_server: Any, wire: Any, open_client: Any) -> None:
    client = open_client(Lists(raw_server, wire).base_url)
    for body in ({}, {"plugins": [{"id": "web"}]}):
        reply = client.chat("Hello", model="b/cheap", route={"max_cost": "0.01"}, **body)
        copy = pickle.loads(pickle.dumps(reply))
        assert copy.selection == reply.selection and copy.selection.ranked[0].model == "b/cheap"
        assert copy.warnings == reply.warnings and copy.attempts == reply.attempts


@pytest.mark.parametrize("size", [100, 400_000])
def test_a_hard_budget_bounds_bodies_of_any_size(raw_server: Any, wire: Any, open_client: Any, size: int) -> None:
    server = Lists(raw_server, wire, [model("b/cheap", "0.000001", "0.000002", context_length=10**7)])
    client = open_client(server.base_url)
    client.budget("b", limit=50, window="day")
    threads = [threading.Thread(target=client.chat, args=("x" * size,), kwargs={"model": "b/cheap"}) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(server.bodies) == 8 and all("max_price" in body["provider"] for body in server.bodies)


def test_asyncio(raw_server: Any, wire: Any, tmp_path: Path) -> None:
    server = Lists(raw_server, wire)

    async def main() -> None:
        options: Any = {"api_key": wire.key, "base_url": server.base_url, "dialect": "openrouter", "ledger": tmp_path / "l.db"}
        async with wayfare.AsyncClient(**options) as client:
            models, selection, reply = await asyncio.gather(
                client.models(),
                client.select("Hello", route={"policy": "cheapest"}),
                client.chat("Hello", route={"policy": "cheapest"}),
            )
            assert len(models) == 6 and selection.ranked[0].model == reply.attempts[0].model == "b/cheap"

    asyncio.run(main())
    assert server.fetched == 1  # all of them waited for the one


def test_a_hard_budget_holds_what_the_call_can_cost_and_makes_it_true(raw_server: Any, wire: Any, open_client: Any) -> None:
    server = Lists(raw_server, wire)
    client = open_client(server.base_url)
    client.budget("day", limit="0.01", window="day", agent="support")
    client.chat("Hello", model="a/dear", max_tokens=1000)  # another agent's: no budget, no limits, no list
    assert server.fetched == 0 and set(server.bodies[0]) == {"model", "messages", "max_tokens"}

    charge = {"agent": "support"}
    reply = client.chat("Hello", model="b/cheap", charge_to=charge)
    assert server.bodies[1]["max_completion_tokens"] == 1000 and server.bodies[1]["provider"] == {"max_price": {"prompt": "1", "completion": "2"}}
    assert reply.added == ["provider.max_price", "max_completion_tokens"] and server.fetched == 1
    (budget,) = client.budgets()
    assert (budget.spent, budget.reserved) == (reply.cost, 0)

    with pytest.raises(wayfare.BudgetExceeded) as over:
        client.chat("Hello", model="a/dear", max_tokens=1000, charge_to=charge)  # 0.02 and more
    assert over.value.left == Decimal("0.01") - reply.cost
    with pytest.raises(wayfare.Error, match="no_bound: .* plugins") as unbounded:
        client.chat("Hello", model="b/cheap", plugins=[{"id": "web"}], charge_to=charge)
    assert unbounded.value.code == "no_bound"
    assert len(server.bodies) == 2
    with client.stream("Hello", route={"models": ["a/dear", "b/cheap"]}, max_tokens=100, charge_to=charge) as stream:
        list(stream)
    assert server.bodies[2]["provider"] == {"max_price": {"prompt": "10", "completion": "20"}}


def test_what_may_have_been_billed_stays_held_and_is_not_tried_again(raw_server: Any, wire: Any, open_client: Any) -> None:
    asked: list[bytes] = []

    def serve(connection: Any) -> None:
        while request := connection.read():
            if not request[1]:
                connection.reply(json.dumps({"data": LIST}).encode())
                continue
            asked.append(request[1])
            return  # read, and gone

    client = open_client(raw_server(serve).base_url, retries=2)
    client.budget("day", limit="1", window="day")
    with pytest.raises(wayfare.Error) as lost:
        client.chat("Hello", model="b/cheap", max_tokens=100)
    assert lost.value.code == "connection_lost" and len(asked) == 1
    (budget,) = client.budgets()
    assert budget.spent == 0 and Decimal("0.0002") < budget.reserved < Decimal("0.0003")


def test_a_soft_budget_warns_in_the_reply(raw_server: Any, wire: Any, open_client: Any) -> None:
    client = open_client(Lists(raw_server, wire).base_url)
    client.budget("month", limit="0.0015", window="month", mode="soft")
    assert [client.chat("Hello", model="b/cheap").warnings for _ in range(2)] == [[], []]
    (warning,) = client.chat("Hello", model="b/cheap").warnings  # 0.002 were spent before it
    assert warning.startswith("the budget month of $0.0015 for this month is passed by $0.0005")
