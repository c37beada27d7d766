"""The way to the server of the base URL, step by step: name, connection, proxy, TLS, request.

The library says only that a step failed. These steps say why. They follow the rules of the library:
https is verified, no redirect is followed, plain http uses no proxy, and all has a limit.
"""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import http.client
import os
import queue
import socket
import ssl
import threading
import time
import urllib.parse
import urllib.request

import wayfare

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

SECONDS = 5.0  # for each step
ANSWER_SECONDS = 15.0  # for the whole of a handshake, and of an answer
WORDS_MAX = 200  # of the server


@dataclasses.dataclass(frozen=True)
class Proxy:
    """``place`` is the variable. ``login`` is not shown, because it has a password."""

    place: str
    scheme: str
    host: str
    port: int
    login: str = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True)
class Server:
    https: bool
    host: str
    port: int
    path: str  # of the base URL
    proxy: Proxy | None


@dataclasses.dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    sent: float  # the time of this machine when the request was sent, and when the head came
    came: float


class Trouble(Exception):
    """A step that failed: its name, what happened, and the exception beneath it."""

    def __init__(self, step: str, why: str, cause: BaseException | None = None) -> None:
        super().__init__(why)
        self.step = step
        self.cause = cause


def server_of(base_url: str) -> Server:
    """The server of a base URL that the library has accepted."""
    url = urllib.parse.urlsplit(base_url)
    https = url.scheme == "https"
    host = url.hostname or ""
    port = url.port or (443 if https else 80)
    return Server(https, host, port, url.path, _proxy(host, port) if https else None)


def _proxy(host: str, port: int) -> Proxy | None:
    if urllib.request.proxy_bypass_environment(f"{host}:{port}"):  # type: ignore[attr-defined]
        return None
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        if text := os.environ.get(name):
            try:
                url = urllib.parse.urlsplit(text if "://" in text else f"http://{text}")
                port = url.port or (1080 if url.scheme.startswith("socks") else 3128)
            except ValueError:
                raise Trouble("proxy", f"{name} is not the address of a proxy") from None
            if not url.hostname:
                raise Trouble("proxy", f"{name} has no host")
            words = (url.username, url.password)
            login = ":".join(urllib.parse.unquote(word) for word in words if word is not None)
            return Proxy(name, url.scheme, url.hostname or "", port, login)
    return None


def authorities() -> tuple[str, str | None, str | None]:
    """Where the certificates of authorities are: the place, a file and a folder."""
    for name in ("SSL_CERT_FILE", "CURL_CA_BUNDLE"):
        if path := os.environ.get(name):
            return f"{path} ({name})", path, None
    if path := os.environ.get("SSL_CERT_DIR"):
        return f"{path} (SSL_CERT_DIR)", None, path
    return "those of the system", None, None


def resolve(host: str) -> list[str]:
    """The addresses of a host. The system's look-up has no limit, so a thread makes it."""
    found: queue.SimpleQueue[list[Any] | OSError] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            found.put(socket.getaddrinfo(host, None, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            found.put(error if isinstance(error, OSError) else OSError(str(error)))

    threading.Thread(target=look_up, daemon=True).start()
    try:
        answer = found.get(timeout=SECONDS)
    except queue.Empty:
        raise Trouble("dns", f"no name server answered within {SECONDS:g} s") from None
    if isinstance(answer, OSError):
        raise Trouble("dns", answer.strerror or str(answer), answer)
    return list(dict.fromkeys(one[4][0] for one in answer))


def connect(host: str, port: int) -> socket.socket:
    resolve(host)
    try:
        return socket.create_connection((host, port), timeout=SECONDS)
    except TimeoutError as error:
        raise Trouble("connect", f"nothing answered within {SECONDS:g} s", error) from None
    except OSError as error:
        raise Trouble("connect", error.strerror or str(error), error) from None


def through(proxy: Proxy, sock: socket.socket, server: Server) -> None:
    """Asks the proxy for a connection to the server."""
    host = f"[{server.host}]" if ":" in server.host else server.host
    lines = [f"CONNECT {host}:{server.port} HTTP/1.1", f"Host: {host}:{server.port}"]
    if proxy.login:
        lines.append(
            f"Proxy-Authorization: Basic {base64.b64encode(proxy.login.encode()).decode()}"
        )
    try:
        sock.sendall("\r\n".join([*lines, "", ""]).encode())
        answer = http.client.HTTPResponse(sock, method="CONNECT")
        answer.begin()
    except (OSError, http.client.HTTPException) as error:
        raise Trouble("proxy", str(error) or type(error).__name__, error) from None
    if answer.status != 200:
        raise Trouble("proxy", f"it answers with status {answer.status} {answer.reason}".strip())


def secure(sock: socket.socket, server: Server) -> ssl.SSLSocket:
    place, file, folder = authorities()
    try:
        context = ssl.create_default_context(cafile=file, capath=folder)
    except OSError as error:  # ssl.SSLError is one
        raise Trouble("authorities", f"{place} cannot be read: {error.strerror}", error) from None
    try:
        return context.wrap_socket(sock, server_hostname=server.host)
    except ssl.SSLCertVerificationError as error:
        raise Trouble("certificate", error.verify_message, error) from None
    except OSError as error:
        raise Trouble("tls", getattr(error, "reason", None) or str(error), error) from None


@contextlib.contextmanager
def limited(sock: socket.socket) -> Iterator[None]:
    """Ends the connection if this takes longer than ANSWER_SECONDS in all."""
    other = socket.socket(fileno=os.dup(sock.fileno()))  # TLS takes the descriptor of the first one

    def end() -> None:
        with contextlib.suppress(OSError):
            other.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(ANSWER_SECONDS, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        other.close()


def open_way(server: Server) -> socket.socket:
    """A connection to the server, with TLS where the base URL has https. Raises Trouble."""
    if server.proxy is None:
        sock = connect(server.host, server.port)
    else:
        try:
            sock = connect(server.proxy.host, server.proxy.port)
        except Trouble as trouble:
            raise Trouble(f"proxy {trouble.step}", str(trouble), trouble.cause) from None
    try:
        with limited(sock):
            if server.proxy is not None:
                through(server.proxy, sock, server)
            return secure(sock, server) if server.https else sock
    except BaseException:
        sock.close()
        raise


def head(server: Server, path: str) -> Answer:
    """One request, without the key, on a connection of its own. Raises Trouble."""
    headers = {"Accept": "application/json", "User-Agent": f"wayfare/{wayfare.__version__}"}
    sock = open_way(server)
    connection = http.client.HTTPConnection(server.host, server.port)
    connection.auto_open = 0
    connection.sock = sock
    try:
        with limited(sock):
            sent = time.time()
            connection.request("HEAD", server.path + path, headers=headers)
            response = connection.getresponse()
            return Answer(response.status, response.headers, sent, time.time())
    except (OSError, ValueError, http.client.HTTPException) as error:
        why = (str(error) or type(error).__name__)[:WORDS_MAX]
        raise Trouble("answer", f"HEAD {path}: {why}", error) from None
    finally:
        sock.close()
