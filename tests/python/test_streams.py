"""Many streams at once: a slow reader delays only its own stream, and memory stays limited."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any


def resident_kb() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1])
    raise AssertionError("no VmRSS")


def test_fifty_streams_of_which_one_is_read_by_nobody(
    raw_server: Any, open_client: Any, wire: Any
) -> None:
    chunks, size = 100, 10_000
    piece = wire.delta("x" * size)
    # The bytes sent. True: to the stream that is not read. False: to the others.
    sent: dict[bool, int] = {
        True: 0,
        False: 0,
    }

    def serve(connection: Any) -> None:
        while request := connection.read():
            unread = b"nobody" in request[1]
            connection.head(kind="text/event-stream", Transfer_Encoding="chunked")
            for _ in range(chunks * 40 if unread else chunks):
                connection.chunk(piece)
                sent[unread] += size
            connection.chunk(wire.end)
            connection.chunk(b"")

    client = open_client(raw_server(serve).base_url, idle_timeout=120)

    def read_all(count: int) -> None:
        results: list[int] = []

        def read() -> None:
            with client.stream("read") as stream:
                results.append(sum(len(event.text or "") for event in stream))

        threads = [threading.Thread(target=read) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert results == [chunks * size] * count

    read_all(49)
    before = resident_kb()
    unread = client.stream("nobody reads this")
    time.sleep(0.5)
    # The server has 40 MB for the stream that is not read. Only its mailbox and the socket buffers
    # are filled.
    assert 0 < sent[True] < 16_000_000
    assert resident_kb() - before < 4_000
    stuck = sent[True]
    read_all(49)  # not held up: a stream that waits for another would wait for ever
    assert sent[True] == stuck

    # The unread stream is complete when it is read at last.
    text = sum(len(event.text or "") for event in unread)
    assert text == chunks * 40 * size and unread.reply.text is not None
    assert [row.calls for row in client.usage()] == [99]


def test_many_threads_share_one_client(raw_server: Any, open_client: Any, wire: Any) -> None:
    def serve(connection: Any) -> None:
        while request := connection.read():
            connection.reply(
                wire.completion(text=request[1].decode().split("#")[1], cost="0.000001")
            )

    client = open_client(raw_server(serve).base_url)
    wrong: list[Any] = []

    def call(thread: int) -> None:
        for at in range(25):
            reply = client.chat(f"#{thread}-{at}#", charge_to={"agent": f"a{thread}"})
            if reply.text != f"{thread}-{at}":
                wrong.append(reply)

    threads = [threading.Thread(target=call, args=(thread,)) for thread in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    rows = client.usage(by=["agent"])
    assert len(rows) == 16 and all(row.calls == 25 and str(row.cost) == "0.000025" for row in rows)
    assert len({entry.entry for entry in client.entries()}) == 400
