"""The filters of entries, the newest first, and pages of them."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from typing import Any

import pytest
import wayfare

Opens = Callable[..., wayfare.Client]


@pytest.fixture
def client(raw_server: Any, open_client: Opens, wire: Any) -> wayfare.Client:
    """A client with 12 calls: 2 agents, 3 users, every state."""

    def serve(connection: Any) -> None:
        while request := connection.read():
            model = json.loads(request[1])["model"]
            if model == "x/lost":
                return
            if model == "x/refused":
                connection.reply(b'{"error":{"code":404,"message":"no"}}', 404)
            else:
                connection.reply(wire.completion())

    client = open_client(raw_server(serve).base_url)
    for at in range(12):
        with contextlib.suppress(wayfare.Error):
            client.chat(
                "Hi",
                model=("y/good", "x/lost", "x/refused")[at % 3],
                charge_to={
                    "app": "shop",
                    "agent": ("one", "two")[at % 2],
                    "user": f"user-{at % 3}",
                    "run": f"run-{at}",
                    "tags": ["red", "blue"] if at < 2 else ["green"],
                },
                request_id=f"request-{at}",
            )
    return client


def ids(entries: Any) -> list[str]:
    return [entry.request_id for entry in entries]


def test_each_filter_chooses(client: wayfare.Client) -> None:
    every = list(client.entries())
    assert len(every) == 12

    def where(test: Callable[[wayfare.Entry], bool]) -> list[str]:
        return [entry.request_id or "" for entry in every if test(entry)]

    assert ids(client.entries(agent="one")) == where(lambda one: one.agent == "one")
    assert ids(client.entries(user="user-1")) == where(lambda one: one.user == "user-1")
    assert ids(client.entries(run="run-7")) == ["request-7"]
    assert ids(client.entries(request_id="request-3")) == ["request-3"]
    assert ids(client.entries(entry=every[5].entry)) == [every[5].request_id]
    assert ids(client.entries(tag="blue")) == where(lambda one: "blue" in one.tags)
    assert ids(client.entries(app="shop")) == ids(every)
    assert ids(client.entries(app="other")) == []
    assert ids(client.entries(model="x/lost")) == where(lambda one: one.model == "x/lost")
    assert ids(client.entries(model="m/served")) == where(lambda one: one.model == "m/served")
    assert ids(client.entries(model="y/good")) == where(lambda one: one.requested_model == "y/good")
    for state in ("settled", "unknown", "void", "reserved"):
        assert ids(client.entries(state=state)) == ids(one for one in every if one.state == state)
    assert ids(client.entries(agent="two", state="unknown", user="user-1")) == where(
        lambda one: (one.agent, one.state, one.user) == ("two", "unknown", "user-1")
    )


def test_the_newest_come_first_and_a_limit_ends_them(client: wayfare.Client) -> None:
    every = list(client.entries())
    ended = [one for one in every if one.state != "unknown"]
    pending = sorted((one for one in every if one.state == "unknown"), key=lambda one: one.entry)
    backwards = ids([*reversed(pending), *reversed(ended)])
    assert ids(client.entries(newest=True)) == backwards
    assert ids(client.entries(newest=True, limit=6)) == backwards[:6]
    assert ids(client.entries(limit=3)) == ids(every)[:3]
    assert ids(client.entries(limit=0)) == []


@pytest.mark.parametrize("newest", [False, True])
@pytest.mark.parametrize("size", [1, 2, 5])
def test_pages_of_any_size_give_each_entry_once(
    client: wayfare.Client, newest: bool, size: int
) -> None:
    whole = ids(client.entries(newest=newest))
    found: list[str] = []
    after = ""
    while after is not None:
        page = client._run("entries", {"newest": newest, "limit": size, "after": after})
        found += ids(page.entries)
        after = page.next
    assert found == whole


def test_times_bound_both_orders(client: wayfare.Client) -> None:
    ended = [one for one in client.entries() if one.state != "unknown"]
    since, until = ended[2].booked, ended[5].booked
    among = [one for one in ended if since <= one.booked < until]
    assert ids(client.entries(since, until, state="settled")) == ids(
        one for one in among if one.state == "settled"
    )
    found = ids(client.entries(since, until, newest=True))
    assert [one for one in found if one in ids(ended)] == ids(reversed(among))


@pytest.mark.parametrize(
    ("filters", "told"),
    [
        ({"agent": None}, "agent is given without a value"),
        ({"agent": ""}, "agent is given without a value"),
        ({"entry": "x"}, "entry of entries is not an id"),
        ({"agnet": "x"}, '"agnet" is not known'),
        ({"state": "done"}, "state is not a known value"),
        ({"limit": -1}, "limit of entries is not between 1 and 10000"),
    ],
)
def test_a_filter_that_cannot_be_used_is_refused(
    open_client: Opens, filters: Any, told: str
) -> None:
    client = open_client("http://127.0.0.1:1/api/v1")
    with pytest.raises(wayfare.errors.Invalid, match=told):
        list(client.entries(**filters))
