"""A proxy between the client and the server. The server is verified through the tunnel, the key
goes only through the tunnel, and the proxy's password appears nowhere.
"""

from __future__ import annotations

import base64
import os
import socket
import threading
from pathlib import Path
from typing import Any

import pytest
import wayfare


class Proxy:
    """Accepts CONNECT and passes bytes on. Records the requests."""

    def __init__(self, status: str = "200 Connection established") -> None:
        self.status = status
        self.heads: list[bytes] = []
        self.passed = b""
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(sock,), daemon=True).start()

    def serve(self, sock: socket.socket) -> None:
        with sock:
            head = b""
            while b"\r\n\r\n" not in head:
                piece = sock.recv(4096)
                if not piece:
                    return
                head += piece
            self.heads.append(head)
            if not self.status.startswith("200"):
                sock.sendall(
                    (
                        f"HTTP/1.1 {self.status}\r\nContent-Length: 0\r\nX-Generation-Id: "
                        f"gen-of-the-proxy\r\n\r\n"
                    ).encode()
                )
                return
            host, port = head.split()[1].decode().rsplit(":", 1)
            with socket.create_connection((host, int(port))) as target:
                sock.sendall(
                    b"HTTP/1.1 200 Connection established\r\nX-Generation-Id: "
                    b"gen-of-the-proxy\r\n\r\n"
                )
                down = threading.Thread(target=self.pump, args=(target, sock, False), daemon=True)
                down.start()
                self.pump(sock, target, True)
                down.join()

    def pump(self, source: socket.socket, target: socket.socket, upward: bool) -> None:
        try:
            while piece := source.recv(65536):
                if upward:
                    self.passed += piece
                target.sendall(piece)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # one side has disconnected

    def close(self) -> None:
        self.listener.close()


@pytest.fixture
def secure_server(tls_server: Any, certificates: Any, wire: Any) -> tuple[str, str]:
    def serve(connection: Any) -> None:
        while connection.read():
            connection.reply(wire.completion())

    pem, authority = certificates("127.0.0.1")
    return tls_server(pem, serve), str(authority)


@pytest.mark.parametrize("way", ["option", "environment"])
def test_a_call_through_a_tunnel(
    way: str, secure_server: Any, open_client: Any, wire: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    base_url, authority = secure_server
    proxy = Proxy()
    named = f"http://user:pass-word@127.0.0.1:{proxy.port}"
    if way == "environment":
        monkeypatch.setenv("HTTPS_PROXY", named)
        client = open_client(base_url, ca_file=authority)
    else:
        monkeypatch.setenv("NO_PROXY", "*")  # the option overrides it
        client = open_client(base_url, ca_file=authority, proxy=named)
    reply = client.chat("Hello")
    assert (reply.text, reply.generation_id) == ("pong", "gen-1")
    (head,) = proxy.heads
    assert head.startswith(b"CONNECT 127.0.0.1:")
    assert base64.b64encode(b"user:pass-word") in head
    assert wire.key.encode() not in head + proxy.passed and b"Bearer" not in head + proxy.passed
    assert b"Hello" not in proxy.passed
    proxy.close()


def test_no_proxy_in_the_environment(
    secure_server: Any, open_client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    base_url, authority = secure_server
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert open_client(base_url, ca_file=authority).chat("Hello").text == "pong"


def test_plain_http_goes_without_a_proxy(
    raw_server: Any, open_client: Any, wire: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def serve(connection: Any) -> None:
        while connection.read():
            connection.reply(wire.completion())

    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    client = open_client(raw_server(serve).base_url, proxy="http://127.0.0.1:1")
    assert client.chat("Hello").text == "pong"


@pytest.mark.parametrize(
    "status", ["403 Forbidden", "407 Proxy Authentication Required", "502 Bad Gateway"]
)
def test_a_proxy_that_refuses(status: str, secure_server: Any, open_client: Any) -> None:
    base_url, authority = secure_server
    proxy = Proxy(status)
    client = open_client(
        base_url, ca_file=authority, proxy=f"http://user:pass-word@127.0.0.1:{proxy.port}"
    )
    with pytest.raises(wayfare.Error) as refused:
        client.chat("Hello")
    assert refused.value.code == "connect" and status[:3] in str(refused.value)
    assert "pass-word" not in str(refused.value)
    assert [(entry.state, entry.error, entry.generation_id) for entry in client.entries()] == [
        ("void", "connect", None)
    ]
    proxy.close()


@pytest.mark.parametrize(
    ("proxy", "code"),
    [
        ("http://user:pass-word@127.0.0.1:1", "connect"),
        ("http://user:pass-word@no.such.host.invalid:1", "dns"),
    ],
)
def test_a_proxy_that_is_not_there(
    proxy: str, code: str, secure_server: Any, open_client: Any
) -> None:
    base_url, authority = secure_server
    client = open_client(base_url, ca_file=authority, proxy=proxy, connect_timeout=20)
    with pytest.raises(wayfare.Error) as refused:
        client.chat("Hello")
    assert refused.value.code == code and "pass-word" not in str(refused.value)
    assert [entry.state for entry in client.entries()] == ["void"]


def test_the_tunnels_end_is_verified(tls_server: Any, certificates: Any, open_client: Any) -> None:
    pem, authority = certificates("example.org")
    proxy = Proxy()
    client = open_client(
        tls_server(pem, lambda connection: connection.read()),
        ca_file=str(authority),
        proxy=f"http://127.0.0.1:{proxy.port}",
    )
    with pytest.raises(wayfare.Error, match=r"^tls"):
        client.chat("Hello")
    proxy.close()


def test_authorities_are_found_by_the_environment(
    secure_server: Any, open_client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    base_url, authority = secure_server
    monkeypatch.setenv("SSL_CERT_FILE", authority)
    assert open_client(base_url).chat("Hello").text == "pong"


def test_a_file_of_authorities_that_is_not_there_is_named(
    secure_server: Any, open_client: Any, tmp_path: Path
) -> None:
    base_url, _ = secure_server
    missing = str(tmp_path / "missing.pem")
    with pytest.raises(wayfare.Error, match=r"^tls") as refused:
        open_client(base_url, ca_file=missing).chat("Hello")
    assert missing in str(refused.value)
    assert not os.path.exists(missing)
