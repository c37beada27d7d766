"""HTTP/2 streams that the server ends alone. No request is sent twice, and other streams of the
connection go on.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import wayfare
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import DataReceived, StreamEnded
from hyperframe.frame import GoAwayFrame


class Answer:
    """The server's side of one stream."""

    def __init__(self, connection: Connection, stream: int) -> None:
        self.connection, self.stream = connection, stream

    def head(self, kind: str = "text/event-stream") -> None:
        self.connection.do(
            lambda h2: h2.send_headers(self.stream, [(":status", "200"), ("content-type", kind)])
        )

    def data(self, piece: bytes, last: bool = False) -> None:
        self.connection.do(lambda h2: h2.send_data(self.stream, piece, end_stream=last))

    def reset(self, code: int) -> None:
        self.connection.do(lambda h2: h2.reset_stream(self.stream, code))

    def go_away(self, last: int) -> None:
        """Sends GOAWAY: the server has read no stream above `last` and will not read one."""
        self.connection.send(GoAwayFrame(0, last_stream_id=last).serialize())


def acknowledge(size: int, stream: int) -> Callable[[H2Connection], None]:
    return lambda h2: h2.acknowledge_received_data(size, stream)


class Connection:
    def __init__(self, sock: ssl.SSLSocket) -> None:
        self.sock, self.lock = sock, threading.Lock()
        self.h2 = H2Connection(H2Configuration(client_side=False))
        self.do(lambda h2: h2.initiate_connection())

    def do(self, change: Callable[[H2Connection], None]) -> None:
        with self.lock:
            change(self.h2)
            self.sock.sendall(self.h2.data_to_send())

    def send(self, raw: bytes) -> None:
        with self.lock:
            self.sock.sendall(raw)

    def hold(self, back: bool) -> None:
        """What is sent while it is held back arrives at once, in records of TLS of its own."""
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, int(back))

    def requests(self) -> Iterator[tuple[int, bytes]]:
        """Yields each complete request with its stream."""
        bodies: dict[int, bytes] = {}
        while piece := self.sock.recv(65536):
            with self.lock:
                events = self.h2.receive_data(piece)
            for event in events:
                if isinstance(event, DataReceived):
                    bodies[event.stream_id] = bodies.get(event.stream_id, b"") + event.data
                    size, stream = event.flow_controlled_length, event.stream_id
                    self.do(acknowledge(size, stream))
                elif isinstance(event, StreamEnded):
                    yield event.stream_id, bodies.pop(event.stream_id)
            self.do(lambda h2: None)


class Server:
    """Answers a "held" stream in two halves, the second one after release(). For any other request,
    does what its last message says.
    """

    def __init__(self, pem: Path, wire: Any) -> None:
        self.wire, self.released, self.read = wire, threading.Event(), threading.Event()
        self.seen: Counter[bytes] = Counter()
        self.connections, self.plain = 0, b""
        self.held: Answer | None = None
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(pem)
        self.context.set_alpn_protocols(["h2", "http/1.1"])
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.base_url = f"https://127.0.0.1:{self.listener.getsockname()[1]}/api/v1"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(sock,), daemon=True).start()

    def serve(self, sock: socket.socket) -> None:
        try:
            with self.context.wrap_socket(sock, server_side=True) as secure:
                self.connections += 1
                if secure.selected_alpn_protocol() != "h2":
                    self.plain += secure.recv(65536)
                    return
                connection = Connection(secure)
                for stream, body in connection.requests():
                    word = body.split(b'"content":"')[1].split(b'"')[0]
                    self.seen[word] += 1
                    self.answer(Answer(connection, stream), stream, word)
        except OSError:
            pass  # the client has disconnected

    def answer(self, to: Answer, stream: int, word: bytes) -> None:
        how, _, number = word.partition(b" ")
        if how == b"held":
            self.held = to
            to.head()
            to.data(self.wire.delta("Hel"))
            threading.Thread(target=self.finish, args=(to,), daemon=True).start()
        elif how == b"reset":
            to.reset(int(number))
        elif how == b"begin":
            # Resets the stream only after the client has read the data: libcurl drops data that
            # comes together with the reset.
            to.head()
            to.data(self.wire.delta("Hel"))
            assert self.read.wait(30)
            to.reset(int(number))
        elif how == b"half":
            to.head("application/json")
            to.data(self.wire.completion()[:30])
            to.reset(int(number))
        elif how == b"leave":  # leaves the request unread
            to.go_away(stream - 2)
        else:
            to.head("application/json")
            to.connection.hold(True)
            to.data(self.wire.completion(), last=True)
            if how == b"last":  # the connection accepts no more streams
                to.go_away(stream)
            if how == b"more":  # of the answer that is held
                assert self.held
                self.held.data(self.wire.delta("and"))
            to.connection.hold(False)
            if how == b"ping":
                for _ in range(20):
                    to.connection.do(lambda h2: h2.ping(b"12345678"))

    def finish(self, to: Answer) -> None:
        if self.released.wait(30):
            to.data(self.wire.delta("lo"))
            to.data(self.wire.end, last=True)

    def close(self) -> None:
        self.released.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


@pytest.fixture
def server(certificates: Any, wire: Any) -> Iterator[Server]:
    made = Server(certificates("127.0.0.1")[0], wire)
    yield made
    made.close()


@pytest.fixture
def client(server: Server, certificates: Any, open_client: Any) -> wayfare.Client:
    made: wayfare.Client = open_client(server.base_url, ca_file=str(certificates("127.0.0.1")[1]))
    return made


