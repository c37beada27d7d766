"""TLS against a real server with an authority of its own: verified always, and a failure is told before anything is sent."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import wayfare


def openssl(*words: str) -> None:
    subprocess.run(["openssl", *words], check=True, capture_output=True)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[Path, Path]]:
    """certificates(name, days) makes a server's certificate for `name`, signed by the authority ca.pem beside it."""
    folder = tmp_path_factory.mktemp("ca")
    subject = ["-newkey", "rsa:2048", "-nodes", "-keyout", str(folder / "ca.key"), "-subj", "/CN=test authority"]
    openssl("req", "-x509", *subject, "-days", "2", "-out", str(folder / "ca.pem"))

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


def start(raw_server: Any, pem: Path, serve: Callable[[Any], None], **limits: Any) -> str:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    for name, value in limits.items():
        setattr(context, name, value)

    def over_tls(connection: Any) -> None:
        try:
            wrapped = context.wrap_socket(connection.sock, server_side=True)
        except OSError:  # the client refused
            return
        connection.file.close()
        secure = type(connection)(wrapped)
        try:
            serve(secure)
        finally:
            secure.file.close()
            wrapped.close()

    return str(raw_server(over_tls).base_url.replace("http:", "https:"))


def test_a_call_over_tls(raw_server: Any, open_client: Any, wire: Any, certificates: Any) -> None:
    def serve(connection: Any) -> None:
        while connection.read():
            connection.reply(wire.completion())

    pem, authority = certificates("127.0.0.1")
    client = open_client(start(raw_server, pem, serve), ca_file=str(authority))
    assert [client.chat("Hello").text for _ in range(3)] == ["pong"] * 3


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("what", ["unknown authority", "wrong host", "expired", "old protocol"])
def test_what_cannot_be_verified_gets_nothing(raw_server: Any, open_client: Any, certificates: Any, what: str) -> None:
    def serve(connection: Any) -> None:
        assert connection.read() is None  # a server may think the handshake good before the client has judged the name

    pem, authority = certificates("example.org" if what == "wrong host" else "127.0.0.1", -1 if what == "expired" else 2)
    limits = {"maximum_version": ssl.TLSVersion.TLSv1_1, "minimum_version": ssl.TLSVersion.TLSv1} if what == "old protocol" else {}
    options = {} if what == "unknown authority" else {"ca_file": str(authority)}
    client = open_client(start(raw_server, pem, serve, **limits), **options)
    with pytest.raises(wayfare.Error) as caught:
        client.chat("Hello")
    assert caught.value.code == "tls" and "ca_file" in str(caught.value)
    assert [(e.state, e.error) for e in client.entries()] == [("void", "tls")]
