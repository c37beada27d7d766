"""TLS with a real server and its own authority. Every server is verified, and a failure comes
before anything is sent.
"""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path
from typing import Any

import pytest
import wayfare


def test_a_call_over_tls(tls_server: Any, open_client: Any, wire: Any, certificates: Any) -> None:
    def serve(connection: Any) -> None:
        while connection.read():
            connection.reply(wire.completion())

    pem, authority = certificates("127.0.0.1")
    client = open_client(tls_server(pem, serve), ca_file=str(authority))
    assert [client.chat("Hello").text for _ in range(3)] == ["pong"] * 3


def fault_of(client: wayfare.Client) -> str:
    """Returns the one-line error of a call. Nothing was sent."""
    with pytest.raises(wayfare.Error) as caught:
        client.chat("Hello")
    assert caught.value.code == "tls" and not caught.value.retryable
    assert [(e.state, e.error) for e in client.entries()] == [("void", "tls")]
    return str(caught.value)


ADVICE = {
    "expired": "check this machine's clock",
    "wrong host": "check the host in the base URL",
    "unknown authority": "name its PEM file in ca_file",
    "unknown, by itself": "name its PEM file in ca_file",
    "old protocol": "TLS 1.2 or later",
}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("what", ADVICE)
def test_a_server_that_cannot_be_verified_gets_nothing(
    tls_server: Any, open_client: Any, certificates: Any, what: str
) -> None:
    def serve(connection: Any) -> None:
        # For the server, the handshake may succeed before the client has checked the name.
        assert connection.read() is None

    pem, authority = certificates(
        "example.org" if what == "wrong host" else "127.0.0.1", -1 if what == "expired" else 2
    )
    limits: dict[str, Any] = {}
    options: dict[str, Any] = {"ca_file": str(authority)}
    if what == "unknown authority":
        options = {}
    elif what == "unknown, by itself":
        pem, options = self_signed(authority.parent), {}
    elif what == "old protocol":
        limits = {
            "maximum_version": ssl.TLSVersion.TLSv1_1,
            "minimum_version": ssl.TLSVersion.TLSv1,
        }
    fault = fault_of(open_client(tls_server(pem, serve, **limits), **options))
    assert [advice for advice in set(ADVICE.values()) if advice in fault] == [ADVICE[what]], fault


def self_signed(folder: Path) -> Path:
    """Makes a self-signed certificate, as on test machines."""
    pem = folder / "self.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        str(folder / "self.key"),
        "-out",
        str(pem),
    ]
    subject = ["-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*command, *subject], check=True, capture_output=True)
    pem.write_text(pem.read_text() + (folder / "self.key").read_text())
    return pem


def test_https_to_a_server_that_speaks_plain_http(raw_server: Any, open_client: Any) -> None:
    def serve(connection: Any) -> None:
        connection.sock.recv(4096)
        connection.reply(b"", status=400)

    assert ADVICE["old protocol"] in fault_of(
        open_client(raw_server(serve).base_url.replace("http:", "https:"))
    )


def test_a_file_of_authorities_that_is_none(secure: Any, open_client: Any, tmp_path: Path) -> None:
    (tmp_path / "none.pem").write_text("not a certificate")
    fault = fault_of(open_client(secure[0], ca_file=str(tmp_path / "none.pem")))
    assert "none.pem" in fault and "the file must be a readable PEM file" in fault


def pong(connection: Any, wire: Any) -> None:
    """Gives one answer per connection, so that each call makes a new connection."""
    connection.read()
    connection.reply(wire.completion(), Connection="close")


def in_folder(authority: Path, folder: Path) -> Path:
    """Makes a folder with the authority under its hash name for OpenSSL."""
    command = ["openssl", "x509", "-noout", "-hash", "-in", str(authority)]
    name = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    folder.mkdir()
    (folder / f"{name}.0").write_bytes(authority.read_bytes())
    return folder


def test_authorities_in_a_folder(
    tls_server: Any,
    open_client: Any,
    certificates: Any,
    wire: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Uses a folder in the format of OpenSSL. A named file replaces the folder."""
    pem, authority = certificates("127.0.0.1")
    base_url = tls_server(pem, lambda connection: pong(connection, wire))
    folder = in_folder(authority, tmp_path / "authorities")
    for name in ("SSL_CERT_FILE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SSL_CERT_DIR", str(folder))
    client = open_client(base_url)
    assert [client.chat("Hello").text for _ in range(2)] == ["pong"] * 2
    monkeypatch.setenv("SSL_CERT_DIR", f"{tmp_path / 'nothing'}:{folder}")
    assert open_client(base_url).chat("Hello").text == "pong"
    other = self_signed(tmp_path)
    assert ADVICE["unknown authority"] in fault_of(
        open_client(base_url, ca_file=str(other), ledger=str(tmp_path / "other.db"))
    )


def test_a_file_of_authorities_is_read_once(
    tls_server: Any, open_client: Any, certificates: Any, wire: Any, tmp_path: Path
) -> None:
    """Reading the authorities of the system takes tens of milliseconds, so all new connections
    share one reading.
    """
    pem, authority = certificates("127.0.0.1")
    copy = tmp_path / "authorities.pem"
    copy.write_bytes(authority.read_bytes())
    client = open_client(
        tls_server(pem, lambda connection: pong(connection, wire)), ca_file=str(copy)
    )
    assert client.chat("Hello").text == "pong"
    copy.unlink()
    assert [client.chat("Hello").text for _ in range(3)] == ["pong"] * 3
