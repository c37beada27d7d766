"""``wayfare doctor`` and the ledger: its disk, its folder, its processes, its version."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mounts
import pytest
import wayfare
from doctor import doctor, doctor_behind, server
from host import Host
from wayfare.cli.checks import ledger as checked


@pytest.fixture
def ledger(answering: str, open_client: Callable[..., wayfare.Client], tmp_path: Path) -> Path:
    """A ledger with one call, which no process uses."""
    client = open_client(answering)
    client.chat("Hello")
    client.close()
    return tmp_path / "ledger.db"


def at(path: Path | str, base_url: str) -> dict[str, str]:
    return server(base_url, WAYFARE_LEDGER=str(path))


def numbers(path: Path) -> str:
    """The two numbers of the file, as another program reads them."""
    with sqlite3.connect(path) as file:
        (schema,) = file.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone()
        (oldest,) = file.execute("PRAGMA user_version").fetchone()
    file.close()
    return f"its schema is {schema}, and versions with schema {oldest} or later may write it"


def test_a_ledger_that_is_well(ledger: Path, answering: str, tmp_path: Path) -> None:
    before = ledger.read_bytes()
    told = doctor(tmp_path, "--verify", **at(ledger, answering))
    assert told.code == 0
    lines = told.lines("ok", "ledger")
    assert lines[0].startswith(f"ledger       {ledger} is on ")
    assert lines[1] == f"ledger       this wayfare reads it: {numbers(ledger)}"
    assert lines[2] == "ledger       it is whole: 1 row, 0 without an end"
    assert ledger.read_bytes() == before


def test_a_rule_that_older_versions_do_not_keep(
    ledger: Path,
    answering: str,
    open_client: Callable[..., wayfare.Client],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The two numbers differ, and the rule raises the second while the file is in use."""
    before = checked.schemas_of(str(ledger))
    client = open_client(answering)
    client.budget("day", limit="1", window="day", byok="count")
    told = doctor(tmp_path, "--json", **at(ledger, answering))
    (facts,) = [
        one["facts"] for one in json.loads(told.text)["findings"] if "schema" in one["facts"]
    ]
    assert before.schema and before.oldest_writer
    assert facts["schema"] == before.schema > facts["oldest_writer"] == before.oldest_writer + 1
    client.close()
    monkeypatch.setitem(sys.modules, "sqlite3", None)  # a Python without it
    assert str(checked.schemas_of(str(ledger))) == (
        f"versions with schema {facts['oldest_writer']} or later may write it"
    )
    assert str(checked.schemas_of(str(tmp_path))) == "its schema cannot be read"


