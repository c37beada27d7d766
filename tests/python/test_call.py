"""One call from outside: the request, the reply, the booking, and the failures."""

from __future__ import annotations

import json
import threading
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import wayfare


def states(client: wayfare.Client) -> list[tuple[str, str | None]]:
    return [(e.state, e.error) for e in client.entries()]


def test_a_plain_call_is_sent_as_given_and_booked(
    raw_server: Any, open_client: Any, wire: Any
) -> None:
    seen: list[Any] = []

    def serve(connection: Any) -> None:
        while request := connection.read():
            seen.append(request)
            connection.reply(wire.completion(cost="7.634e-05"), X_Generation_Id="gen-header")

    client = open_client(raw_server(serve).base_url)
    charge = {"agent": "support", "user": "42", "tags": ["a", "b"]}
    reply = client.chat(
        "Hello",
        max_tokens=100,
        temperature=0.10,
        charge_to=charge,
        request_id="mine",
        headers={"x-extra": "yes"},
    )
    assert (reply.text, reply.model, reply.provider, reply.finish_reason) == (
        "pong",
        "m/served",
        "P",
        "stop",
    )
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens) == (3, 4)
    assert reply.cost == Decimal("0.00007634") and isinstance(reply.cost, Decimal)
    assert reply.generation_id == "gen-header"
    assert reply.metadata["cost"] == "0.00007634" and reply.metadata["entry"] == reply.entry
    assert reply.message == {"role": "assistant", "content": "pong"}
    assert reply.raw == json.loads(wire.completion(cost="7.634e-05"))
    assert reply.added == ["model"]

    headers, body = seen[0]
    assert (
        body
        == b'{"messages":[{"role":"user","content":"Hello"}],"max_tokens":100,"temperature":0.1,'
        b'"model":"openai/gpt-4o-mini"}'
    )
    assert headers["authorization"] == f"Bearer {wire.key}" and headers["x-extra"] == "yes"
    assert headers["content-type"] == "application/json" and "expect" not in headers

    (entry,) = client.entries()
    assert (entry.entry, entry.state, entry.cost, entry.cost_source) == (
        reply.entry,
        "settled",
        reply.cost,
        "response",
    )
    assert (entry.app, entry.agent, entry.user, entry.run, entry.tags) == (
        None,
        "support",
        "42",
        None,
        ["a", "b"],
    )
    assert entry.request_id == "mine" and entry.requested_model == "openai/gpt-4o-mini"
    (row,) = client.usage(by=["model", "agent"])
    assert (row.model, row.agent, row.calls, row.unknown, row.cost) == (
        "m/served",
        "support",
        1,
        0,
        reply.cost,
    )


def test_a_stream_gives_deltas_as_they_come(raw_server: Any, open_client: Any, wire: Any) -> None:
    told = threading.Event()

    def serve(connection: Any) -> None:
        while connection.read():
            connection.head(kind="text/event-stream", Transfer_Encoding="chunked")
            connection.chunk(b": OPENROUTER PROCESSING\n\n" + wire.delta("Hel"))
            assert told.wait(5)  # the first delta is read before the second one is sent
            connection.chunk(wire.delta("lo") + wire.end)
            connection.chunk(b"")

    client = open_client(raw_server(serve).base_url)
    with client.stream("Hello") as stream:
        texts = []
        for event in stream:
            if event.text is not None:
                texts.append(event.text)
                told.set()
    assert texts == ["Hel", "lo"]
    assert stream.reply.text == "Hello" and stream.reply.cost == Decimal("0.002")
    assert states(client) == [("settled", None)]


def test_a_second_request_that_is_read_and_dropped_is_billed_once_and_unknown(
    raw_server: Any, open_client: Any, wire: Any
) -> None:
    billed: list[bytes] = []

    def serve(connection: Any) -> None:
        # The second request comes on the reused connection. The server reads it, bills it, and
        # closes the connection without an answer.
        for answer in (
            wire.completion(),
            None,
        ):
            if request := connection.read():
                billed.append(request[1])
                if answer:
                    connection.reply(answer)

    client = open_client(raw_server(serve).base_url)
    client.chat("one")
    with pytest.raises(wayfare.Error) as caught:
        client.chat("two")
    assert caught.value.code == "connection_lost" and caught.value.retryable
    time.sleep(0.3)
    assert [b"one" in body for body in billed] == [True, False]  # the request was not sent again
    assert states(client) == [("settled", None), ("unknown", "connection_lost")]


