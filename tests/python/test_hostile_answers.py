"""What a hostile server can answer, in one table. Each case names the code of the call's error, or
None for an answer that is taken, and how its attempt is booked. In every case the deadline is kept,
the next call on the client works, and the ledger stays whole.
"""

from __future__ import annotations

import itertools
import json
import socket
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import wayfare
from raw_server import KEY, RawServer, completion

DEADLINE = 2.0
LATE = 1.0  # an answer that comes in by then is on time on a busy machine
JSON = b"Content-Type: application/json\r\n"
EVENTS = b"Content-Type: text/event-stream\r\n"


def whole(body: bytes, status: bytes = b"200 OK", head: bytes = JSON) -> bytes:
    return b"HTTP/1.1 %s\r\n%sContent-Length: %d\r\n\r\n%s" % (status, head, len(body), body)


def until_close(body: bytes, head: bytes = EVENTS) -> bytes:
    return b"HTTP/1.1 200 OK\r\n%sConnection: close\r\n\r\n%s" % (head, body)


def costing(cost: str) -> bytes:
    return whole(completion(cost=cost))


def named(**names: str) -> bytes:
    answer = json.loads(completion(), parse_float=str)
    answer["usage"]["cost"] = 0.001
    return whole(json.dumps({**answer, **names}).encode())


def for_ever(piece: bytes) -> Iterator[bytes]:
    return itertools.repeat(piece)


class Case(NamedTuple):
    name: str
    answer: Any  # bytes, or what is sent piece by piece
    code: str | None
    state: str
    cost: str | None = None
    stream: bool = False


GOOD = completion()
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + JSON + b"Transfer-Encoding: chunked\r\n\r\n"
CASES = [
    # HTTP that is none, or that contradicts itself.
    Case("nothing", b"", "connection_lost", "unknown"),
    Case("no HTTP", b"SSH-2.0-OpenSSH_9.2\r\n", "connection_lost", "unknown"),
    Case("HTTP/0.9", GOOD, "connection_lost", "unknown"),
    Case("an unknown version", whole(GOOD).replace(b"1.1", b"9.9"), "connection_lost", "unknown"),
    Case("a half head", OK + b"Content-Ty", "connection_lost", "unknown"),
    Case("less than its length", whole(GOOD)[:-5], "connection_lost", "unknown"),
    Case(
        "two lengths",
        OK + JSON + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n" + GOOD,
        "malformed",
        "unknown",
    ),
    Case(
        "a length that is no number",
        OK + JSON + b"Content-Length: many\r\n\r\n" + GOOD,
        "connection_lost",
        "unknown",
    ),
    Case(
        "a negative length",
        OK + JSON + b"Content-Length: -7\r\n\r\n" + GOOD,
        "connection_lost",
        "unknown",
    ),
    Case("a chunk size that is none", CHUNKED + b"zz\r\n{}\r\n", "connection_lost", "unknown"),
    Case("a huge chunk size", CHUNKED + b"f" * 20 + b"\r\n{}", "connection_lost", "unknown"),
    Case("a cut chunk", CHUNKED + b"ff\r\n{", "connection_lost", "unknown"),
    Case("101 that nobody asked for", b"HTTP/1.1 101 X\r\n\r\n", "connection_lost", "unknown"),
    Case("a body that is not encoded as it says", whole(GOOD, head=JSON +
         b"Content-Encoding: gzip\r\n"), "connection_lost", "unknown"),
    Case(
        "a transfer that is encoded",
        OK + JSON + b"Transfer-Encoding: gzip, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "connection_lost",
        "unknown",
    ),
    # HTTP without end.
    Case("a status line without end", for_ever(b"HTTP/1.1 200 " + b"x" * 4000), None, ""),
    Case("headers without end", itertools.chain([OK], for_ever(b"X-A: " + b"x" * 4000 + b"\r\n")),
         "too_large", "unknown"),
    Case("103 without end", for_ever(b"HTTP/1.1 103 X\r\nA: b\r\n\r\n"), None, ""),
    Case("a body without end", itertools.chain([CHUNKED], for_ever(b"40000\r\n" + b" " * 0x40000 +
         b"\r\n")), "too_large", "unknown"),
    Case("trailers without end", itertools.chain([CHUNKED + b"0\r\n"], for_ever(b"X-A: " + b"x" *
         4000 + b"\r\n")), None, ""),
    # Redirects: none is followed.
    *(
        Case(f"{status} to {place}", whole(b"{}", f"{status} X".encode(), JSON +
             f"Location: {place}\r\n".encode()), "not_found", "void")
        for status in (301, 302, 303, 307, 308)
        for place in ("http://127.0.0.1:1/", "file:///etc/passwd", "//127.0.0.1:1/", "/api/v1/x")
    ),
    # JSON that is none.
    *(
        Case(f"the body {text!r}", whole(text), "malformed", "unknown")
        for text in (b"", b"null", b"[]", b"7", b'"x"', b"{", b"{}}", b'{"a":01}', b'{"a":1e}',
                     b"<html></html>", b"\xff\xfe{\0}\0", b'{"choices":')
    ),
    Case("a body that nests", whole(b"[" * 200 + b"]" * 200), "malformed", "unknown"),
    # Amounts: exact, or unknown; never a wrong number.
    Case("a cost with an exponent", costing("1e-3"), None, "settled", "0.001"),
    Case("a cost of many digits", costing("0.0010000000000000000"), None, "settled", "0.001"),
    Case("a cost below a picodollar", costing("1e-13"), None, "settled", "0"),
    Case("a cost with a huge negative exponent", costing("1e-999999999"), None, "settled", "0"),
    *(
        Case(f"a cost of {cost}", costing(cost), None, "settled")
        for cost in ("1e400", "9223372", "1e9", "-1", "NaN", "Infinity", "true", "null", '"many"',
                     "[0.001]", '{"x":1}')
        if cost not in ("NaN", "Infinity")
    ),
    Case("a cost of minus zero", costing("-0.0"), None, "settled", "0"),
    # Names of any size and content.
    Case("a long model", named(model="m" * 1_000_000), None, "settled", "0.001"),
    Case("a model with control characters", named(model="\x1b]0;x\x07\nentry FAKE"), None,
         "settled", "0.001"),
    Case("a model that is the key", named(model=KEY), None, "settled", "0.001"),
    Case("an id that is SQL", named(id="'; DROP TABLE entry; --"), None, "settled", "0.001"),
    Case("an id that is a path", named(id="../../../etc/passwd"), None, "settled", "0.001"),
    Case("a provider that is the key", named(provider=f"x{KEY}x"), None, "settled", "0.001"),
    # Streams.
    Case("a stream that is empty", until_close(b""), "stream_broken", "unknown", stream=True),
    Case("comments without end", itertools.chain([OK + EVENTS + b"\r\n"], for_ever(b": x\n" * 999)),
         None, "", stream=True),
    Case("CR without end", itertools.chain([OK + EVENTS + b"\r\n"], for_ever(b"\r" * 60_000)), None,
         "", stream=True),
    Case("an event without end", itertools.chain([OK + EVENTS + b"\r\n"], for_ever(b"data: " + b"x"
         * 60_000 + b"\n")), "too_large", "unknown", stream=True),
    Case("deltas that are no objects", until_close(b'data: {"choices":[7,null,"x"]}\n\n'),
         "stream_broken", "unknown", stream=True),
    Case("DONE alone", until_close(b"data: [DONE]\n\n"), "stream_broken", "unknown", stream=True),
]  # fmt: skip


