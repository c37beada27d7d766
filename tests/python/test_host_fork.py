"""A host that forks. In the child an unused client works, a used client opens itself again, and a
new client works. A stream of the parent and a ledger in memory raise "forked" there. The parent is
not affected.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

import pytest

pytestmark = pytest.mark.slow

# Runs checks in a child. The child exits with a different status for each failed check.
CHILD = """
def refused(call, status):
    try: call()
    except wayfare.Error as error:
        if error.code == "forked": return
        print("child:", error, flush=True)
    os._exit(status)

def check_child(used, unused=None):
    used.chat("child", charge_to={"agent": "child"})
    if not any(row.agent == "child" for row in used.usage(by=["agent"])): os._exit(13)
    if unused: unused.chat("child", charge_to={"agent": "child"})
    with client() as new:
        new.chat("child", charge_to={"agent": "child"})
        if not any(row.agent == "child" for row in new.usage(by=["agent"])): os._exit(15)
"""


@pytest.mark.parametrize("leave", ["os._exit(0)", "sys.exit(0)"])
def test_fork_idle_and_in_the_middle_of_calls(
    host: Any, answering: str, rounds: int, leave: str
) -> None:
    text = (
        CHILD
        + f"""
unused, used = client(), client()
used.chat("before")
over = False
done = []
def work():
    while not over:
        used.chat("parent", charge_to={{"agent": "parent"}})
        done.append(1)
threads = [threading.Thread(target=work) for _ in range(3)]
for t in threads: t.start()
for at in range(int(arguments[0])):
    time.sleep(0.02 if at % 2 else 0)
    child = os.fork()
    if child == 0:
        check_child(used, unused)
        del used, unused
        gc.collect()
        {leave}
    status = os.waitpid(child, 0)[1]
    if status != 0: print("child", os.waitstatus_to_exitcode(status), flush=True)
over = True
for t in threads: t.join()
used.chat("after")
used.close()
print(len(done), flush=True)
"""
    )
    children = 3 * rounds
    # int() fails if a child printed a line.
    acknowledged = int(host.run(text, answering, "", str(children), timeout=60 + children))
    assert acknowledged > 0
    counts = dict(
        host.rows("SELECT agent, count(*) FROM v1_entries WHERE state = 'settled' GROUP BY agent")
    )
    assert counts == {"": 2, "parent": acknowledged, "child": 3 * children}
    assert host.states() == Counter(settled=sum(counts.values()))


def test_streams_of_the_parent_are_whole_after_a_fork_in_their_middle(
    host: Any, tls_server: Any, certificates: Any, answering: str, wire: Any
) -> None:
    def serve(connection: Any) -> None:
        while connection.read():
            connection.head(kind="text/event-stream", Transfer_Encoding="chunked")
            for number in range(40):
                connection.chunk(wire.delta(f"{number} "))
                time.sleep(0.01)
            connection.chunk(wire.end)
            connection.chunk(b"")

    text = (
        CHILD
        + """
c = client()
streams = [c.stream("s") for _ in range(8)]
for s in streams: next(s)
for leave in [os._exit, sys.exit] * 2:
    child = os.fork()
    if child == 0:
        refused(lambda: list(streams[0]), 16)
        refused(lambda: streams[1].reply, 17)
        streams[2].cancel()
        with client(base_url=arguments[0]) as new: new.chat("child")
        del streams, s
        gc.collect()
        leave(0)
    assert os.waitpid(child, 0)[1] == 0
whole = "".join(f"{number} " for number in range(40))
for s in streams: assert s.reply.text == whole, s.reply.text
c.close()
"""
    )
    pem, authority = certificates("127.0.0.1")
    host.run(text, tls_server(pem, serve), authority, answering)


def test_a_fork_that_lives_on_neither_keeps_connections_open_nor_makes_the_parent_spin(
    host: Any, raw_server: Any, wire: Any
) -> None:
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

    text = """
c = client()
s = c.stream("s")
next(iter(s))
child = os.fork()  # the child inherits the connection and lives longer than the call
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
    cancelled, spent = map(float, host.run(text, raw_server(serve).base_url).split())
    assert spent < 0.3
    assert left and left[0] - cancelled < 0.7  # while the child was still alive


def test_a_program_that_the_host_starts_gets_no_connection_and_no_file(
    host: Any, secure: Any
) -> None:
    text = """
import re, subprocess
c = client()
c.chat("warm")
stream = c.stream("s")
next(stream)
list(c.entries())
names = ["readlink", *(f"/proc/self/fd/{number}" for number in range(100))]
# A program that is started without closing descriptors.
found = subprocess.run(names, close_fds=False, capture_output=True, text=True).stdout.split()
tcp = {line.split()[9] for line in open("/proc/net/tcp").readlines()[1:]}
def is_ours(name): return name.startswith(ledger) or re.sub(r"\\D", "", name) in tcp
assert found and not [name for name in found if is_ours(name)], found
assert any(is_ours(os.readlink("/proc/self/fd/" + fd)) for fd in os.listdir("/proc/self/fd")
           if os.path.islink("/proc/self/fd/" + fd))
"""
    host.run(text, *secure)


def test_many_forks_under_many_threads(host: Any, answering: str, rounds: int) -> None:
    """Threads call, stream, report, open and close without a pause. No child must inherit a lock
    that is never released.
    """
    text = (
        CHILD
        + """
used = client()
used.chat("before")
over = False
def work(step):
    while not over: step()
def come_and_go():
    with client() as one: one.chat("x")
steps = [lambda: used.chat("x"), lambda: used.stream("whole").reply,
         lambda: list(used.stream("whole")), lambda: used.usage(by=["agent"]),
         lambda: next(used.entries(), None), come_and_go]
threads = [threading.Thread(target=work, args=(step,), daemon=True) for step in steps]
for t in threads: t.start()
children = []
def reap():
    status = os.waitstatus_to_exitcode(os.waitpid(children.pop(0), 0)[1])
    assert status == 0, status
for at in range(int(arguments[0])):
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        check_child(used)
        if at % 2: os._exit(0)
        sys.exit(0)
    children.append(child)
    if len(children) > 3: reap()
while children: reap()
over = True
for t in threads: t.join()
used.close()
"""
    )
    children = 4 * rounds
    host.run(text, answering, "", str(children), timeout=60 + 2 * children)
    states = host.states()
    assert set(states) == {"settled"}
    assert host.rows("SELECT count(*) FROM v1_entries WHERE agent = 'child'") == [(2 * children,)]


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing(host: Any, answering: str, method: str) -> None:
    text = """
import concurrent.futures, multiprocessing
unused = client()

def work(number):
    return unused.chat("x", charge_to={"run": str(number)}).text

if __name__ == "__main__":
    with client() as used:
        used.chat("before")
        how = multiprocessing.get_context(arguments[0])
        with how.Pool(2) as pool: assert pool.map(work, range(6)) == ["pong"] * 6
        with concurrent.futures.ProcessPoolExecutor(2, mp_context=how) as pool:
            assert list(pool.map(work, range(6, 12))) == ["pong"] * 6
        one = how.Process(target=work, args=(12,))
        one.start()
        one.join()
        assert one.exitcode == 0
        used.chat("after")
"""
    host.run(text, answering, "", method)
    # A process of a pool ends without its exit handlers, or by a signal.
    assert host.states() == Counter(settled=15)
    assert len(host.rows("SELECT DISTINCT run FROM v1_entries")) == 14
