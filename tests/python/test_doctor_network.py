"""``wayfare doctor`` and the way to the server: names, ports, proxies and certificates."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from doctor import Told, doctor, server
from raw_server import Connection
from wayfare.cli.checks import server as way


def closed_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def test_a_port_that_nobody_listens_on(tmp_path: Path) -> None:
    port = closed_port()
    told = doctor(tmp_path, **server(f"http://127.0.0.1:{port}/api/v1"))
    assert told.code == 1
    assert told.fault("network") == (
        f"127.0.0.1:{port} cannot be reached: Connection refused; check the port in the base URL, "
        "the network and the firewall; if only a proxy leads out, set HTTPS_PROXY"
    )
    assert "; mend the network first" in told.lines("warning", "models")[0]


def test_a_name_that_does_not_resolve(tmp_path: Path) -> None:
    told = doctor(tmp_path, **server("https://no-such-host.invalid/api/v1"))
    line = told.fault("network")
    assert line.startswith("no-such-host.invalid has no address: ")
    assert line.endswith(
        "; check the host in the base URL, and this machine's network and name server"
    )


# ---- Proxies.


def proxy(status: str, heads: list[bytes]) -> int:
    """Starts a proxy that answers each request with this status. Returns its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            sock, _ = listener.accept()
            with sock:
                heads.append(sock.recv(65536))
                sock.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())

    threading.Thread(target=serve, daemon=True).start()
    return int(listener.getsockname()[1])


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (
            "407 Proxy Authentication Required",
            "set its user and password as http://user:password@host:port",
        ),
        (
            "403 Forbidden",
            "correct HTTPS_PROXY, or name llm.example.org in NO_PROXY if it can be reached without "
            "the proxy",
        ),
    ],
)
def test_a_proxy_that_refuses(status: str, advice: str, tmp_path: Path) -> None:
    heads: list[bytes] = []
    port = proxy(status, heads)
    named = f"http://user:pass-word@127.0.0.1:{port}"
    told = doctor(tmp_path, **server("https://llm.example.org/v1", HTTPS_PROXY=named))
    assert told.code == 1 and "pass-word" not in told.text
    assert told.fault("proxy") == (
        f"the proxy 127.0.0.1:{port} (HTTPS_PROXY) does not let calls through: it answers with "
        f"status {status}; {advice}"
    )
    assert heads[0].startswith(b"CONNECT llm.example.org:443 HTTP/1.1\r\n")
    assert b"Basic dXNlcjpwYXNzLXdvcmQ=" in heads[0] and b"Bearer" not in b"".join(heads)


def test_a_proxy_that_is_not_there(tmp_path: Path) -> None:
    port = closed_port()
    told = doctor(tmp_path, **server("https://llm.example.org/v1", https_proxy=f"127.0.0.1:{port}"))
    assert told.fault("proxy").startswith(
        f"the proxy 127.0.0.1:{port} (https_proxy) does not let calls through: Connection refused; "
        "correct https_proxy, or name "
    )


def test_a_proxy_for_https_is_not_asked_for_plain_http_and_excepted_hosts(
    answering: str, tmp_path: Path
) -> None:
    dead = f"http://127.0.0.1:{closed_port()}"
    told = doctor(tmp_path, **server(answering, HTTPS_PROXY=dead, ALL_PROXY=dead))
    assert told.code == 0 and not told.lines("fault")
    port = closed_port()
    url = f"https://127.0.0.1:{port}/v1"
    told = doctor(tmp_path, **server(url, HTTPS_PROXY=dead, NO_PROXY="127.0.0.1"))
    assert told.fault("network").startswith(f"127.0.0.1:{port} cannot be reached: ")


def test_a_proxy_of_socks_is_left_to_the_library(tmp_path: Path) -> None:
    socks = f"socks5h://127.0.0.1:{closed_port()}"
    told = doctor(tmp_path, **server("https://llm.example.org/v1", ALL_PROXY=socks))
    (line,) = told.lines("note", "proxy")
    assert "only the library itself can try it; try a call with --send" in line


# ---- TLS.


def serve(connection: Connection) -> None:
    while connection.read():
        connection.reply(b'{"data": []}')


