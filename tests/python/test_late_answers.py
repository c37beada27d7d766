"""Bytes that nobody waits for, on a connection that is kept: no call reads them as its answer."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
import wayfare

COMPLETION = (
    '{"id":"gen-%s","model":"m/served","choices":[{"index":0,"finish_reason":"stop",'
    '"message":{"role":"assistant","content":"for %s"}}],'
    '"usage":{"prompt_tokens":3,"completion_tokens":4,"cost":0.001}}'
)
STREAM = (
    'data: {"id":"gen-%s","choices":[{"index":0,"delta":{"content":"for %s"},'
    '"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":4,"cost":0.001}}'
    "\n\ndata: [DONE]\n\n"
)


def whole(body: str, kind: str = "application/json", status: int = 200) -> bytes:
    """An answer whose length is told."""
    head = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return (head + body).encode()


def chunked(body: str, kind: str = "application/json") -> bytes:
    """An answer that ends with an empty chunk."""
    head = f"HTTP/1.1 200 X\r\nContent-Type: {kind}\r\nTransfer-Encoding: chunked\r\n\r\n"
    return f"{head}{len(body):x}\r\n{body}\r\n0\r\n\r\n".encode()


def answer_to(request: bytes, name: str, frame: Callable[..., bytes]) -> bytes:
    if b'"stream":true' in request:
        return frame(STREAM % (name, name), "text/event-stream")
    return frame(COMPLETION % (name, name))


# What the server sends once more than it is asked for. None closes the connection.
LATE: dict[str, bytes | None] = {
    "an answer": whole(COMPLETION % ("late", "nobody")),
    "two answers": whole(COMPLETION % ("late", "nobody")) * 2,
    "a stream": chunked(STREAM % ("late", "nobody"), "text/event-stream"),
    "a refusal": whole('{"error":{"code":429,"message":"late"}}', status=429),
    "a time-out": b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    "half a head": b"HTTP/1.1 200 X\r\nContent-",
    "a last chunk": b"0\r\n\r\n",
    "a line end": b"\r\n",
    "a byte": b"{",
    "zeros": b"\0" * 70_000,
    "the end": None,
}


class Late:
    """Answers each request with the name in it. Behind the answer to alice it sends `extra`: in
    the same piece, or later, before set() of `sent`.
    """

    def __init__(self, extra: bytes | None, glued: bool, frame: Callable[..., bytes]) -> None:
        self.extra, self.glued, self.frame = extra, glued, frame
        self.sent, self.go = threading.Event(), threading.Event()
        self.connections = 0

    def __call__(self, connection: Any) -> None:
        self.connections += 1
        while request := connection.read():
            name = json.loads(request[1])["messages"][0]["content"]
            answer = answer_to(request[1], name, self.frame)
            if name != "alice":
                connection.sock.sendall(answer)
            elif self.glued:
                connection.sock.sendall(answer + (self.extra or b""))
                if self.extra is None:
                    return
            else:
                connection.sock.sendall(answer)
                assert self.go.wait(20)
                if self.extra is None:
                    connection.sock.close()
                    self.sent.set()
                    return
                connection.sock.sendall(self.extra)
                self.sent.set()


def texts(client: wayfare.Client, name: str) -> list[str]:
    """One call and one stream with this prompt. Returns the texts of both."""
    user: Any = {"user": name}
    plain = client.chat(name, model="a/b", charge_to=user).text
    with client.stream(name, model="a/b", charge_to=user) as stream:
        streamed = "".join(event.text or "" for event in stream)
    return [plain, streamed]


@pytest.fixture(params=["plain", "tls"])
def serve(request: Any, raw_server: Any, tls_server: Any, certificates: Any) -> Any:
    """serve(function) starts a server with it. Returns what a client needs to reach it."""

    def start(function: Callable[[Any], None]) -> dict[str, Any]:
        if request.param == "plain":
            return {"base_url": raw_server(function).base_url}
        pem, authority = certificates("127.0.0.1")
        return {"base_url": tls_server(pem, function), "ca_file": str(authority)}

    return start


@pytest.mark.parametrize("frame", [whole, chunked])
@pytest.mark.parametrize("first", ["chat", "stream"])
@pytest.mark.parametrize("late", LATE)
def test_no_call_gets_what_came_late(
    serve: Any, open_client: Any, late: str, first: str, frame: Any
) -> None:
    server = Late(LATE[late], False, frame)
    client = open_client(**serve(server))
    alice: Any = {"user": "alice"}
    if first == "chat":
        assert client.chat("alice", model="a/b", charge_to=alice).text == "for alice"
    else:
        with client.stream("alice", model="a/b", charge_to=alice) as stream:
            assert "".join(event.text or "" for event in stream) == "for alice"
    server.go.set()
    assert server.sent.wait(20)
    assert texts(client, "bob") == ["for bob"] * 2
    assert texts(client, "carol") == ["for carol"] * 2
    assert server.connections == 2  # the second one is used for all that follows
    assert [(e.user, e.state, e.generation_id) for e in client.entries()] == [
        ("alice", "settled", "gen-alice"),
        *[("bob", "settled", "gen-bob")] * 2,
        *[("carol", "settled", "gen-carol")] * 2,
    ]


@pytest.mark.parametrize("frame", [whole, chunked])
@pytest.mark.parametrize("late", LATE)
def test_no_call_gets_what_came_with_the_answer_before(
    serve: Any, open_client: Any, late: str, frame: Any
) -> None:
    client = open_client(**serve(Late(LATE[late], True, frame)))
    assert client.chat("alice", model="a/b").text == "for alice"
    assert texts(client, "bob") == ["for bob"] * 2
    assert {e.state for e in client.entries()} == {"settled"}


def test_a_kept_connection_is_used_again(serve: Any, open_client: Any) -> None:
    server = Late(b"", True, whole)
    client = open_client(**serve(server))
    for name in ("alice", "bob", "carol"):
        assert texts(client, name) == [f"for {name}"] * 2
    assert server.connections == 1


@pytest.mark.parametrize("frame", [whole, chunked])
@pytest.mark.parametrize("extra", ["the answer", "zeros"])
def test_calls_that_run_at_once_are_not_mixed(
    serve: Any, open_client: Any, extra: str, frame: Any
) -> None:
    """Every answer has something behind it: more than libcurl reads at once, or the answer again.
    Eight threads ask, so that a call begins in the moment in which another one ends.
    """

    def answer(connection: Any) -> None:
        while request := connection.read():
            name = json.loads(request[1])["messages"][0]["content"]
            told = frame(COMPLETION % (name, name))
            connection.sock.sendall(told + (told if extra == "the answer" else b"\0" * 100_000))

    client = open_client(**serve(answer))
    texts: dict[str, str | None] = {}

    def ask(number: int) -> None:
        for turn in range(10):
            name = f"{number}-{turn}"
            texts[name] = client.chat(name, model="a/b").text

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(texts) == 80 and all(text == f"for {name}" for name, text in texts.items())
