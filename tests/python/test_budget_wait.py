"""Calls that wait for a budget: their order, what wakes them, and what ends them."""

from __future__ import annotations

import datetime
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
import wayfare

Opens = Callable[..., wayfare.Client]
MODEL = "x/unheard-of"  # it has no price, so that a call holds what the budget assumes


class Shop:
    """A budget for one call at a time, and a server that answers "hold" when it is told to."""

    def __init__(self, raw_server: Any, open_client: Opens, wire: Any) -> None:
        self.go = threading.Event()
        self.seen: list[tuple[str, float]] = []
        self.pool = ThreadPoolExecutor(40)

        def serve(connection: Any) -> None:
            while request := connection.read():
                if b'"hold' in request[1]:
                    self.note(request[1])
                    self.go.wait(60)
                elif b'"call' in request[1]:
                    self.note(request[1])
                connection.reply(wire.completion())

        self.url = raw_server(serve).base_url
        self.client = open_client(self.url)
        self.client.budget("b", limit=1, window="lifetime", assume="0.75")

    def note(self, body: bytes) -> None:
        self.seen.append((body.decode().split('"content":"')[1].split('"')[0], time.monotonic()))

    def call(self, prompt: str, **route: Any) -> wayfare.Reply:
        whole: Any = {"on_budget": "wait", **route}
        return self.client.chat(prompt, model=MODEL, route=whole)

    def start(self, prompt: str, **route: Any) -> Future[wayfare.Reply]:
        return self.pool.submit(self.call, prompt, **route)

    def hold(self) -> Future[wayfare.Reply]:
        """Starts a call that uses the budget up until go is set."""
        held = self.start("hold")
        self.wait_for(1)
        return held

    def wait_for(self, count: int) -> None:
        deadline = time.monotonic() + 30
        while len(self.seen) < count:
            assert time.monotonic() < deadline
            time.sleep(0.002)

    def waiting(self, prompt: str = "call", **route: Any) -> Future[wayfare.Reply]:
        """Starts a call and gives it the time to begin its wait."""
        started = self.start(prompt, **route)
        time.sleep(0.15)
        assert not started.done()
        return started


@pytest.fixture
def shop(raw_server: Any, open_client: Opens, wire: Any) -> Iterator[Shop]:
    made = Shop(raw_server, open_client, wire)
    yield made
    made.go.set()
    made.pool.shutdown()


def test_a_call_waits_until_there_is_room_and_holds_nothing_meanwhile(shop: Shop) -> None:
    held = shop.hold()
    waiting = shop.waiting()
    (budget,) = shop.client.budgets()
    assert budget.reserved == Decimal("0.75")
    assert [entry.state for entry in shop.client.entries()] == ["reserved"]
    shop.go.set()
    assert held.result(30).cost == waiting.result(30).cost == Decimal("0.001")
    assert [entry.state for entry in shop.client.entries()] == ["settled", "settled"]
    assert shop.client.verify().problems == []


def test_calls_go_in_the_order_of_their_coming_and_at_once(shop: Shop) -> None:
    shop.hold()
    calls = []
    route: Any = {"on_budget": "wait"}
    for number in range(20):
        calls.append(shop.client.stream(f"call {number}", model=MODEL, route=route))
        time.sleep(0.01)
    begun = time.monotonic()
    shop.go.set()
    for call in calls:
        assert call.reply.cost == Decimal("0.001")
    assert [prompt for prompt, _ in shop.seen[1:]] == [f"call {number}" for number in range(20)]
    assert time.monotonic() - begun < 20 * 0.2 / 2  # less than looks alone would take


def test_a_call_that_does_not_wait_is_refused_at_once(shop: Shop) -> None:
    shop.hold()
    with pytest.raises(wayfare.BudgetExceeded):
        shop.client.chat("call", model=MODEL)
    with pytest.raises(wayfare.BudgetExceeded):
        shop.call("call", on_budget="refuse")


def test_a_call_that_can_never_fit_is_refused_at_once(shop: Shop) -> None:
    shop.client.budget("b", assume="1.25")
    begun = time.monotonic()
    with pytest.raises(wayfare.BudgetExceeded):
        shop.call("call")
    assert time.monotonic() - begun < 5


def test_a_wait_ends_by_its_limit_and_by_the_deadline(shop: Shop) -> None:
    shop.hold()
    begun = time.monotonic()
    with pytest.raises(wayfare.BudgetExceeded, match=r"the call waited 0.3 s, and the budget b"):
        shop.call("call", budget_wait=0.3)
    assert 0.3 <= time.monotonic() - begun < 5
    with pytest.raises(
        wayfare.Error, match=r"deadline: the deadline of 0.3 s has passed in a wait"
    ):
        shop.call("call", deadline=0.3)


def test_a_wait_ends_by_a_cancel_a_block_and_the_close(shop: Shop) -> None:
    shop.hold()
    route: Any = {"on_budget": "wait"}
    stream = shop.client.stream("call", model=MODEL, route=route)
    time.sleep(0.1)
    stream.cancel()
    with pytest.raises(wayfare.errors.Cancelled, match="the call was cancelled in a wait"):
        _ = stream.reply
    waiting = shop.waiting()
    shop.client.block(everything=True)
    with pytest.raises(wayfare.errors.Blocked):
        waiting.result(30)
    shop.client.unblock(everything=True)
    waiting = shop.waiting()
    shop.client.close()
    with pytest.raises(wayfare.Error, match=r"cancelled|closed"):
        waiting.result(30)


