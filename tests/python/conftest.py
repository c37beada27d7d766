"""What the tests share: a raw server that does exactly what a test tells it, and a client with a ledger of its own."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import wayfare

KEY = "sk-or-v1-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"


class Connection:
    """One accepted connection: requests are read whole, answers written as bytes."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.file = sock.makefile("rb")

    def read(self) -> tuple[dict[str, str], bytes] | None:
        """The next request's headers (names in lower case) and body; None where the client closed before it was whole."""
        if not self.file.readline():
            return None
        headers = {}
        while (line := self.file.readline().strip()) != b"":
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        size = int(headers.get("content-length", "0"))
        body = self.file.read(size)
        return (headers, body) if len(body) == size else None

    def head(self, status: int = 200, kind: str = "application/json", **more: str) -> None:
        lines = [f"HTTP/1.1 {status} X", f"Content-Type: {kind}", *(f"{k.replace('_', '-')}: {v}" for k, v in more.items())]
        self.sock.sendall("\r\n".join([*lines, "", ""]).encode())

    def reply(self, body: bytes, status: int = 200, kind: str = "application/json", **more: str) -> None:
        self.head(status, kind, Content_Length=str(len(body)), **more)
        self.sock.sendall(body)

    def chunk(self, data: bytes) -> None:
        """A piece of a body that was begun with Transfer_Encoding="chunked"; b"" ends it."""
        self.sock.sendall(b"%x\r\n%s\r\n" % (len(data), data))


class RawServer:
    def __init__(self, serve: Callable[[Connection], None]) -> None:
        self.serve = serve
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.base_url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/api/v1"
        self.sockets: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.sockets.append(sock)
            threading.Thread(target=self._run, args=(sock,), daemon=True).start()

    def _run(self, sock: socket.socket) -> None:
        connection = Connection(sock)
        try:
            self.serve(connection)
        except OSError:
            pass  # the client went away
        finally:
            connection.file.close()
            sock.close()

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for sock in self.sockets:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


@pytest.fixture
def raw_server() -> Iterator[Callable[[Callable[[Connection], None]], RawServer]]:
    """raw_server(serve) starts a server that runs serve(connection) on a thread for each connection."""
    servers: list[RawServer] = []

    def start(serve: Callable[[Connection], None]) -> RawServer:
        servers.append(RawServer(serve))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def open_client(tmp_path: Path) -> Iterator[Callable[..., wayfare.Client]]:
    """open_client(base_url, **options): a client of OpenRouter's dialect with a key and a ledger in the test's folder."""
    clients: list[wayfare.Client] = []

    def start(base_url: str, **options: Any) -> wayfare.Client:
        options = {"api_key": KEY, "dialect": "openrouter", "ledger": str(tmp_path / "ledger.db"), **options}
        clients.append(wayfare.Client(base_url=base_url, **options))
        return clients[-1]

    yield start
    for client in clients:
        client.close()


def completion(text: str = "pong", cost: str | None = "0.001", generation: str = "gen-1") -> bytes:
    """A plain answer; the cost stands in it as it is spelled here."""
    price = "" if cost is None else f',"cost":{cost}'
    return (
        f'{{"id":"{generation}","model":"m/served","provider":"P","choices":[{{"index":0,"finish_reason":"stop",'
        f'"message":{{"role":"assistant","content":{json.dumps(text)}}}}}],'
        f'"usage":{{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7{price}}}}}'
    ).encode()


def delta(text: str) -> bytes:
    return b'data: {"id":"gen-1","choices":[{"index":0,"delta":{"role":"assistant","content":%s}}]}\n\n' % json.dumps(text).encode()


END = (
    b'data: {"id":"gen-1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],'
    b'"usage":{"prompt_tokens":3,"completion_tokens":4,"cost":0.002}}\n\ndata: [DONE]\n\n'
)


@pytest.fixture
def wire() -> Any:
    """The bodies above, for tests that are imported on their own."""

    class Wire:
        key = KEY
        end = END
        completion = staticmethod(completion)
        delta = staticmethod(delta)

    return Wire
