"""Retries and fallbacks from outside: the models and their order, and the attempts in the reply and
in the ledger.
"""

from __future__ import annotations

import json
import sqlite3
import time
from decimal import Decimal
from typing import Any

import pytest
import wayfare

BUSY = json.dumps(
    {"error": {"code": 503, "message": "busy", "metadata": {"provider_name": "Slow & Co"}}}
).encode()


class Models:
    """Answers each model by `script`: a list of acts per model. The last act repeats."""

    def __init__(self, raw_server: Any, wire: Any, **script: list[Any]) -> None:
        self.asked: list[str] = []
        self.bodies: list[bytes] = []
        self.wire, self.script = wire, {name: list(acts) for name, acts in script.items()}
        self.base_url = raw_server(self.serve).base_url

    def serve(self, connection: Any) -> None:
        while request := connection.read():
            model = json.loads(request[1])["model"]
            self.asked.append(model)
            self.bodies.append(request[1])
            acts = self.script[model]
            act = acts.pop(0) if len(acts) > 1 else acts[0]
            if act == "ok" and b'"stream":true' in request[1]:
                connection.reply(self.wire.delta("Hel") + self.wire.end, kind="text/event-stream")
            elif act == "ok":
                connection.reply(self.wire.completion())
            elif act == "busy":
                connection.reply(BUSY, 503)
            elif act == "busy inside":
                connection.reply(BUSY)
            elif act == "hangup":
                return
            elif act == "cut":
                connection.head(kind="text/event-stream", Transfer_Encoding="chunked")
                connection.chunk(self.wire.delta("Hel"))
                return
            else:
                connection.reply(BUSY, 429, Retry_After=act)


def test_the_next_model_where_one_fails_and_each_attempt_is_told_and_booked(
    raw_server: Any, open_client: Any, wire: Any
) -> None:
    server = Models(raw_server, wire, a=["busy"], b=["busy inside"], c=["ok"])
    client = open_client(server.base_url)
    reply = client.chat("Hello", temperature=0.10, route={"models": ["a", "b", "c"]})
    assert server.asked == ["a", "b", "c"]
    assert {
        body.replace(b'"model":"%s"' % name.encode(), b"")
        for body, name in zip(server.bodies, server.asked)
    } == {b'{"messages":[{"role":"user","content":"Hello"}],"temperature":0.1,}'}
    assert [(a.model, a.error, a.status, a.state, a.cost) for a in reply.attempts] == [
        ("a", "overloaded", 503, "void", None),
        ("b", "overloaded", 503, "void", None),
        ("c", None, 200, "settled", Decimal("0.001")),
    ]
    entries = list(client.entries())
    assert [(e.entry, e.requested_model) for e in entries] == [
        (a.entry, a.model) for a in reply.attempts
    ]
    assert reply.entry == reply.attempts[-1].entry == reply.metadata["entry"]
    with sqlite3.connect(client.ledger_path) as ledger:  # all attempts of one call
        assert len(ledger.execute("SELECT DISTINCT coalesce(call, uid) FROM entry").fetchall()) == 1
    (row,) = client.usage()
    assert (row.calls, row.cost) == (1, Decimal("0.001"))


def test_a_stream_falls_back_before_its_first_delta_and_never_after(
    raw_server: Any, open_client: Any, wire: Any
) -> None:
    server = Models(raw_server, wire, a=["busy inside"], b=["cut"], c=["ok"])
    client = open_client(server.base_url)
    with pytest.raises(wayfare.Error) as raised:
        texts = []
        with client.stream("Hello", route={"models": ["a", "b", "c"]}) as stream:
            for event in stream:
                texts.append(event.text)
    assert server.asked == ["a", "b"] and texts == ["Hel"]
    assert raised.value.code == "stream_broken" and not raised.value.retryable
    assert raised.value.reply
    assert [a.error for a in raised.value.reply.attempts] == ["overloaded", "stream_broken"]
    assert sorted(e.state for e in client.entries()) == ["unknown", "void"]