@pytest.fixture
def client(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Any]:
    case: Case = request.param
    asked = 0

    def serve(connection: Any) -> None:
        nonlocal asked
        while connection.read():
            asked += 1
            if asked > 1:
                connection.reply(completion("fine"))
                continue
            pieces = [case.answer] if isinstance(case.answer, bytes) else case.answer
            until = time.monotonic() + 30
            for piece in pieces:
                connection.sock.sendall(piece)
                if time.monotonic() > until:
                    break
            connection.sock.shutdown(socket.SHUT_WR)
            return

    server = RawServer(serve)
    opened = wayfare.Client(
        api_key=KEY,
        base_url=server.base_url,
        ledger=tmp_path / "l.db",
        retries=0,
        deadline=DEADLINE,
    )
    yield case, opened, lambda: asked
    opened.close()
    server.close()


def call(client: Any, stream: bool) -> Any:
    if not stream:
        return client.chat("hi", model="m/x")
    with client.stream("hi", model="m/x") as events:
        for _ in events:
            pass
        return events.reply


@pytest.mark.parametrize("client", CASES, ids=lambda case: case.name, indirect=True)
def test_an_answer_does_no_harm(client: Any, tmp_path: Path) -> None:
    case, client, asked = client
    begun = time.monotonic()
    code = None
    told = ""
    try:
        reply = call(client, case.stream)
        told = repr(reply)
    except wayfare.Error as error:
        code = error.code
        told = f"{error!r} {error} {error.generation_id}"
    assert time.monotonic() - begun < DEADLINE + LATE
    assert asked() == 1  # no second request, and none of a redirect
    assert KEY not in told
    (entry,) = client.entries()
    if case.state:
        assert (code, entry.state) == (case.code, case.state)
        assert entry.cost == (None if case.cost is None else Decimal(case.cost))
    else:  # it ends by a limit of size, or by the deadline
        assert code in ("too_large", "deadline"), told
        assert entry.state == "unknown"
    assert (
        max(len(entry.model or ""), len(entry.provider or ""), len(entry.generation_id or ""))
        <= 520
    )
    assert client.chat("hi", model="m/x", route={"retries": 2}).text == "fine"
    assert client.verify().ok
    client.close()
    for file in tmp_path.iterdir():
        assert KEY.encode() not in file.read_bytes()
