"""Signals belong to the host: they reach its threads and interrupt its waiting, and wayfare handles
or ignores none.
"""

from __future__ import annotations

import signal
import socket
import ssl
import struct
import subprocess
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

BLOCKING = ["c.chat('silent')", "[print(e.text, flush=True) for e in c.stream('s')]"]


def calling(host: Any, answering: str, before: str, call: str) -> subprocess.Popen[str]:
    """Starts a process that blocks in this call, after the server has the request."""
    text = f"""
c = client()
c.chat("warm")
def tell():
    while not any(e.state == "reserved" for e in c.entries()): time.sleep(0.005)
    time.sleep(0.2)
    print("ready", flush=True)
class Terminated(Exception): pass
def on_term(*_): raise Terminated
# The default handler of Python, even if the parent ignored the signal.
signal.signal(signal.SIGINT, signal.default_int_handler)
{before}
threading.Thread(target=tell).start()
try:
    {call}
except (KeyboardInterrupt, Terminated) as error:
    print(type(error).__name__, time.time(), flush=True)
"""
    process: subprocess.Popen[str] = host.start(text, answering)
    assert process.stdout
    while (line := process.stdout.readline()) != "ready\n":
        assert line == "Hel\n"
    return process


@pytest.mark.parametrize("call", BLOCKING)
@pytest.mark.parametrize(
    ("number", "before", "raised"),
    [
        (signal.SIGINT, "", "KeyboardInterrupt"),
        (signal.SIGTERM, "signal.signal(signal.SIGTERM, on_term)", "Terminated"),
    ],
)
def test_a_blocking_call_ends_within_100_ms_where_the_handler_raises(
    host: Any, answering: str, call: str, number: signal.Signals, before: str, raised: str
) -> None:
    process = calling(host, answering, before, call)
    sent = time.time()
    process.send_signal(number)
    code, out, complaint = host.end(process, 20)
    assert (code, complaint) == (0, "")
    name, when = out.split()
    assert name == raised and float(when) - sent < 5
    assert host.states() == Counter(settled=1, unknown=1)


@pytest.mark.parametrize("call", BLOCKING)
def test_the_default_action_of_sigterm_ends_the_process_at_once(
    host: Any, answering: str, call: str
) -> None:
    process = calling(host, answering, "", call)
    sent = time.monotonic()
    process.terminate()
    assert host.end(process, 20) == (-signal.SIGTERM, "", "")
    assert time.monotonic() - sent < 5
    assert host.states() == Counter(settled=1, unknown=1)


def test_a_handler_that_returns_does_not_end_the_call(
    host: Any, raw_server: Any, wire: Any
) -> None:
    def serve(connection: Any) -> None:
        while connection.read():
            time.sleep(0.5)
            connection.reply(wire.completion())

    text = """
seen = []
signal.signal(signal.SIGALRM, lambda *_: seen.append(1))
signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
with client() as c: print(c.chat("x").text, len(seen) > 3)
signal.setitimer(signal.ITIMER_REAL, 0)
"""
    assert host.run(text, raw_server(serve).base_url) == "pong True\n"


def reset_while_it_sends(secure: bool, certificate: Path) -> socket.socket:
    """Starts a server that resets each connection in the middle of its first request."""
    listener = socket.create_server(("127.0.0.1", 0))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def accept() -> None:
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            try:
                sock = context.wrap_socket(sock, server_side=True) if secure else sock
                left = 100_000  # reads more than the head, so that part of the body was sent
                while left > 0 and (piece := sock.recv(left)):
                    left -= len(piece)
            except OSError:
                pass
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.close()

    threading.Thread(target=accept, daemon=True).start()
    return listener


@pytest.mark.parametrize("secure", [False, True])
def test_a_connection_that_breaks_under_a_large_body_kills_nobody(
    host: Any, certificates: Any, secure: bool
) -> None:
    text = """
signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # the default in a host that is not Python
c = client()
def lose():
    try: c.chat("x" * 10_000_000)
    except wayfare.Error as error: assert error.code == "connection_lost", error
threads = [threading.Thread(target=lose) for _ in range(5)]
for t in threads: t.start()
for t in threads: t.join()
c.close()
print(signal.getsignal(signal.SIGPIPE) == signal.SIG_DFL)
"""
    certificate, authority = certificates("127.0.0.1")
    listener = reset_while_it_sends(secure, certificate)
    try:
        base_url = f"http{'s' if secure else ''}://127.0.0.1:{listener.getsockname()[1]}/api/v1"
        assert host.run(text, base_url, authority if secure else "") == "True\n"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
    assert host.states() == Counter(unknown=5)


def test_our_threads_block_every_signal_and_no_handler_changes(
    host: Any, secure: tuple[str, Path]
) -> None:
    text = """
def status(thread):
    text = open(f"/proc/self/task/{thread}/status").read()
    return dict(line.split(":\\t", 1) for line in text.splitlines())
def actions(): return [status(os.getpid())[field] for field in ("SigIgn", "SigCgt", "SigBlk")]
def ours():
    others = (os.getpid(), poller.native_id)
    threads = os.listdir("/proc/self/task")
    return {thread: status(thread) for thread in threads if int(thread) not in others}
poller = threading.Thread(target=time.sleep, args=(60,), daemon=True)
poller.start()
before = actions()
assert not ours()
# libcurl looks up a name on its own thread.
c = client(base_url=base_url.replace("127.0.0.1", "localhost"))
seen = {}
def call():
    try: c.chat("x")
    # The certificate is for the address, not for the name.
    except wayfare.Error as error: assert error.code == "tls", error
caller = threading.Thread(target=call)
caller.start()
while caller.is_alive():
    others = {str(os.getpid()), str(poller.native_id), str(caller.native_id)}
    for thread in set(os.listdir("/proc/self/task")) - others:
        try: seen[thread] = status(thread)
        except (OSError, ValueError): pass  # it has ended
list(c.entries())
seen.update(ours())
names = {one["Name"] for one in seen.values()}
assert {"wayfare-io", "wayfare-ledger", "wayfare-report"} <= names, names
# All signals except SIGKILL, SIGSTOP and the two that the C library uses.
everything = (1 << 64) - 1 & ~(1 << 8 | 1 << 18 | 1 << 31 | 1 << 32)
for one in seen.values(): assert int(one["SigBlk"], 16) & everything == everything, one
assert actions() == before
c.close()
assert actions() == before
"""
    host.run(text, *secure)