@pytest.mark.parametrize(
    ("status", "code", "state", "retryable"),
    [
        (400, "bad_request", "void", False),
        (401, "unauthorized", "void", False),
        (402, "payment_required", "void", False),
        (403, "forbidden", "void", False),
        (404, "not_found", "void", False),
        (408, "request_timeout", "void", True),
        (413, "request_too_large", "void", False),
        (429, "rate_limited", "void", True),
        (500, "server_error", "void", True),
        (502, "provider_failed", "void", True),
        (503, "overloaded", "void", True),
        (504, "provider_timeout", "unknown", True),
        (524, "provider_timeout", "unknown", True),
        (302, "not_found", "void", False),
    ],
)
def test_refusals_have_a_code_and_a_row(
    raw_server: Any, open_client: Any, status: int, code: str, state: str, retryable: bool
) -> None:
    def serve(connection: Any) -> None:
        while connection.read():
            body = json.dumps(
                {"error": {"code": status, "message": "no such luck"}, "user_id": "user_1"}
            ).encode()
            connection.reply(
                body, status=status, X_Generation_Id="gen-9", Location="http://127.0.0.1:1/"
            )

    client = open_client(raw_server(serve).base_url)
    for call in (client.chat, lambda prompt: list(client.stream(prompt))):
        with pytest.raises(wayfare.Error) as caught:
            call("Hello")
        error = caught.value
        name = "".join(part.capitalize() for part in code.split("_"))
        assert type(error) is getattr(wayfare.errors, name)  # and no other class
        assert (error.code, error.status, error.retryable, error.generation_id) == (
            code,
            status,
            retryable,
            "gen-9",
        )
        assert "no such luck" in str(error) and "\n" not in str(error) and error.advice
    assert states(client) == [(state, code)] * 2


def test_an_unreachable_server_leaves_void_attempts(open_client: Any) -> None:
    client = open_client("http://127.0.0.1:9/api/v1")
    with pytest.raises(wayfare.Error) as caught:
        client.chat("Hello")
    assert caught.value.code == "connect"
    assert states(client) == [("void", "connect")]


def test_timeouts_and_deadlines_are_kept(raw_server: Any, open_client: Any, wire: Any) -> None:
    def serve(connection: Any) -> None:
        while request := connection.read():
            if b"silent" not in request[1]:
                connection.head(kind="text/event-stream", Transfer_Encoding="chunked")
                connection.chunk(wire.delta("Hel"))
            while b"beats" in request[1]:
                connection.chunk(b": heartbeat\n\n")
                time.sleep(0.1)
            time.sleep(30)

    limits = {"first_byte_timeout": 0.3, "idle_timeout": 0.4, "content_timeout": 0.7}
    client = open_client(raw_server(serve).base_url, **limits)
    for prompt, route, code, seconds in (
        ("silent", None, "first_byte_timeout", 0.3),
        ("stalls", None, "idle_timeout", 0.4),
        ("beats", None, "content_timeout", 0.7),
        ("silent", {"deadline": 0.2}, "deadline", 0.2),
        ("stalls", {"deadline": 0.2}, "deadline", 0.2),
    ):
        began = time.monotonic()
        with pytest.raises(wayfare.Error) as caught:
            list(client.stream(prompt, route=route))
        assert caught.value.code == code
        assert seconds - 0.01 <= time.monotonic() - began < seconds + 4
        assert caught.value.reply.text == ("" if prompt == "silent" else "Hel")
    assert {state for state, _ in states(client)} == {"unknown"}


def test_cancel_from_another_thread_ends_the_stream_once(
    raw_server: Any, open_client: Any, wire: Any
) -> None:
    def serve(connection: Any) -> None:
        while connection.read():
            connection.head(
                kind="text/event-stream", Transfer_Encoding="chunked", X_Generation_Id="gen-c"
            )
            connection.chunk(wire.delta("Hel"))
            time.sleep(10)

    client = open_client(raw_server(serve).base_url)
    stream = client.stream("Hello")
    with pytest.raises(wayfare.Error) as caught:
        for _ in stream:
            thread = threading.Thread(target=stream.cancel)
            thread.start()
            thread.join()
    assert caught.value.code == "cancelled" and caught.value.reply.text == "Hel"
    assert list(stream) == []
    (entry,) = client.entries()
    assert (entry.state, entry.generation_id, entry.cost) == ("unknown", "gen-c", None)


def test_leaving_a_stream_cancels_and_books_it(
    raw_server: Any, open_client: Any, wire: Any
) -> None:
    def serve(connection: Any) -> None:
        while connection.read():
            connection.head(kind="text/event-stream", Transfer_Encoding="chunked")
            connection.chunk(wire.delta("Hel"))
            time.sleep(10)

    client = open_client(raw_server(serve).base_url)
    with client.stream("Hello") as stream:
        assert next(iter(stream)).text == "Hel"
    deadline = time.monotonic() + 5
    while states(client) != [("unknown", "cancelled")] and time.monotonic() < deadline:
        time.sleep(0.01)
    assert states(client) == [("unknown", "cancelled")]


@pytest.mark.parametrize("cost", [None, "null"])
def test_an_answer_without_a_cost_is_unknown_and_not_zero(
    raw_server: Any, open_client: Any, wire: Any, cost: str | None
) -> None:
    def serve(connection: Any) -> None:
        while connection.read():
            connection.reply(wire.completion(cost=cost))

    client = open_client(raw_server(serve).base_url)
    reply = client.chat("Hello")
    assert reply.cost is None and reply.cost_source == "none" and reply.metadata["cost"] is None
    (row,) = client.usage()
    assert (row.calls, row.unknown, row.cost) == (1, 1, 0)


