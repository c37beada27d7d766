"""Ledgers behind mounts, as containers have them: a file alone, a folder, one that is read-only."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import wayfare
from mounts import among
from raw_server import KEY

# Does what it is told, line by line, and says what came of it.
PLAYER = """
import json, sys
import wayfare
base_url, ledger = sys.argv[1:]
client = wayfare.Client(api_key="k", base_url=base_url, ledger=ledger, retries=0)
for line in sys.stdin:
    try:
        told = repr(eval(line))
    except wayfare.Error as error:
        told = [error.code, str(error), error.advice]
    print(json.dumps(told), flush=True)
client.close()
"""


class Player:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def __call__(self, line: str) -> Any:
        assert self.process.stdin and self.process.stdout
        print(line, file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())


@contextmanager
def player(base_url: str, ledger: Path, *before: str) -> Iterator[Player]:
    words = [*before, sys.executable, "-c", PLAYER, base_url, str(ledger)]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Player(process)
        assert process.stdin
        process.stdin.close()
        assert process.wait(60) == 0


CHAT, CALLS = 'client.chat("x").text', "client.usage()[0].calls"


@pytest.fixture
def ledger(tmp_path: Path, answering: str) -> Path:
    """One with a call in it, in a folder of its own."""
    (tmp_path / "one").mkdir()
    path = tmp_path / "one/l.db"
    with wayfare.Client(api_key=KEY, base_url=answering, ledger=path) as client:
        client.chat("x")
    return path


@pytest.mark.parametrize("turned", [False, True])
def test_a_file_that_is_mounted_alone_is_refused_beside_its_own_folder(
    ledger: Path, answering: str, turned: bool
) -> None:
    alone = ledger.parent.parent / "two/l.db"
    alone.parent.mkdir()
    alone.touch()
    mounted = among(f"mount --bind {ledger} {alone}")
    places = [(ledger, []), (alone, mounted)]
    (used, words), (tried, other_words) = reversed(places) if turned else places
    with player(answering, used, *words) as first, player(answering, tried, *other_words) as second:
        assert first(CHAT) == "'pong'"
        for asked in (CHAT, 'client.budget("b", limit="1")', CALLS):
            code, message, advice = second(asked)
            assert code == "ledger_unavailable"
            assert f"{tried} is in use by another path of the same file" in message
            assert advice == "share the ledger's folder, not the file alone"
        assert first(CHAT) == "'pong'"
        first.process.kill()
        first.process.wait()
        assert second(CHAT) == "'pong'"
        first.process.returncode = 0


def test_a_folder_that_is_mounted_twice_has_one_ledger(ledger: Path, answering: str) -> None:
    other = ledger.parent.parent / "two"
    other.mkdir()
    mounted = among(f"mount --bind {ledger.parent} {other}")
    with (
        player(answering, ledger) as first,
        player(answering, other / "l.db", *mounted) as second,
    ):
        for calls in range(1, 5):
            assert first(CHAT) == second(CHAT) == "'pong'"
            assert first(CALLS) == second(CALLS) == str(1 + 2 * calls)
        assert first("client.verify().ok") == "True"


def test_a_folder_that_is_mounted_read_only_is_reported_on(
    ledger: Path, answering: str, tmp_path: Path
) -> None:
    other = tmp_path / "two"
    other.mkdir()
    seen = other / "l.db"
    bind = f"mount --bind {ledger.parent} {other} && mount -o remount,ro,bind {other}"
    mounted = among(bind)
    with player(answering, ledger) as writer, player(answering, seen, *mounted) as reader:
        for calls in range(2, 5):
            assert writer(CHAT) == "'pong'"
            assert reader(CALLS) == str(calls)
        assert reader("client.verify().ok") == "True"
        assert reader("client.budgets(), client.blocks()") == "([], [])"
        copy = tmp_path / "copy.db"
        assert isinstance(reader(f"client.backup({str(copy)!r})"), str)
        for asked in (CHAT, 'client.block(user="x")', 'client.budget("b", limit="1")'):
            code, message, _ = reader(asked)
            assert code == "ledger_unavailable"
            assert f"cannot write {seen}: Read-only file system" in message
        assert writer(CHAT) == "'pong'"
    assert sorted(p.name for p in tmp_path.glob("copy*")) == ["copy.db"]
    with wayfare.Client(ledger=copy) as client:
        assert client.usage()[0].calls == 4 and client.verify().ok
    left = sorted(p.name for p in ledger.parent.iterdir())
    assert left == ["l.db", "l.db-shm", "l.db-wal", "l.db.lock"]


def test_a_full_disk_is_reported_on_by_a_new_process(
    ledger: Path, answering: str, tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    full = among(
        f"mount -t tmpfs -o size=600k tmpfs {disk} && cp {ledger.parent}/* {disk} && "
        f"(head -c 700000 /dev/zero >{disk}/filler || true) 2>/dev/null"
    )
    with player(answering, disk / "l.db", *full) as client:
        code, _, advice = client(CHAT)
        assert (code, advice) == ("ledger_unavailable", f"make room on the disk of {disk}/l.db")
        assert client(CALLS) == "1"
        assert client("len(list(client.entries())), client.verify().ok") == "(1, True)"
        assert isinstance(client(f"client.backup({str(tmp_path / 'copy.db')!r})"), str)
        assert client(f"__import__('os').remove({str(disk / 'filler')!r})") == "None"
        assert client(CHAT) == "'pong'"
        assert client(CALLS) == "2"
    with wayfare.Client(ledger=tmp_path / "copy.db") as copied:
        assert copied.usage()[0].calls == 1


def test_a_ledger_that_is_not_there_is_not_made_by_a_look(tmp_path: Path, answering: str) -> None:
    path = tmp_path / "l.db"
    with wayfare.Client(api_key=KEY, base_url=answering, ledger=path) as client:
        assert client.usage() == client.budgets() == client.blocks() == []
        assert list(client.entries()) == []
        for look in (client.verify, lambda: client.backup(tmp_path / "copy.db")):
            with pytest.raises(wayfare.Error, match=f"there is no ledger at {path}") as refused:
                look()
            assert refused.value.code == "ledger_unavailable"
        assert not list(tmp_path.iterdir())
        client.chat("x")
        assert client.usage()[0].calls == 1
        assert client.verify().ok


def test_a_folder_that_is_not_there_is_said(tmp_path: Path, answering: str) -> None:
    with (
        wayfare.Client(api_key=KEY, base_url=answering, ledger=tmp_path / "no/l.db") as client,
        pytest.raises(wayfare.Error, match=f"there is no folder {tmp_path}/no") as refused,
    ):
        client.chat("x")
    assert refused.value.code == "ledger_unavailable"
    assert refused.value.advice.startswith("make it, or give another path")