@pytest.fixture
def over_tls(
    tls_server: Callable[..., str],
    certificates: Callable[..., tuple[Path, Path]],
    tmp_path: Path,
) -> Callable[..., Told]:
    """over_tls(name, days) runs the doctor with a server that has this certificate."""

    def run(name: str = "127.0.0.1", days: int = 2, **variables: str) -> Told:
        pem, authority = certificates(name, days)
        variables = {"SSL_CERT_FILE": str(authority), **variables}
        return doctor(tmp_path, **server(tls_server(pem, serve), **variables))

    return run


def test_a_certificate_that_is_right(over_tls: Callable[..., Told]) -> None:
    told = over_tls()
    assert told.code == 0
    assert told.lines("ok", "tls")[0].endswith("/ca.pem (SSL_CERT_FILE)")


def test_a_certificate_that_has_expired(over_tls: Callable[..., Told]) -> None:
    line = over_tls(days=-1).fault("tls")
    assert line.startswith("the certificate of 127.0.0.1 has expired; here it is 20")
    assert line.endswith("; correct this machine's clock if it is wrong, else tell the operator")


def test_an_authority_that_is_not_known(over_tls: Callable[..., Told]) -> None:
    known = ssl.get_default_verify_paths().cafile
    variables = {"SSL_CERT_FILE": "", "CURL_CA_BUNDLE": known} if known else {"SSL_CERT_FILE": ""}
    line = over_tls(**variables).fault("tls")
    assert line.startswith("the certificate of 127.0.0.1 is of an unknown authority; known are ")
    assert line.endswith("has an authority of its own, set SSL_CERT_FILE to its PEM file")


def test_a_certificate_of_another_name(over_tls: Callable[..., Told]) -> None:
    line = over_tls("example.org").fault("tls")
    assert line.startswith("the certificate is not that of 127.0.0.1: ")
    assert line.endswith("; write the base URL with the name that the certificate has")


def test_a_file_of_authorities_that_is_not_there(over_tls: Callable[..., Told]) -> None:
    line = over_tls(SSL_CERT_FILE="/nowhere.pem").fault("tls")
    assert line == (
        "/nowhere.pem (SSL_CERT_FILE) cannot be read: No such file or directory; correct the "
        "variable, or remove it"
    )


def test_https_to_a_server_of_plain_http(raw_server: Any, tmp_path: Path) -> None:
    base_url = raw_server(lambda connection: connection.reply(b"", status=400)).base_url
    told = doctor(tmp_path, **server(base_url.replace("http:", "https:")))
    line = told.fault("tls")
    assert "does not speak TLS as wayfare does: " in line
    assert line.endswith("; check the scheme and the port in the base URL")


# ---- Servers that answer something else.


def test_a_redirect_is_told_and_not_followed(raw_server: Any, tmp_path: Path) -> None:
    reached: list[Connection] = []
    target = raw_server(reached.append).base_url

    def redirect(connection: Connection) -> None:
        while connection.read():
            connection.reply(b"", status=301, Location=target)

    base_url = raw_server(redirect).base_url
    told = doctor(tmp_path, **server(base_url))
    line = told.fault("network")
    assert f"redirects {base_url}/models to {target}, and wayfare follows no redirect" in line
    assert line.endswith("; correct the base URL") and not reached


def test_a_server_that_answers_nothing(raw_server: Any, tmp_path: Path) -> None:
    told = doctor(tmp_path, **server(raw_server(lambda connection: None).base_url))
    line = told.fault("network")
    assert "gives no answer: HEAD /models: " in line
    assert line.endswith("; check that the base URL is that of an API, and try again later")


def test_an_answer_that_comes_too_slowly_is_given_up(
    raw_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def drip(connection: Connection) -> None:
        connection.read()
        for letter in b"HTTP/1.1 200 X\r\nX: " + b"y" * 200:
            connection.sock.sendall(bytes([letter]))
            time.sleep(0.05)

    monkeypatch.setattr(way, "ANSWER_SECONDS", 0.5)
    before = time.monotonic()
    with pytest.raises(way.Trouble, match="HEAD /models: "):
        way.head(way.server_of(raw_server(drip).base_url), "/models")
    assert time.monotonic() - before < 4
