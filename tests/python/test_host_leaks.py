"""Clients, calls and threads that come and go leak no memory, no thread, no descriptor and no
Python object.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

pytestmark = pytest.mark.slow

MEASURE = """
import ctypes
class Mallinfo(ctypes.Structure):
    names = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"
    _fields_ = [(name, ctypes.c_size_t) for name in names.split()]
try:
    mallinfo = ctypes.CDLL(None).mallinfo2
    mallinfo.restype = Mallinfo
except AttributeError:  # not glibc
    mallinfo = Mallinfo

def held():
    '''(descriptors, threads), then memory: in use, in Python's blocks, of the whole process.'''
    until = time.monotonic() + 10
    # A joined thread of libcurl, which looked up a name, may take a moment to disappear.
    while True:
        now = len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task"))
        if time.monotonic() > until or now == first: break
        time.sleep(0.01)
    gc.collect()
    used = mallinfo()
    resident = int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return now, used.uordblks + used.hblkhd, sys.getallocatedblocks(), resident

first = len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task"))
def compare(step, count, bytes_a_step=100):
    for _ in range(count // 2): step()
    half = held()
    for _ in range(count // 2): step()
    whole = held()
    assert half[0] == whole[0] == first, (first, half, whole)
    assert whole[1] - half[1] < bytes_a_step * count // 2, (half, whole)
    assert whole[2] - half[2] < count // 4 + 200, (half, whole)
    assert whole[3] - half[3] < 4 << 20, (half, whole)
"""

ONCE = {
    "an open and a close": "with client(): pass",
    "a client that is dropped": "client()",
    "a call": "with client() as c: c.chat('x')",
    "a stream and a report": (
        "with client() as c: assert c.stream('whole').reply.text == 'Hello' and c.usage()"
    ),
    "a stream that is left": "c = client(); next(c.stream('s')); c.close()",
    "a refusal": """
    try:
        with client() as c: c.chat([], bad=object())
    except wayfare.Error as error: assert error.code == 'invalid'
""",
}


def test_import_and_open_start_nothing(host: Any) -> None:
    text = """
before = set(os.listdir("/proc/self/fd"))
one = client()
assert len(os.listdir("/proc/self/task")) == 1
assert not os.path.exists(ledger)
assert set(os.listdir("/proc/self/fd")) == before
"""
    host.run(text, "http://127.0.0.1:9/api/v1")


@pytest.mark.parametrize("what", ONCE)
def test_a_thousand_opens_and_closes(host: Any, answering: str, rounds: int, what: str) -> None:
    count = 1000 if rounds >= 200 or "stream" not in what else 300
    text = MEASURE + (
        f"def step():\n    {ONCE[what].strip()}\nfor _ in range(20): step()\ncompare(step, "
        f"{count})\n"
    )
    host.run(text, answering, timeout=300)


def test_a_thousand_opens_and_closes_over_tls(host: Any, secure: Any) -> None:
    host.run(
        MEASURE
        + (
            "def step():\n    with client() as c: c.chat('x')\nfor _ in range(20): "
            "step()\ncompare(step, 300)\n"
        ),
        *secure,
        timeout=300,
    )


def test_threads_that_come_and_go(host: Any, answering: str) -> None:
    text = """
with client() as c:
    c.chat("x")
    list(c.entries(since="2999-01-01"))
    first = len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task"))
    def step():
        thread = threading.Thread(target=lambda: c.chat("x") and c.stream("whole").reply)
        thread.start()
        thread.join()
    for _ in range(50): step()
    compare(step, 600, 1000)  # SQLite's cache grows with the ledger, up to 2 MB
"""
    host.run(MEASURE + text, answering, timeout=300)
    assert host.states() == Counter(settled=1301)