def test_a_full_disk(answering: str, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    small = mounts.among(
        f"mount -t tmpfs -o size=2m tmpfs {disk} && head -c 1500000 /dev/zero >{disk}/filler"
    )
    told = doctor_behind(small, tmp_path, **at(disk / "l.db", answering))
    assert told.code == 1
    line = told.fault("ledger")
    assert line.startswith(f"the disk of {disk} is full: ") and " KiB are free, so calls " in line
    assert line.endswith("; make room on that disk, or move the ledger")


def test_a_disk_that_is_nearly_full(answering: str, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    small = mounts.among(f"mount -t tmpfs -o size=50m tmpfs {disk}")
    told = doctor_behind(small, tmp_path, **at(disk / "l.db", answering))
    assert told.code == 0
    (line,) = told.lines("warning", "ledger")
    assert f"the disk of {disk} has only 50 MiB left; make room" in line
    assert f"{disk}/l.db is not there yet: a call makes it" in told.text


def test_a_home_that_is_mounted_read_only(answering: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    fixed = mounts.among(f"mount --bind {home} {home} && mount -o remount,ro,bind {home}")
    variables = server(answering, HOME=str(home), XDG_STATE_HOME="")
    told = doctor_behind(fixed, tmp_path, **variables)
    assert told.code == 1
    assert told.fault("ledger") == (
        f"{home} is on a file system that is mounted read-only, so calls are refused; set "
        "WAYFARE_LEDGER to a place that can be written"
    )


@pytest.mark.parametrize(
    ("refused", "line"),
    [
        (os.X_OK, "this user may not look into {}, so calls are refused; give the folder to this "),
        (
            os.W_OK,
            "this user may not write into {}, so calls are refused; give the folder to this ",
        ),
    ],
)
def test_a_folder_of_another_user(
    refused: int,
    line: str,
    tmp_path: Path,
    open_client: Callable[..., wayfare.Client],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Root may use every folder, so os.access is replaced."""
    client = open_client("http://localhost")
    monkeypatch.setattr("os.access", lambda _, mode: not mode & refused)
    faults = [
        found.text + "; " + found.advice
        for found in checked.check(client, False)
        if found.level == "fault"
    ]
    assert len(faults) == 1 and faults[0].startswith(line.format(tmp_path))


def test_a_folder_that_is_not_there(answering: str, tmp_path: Path) -> None:
    told = doctor(tmp_path, **at(tmp_path / "no/such/l.db", answering))
    assert told.fault("ledger") == (
        f"there is no folder {tmp_path}/no/such, and wayfare makes only the default one; mkdir -p "
        f"-m 700 {tmp_path}/no/such"
    )


def test_no_place_at_all(answering: str, tmp_path: Path) -> None:
    told = doctor(tmp_path, **server(answering, HOME="", XDG_STATE_HOME=""))
    assert told.fault("ledger").endswith("; set WAYFARE_LEDGER to an absolute path")


def test_a_ledger_of_a_newer_version(ledger: Path, answering: str, tmp_path: Path) -> None:
    with sqlite3.connect(ledger) as file:
        file.execute("PRAGMA user_version = 99")
    file.close()
    told = doctor(tmp_path, **at(ledger, answering))
    assert told.code == 1
    line = told.fault("ledger")
    assert "newer" in line and "; " in line


def test_a_file_of_another_program(answering: str, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "other.db") as file:
        file.execute("CREATE TABLE mine (a)")
    file.close()
    line = doctor(tmp_path, **at(tmp_path / "other.db", answering)).fault("ledger")
    assert "other.db is another program's database; " in line and "give another path" in line


def test_a_ledger_that_everybody_may_write(ledger: Path, answering: str, tmp_path: Path) -> None:
    ledger.chmod(0o666)
    (line,) = doctor(tmp_path, **at(ledger, answering)).lines("warning", "ledger")
    assert line.endswith(
        f"every user of this machine may use {ledger} (mode 666); chmod o= {ledger}*"
    )
    ledger.chmod(0o660)
    told = doctor(tmp_path, **at(ledger, answering))
    assert f"a group may use {ledger} (mode 660)" in told.text
    assert not told.lines("warning", "ledger")


def test_the_processes_that_use_it(host: Host, answering: str, tmp_path: Path) -> None:
    process = host.start(
        'own = client(); own.chat("Hello"); print("ready", flush=True); sys.stdin.read()',
        answering,
        stdin=-1,
    )
    assert process.stdout and process.stdout.readline() == "ready\n"
    told = doctor(tmp_path, **at(host.ledger, answering))
    (line,) = [one for one in told.lines("note", "ledger") if "used" in one]
    assert line.startswith("ledger       it is used by ")
    assert line.endswith(f" {process.pid}")
    process.communicate("")
    told = doctor(tmp_path, **at(host.ledger, answering))
    assert "it is used by no process that this user may see" in told.text


def test_rules_that_stop_calls_are_told(
    ledger: Path, answering: str, open_client: Callable[..., wayfare.Client], tmp_path: Path
) -> None:
    client = open_client(answering)
    client.budget("day", limit="0.0001", window="lifetime")
    client.block(agent="x")
    client.close()
    told = doctor(tmp_path, **at(ledger, answering))
    assert told.code == 0
    assert told.lines("warning", "ledger") == [
        "ledger       nothing is left of the budget day; wait for its next window, or override it",
        "ledger       calls are refused by 1 block; see wayfare blocks, and wayfare unblock",
    ]


def test_damage_is_told_only_with_verify(ledger: Path, answering: str, tmp_path: Path) -> None:
    with sqlite3.connect(ledger) as file:
        file.execute("UPDATE rollup_day SET calls = calls + 1")
    file.close()
    assert doctor(tmp_path, **at(ledger, answering)).code == 0
    told = doctor(tmp_path, "--verify", **at(ledger, answering))
    line = told.fault("ledger")
    assert told.code == 1 and line.startswith("it has 2 problems: ")
    assert line.endswith("; wayfare backup FILE, then wayfare mend")


def test_the_name_of_a_process_cannot_pass_for_a_line(
    host: Host, answering: str, tmp_path: Path
) -> None:
    rename: Any = (
        'open("/proc/self/comm", "w").write("\\x1b[2Ja\\nb")\n'
        'own = client(); own.chat("Hello"); print("ready", flush=True); sys.stdin.read()'
    )
    process = host.start(rename, answering, stdin=-1)
    assert process.stdout and process.stdout.readline() == "ready\n"
    told = doctor(tmp_path, **at(host.ledger, answering))
    assert "\x1b" not in told.text and "\\u001b[2Ja\\u000ab" in told.text
    process.communicate("")
