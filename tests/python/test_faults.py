"""Every fault of the sandbox, and of a raw socket server at each phase of an answer, through plain
calls, streams and asyncio. For each fault: the code, the attempts, their states in the ledger, and
the time past the deadline.

`./run faults` prints the table. The test compares it with tests/golden/faults.txt.
WAYFARE_GOLDEN_WRITE=1 writes that file.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
import wayfare
from wayfare.sandbox import Sandbox, faults

pytestmark = pytest.mark.slow

GOLDEN = Path(__file__).resolve().parent.parent / "golden" / "faults.txt"
KEY = "sk-or-v1-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
DEADLINE = 2.5  # seconds for each call, with one retry
MODES = ("plain", "stream", "async")

PLAIN = (
    b'{"id":"gen-1","choices":[{"index":0,"finish_reason":"stop","message":{"content":"Hello"}}],'
    b'"usage":{"prompt_tokens":1,"cost":0.1}}'
)
STREAM = [
    b": OPENROUTER PROCESSING\n\n",
    b'data: {"id":"gen-1","choices":[{"index":0,"delta":{"content":"Hel"}}]}\n\n',
    (
        b"data: "
        b'{"id":"gen-1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],'
        b'"usage":{"prompt_tokens":1,"cost":0.1}}\n\n'
    ),
    b"data: [DONE]\n\n",
]
ACTS = ("close", "reset", "stall", "garbage")


class Cell(NamedTuple):
    code: str  # "done", or the code of the call's error
    attempts: str  # the end of each attempt
    states: str  # the states of their entries in the ledger
    late: float  # seconds past the deadline


# ---- A server with one fault at one phase of its answer.


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def _phases(streamed: bool) -> dict[str, bytes]:
    """Returns the bytes that are sent before the fault, by phase."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\n" % (
        b"text/event-stream" if streamed else b"application/json"
    )
    if streamed:
        head += b"Transfer-Encoding: chunked\r\n\r\n"
        first, content, usage, done = (_chunk(part) for part in STREAM)
        body = {
            "body": first,
            "content": first + content,
            "usage": first + content + usage,
            "end": first + content + usage + done,
        }
    else:
        head += b"Content-Length: %d\r\n\r\n" % len(PLAIN)
        body = {"body": PLAIN[:1], "content": PLAIN[:80], "usage": PLAIN[:-1], "end": PLAIN}
    return {
        "request": b"",
        "status": head[:12],
        "headers": head[:30],
        "head": head,
        **{name: head + sent for name, sent in body.items()},
    }


def _read_request(sock: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += sock.recv(65536) or b"\r\n\r\n"
    head, _, body = data.partition(b"\r\n\r\n")
    size = next(
        (
            int(line[15:])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length:")
        ),
        0,
    )
    while len(body) < size:
        body += sock.recv(65536)
    return body


def _act(sock: socket.socket, phase: str, act: str) -> None:
    if phase != "accept":
        body = _read_request(sock)
        sock.sendall(_phases(b'"stream":true' in body)[phase])
        # The client reads it before the next bytes. A reset throws away what is not read yet.
        time.sleep(0.4 if act == "reset" else 0.05)
    if act == "garbage":
        sock.sendall(b"\xff\xfe{]garbage\x00\r\n\r\n")
    if act == "reset":
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    if act == "stall":
        sock.recv(1 << 20) if phase != "accept" else time.sleep(12 * DEADLINE)
    sock.close()


@contextmanager
def _raw_server(phase: str, act: str) -> Iterator[str]:
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)

    def accept() -> None:
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=one, args=(sock,), daemon=True).start()

    def one(sock: socket.socket) -> None:
        with contextlib.suppress(OSError):  # the client was faster
            _act(sock, phase, act)

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/api/v1"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


# ---- One call, in one of the modes.


async def _await(model: str, base_url: str, ledger: str) -> None:
    async with (
        wayfare.AsyncClient(
            api_key=KEY, base_url=base_url, ledger=ledger, dialect="openrouter"
        ) as client,
        client.stream(
            "Hello", route={"model": model, "deadline": DEADLINE, "retries": 1}
        ) as stream,
    ):
        async for _ in stream:
            pass


