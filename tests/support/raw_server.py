"""Servers that do exactly what a test says, and the bodies that they usually send."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable

KEY = "sk-or-v1-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"


class Connection:
    """One accepted connection. It reads whole requests and writes answers as bytes."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.file = sock.makefile("rb")

    def read(self) -> tuple[dict[str, str], bytes] | None:
        """Reads the next request. Returns its headers (names in lower case) and its body, or None
        if the client closed the connection before.
        """
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
        lines = [
            f"HTTP/1.1 {status} X",
            f"Content-Type: {kind}",
            *(f"{k.replace('_', '-')}: {v}" for k, v in more.items()),
        ]
        self.sock.sendall("\r\n".join([*lines, "", ""]).encode())

    def reply(
        self, body: bytes, status: int = 200, kind: str = "application/json", **more: str
    ) -> None:
        self.head(status, kind, Content_Length=str(len(body)), **more)
        self.sock.sendall(body)

    def chunk(self, data: bytes) -> None:
        """Sends a chunk of a body that was begun with Transfer_Encoding="chunked". b"" ends the
        body.
        """
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
            pass  # the client has disconnected
        finally:
            connection.file.close()
            sock.close()

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for sock in self.sockets:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


def completion(text: str = "pong", cost: str | None = "0.001", generation: str = "gen-1") -> bytes:
    """Returns a plain answer. It contains the text of `cost` unchanged."""
    price = "" if cost is None else f',"cost":{cost}'
    return (
        f'{{"id":"{generation}","model":"m/served","provider":"P","choices":['
        f'{{"index":0,"finish_reason":"stop",'
        f'"message":{{"role":"assistant","content":{json.dumps(text)}}}}}],'
        f'"usage":{{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7{price}}}}}'
    ).encode()


def delta(text: str) -> bytes:
    return (
        b"data: "
        b'{"id":"gen-1","choices":[{"index":0,"delta":{"role":"assistant","content":%s}}]}\n\n'
    ) % json.dumps(text).encode()


END = (
    b'data: {"id":"gen-1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],'
    b'"usage":{"prompt_tokens":3,"completion_tokens":4,"cost":0.002}}\n\ndata: [DONE]\n\n'
)


def answer_by_prompt(connection: Connection) -> None:
    """Answers by the prompt. "silent" gets no answer. A stream gets half of an answer, or a whole
    answer with "whole" in the prompt. Any other request gets a plain answer.
    """
    while request := connection.read():
        if b"silent" in request[1]:
            connection.read()  # waits until the client disconnects
        elif b'"stream":true' in request[1]:
            connection.head(kind="text/event-stream", Transfer_Encoding="chunked")
            connection.chunk(delta("Hel"))
            if b"whole" not in request[1]:
                connection.read()
                return
            for part in (delta("lo"), END, b""):
                connection.chunk(part)
        else:
            connection.reply(completion())
