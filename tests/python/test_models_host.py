"""The models list with several processes, forks, full disks and bad servers."""

from __future__ import annotations

import json
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

# A list of about 3 MB, so that writing it takes some time.
LIST = [
    {"id": f"a/{at}", "pricing": {"prompt": "1", "completion": "2"}, "name": "x" * 1000}
    for at in range(3000)
]
BODY = json.dumps({"data": LIST}).encode()


class Lists:
    """Answers GET /models with the list. The requests with these numbers wait until `go` is set."""

    def __init__(self, raw_server: Any, *held: int) -> None:
        self.held, self.go, self.fetched = held, threading.Event(), 0
        self.base_url = raw_server(self.serve).base_url

    def serve(self, connection: Any) -> None:
        while connection.read():
            self.fetched += 1
            if self.fetched in self.held:
                self.go.wait(60)
            connection.reply(BODY, Cache_Control="max-age=3600")


def shelf(cache: Path) -> Path:
    (kept,) = (path for path in (cache / "wayfare").iterdir() if not path.suffix)
    return kept


def make_old(cache: Path) -> None:
    path = shelf(cache)
    head, _, body = path.read_bytes().partition(b"\n")
    words = head.split()
    words[3] = b"%d" % (int(words[3]) - 86_400)
    path.write_bytes(b" ".join(words) + b"\n" + body)


def test_processes_share_one_fetch(
    raw_server: Any, open_client: Any, host: Any, cache: Path
) -> None:
    server = Lists(raw_server, 2)
    open_client(server.base_url).models()
    make_old(cache)
    text = """
    with client() as one:
        print(one.models().catalogue.source, flush=True)
        began = time.monotonic()
        while (now := one.models().catalogue).source == "kept":
            if time.time() - now.fetched.timestamp() <= 3600: break
            if time.monotonic() > began + 30: sys.exit("it stayed old")
            time.sleep(0.05)
        print(now.source, flush=True)
    """
    processes = [host.start(text, server.base_url) for _ in range(3)]
    for process in processes:  # each process has the old list, and one of them fetches
        assert process.stdout.readline() == "kept\n"
    server.go.set()
    ends = [host.end(process, 60) for process in processes]
    assert [(code, complaint) for code, _, complaint in ends] == [(0, "")] * 3
    assert sorted(out for _, out, _ in ends) == ["fetched\n", "kept\n", "kept\n"]
    assert server.fetched == 2


def test_a_process_that_is_killed_while_it_writes_leaves_a_whole_list(
    raw_server: Any, open_client: Any, host: Any, cache: Path, rounds: int
) -> None:
    server = Lists(raw_server)
    open_client(server.base_url).models()
    path = shelf(cache)
    head = path.read_bytes().split(b"\n", 1)[0].split()[:3]
    text = """
    path = arguments[0]
    while True:
        with open(path, "rb") as file: head, body = file.read().split(b"\\n", 1)
        words = head.split()
        words[3] = b"1"
        with open(path + ".old", "wb") as file: file.write(b" ".join(words) + b"\\n" + body)
        os.rename(path + ".old", path)
        with client() as one:
            one.models()
            while one.models().catalogue.source == "kept": time.sleep(0.001)
        print("wrote", flush=True)
    """
    for at in range(2 * rounds):
        process = host.start(text, server.base_url, "", str(path))
        assert process.stdout.readline() == "wrote\n"
        until = time.monotonic() + 0.05 + 0.017 * at
        while time.monotonic() < until:  # readers see whole lists during writes
            text_now = path.read_bytes()
            assert text_now.split()[:3] == head and text_now.endswith(BODY)
        process.send_signal(signal.SIGKILL)
        host.end(process, 60)
        assert path.read_bytes().endswith(b"\n" + BODY)
    assert len(open_client(server.base_url).models()) == len(LIST)


def test_a_fork_while_the_list_is_fetched(raw_server: Any, host: Any) -> None:
    server = Lists(raw_server, 1)
    text = """
    one = client()
    got = []
    waiting = threading.Thread(target=lambda: got.append(one.models()))
    waiting.start()
    while not os.path.exists(arguments[0]): time.sleep(0.01)
    child = os.fork()
    if child == 0:
        if one.models().catalogue.source != "fetched": os._exit(11)
        with client() as new:
            if len(new.models()) != len(one.models()): os._exit(12)
        del one
        gc.collect()
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
    waiting.join()
    print(got[0].catalogue.source, len(got[0]), flush=True)
    one.close()
    """
    asked = host.folder / "asked"
    process = host.start(text, server.base_url, "", str(asked))
    while server.fetched == 0:
        time.sleep(0.01)
    asked.touch()
    assert process.stdout.readline() == "0\n"  # the child has fetched its own list
    server.go.set()
    assert host.end(process, 60) == (0, f"fetched {len(LIST)}\n", "")


@pytest.mark.parametrize(
    "kind",
    [
        "a file where the folder would be",
        "a folder where the file would be",
        "a folder that cannot be made",
    ],
)
def test_without_a_place_to_keep_it_the_list_is_fetched(
    raw_server: Any, open_client: Any, cache: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    server = Lists(raw_server)
    if kind.startswith("a file"):
        (cache / "wayfare").write_text("")
    elif kind.startswith("a folder where"):
        open_client(server.base_url).models()
        path = shelf(cache)
        path.unlink()
        path.mkdir()
    else:
        monkeypatch.setenv("XDG_CACHE_HOME", "/proc/none")
    before = server.fetched
    for _ in range(2):
        assert open_client(server.base_url).models().catalogue.source == "fetched"
    assert server.fetched == before + 2


def test_a_list_without_end_is_not_taken(raw_server: Any, open_client: Any, cache: Path) -> None:
    asked = []

    def serve(connection: Any) -> None:
        while connection.read():
            asked.append(1)
            if len(asked) == 1:
                connection.reply(BODY)
                continue
            connection.head(Transfer_Encoding="chunked")
            connection.chunk(b'{"data":[')
            for _ in range(64):
                connection.chunk(b" " * (1 << 20))

    base_url = raw_server(serve).base_url
    open_client(base_url).models()
    make_old(cache)
    client = open_client(base_url)
    deadline = time.monotonic() + 30
    while not client.models().catalogue.stale:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert len(client.models()) == len(LIST) and len(asked) == 2


def test_nobody_waits_for_a_silent_server_for_long(raw_server: Any, open_client: Any) -> None:
    server = Lists(raw_server, 1)
    client = open_client(server.base_url)
    began = time.monotonic()
    assert client.models().catalogue.source == "built_in"
    assert 9 < time.monotonic() - began < 25
    # The second call does not wait and begins no second fetch.
    assert client.models().catalogue.source == "built_in" and server.fetched == 1
    server.go.set()
    deadline = time.monotonic() + 19
    while client.models().catalogue.source != "fetched":
        assert time.monotonic() < deadline
        time.sleep(0.02)