def test_the_last_model_is_tried_again_and_what_was_lost_stays_unknown(
    raw_server: Any, open_client: Any, wire: Any
) -> None:
    server = Models(raw_server, wire, a=["hangup", "busy", "ok"])
    client = open_client(server.base_url)
    reply = client.chat("Hello", model="a", route={"retries": 2})
    assert server.asked == ["a"] * 3 and reply.text == "pong"
    assert [(a.error, a.state) for a in reply.attempts] == [
        ("connection_lost", "unknown"),
        ("overloaded", "void"),
        (None, "settled"),
    ]
    (row,) = client.usage()
    # one attempt may have been billed: its cost is not known
    assert (row.calls, row.unknown) == (2, 1)


def test_without_a_word_a_call_is_tried_twice_more(
    raw_server: Any, open_client: Any, wire: Any
) -> None:
    server = Models(raw_server, wire, a=["busy"])
    with pytest.raises(wayfare.Error, match=r"overloaded: .*busy \(Slow & Co\) \(attempt 3\)"):
        open_client(server.base_url, retries=None).chat("Hello", model="a")
    assert len(server.asked) == 3
    with pytest.raises(wayfare.Error):
        open_client(server.base_url, retries=1).chat("Hello", model="a")
    assert len(server.asked) == 5


def test_retry_after_is_waited_for_but_not_for_long(
    raw_server: Any, open_client: Any, wire: Any
) -> None:
    server = Models(raw_server, wire, a=["1", "ok"], b=["3600"], c=["30"])
    client = open_client(server.base_url, retries=1)
    began = time.monotonic()
    reply = client.chat("Hello", model="a")
    assert time.monotonic() - began >= 1 and reply.attempts[1].waited_us >= 1_000_000
    # The server asks to wait longer than a minute, or longer than the deadline allows.
    for model, route in (
        ("b", {}),
        ("c", {"deadline": 20}),
    ):
        began = time.monotonic()
        with pytest.raises(wayfare.Error) as raised:
            client.chat("Hello", model=model, route=route)
        assert raised.value.code == "rate_limited" and raised.value.retry_after == (
            3600 if model == "b" else 30
        )
        assert raised.value.provider == "Slow & Co" and raised.value.limit == "provider"
        assert time.monotonic() - began < 15
    assert server.asked == ["a", "a", "b", "c"]


def test_a_call_between_two_attempts_is_cancelled_at_once(
    raw_server: Any, open_client: Any, wire: Any
) -> None:
    server = Models(raw_server, wire, a=["30"])
    client = open_client(server.base_url, retries=1)
    stream = client.stream("Hello", model="a")
    while [e.state for e in client.entries()] != ["void"]:
        time.sleep(0.01)
    stream.cancel()
    with pytest.raises(wayfare.Error) as raised:
        list(stream)
    assert raised.value.code == "cancelled" and server.asked == ["a"]
    assert [e.state for e in client.entries()] == ["void"]


@pytest.mark.parametrize(
    ("route", "named"),
    [
        ({"models": "a"}, "route.models"),
        ({"models": ["a", ""]}, "route.models"),
        ({"models": ["a", "a"]}, "twice"),
        ({"models": ["a"] * 33}, "32"),
        ({"models": ["a"], "model": "b"}, "once"),
        ({"retries": 11}, "route.retries"),
        ({"retries": True}, "route.retries"),
        ({"retries": -1}, "route.retries"),
        ({"max_cost": 0.5}, "float is not exact"),
        ({"max_cost": "1e"}, "route.max_cost"),
        ({"max_cost": 0}, "route.max_cost"),
        ({"fallbacks": []}, "route.fallbacks"),
    ],
)
def test_a_route_that_cannot_be_taken_is_refused_by_name(
    answering: str, open_client: Any, route: dict[str, Any], named: str
) -> None:
    client = open_client(answering)
    with pytest.raises(wayfare.Error, match=named) as raised:
        client.chat("Hello", route=route)
    assert raised.value.code == "invalid" and list(client.entries()) == []