@pytest.mark.parametrize("how", ["limit", "override", "delete"])
def test_a_change_of_the_budget_wakes_a_call(shop: Shop, how: str) -> None:
    shop.hold()
    waiting = shop.waiting()
    if how == "limit":
        shop.client.budget("b", limit=2)
    elif how == "override":
        shop.client.override(
            "b", 1, datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
        )
    else:
        shop.client.budget("b", delete=True)
    waiting.result(30)


OTHER = """
import sys, wayfare
with wayfare.Client(ledger=sys.argv[1], base_url=sys.argv[2], api_key="k",
                    dialect="openrouter") as client:
    client.chat(sys.argv[3], model="x/unheard-of", route={"on_budget": "wait"})
"""


def test_a_call_wakes_soon_for_another_process(shop: Shop) -> None:
    words = [sys.executable, "-c", OTHER, shop.client.ledger_path, shop.url]
    holder = subprocess.Popen([*words, "hold"])
    shop.wait_for(1)
    waiting = shop.waiting()
    shop.go.set()
    released = time.monotonic()
    waiting.result(30)
    assert holder.wait(60) == 0
    assert shop.seen[1][1] - released < 1  # 0.25 s, and the time to book and to send


def test_processes_use_a_budget_up_together(shop: Shop) -> None:
    shop.go.set()
    words = [sys.executable, "-c", OTHER, shop.client.ledger_path, shop.url, "call"]
    processes = [subprocess.Popen(words) for _ in range(5)]
    calls = [shop.start("call") for _ in range(10)]
    for call in calls:
        call.result(60)
    assert [process.wait(60) for process in processes] == [0] * 5
    assert shop.client.budgets()[0].spent == Decimal("0.015")
    assert shop.client.verify().problems == []


def test_two_calls_that_wait_for_each_other_end_there(shop: Shop) -> None:
    """Each flow has an open call and needs the budget of the other one to go on."""
    shop.client.budget("b", delete=True)
    for agent in ("x", "y"):
        shop.client.budget(agent, limit=1, window="lifetime", assume="0.75", agent=agent)

    def flow(own: str, other: str) -> str:
        outer = shop.pool.submit(shop.client.chat, "hold", model=MODEL, charge_to={"agent": own})
        shop.wait_for(2)
        route: Any = {"on_budget": "wait", "budget_wait": 0.5}
        try:
            shop.client.chat("call", model=MODEL, charge_to={"agent": other}, route=route)
        except wayfare.BudgetExceeded as error:
            shop.go.set()
            outer.result(30)
            return str(error.budget)
        return "went on"

    flows = [shop.pool.submit(flow, *pair) for pair in (("x", "y"), ("y", "x"))]
    ends = [one.result(30) for one in flows]
    assert set(ends) <= {"x", "y", "went on"} and ends != ["went on", "went on"]
    assert shop.client.verify().problems == []


FORKING = """
import os, sys, threading, time, wayfare
client = wayfare.Client(ledger=sys.argv[1], base_url=sys.argv[2], api_key="k",
                        dialect="openrouter")
call = threading.Thread(target=lambda: client.chat("call", model="x/unheard-of",
                                                   route={"on_budget": "wait"}))
call.start()
time.sleep(0.3)
child = os.fork()
if child == 0:
    try:
        client.chat("call", model="x/unheard-of")  # by a client that opens itself again
    except wayfare.Error as error:
        os._exit(0 if error.code == "budget_exceeded" else 1)
    os._exit(2)
assert os.waitpid(child, 0)[1] == 0
print("forked", flush=True)
call.join()
client.close()
"""


def test_a_wait_goes_on_in_the_parent_of_a_fork(shop: Shop) -> None:
    shop.hold()
    process = subprocess.Popen(
        [sys.executable, "-c", FORKING, shop.client.ledger_path, shop.url],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout and process.stdout.readline() == "forked\n"
    shop.go.set()
    assert process.wait(60) == 0
    process.stdout.close()
    assert [prompt for prompt, _ in shop.seen] == ["hold", "call"]


@pytest.mark.parametrize(
    ("route", "message"),
    [
        ({"on_budget": "never"}, "route.on_budget is not a known value; use refuse or wait"),
        ({"budget_wait": 1}, "route.budget_wait is given without on_budget wait"),
        ({"on_budget": "wait", "budget_wait": 0}, "route.budget_wait is not above zero"),
        ({"on_budget": "wait", "budget_wait": 1e6}, "route.budget_wait is not above zero"),
    ],
)
def test_what_a_route_cannot_wait_is_named(shop: Shop, route: Any, message: str) -> None:
    with pytest.raises(wayfare.errors.Invalid) as caught:
        shop.client.chat("call", model=MODEL, route=route)
    assert message in str(caught.value)
    assert shop.seen == []
