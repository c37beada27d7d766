"""A host that exits without closing its clients, while streams and daemon threads have calls over
TLS in flight.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

IN_FLIGHT = """
c = client()
c.chat("warm")
for _ in range(3):
    threading.Thread(target=c.chat, args=("silent",), daemon=True).start()
streams = [c.stream("s") for _ in range(3)]
for s in streams: next(s)
threading.Thread(target=list, args=(streams[0],), daemon=True).start()
while sum(e.state == "reserved" for e in c.entries()) < 6: time.sleep(0.005)
print("leaving", flush=True)
"""

ENDS = {
    "the end of the script": ("", 0),
    "sys.exit": ("sys.exit(3)", 3),
    "an exception": ("raise ValueError('of the host')", 1),
    "os._exit": ("os._exit(4)", 4),
    "SIGTERM": ("os.kill(os.getpid(), signal.SIGTERM); time.sleep(60)", -15),
    "SIGKILL": ("os.kill(os.getpid(), signal.SIGKILL); time.sleep(60)", -9),
    "a thread that ends later": (
        (
            "threading.Thread(target=lambda: (time.sleep(0.05), "
            "streams.append(c.stream('s')), next(streams[-1]))).start()"
        ),
        0,
    ),
    "exec": ("os.execv('/bin/sh', ['sh', '-c', 'exit 5'])", 5),
}


@pytest.mark.parametrize("how", ENDS)
def test_exit_without_close(host: Any, secure: tuple[str, Path], rounds: int, how: str) -> None:
    end, expected = ENDS[how]
    in_flight = 6 + ("thread" in how)
    for at in range(1, rounds + 1):
        began = time.monotonic()
        code, out, complaint = host.end(host.start(IN_FLIGHT + end, *secure), 30)
        assert (code, out) == (expected, "leaving\n"), complaint
        assert time.monotonic() - began < 10
        assert complaint == "" or (
            how == "an exception" and complaint.splitlines()[-1] == "ValueError: of the host"
        )
        if at in (1, rounds):  # in the other rounds the next process opens the ledger
            assert host.states() == Counter(settled=at, unknown=in_flight * at)


def test_exit_while_daemon_threads_call_without_a_pause(
    host: Any, secure: tuple[str, Path], rounds: int
) -> None:
    """The network's thread is in the TLS library most of the time. One of the clients is
    unreachable.
    """
    text = """
def work():
    c = client()
    while True: c.chat("x" * 20_000); c.stream("whole").reply; os.write(1, b".")
for _ in range(6): threading.Thread(target=work, daemon=True).start()
time.sleep(0.3)
"""
    for _ in range(2 * rounds):
        code, out, complaint = host.end(host.start(text, *secure), 30)
        assert (code, complaint, set(out)) == (0, "", {"."})
    states = host.states()
    assert (
        set(states) <= {"settled", "unknown", "void"}
        and states["unknown"] <= 12 * rounds
        and states["settled"] > 12 * rounds
    )


def test_threads_that_the_host_waits_for_finish_their_calls(
    host: Any, secure: tuple[str, Path], rounds: int
) -> None:
    text = """
c = client()
c.chat("warm")
def work():
    for _ in range(5): assert c.chat("x").text == "pong"
    assert "".join(e.text or "" for e in c.stream("whole")) == "Hello"
for _ in range(3): threading.Thread(target=work).start()
"""
    for at in range(1, rounds + 1):
        assert host.run(text, *secure) == ""
        assert host.states() == Counter(settled=at * 19)


def test_a_client_made_by_an_exit_handler_works(host: Any, secure: tuple[str, Path]) -> None:
    text = """
import atexit
c = client()
atexit.register(lambda: print(c.chat("x").text, client().chat("x").text))
"""
    assert host.run(text, *secure) == "pong pong\n"
    assert host.states() == Counter(settled=2)


# The program's exit handler was registered before that of the TLS library, so it runs after it. Our
# thread would still use the TLS library after its cleanup.
SLOW_EXIT = r"""
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <wayfare.h>

static wayfare_client *client;
static int calls;

static void linger(void) { nanosleep(&(struct timespec){0, 300000000}, NULL); }

static void *work(void *unused) {
  char *text;
  int64_t id;
  const char* order =
      "{\"body\":{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}}";
  while ((id = wayfare_submit(client, order)) > 0) {
    while (wayfare_next(client, id, -1, &text) == 1) wayfare_free(text);
    __atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST);
  }
  return unused;
}

int main(int count, char **arguments) {
  pthread_t thread;
  if (count != 2 || atexit(linger) || wayfare_open(arguments[1], &client, NULL)) return 9;
  for (int at = 0; at < 6; ++at) pthread_create(&thread, NULL, work, NULL);
  while (__atomic_load_n(&calls, __ATOMIC_SEQ_CST) < 12) {
    nanosleep(&(struct timespec){0, 1000000}, NULL);
  }
  return 0;
}
"""


def test_exit_of_a_program_whose_own_handlers_run_behind_the_tls_librarys(
    tls_server: Any, certificates: Any, wire: Any, host: Any, tmp_path: Path, rounds: int
) -> None:
    def serve(connection: Any) -> None:  # each call makes a new TLS handshake
        connection.read()
        connection.reply(wire.completion(), Connection="close")

    pem, authority = certificates("127.0.0.1")
    root = Path(__file__).parents[2]
    source, program = tmp_path / "exit.c", tmp_path / "exit"
    source.write_text(SLOW_EXIT)
    library = [
        "-L",
        str(root / "build/tree"),
        f"-Wl,-rpath,{root / 'build/tree'}",
        "-lwayfare",
        "-pthread",
    ]
    subprocess.run(
        ["gcc", "-O1", str(source), "-I", str(root / "capi/include"), *library, "-o", str(program)],
        check=True,
    )
    options = {
        "base_url": tls_server(pem, serve),
        "ledger": str(host.ledger),
        "ca_file": str(authority),
        "dialect": "openrouter",
    }
    for _ in range(rounds):
        done = subprocess.run([program, json.dumps({**options, "api_key": wire.key})], timeout=30)
        assert done.returncode == 0
    states = host.states()
    assert set(states) <= {"settled", "unknown", "void"} and states["settled"] >= 12 * rounds
