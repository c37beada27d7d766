"""The fixtures of the tests: servers, certificates, clients and host processes."""

from __future__ import annotations

import functools
import logging
import os
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import wayfare
from echo import Echo
from host import Host
from raw_server import END, KEY, Connection, RawServer, answer_by_prompt, completion, delta

if TYPE_CHECKING:
    from seen import Seen
    from wayfare.sandbox import Sandbox


@pytest.fixture
def raw_server() -> Iterator[Callable[[Callable[[Connection], None]], RawServer]]:
    """raw_server(serve) starts a server that runs serve(connection) on a thread per connection."""
    servers: list[RawServer] = []

    def start(serve: Callable[[Connection], None]) -> RawServer:
        servers.append(RawServer(serve))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for cached models lists, so that the tests do not use the cache of the machine."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder


@pytest.fixture(autouse=True)
def silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """pytest configures logging. As in a program that does not, no client logs, unless the test
    sets the level of the logger.
    """
    monkeypatch.setattr(logging.getLogger("wayfare"), "level", logging.CRITICAL + 1)
    logging.getLogger("wayfare").manager._clear_cache()  # type: ignore[attr-defined]


def openssl(*words: str) -> None:
    subprocess.run(["openssl", *words], check=True, capture_output=True)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[Path, Path]]:
    """certificates(name, days) makes a server certificate for `name`. The authority ca.pem beside
    it signs it.
    """
    folder = tmp_path_factory.mktemp("ca")
    subject = [
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        str(folder / "ca.key"),
        "-subj",
        "/CN=test authority",
    ]
    openssl("req", "-x509", *subject, "-days", "2", "-out", str(folder / "ca.pem"))

    @functools.cache
    def make(name: str, days: int = 2) -> tuple[Path, Path]:
        pem, key, request, extension = (
            folder / f"{name}{days}.{kind}" for kind in ("pem", "key", "csr", "ext")
        )
        openssl(
            "req",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-keyout",
            str(key),
            "-out",
            str(request),
            "-subj",
            f"/CN={name}",
        )
        kind = "IP" if name[0].isdigit() else "DNS"
        extension.write_text(f"subjectAltName={kind}:{name}\n")
        signer = [
            "-CA",
            str(folder / "ca.pem"),
            "-CAkey",
            str(folder / "ca.key"),
            "-CAcreateserial",
        ]
        openssl(
            "x509",
            "-req",
            "-in",
            str(request),
            *signer,
            "-days",
            str(days),
            "-extfile",
            str(extension),
            "-out",
            str(pem),
        )
        with pem.open("a") as whole:
            whole.write(key.read_text())
        return pem, folder / "ca.pem"

    return make


@pytest.fixture
def tls_server(
    raw_server: Callable[[Callable[[Connection], None]], RawServer],
) -> Callable[..., str]:
    """tls_server(pem, serve, **limits) starts raw_server(serve) behind TLS with this certificate,
    and returns its base URL.
    """

    def start(pem: Path, serve: Callable[[Connection], None], **limits: Any) -> str:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        for name, value in limits.items():
            setattr(context, name, value)

        def over_tls(connection: Connection) -> None:
            try:
                wrapped = context.wrap_socket(connection.sock, server_side=True)
            except OSError:  # the client refused the certificate
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
    """open_client(base_url, **options) opens a client with OpenRouter's dialect, a key, no retries,
    and a ledger in the folder of the test.
    """
    clients: list[wayfare.Client] = []

    def start(base_url: str, **options: Any) -> wayfare.Client:
        options = {
            "api_key": KEY,
            "dialect": "openrouter",
            "ledger": str(tmp_path / "ledger.db"),
            "retries": 0,
            **options,
        }
        clients.append(wayfare.Client(base_url=base_url, **options))
        return clients[-1]

    yield start
    for client in clients:
        client.close()


@pytest.fixture
def wire() -> Any:
    """The functions of raw_server, for tests in other modules."""

    class Wire:
        key = KEY
        end = END
        completion = staticmethod(completion)
        delta = staticmethod(delta)

    return Wire


@pytest.fixture
def answering(raw_server: Callable[[Callable[[Connection], None]], RawServer]) -> str:
    """The base URL of a server with answer_by_prompt."""
    return raw_server(answer_by_prompt).base_url


@pytest.fixture
def secure(
    tls_server: Callable[..., str], certificates: Callable[..., tuple[Path, Path]]
) -> tuple[str, Path]:
    """The same server over TLS, and the authority of its certificate."""
    pem, authority = certificates("127.0.0.1")
    return tls_server(pem, answer_by_prompt), authority


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
    """The number of rounds for loops of exits, forks or prefork: WAYFARE_ROUNDS, else 3."""
    return int(os.environ.get("WAYFARE_ROUNDS", "3"))


@pytest.fixture
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith(("OPENROUTER_", "WAYFARE_", "NEXT_PUBLIC_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def echo(raw_server: Any, wire: Any) -> Echo:
    return Echo(raw_server, wire)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    from wayfare.sandbox import Sandbox

    with Sandbox() as running:
        yield running


@pytest.fixture
def seen() -> Seen:
    """What OpenTelemetry is told in a test."""
    pytest.importorskip("opentelemetry.sdk")
    from seen import Seen

    return Seen()


@pytest.fixture
def traced(
    sandbox: Sandbox, open_client: Callable[..., wayfare.Client], seen: Seen
) -> Iterator[Callable[..., wayfare.Client]]:
    """traced(options, ...) opens a client of the sandbox with telemetry(...) that `seen` gets."""
    from wayfare import telemetry

    begun: list[telemetry.Instrumentation] = []

    def start(options: dict[str, Any] | None = None, **asked: Any) -> wayfare.Client:
        client = open_client(sandbox.base_url, **(options or {}))
        begun.append(telemetry.instrument(client, **seen.providers, **asked))
        return client

    yield start
    for instrumentation in begun:
        instrumentation.end()


@pytest.fixture
def fault() -> Callable[[str], str]:
    """fault(name) is the model by which the sandbox has a fault, such as "cut"."""
    from wayfare.sandbox.catalogue import PREFIX

    return lambda name: PREFIX + name
