"""What the tests share: servers that do exactly what a test tells them, clients with a ledger of their own, and host processes."""

from __future__ import annotations

import functools
import json
import os
import socket
import sqlite3
import ssl
import subprocess
import sys
import textwrap
import threading
from collections import Counter
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


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where models lists are kept: that of this machine is not the tests'."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder


def openssl(*words: str) -> None:
    subprocess.run(["openssl", *words], check=True, capture_output=True)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[Path, Path]]:
    """certificates(name, days) makes a server's certificate for `name`, signed by the authority ca.pem beside it."""
    folder = tmp_path_factory.mktemp("ca")
    subject = ["-newkey", "rsa:2048", "-nodes", "-keyout", str(folder / "ca.key"), "-subj", "/CN=test authority"]
    openssl("req", "-x509", *subject, "-days", "2", "-out", str(folder / "ca.pem"))

    @functools.cache
    def make(name: str, days: int = 2) -> tuple[Path, Path]:
        pem, key, request, extension = (folder / f"{name}{days}.{kind}" for kind in ("pem", "key", "csr", "ext"))
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", str(key), "-out", str(request), "-subj", f"/CN={name}")
        kind = "IP" if name[0].isdigit() else "DNS"
        extension.write_text(f"subjectAltName={kind}:{name}\n")
        signer = ["-CA", str(folder / "ca.pem"), "-CAkey", str(folder / "ca.key"), "-CAcreateserial"]
        openssl("x509", "-req", "-in", str(request), *signer, "-days", str(days), "-extfile", str(extension), "-out", str(pem))
        with pem.open("a") as whole:
            whole.write(key.read_text())
        return pem, folder / "ca.pem"

    return make


@pytest.fixture
def tls_server(raw_server: Callable[[Callable[[Connection], None]], RawServer]) -> Callable[..., str]:
    """tls_server(pem, serve, **limits) is raw_server(serve) behind TLS with this certificate; gives its base URL."""

    def start(pem: Path, serve: Callable[[Connection], None], **limits: Any) -> str:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        for name, value in limits.items():
            setattr(context, name, value)

        def over_tls(connection: Connection) -> None:
            try:
                wrapped = context.wrap_socket(connection.sock, server_side=True)
            except OSError:  # the client refused
                return
            connection.file.close()
            secure = Connection(wrapped)
            try:
                serve(secure)
            finally:
                secure.file.close()
                wrapped.close()

        return raw_server(over_tls).base_url.replace("http:", "https:")

    return start


@pytest.fixture
def open_client(tmp_path: Path) -> Iterator[Callable[..., wayfare.Client]]:
    """open_client(base_url, **options): a client of OpenRouter's dialect with a key and a ledger in the test's folder. No retries."""
    clients: list[wayfare.Client] = []

    def start(base_url: str, **options: Any) -> wayfare.Client:
        options = {"api_key": KEY, "dialect": "openrouter", "ledger": str(tmp_path / "ledger.db"), "retries": 0, **options}
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


def answer_by_prompt(connection: Connection) -> None:
    """A prompt "silent" gets no answer, a stream half of one or, with "whole", all of it, and anything else a plain one."""
    while request := connection.read():
        if b"silent" in request[1]:
            connection.read()  # until the client has gone
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


@pytest.fixture
def answering(raw_server: Callable[[Callable[[Connection], None]], RawServer]) -> str:
    """The base URL of a server that answers as answer_by_prompt tells."""
    return raw_server(answer_by_prompt).base_url


@pytest.fixture
def secure(tls_server: Callable[..., str], certificates: Callable[..., tuple[Path, Path]]) -> tuple[str, Path]:
    """The same over TLS, and the authority of its certificate."""
    pem, authority = certificates("127.0.0.1")
    return tls_server(pem, answer_by_prompt), authority


class Host:
    """Processes of their own that run a script which can open clients of one server and one ledger."""

    START = """
import gc, os, signal, sys, threading, time, wayfare
base_url, ledger, ca_file, *arguments = sys.argv[1:]
def client(**options):
    options = {"base_url": base_url, "ledger": ledger, "ca_file": ca_file or None, "retries": 0, **options}
    return wayfare.Client(api_key="sk-or-v1-x", dialect="openrouter", **options)
"""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ledger = folder / "ledger.db"
        self.processes: list[subprocess.Popen[str]] = []

    def start(self, text: str, base_url: str, ca_file: Path | str = "", *arguments: str, **options: Any) -> subprocess.Popen[str]:
        script = self.folder / f"host{len(self.processes)}.py"  # a file: a spawned process imports it again
        script.write_text(self.START + textwrap.dedent(text))
        words = [sys.executable, "-W", "ignore::DeprecationWarning", str(script), base_url, str(self.ledger), str(ca_file), *arguments]
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **options}
        self.processes.append(subprocess.Popen(words, **options))
        return self.processes[-1]

    def run(self, text: str, base_url: str, ca_file: Path | str = "", *arguments: str, timeout: float = 60) -> str:
        """Runs it to its end, which must be a good one without a word of complaint; gives what it printed."""
        code, out, complaint = self.end(self.start(text, base_url, ca_file, *arguments), timeout)
        assert code == 0 and complaint == "", f"ended with {code}\n{complaint}{out}"
        return out

    @staticmethod
    def end(process: subprocess.Popen[str], timeout: float) -> tuple[int, str, str]:
        out, complaint = process.communicate(timeout=timeout)
        return process.returncode, out, complaint

    def rows(self, sql: str) -> list[Any]:
        connection = sqlite3.connect(self.ledger)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def states(self) -> Counter[str]:
        """How many rows there are of each state, once the ledger was opened again."""
        with wayfare.Client(api_key=KEY, ledger=self.ledger) as client:
            assert self.rows("PRAGMA integrity_check") == [("ok",)]
            return Counter(entry.state for entry in client.entries())


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    made = Host(tmp_path)
    yield made
    for process in made.processes:
        if process.poll() is None:
            process.kill()
            process.communicate()


@pytest.fixture
def rounds() -> int:
    """How often a loop of exits, forks or prefork goes round: a few, or with WAYFARE_ROUNDS as often as that says."""
    return int(os.environ.get("WAYFARE_ROUNDS", "3"))
