"""No surprise for the host: Ctrl-C, forks, exits without close, threads at import. Each in a process of its own."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest


def script(text: str, *arguments: str) -> list[str]:
    return [sys.executable, "-W", "ignore::DeprecationWarning", "-c", textwrap.dedent(text), *arguments]


def rows(path: Path, sql: str) -> list[Any]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


OPEN = """
import sys, os, time, threading, wayfare
base_url, ledger = sys.argv[1:3]
def client():
    return wayfare.Client(api_key="sk-or-v1-x", base_url=base_url, ledger=ledger, dialect="openrouter")
"""


@pytest.fixture
def answering(raw_server: Any, wire: Any) -> Any:
    def serve(connection: Any) -> None:
        while request := connection.read():
            if b"silent" in request[1]:
                time.sleep(30)
            elif b'"stream":true' in request[1]:
                connection.head(kind="text/event-stream", Transfer_Encoding="chunked")
                connection.chunk(wire.delta("Hel"))
                time.sleep(30)
            else:
                connection.reply(wire.completion())

    return raw_server(serve)


@pytest.mark.parametrize("call", ["c.chat('silent')", "[print(e.text, flush=True) for e in c.stream('s')]"])
def test_ctrl_c_ends_a_blocking_call_within_100_ms(answering: Any, tmp_path: Path, call: str) -> None:
    text = OPEN + f"""
c = client()
c.chat("warm")
print("ready", flush=True)
try:
    {call}
except KeyboardInterrupt:
    print("interrupted", time.time(), flush=True)
"""
    process = subprocess.Popen(script(text, answering.base_url, str(tmp_path / "l.db")), stdout=subprocess.PIPE, text=True)
    assert process.stdout and process.stdout.readline() == "ready\n"
    time.sleep(0.5)
    sent = time.time()
    process.send_signal(signal.SIGINT)
    line = process.stdout.read().splitlines()[-1].split()
    assert line[0] == "interrupted" and float(line[1]) - sent < 0.1
    assert process.wait(10) == 0
    process.stdout.close()
    assert rows(tmp_path / "l.db", "SELECT state FROM v1_entries UNION ALL SELECT state FROM v1_pending") == [("settled",), ("unknown",)]


@pytest.mark.parametrize("end", ["pass", "os._exit(0)", "sys.exit(0)"])
def test_exit_without_close_with_calls_on_their_way(answering: Any, tmp_path: Path, end: str) -> None:
    text = OPEN + f"""
c = client()
c.chat("warm")
for _ in range(3):
    threading.Thread(target=c.chat, args=("silent",), daemon=True).start()
s = c.stream("s")
next(iter(s))
time.sleep(0.2)
print("leaving", flush=True)
{end}
"""
    began = time.monotonic()
    done = subprocess.run(script(text, answering.base_url, str(tmp_path / "l.db")), capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout, done.stderr) == (0, "leaving\n", "")
    assert time.monotonic() - began < 8
    assert rows(tmp_path / "l.db", "SELECT count(*) FROM v1_entries WHERE state = 'settled'") == [(1,)]
    assert rows(tmp_path / "l.db", "SELECT count(*) FROM v1_pending") == [(4,)]


def test_fork_idle_and_in_the_middle_of_calls(answering: Any, tmp_path: Path) -> None:
    text = OPEN + """
unused = client()
used = client()
used.chat("before")
over = False
done = []
def work():
    while not over:
        used.chat("parent", charge_to={"agent": "parent"})
        done.append(1)
threads = [threading.Thread(target=work) for _ in range(3)]
for t in threads: t.start()
for at in range(10):
    time.sleep(0.02 if at % 2 else 0)
    child = os.fork()
    if child == 0:
        try:
            used.chat("x")
            os._exit(1)
        except wayfare.Error as error:
            if error.code != "forked": os._exit(2)
        unused.chat("child", charge_to={"agent": "child"})
        with client() as new:
            new.chat("child", charge_to={"agent": "child"})
        del used, unused
        import gc; gc.collect()
        sys.exit(0)
    status = os.waitpid(child, 0)[1]
    if status != 0: print("child", status, flush=True)
over = True
for t in threads: t.join()
used.chat("after")
used.close()
print(len(done), flush=True)
"""
    done = subprocess.run(script(text, answering.base_url, str(tmp_path / "l.db")), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stderr == ""
    acknowledged = int(done.stdout)  # a line about a child would not be a number
    assert acknowledged > 0
    counts = dict(rows(tmp_path / "l.db", "SELECT agent, count(*) FROM v1_entries WHERE state = 'settled' GROUP BY agent"))
    assert counts == {"": 2, "parent": acknowledged, "child": 20}
    assert rows(tmp_path / "l.db", "SELECT count(*) FROM v1_pending") == [(0,)]


def test_a_fork_that_lives_on_neither_keeps_connections_open_nor_makes_the_parent_spin(raw_server: Any, wire: Any, tmp_path: Path) -> None:
    left: list[float] = []

    def serve(connection: Any) -> None:
        connection.read()
        connection.head(kind="text/event-stream", Transfer_Encoding="chunked")
        try:
            while True:
                connection.chunk(wire.delta("x"))
                time.sleep(0.01)
        except OSError:
            left.append(time.time())

    text = OPEN + """
c = client()
s = c.stream("s")
next(iter(s))
child = os.fork()  # it inherits the connection, and outlives the call
if child == 0:
    time.sleep(1.5)
    os._exit(0)
s.cancel()
print(time.time(), flush=True)
try:
    list(s)
except wayfare.Error as error:
    assert error.code == "cancelled"
before = time.process_time()
time.sleep(1)
print(time.process_time() - before)
os.waitpid(child, 0)
"""
    server = raw_server(serve)
    done = subprocess.run(script(text, server.base_url, str(tmp_path / "l.db")), capture_output=True, text=True, timeout=30)
    assert done.stderr == ""
    cancelled, spent = map(float, done.stdout.split())
    assert spent < 0.3
    assert left and left[0] - cancelled < 0.7  # while the child still lived


def test_import_and_open_start_nothing(tmp_path: Path) -> None:
    text = """
import os, sys, wayfare
before = set(os.listdir("/proc/self/fd"))
client = wayfare.Client(api_key="x", ledger=sys.argv[1])
assert len(os.listdir("/proc/self/task")) == 1
assert not os.path.exists(sys.argv[1])
assert set(os.listdir("/proc/self/fd")) == before
"""
    subprocess.run(script(text, str(tmp_path / "l.db")), check=True, timeout=20)


def test_opens_and_closes_leave_nothing_behind(answering: Any, tmp_path: Path) -> None:
    text = OPEN + """
def count(): return len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task"))
with client() as c: c.chat("warm"); list(c.entries())
before = count()
for _ in range(50):
    with client() as c: c.chat("x")
time.sleep(0.2)  # a closed socket's lookup thread may still be on its way out
assert count() == before, (before, count())
"""
    subprocess.run(script(text, answering.base_url, str(tmp_path / "l.db")), check=True, timeout=60)
