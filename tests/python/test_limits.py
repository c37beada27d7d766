"""Every limit on a server's answer is exceeded. The error names the limit, nothing is lost, and the
client goes on.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
import wayfare

MIB = 1 << 20


def event(text: bytes) -> bytes:
    return b'data: {"choices":[{"index":0,"delta":{"content":"%s"}}]}\n\n' % text


def long_headers(connection: Any) -> None:
    connection.head(**{f"X_Filler_{at}": "x" * 8000 for at in range(40)})


def long_header(connection: Any) -> None:
    connection.head(X_Filler="x" * (200 << 10))


def long_line(connection: Any) -> None:
    connection.head(kind="text/event-stream", Transfer_Encoding="chunked")
    for piece in (event(b"Hel"), b"data: " + b"x" * (64 * MIB), b"\n\n"):
        connection.chunk(piece)


def long_event(connection: Any) -> None:
    connection.head(kind="text/event-stream", Transfer_Encoding="chunked")
    connection.chunk(event(b"Hel"))
    for _ in range(17):
        connection.chunk(b"data: " + b"x" * (4 * MIB) + b"\n")


def long_stream(connection: Any) -> None:
    connection.head(kind="text/event-stream", Transfer_Encoding="chunked")
    for _ in range(33):
        connection.chunk(event(b"x" * (2 * MIB)))


def long_body(connection: Any) -> None:
    connection.head(Content_Length=str(65 * MIB))
    for _ in range(65):
        connection.sock.sendall(b" " * MIB)


def deep_body(connection: Any) -> None:
    connection.reply(b"[" * 129 + b"]" * 129)


def deep_event(connection: Any) -> None:
    connection.head(kind="text/event-stream", Transfer_Encoding="chunked")
    connection.chunk(event(b"Hel") + b"data: " + b"[" * 129 + b"]" * 129 + b"\n\n")


def many_values(connection: Any) -> None:
    connection.reply(b"[" + b"1," * (8 * MIB) + b"1]")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "streams", "code", "named", "came"),
    [
        (long_headers, False, "too_large", "256 KiB", ""),
        (long_header, False, "too_large", "100 KiB", ""),
        (long_line, True, "too_large", "64 MiB", "Hel"),
        (long_event, True, "too_large", "64 MiB", "Hel"),
        (long_stream, True, "too_large", "64 MiB", None),
        (long_body, False, "too_large", "64 MiB", ""),
        (deep_body, False, "malformed", "128", ""),
        (deep_event, True, "malformed", "128", "Hel"),
        (many_values, False, "malformed", "8388608", ""),
    ],
)
def test_past_a_limit(
    raw_server: Any,
    open_client: Any,
    wire: Any,
    answer: Callable[[Any], None],
    streams: bool,
    code: str,
    named: str,
    came: str | None,
) -> None:
    def serve(connection: Any) -> None:
        while request := connection.read():
            if json.loads(request[1])["model"] == "fine":
                connection.reply(wire.completion())
            else:
                answer(connection)
                return

    client = open_client(raw_server(serve).base_url, retries=2)
    with pytest.raises(wayfare.Error) as raised:
        if streams:
            with client.stream("Hello", model="m") as stream:
                for _ in stream:
                    pass
        else:
            client.chat("Hello", model="m")
    error = raised.value
    assert error.code == code and named in error.message
    # Not tried again, because it would exceed the limit again.
    assert error.reply is not None and len(error.reply.attempts) == 1
    if came is not None:
        assert error.reply.text == came
    # the attempt may be billed
    assert [(e.state, e.error) for e in client.entries()] == [("unknown", code)]
    assert client.chat("Hello", model="fine").text == "pong"


def test_more_calls_than_may_be_open(answering: str, open_client: Any) -> None:
    client = open_client(answering, max_open_calls=2)
    streams = [client.stream("silent") for _ in range(2)]
    with pytest.raises(wayfare.Error) as raised:
        client.chat("Hello")
    assert raised.value.code == "full" and raised.value.retryable
    streams.clear()  # cancels and forgets them; each call is open until its end is booked
    deadline = time.monotonic() + 20
    while True:
        try:
            assert client.chat("Hello").text == "pong"
            return
        except wayfare.Error as error:
            assert error.code == "full" and time.monotonic() < deadline
            time.sleep(0.01)