def _call(mode: str, model: str, base_url: str, ledger: str) -> Cell:
    """Makes the call with a ledger of its own."""
    route: wayfare.types.Route = {"model": model, "deadline": DEADLINE, "retries": 1}
    error: wayfare.Error | None = None
    began = time.monotonic()
    with wayfare.Client(
        api_key=KEY, base_url=base_url, ledger=ledger, dialect="openrouter"
    ) as client:
        try:
            if mode == "async":
                asyncio.run(_await(model, base_url, ledger))
            elif mode == "stream":
                with client.stream("Hello", route=route) as stream:
                    for _ in stream:
                        pass
            else:
                client.chat("Hello", route=route)
        except wayfare.Error as raised:
            error = raised
        late = time.monotonic() - began - DEADLINE
        entries = sorted(client.entries(), key=lambda entry: entry.entry)
    ends = ", ".join(entry.error or "done" for entry in entries)
    return Cell(
        error.code if error else "done", ends, ", ".join(entry.state for entry in entries), late
    )


def _cases() -> list[tuple[str, str, str]]:
    """Yields for each fault: its name, the sandbox's model ("" for the raw server), and the raw
    server's phase and act.
    """
    skipped = {"slow", "long", "big", "bytes"}  # these are only slow or large
    of_sandbox = [(name, f"sandbox/{name}", "") for name in faults.FAULTS if name not in skipped]
    of_sockets = [
        (f"{act} at {phase}", "", f"{phase} {act}")
        for phase in ("accept", *_phases(True))
        for act in ACTS
    ]
    return of_sandbox + of_sockets


def matrix() -> dict[str, list[Cell]]:
    """Runs each fault in each of MODES. Returns a cell for each."""
    rows: dict[str, list[Cell]] = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        Sandbox() as sandbox,
        ThreadPoolExecutor(16) as pool,
    ):

        def row(case: tuple[str, str, str]) -> list[Cell]:
            fault, model, raw = case
            ledgers = {mode: str(Path(folder) / f"{fault}, {mode}.db") for mode in MODES}
            if model:
                return [_call(mode, model, sandbox.base_url, ledgers[mode]) for mode in MODES]
            phase, act = raw.split()
            with _raw_server(phase, act) as base_url:
                return [_call(mode, "raw/model", base_url, ledgers[mode]) for mode in MODES]

        cases = _cases()
        for case, cells in zip(cases, pool.map(row, cases)):
            rows[case[0]] = cells
    return rows


def lines(rows: dict[str, list[Cell]], times: bool) -> list[str]:
    """The table as text. Modes with equal results share one line."""
    out = []
    for fault, cells in rows.items():
        told: dict[tuple[str, str, str], list[int]] = {}
        for at, cell in enumerate(cells):
            told.setdefault(cell[:3], []).append(at)
        for (code, attempts, states), modes in told.items():
            words = "all" if len(modes) == len(MODES) else ", ".join(MODES[at] for at in modes)
            late = f"{max(0.0, *(cells[at].late for at in modes)) * 1000:8.0f}" if times else ""
            out.append(
                f"{fault:<22} {words:<14} {code:<20} {attempts:<42} {states:<20}{late}".rstrip()
            )
    return out


HEAD = f"{'fault':<22} {'mode':<14} {'code':<20} {'attempts':<42} {'ledger':<20}"


def _is_settled_by_chance(fault: str) -> bool:
    """Whether the server acts before it reads. Then it is random whether the network had the
    request before.
    """
    return fault.endswith("at accept") and not fault.startswith("stall")


def test_every_fault_gives_the_code_the_attempts_and_the_states_of_the_golden_table() -> None:
    rows = matrix()
    for fault in filter(_is_settled_by_chance, list(rows)):
        for cell in rows.pop(fault):
            ends = set(zip(cell.attempts.split(", "), cell.states.split(", ")))
            assert ends <= {("connect", "void"), ("connection_lost", "unknown")}, (fault, cell)
    told = "\n".join([HEAD.rstrip(), *lines(rows, times=False)]) + "\n"
    if os.environ.get("WAYFARE_GOLDEN_WRITE"):
        GOLDEN.write_text(told)
    assert told == GOLDEN.read_text()
    late = {fault: max(cell.late for cell in cells) for fault, cells in rows.items()}
    # A loose limit, because other tests may run at the same time. The table has the exact times.
    assert max(late.values()) < 10, late


def main() -> None:
    rows = matrix()
    print(f"{HEAD}{'late, ms':>8}", *lines(rows, times=True), sep="\n")
    worst = max(cell.late for cells in rows.values() for cell in cells)
    print(
        f"\n{sum(map(len, rows.values()))} calls; deadline {DEADLINE:g} s, passed by "
        f"{max(0.0, worst) * 1000:.0f} ms at most; one retry"
    )
    sys.exit(0 if worst <= 0.2 else 1)


if __name__ == "__main__":
    main()