def text_of(stream: wayfare.Stream) -> str:
    return "".join(event.text or "" for event in stream)


def state_of(client: wayfare.Client, request: str) -> list[tuple[str, str | None]]:
    return [(entry.state, entry.error) for entry in client.entries() if entry.request_id == request]


# Two of these codes ask to send the request again: REFUSED_STREAM and HTTP_1_1_REQUIRED.
CODES = [code for code in ErrorCodes if code != ErrorCodes.NO_ERROR]


@pytest.mark.parametrize("code", CODES, ids=lambda code: str(code.name))
def test_a_stream_that_is_reset_before_its_head(
    server: Server, client: wayfare.Client, code: ErrorCodes
) -> None:
    with client.stream("held") as other:
        assert next(other).text == "Hel"
        for call in (client.chat, lambda *a, **k: text_of(client.stream(*a, **k))):
            with pytest.raises(wayfare.Error) as lost:
                call(f"reset {int(code)}", request_id="mine")
            assert lost.value.code == "connection_lost" and lost.value.retryable
            assert ("sent again" in str(lost.value)) == (
                code in (ErrorCodes.REFUSED_STREAM, ErrorCodes.HTTP_1_1_REQUIRED)
            )
        server.released.set()
        assert text_of(other) == "lo"
    assert state_of(client, "mine") == [("unknown", "connection_lost")] * 2
    assert server.seen == {b"held": 1, f"reset {int(code)}".encode(): 2} and server.plain == b""
    assert client.chat("again").text == "pong"


@pytest.mark.parametrize("code", CODES, ids=lambda code: str(code.name))
def test_a_stream_that_is_reset_within(
    server: Server, client: wayfare.Client, code: ErrorCodes
) -> None:
    with client.stream("held") as other:
        assert next(other).text == "Hel"
        with (
            pytest.raises(wayfare.Error) as broken,
            client.stream(f"begin {int(code)}", request_id="mine") as stream,
        ):
            assert next(stream).text == "Hel"
            server.read.set()
            text_of(stream)
        assert (
            broken.value.code == "stream_broken"
            and broken.value.reply is not None
            and broken.value.reply.text == "Hel"
        )
        with pytest.raises(wayfare.Error) as half:
            client.chat(f"half {int(code)}", request_id="half")
        server.released.set()
        assert text_of(other) == "lo"
    assert state_of(client, "mine") == [("unknown", "stream_broken")]
    assert state_of(client, "half") == [("unknown", half.value.code)]
    assert half.value.code == "connection_lost"
    assert set(server.seen.values()) == {1}
    assert client.chat("again").text == "pong"


def test_a_connection_that_is_left_with_a_request_unread(
    server: Server, client: wayfare.Client
) -> None:
    with client.stream("held") as other:
        assert next(other).text == "Hel"
        with pytest.raises(wayfare.Error) as lost:
            client.chat("leave", request_id="mine")
        server.released.set()
        assert text_of(other) == "lo"
    assert lost.value.code == "connection_lost"
    assert state_of(client, "mine") == [("unknown", "connection_lost")]
    assert server.seen == {b"held": 1, b"leave": 1}
    assert client.chat("again").text == "pong"


def test_a_connection_that_takes_no_more(server: Server, client: wayfare.Client) -> None:
    with client.stream("held") as other:
        assert next(other).text == "Hel"
        assert client.chat("last").text == "pong"
        assert client.chat("again").text == "pong"
        server.released.set()
        assert text_of(other) == "lo"
    assert server.connections == 2
    assert [entry.state for entry in client.entries()] == ["settled"] * 3


def test_a_piece_that_comes_with_the_end_of_another_answer(
    server: Server, client: wayfare.Client
) -> None:
    with client.stream("held") as other:
        assert next(other).text == "Hel"
        for _ in range(20):
            assert client.chat("more").text == "pong"
            since = time.monotonic()
            assert next(other).text == "and"
            assert time.monotonic() - since < 5
        server.released.set()
        assert text_of(other) == "lo"
    assert server.connections == 1


def test_frames_on_an_idle_connection_do_not_cost_it(
    server: Server, client: wayfare.Client
) -> None:
    for _ in range(5):
        assert client.chat("ping").text == "pong"
        time.sleep(0.05)  # the frames arrive
    assert server.connections == 1


def test_a_fork_while_streams_run(server: Server, host: Any, certificates: Any) -> None:
    text = """
c = client()
streams = [c.stream("held") for _ in range(4)]
for s in streams: assert next(s).text == "Hel"
for leave in (os._exit, sys.exit):
    child = os.fork()
    if child == 0:
        for call in (lambda: list(streams[0]), lambda: streams[1].reply):
            try: call()
            except wayfare.Error as error: assert error.code == "forked", error
            else: os._exit(9)
        streams[2].cancel()
        assert c.chat("child").text == "pong"
        with client() as new: assert new.chat("child").text == "pong"
        del streams, s
        gc.collect()
        leave(0)
    assert os.waitpid(child, 0)[1] == 0
print("forked", flush=True)
assert c.chat("after").text == "pong"
for s in streams: assert s.reply.text == "Hello", s.reply.text
c.close()
"""
    process = host.start(text, server.base_url, certificates("127.0.0.1")[1])
    assert process.stdout.readline() == "forked\n"
    server.released.set()
    assert host.end(process, 60) == (0, "", "")
    assert host.states() == {"settled": 9}
    assert server.seen == {b"held": 4, b"child": 4, b"after": 1} and server.connections == 5
