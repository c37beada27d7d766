"""HTTP/2 over TLS with a real server: nginx in front of the raw server. Calls share a connection,
and each call fails alone.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import wayfare

CONFIGURATION = """
daemon off;
master_process off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  log_format calls "$server_protocol $connection $status";
  access_log {folder}/access.log calls;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{port} ssl http2;
    ssl_certificate {pem};
    ssl_certificate_key {pem};
    keepalive_requests {requests};
    location / {{
      proxy_pass {upstream}; proxy_http_version 1.1; proxy_buffering off; proxy_next_upstream off;
    }}
  }}
}}
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class Front:
    """A running nginx."""

    def __init__(self, folder: Path, upstream: str, pem: Path, requests: int) -> None:
        program = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin:/sbin")
        if program is None:
            pytest.skip("nginx is not installed")
        self.folder, port = folder, free_port()
        self.base_url = f"https://127.0.0.1:{port}/api/v1"
        text = CONFIGURATION.format(
            folder=folder,
            port=port,
            pem=pem,
            upstream=upstream.removesuffix("/api/v1"),
            requests=requests,
        )
        (folder / "nginx.conf").write_text(text)
        command = [
            program,
            "-p",
            str(folder),
            "-e",
            str(folder / "error.log"),
            "-c",
            str(folder / "nginx.conf"),
        ]
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                return
            except OSError:
                assert self.process.poll() is None, (folder / "error.log").read_text()
                time.sleep(0.05)
        raise AssertionError("nginx does not listen")

    def calls(self) -> list[tuple[str, str]]:
        """Returns the protocol and the connection of each ended call."""
        return [
            (line.split()[0], line.split()[1])
            for line in (self.folder / "access.log").read_text().splitlines()
        ]

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


class Upstream:
    """The server behind nginx. It counts requests, and holds requests with "held" in the prompt."""

    def __init__(self, raw_server: Any, wire: Any) -> None:
        self.wire, self.release, self.bodies = wire, threading.Event(), 0
        self.lock = threading.Lock()
        self.base_url = raw_server(self.serve).base_url

    def serve(self, connection: Any) -> None:
        while request := connection.read():
            body = request[1]
            with self.lock:
                self.bodies += 1
            if b'"stream":true' not in body:
                connection.reply(self.wire.completion(), X_Generation_Id="gen-h2")
                continue
            connection.head(kind="text/event-stream", Transfer_Encoding="chunked")
            connection.chunk(self.wire.delta("Hel"))
            if b"held" in body:
                self.release.wait(30)
            for _ in range(400 if b"large" in body else 1):
                connection.chunk(self.wire.delta("lo" * (5000 if b"large" in body else 1)))
            connection.chunk(self.wire.end)
            connection.chunk(b"")


@pytest.fixture
def upstream(raw_server: Any, wire: Any) -> Iterator[Upstream]:
    made = Upstream(raw_server, wire)
    yield made
    made.release.set()


@pytest.fixture
def front(
    upstream: Upstream, certificates: Any, tmp_path: Path, open_client: Any
) -> Iterator[Callable[..., tuple[Front, wayfare.Client]]]:
    """front(requests=…) starts nginx with that many requests per connection, and a client of it."""
    made: list[Front] = []

    def start(requests: int = 1000, **options: Any) -> tuple[Front, wayfare.Client]:
        pem, authority = certificates("127.0.0.1")
        folder = tmp_path / f"nginx{len(made)}"
        folder.mkdir()
        made.append(Front(folder, upstream.base_url, pem, requests))
        return made[-1], open_client(made[-1].base_url, ca_file=str(authority), **options)

    yield start
    for one in made:
        one.stop()


def text_of(stream: wayfare.Stream) -> str:
    return "".join(event.text or "" for event in stream)


def test_a_chat_and_a_stream_over_http2(front: Any) -> None:
    server, client = front()
    reply = client.chat("hi")
    assert (reply.text, str(reply.cost)) == ("pong", "0.001")
    with client.stream("hi") as stream:
        assert text_of(stream) == "Hello"
    assert str(stream.reply.cost) == "0.002"
    assert [entry.state for entry in client.entries()] == ["settled", "settled"]
    assert {protocol for protocol, _ in server.calls()} == {"HTTP/2.0"}


def test_many_streams_share_a_connection(front: Any) -> None:
    server, client = front()
    with ThreadPoolExecutor(60) as pool:
        assert list(pool.map(lambda _: text_of(client.stream("hi")), range(120))) == ["Hello"] * 120
    assert client.usage()[0].unknown == 0
    assert len({connection for _, connection in server.calls()}) <= 2


def test_a_slow_reader_holds_up_no_other(front: Any) -> None:
    _, client = front()
    with client.stream("large") as slow:
        assert next(slow).text == "Hel"
        assert [text_of(client.stream("hi")) for _ in range(20)] == ["Hello"] * 20
        assert len(text_of(slow)) == 400 * 10_000
    assert slow.reply.cost is not None


def test_a_cancelled_stream_leaves_the_others_alone(front: Any, upstream: Upstream) -> None:
    server, client = front()
    with client.stream("held") as kept, client.stream("held") as left:
        assert next(kept).text == next(left).text == "Hel"
        left.cancel()
        with pytest.raises(wayfare.Error, match="cancelled"):
            text_of(left)
        upstream.release.set()
        assert text_of(kept) == "lo"
    assert client.chat("hi").text == "pong"
    assert len({connection for _, connection in server.calls()}) == 1
    assert sorted(entry.state for entry in client.entries()) == ["settled", "settled", "unknown"]


def test_a_server_that_goes_away_in_a_stream(front: Any) -> None:
    server, client = front()
    with client.stream("held") as stream:
        assert next(stream).text == "Hel"
        server.stop()
        with pytest.raises(wayfare.Error) as broken:
            text_of(stream)
    assert broken.value.code in ("stream_broken", "connection_lost")
    assert broken.value.reply.text == "Hel"
    assert [entry.state for entry in client.entries()] == ["unknown"]


def test_no_call_is_sent_twice_though_connections_end_often(front: Any, upstream: Upstream) -> None:
    """nginx closes each connection after three requests, sometimes while other requests are in
    flight.
    """
    server, client = front(requests=3)

    def call(_: int) -> str:
        try:
            return client.chat("hi").text
        except wayfare.Error as error:
            return error.code

    with ThreadPoolExecutor(8) as pool:
        ends = list(pool.map(call, range(200)))
    states = [entry.state for entry in client.entries()]
    assert len(states) == 200
    assert states.count("settled") == ends.count("pong")
    assert upstream.bodies <= 200 - states.count("void")
    assert upstream.bodies >= states.count("settled") > 100
    assert len({connection for _, connection in server.calls()}) > 20


def test_deadlines_hold_over_http2(front: Any) -> None:
    _, client = front()
    begun = time.monotonic()
    with pytest.raises(wayfare.Error, match="deadline"):
        text_of(client.stream("held", route={"deadline": 0.5}))
    assert time.monotonic() - begun < 5
    assert [entry.state for entry in client.entries()] == ["unknown"]