def test_other_servers_need_no_key_and_are_asked_for_usage(
    raw_server: Any, open_client: Any, wire: Any, monkeypatch: Any
) -> None:
    seen: list[Any] = []

    def serve(connection: Any) -> None:
        while request := connection.read():
            seen.append(request)
            connection.head(kind="text/event-stream", Transfer_Encoding="chunked")
            connection.chunk(wire.delta("Hel") + b"data: [DONE]\n\n")
            connection.chunk(b"")

    monkeypatch.delenv("OPENROUTER_API_KEY", raising=False)
    client = open_client(raw_server(serve).base_url, api_key=None, dialect="automatic")
    with client.stream("Hello", model="local") as stream:
        assert stream.reply.added == ["stream", "stream_options"]
    assert "authorization" not in seen[0][0]
    assert json.loads(seen[0][1])["stream_options"] == {"include_usage": True}
    (entry,) = client.entries()
    assert (entry.state, entry.cost) == ("settled", None)


def test_unusable_values_are_refused_before_anything_is_sent(
    raw_server: Any, open_client: Any, tmp_path: Path
) -> None:
    def serve(connection: Any) -> None:
        raise AssertionError("something was sent")

    client = open_client(raw_server(serve).base_url)
    messages: Any = [{"role": "user", "content": "Hello"}]
    for code, part, arguments in (
        ("invalid", "model", {"model": "a", "route": {"model": "b"}}),
        ("invalid", "stream", {"stream": True}),
        ("invalid", "deadline", {"route": {"deadline": 0}}),
        ("invalid", "colour", {"route": {"colour": "red"}}),
        ("invalid", "team", {"charge_to": {"team": "red"}}),
        ("invalid", "agent", {"charge_to": {"agent": "x" * 129}}),
        ("invalid", "Authorization", {"headers": {"Authorization": "Bearer x"}}),
        ("invalid", "CR", {"headers": {"x-a": "b\r\nx-c: d"}}),
    ):
        with pytest.raises(wayfare.Error) as caught:
            client.chat(messages, **arguments)
        assert caught.value.code == code and part in str(caught.value)
    assert list(client.entries()) == []


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (None, "key_missing"),
        ('"sk-or-v1-quoted"', "key_malformed"),
        ("sk-or-v1-x\n", "key_malformed"),
        (" sk-or", "key_malformed"),
    ],
)
def test_a_key_that_cannot_work_is_told_before_anything_is_sent(
    open_client: Any, monkeypatch: Any, key: str | None, code: str
) -> None:
    monkeypatch.delenv("OPENROUTER_API_KEY", raising=False)
    if key is not None:
        monkeypatch.setenv("OPENROUTER_API_KEY", key)
    client = open_client("https://openrouter.ai/api/v1", api_key=None)
    with pytest.raises(wayfare.Error) as caught:
        client.chat("Hello")
    assert caught.value.code == code and "OPENROUTER_API_KEY" in str(caught.value)
    assert key is None or key.strip() not in str(caught.value)
    assert list(client.entries()) == []  # the ledger itself needs no key


def test_the_environment_gives_the_url_and_the_ledger(
    raw_server: Any, wire: Any, monkeypatch: Any, tmp_path: Path
) -> None:
    def serve(connection: Any) -> None:
        while connection.read():
            connection.reply(wire.completion())

    monkeypatch.setenv("OPENROUTER_BASE_URL", raw_server(serve).base_url + "/")
    monkeypatch.setenv("WAYFARE_LEDGER", str(tmp_path / "by-environment.db"))
    with wayfare.Client() as client:
        assert client.chat("Hello").text == "pong"
        assert client.ledger_path == str(tmp_path / "by-environment.db")
    monkeypatch.delenv("WAYFARE_LEDGER")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with wayfare.Client() as client:
        client.chat("Hello")
    assert (tmp_path / "state/wayfare/ledger.db").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "state/wayfare").stat().st_mode & 0o777 == 0o700


def test_the_key_and_the_prompt_leave_no_trace(
    raw_server: Any, open_client: Any, wire: Any, tmp_path: Path
) -> None:
    def serve(connection: Any) -> None:
        while request := connection.read():
            key = request[0]["authorization"].removeprefix("Bearer ")
            if b"refuse" in request[1]:  # the server repeats the key
                connection.reply(
                    json.dumps({"error": {"code": 401, "message": f"bad key {key}"}}).encode(),
                    status=401,
                )
            else:
                connection.reply(wire.completion())

    client = open_client(raw_server(serve).base_url)
    client.chat("a prompt like no other", user="end-user")
    with pytest.raises(wayfare.Error) as caught:
        client.chat("refuse this prompt like no other")
    assert wire.key not in repr(caught.value) + str(caught.value) + repr(client) + repr(
        caught.value.reply
    ) + str(caught.value.reply.raw)
    client.close()
    for path in tmp_path.iterdir():
        content = path.read_bytes()
        assert (
            wire.key.encode() not in content
            and b"like no other" not in content
            and b"pong" not in content
        )
