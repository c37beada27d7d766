"""The commands that keep the ledger, and those that change its rules."""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cli
import pytest
import wayfare

Opens = Callable[..., wayfare.Client]

pytestmark = pytest.mark.usefixtures("bare_environment")


@pytest.fixture
def variables(answering: str, open_client: Opens, tmp_path: Path) -> dict[str, Any]:
    with open_client(answering) as client:
        for user in ("ann", "bob"):
            client.chat("Hello", model="x/y", charge_to={"agent": "a", "user": user})
    return {
        "WAYFARE_LEDGER": str(tmp_path / "ledger.db"),
        "OPENROUTER_BASE_URL": answering,
        "OPENROUTER_API_KEY": "sk-or-v1-x",
        "WAYFARE_DIALECT": "openrouter",
    }


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("verify", "LEDGER: 2 rows, 0 without an end: whole"),
        ("mend", "LEDGER: 2 rows, 0 without an end: whole"),
        ("backup copy.db", "LEDGER is copied to copy.db"),
        ("prune 2026-01-01", "LEDGER: 0 entries and 0 windows of budgets are deleted"),
        ("prune 7d", "LEDGER: 0 entries and 0 windows of budgets are deleted"),
        (
            "reconcile",
            "0 looked up: 0 settled for 0 USD, 0 given up for 0 USD, 0 unknown",
        ),
        ("accept-clock", "the clock is accepted"),
        ("budget check", "0 budgets checked: enough is left"),
        ("budget", "there are no budgets"),
        ("blocks", "there are no blocks"),
        ("cooldowns", "nothing cools down"),
        ("rate-limit", "there are no rate limits"),
        ("unknown", "every cost is known"),
        ("block --agent a --user ann", "blocked: agent=a user=ann"),
        ("block --everything", "blocked: every call"),
    ],
)
def test_a_command_tells_in_one_line_what_it_did(
    variables: dict[str, Any], tmp_path: Path, words: str, line: str
) -> None:
    done = cli.run(*words.split(), folder=tmp_path, **variables)
    told = done.stdout.replace(variables["WAYFARE_LEDGER"], "LEDGER")
    assert (done.returncode, told, done.stderr) == (0, line + "\n", "")


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [
        "verify",
        "mend",
        "backup copy.db",
        "prune 2026-01-01",
        "reconcile",
        "accept-clock",
        "status",
        "usage",
        "entries",
        "budget",
        "budget check",
        "budget delete b",
        "budget override b 1 --until 2999-01-01",
        "blocks",
        "cooldowns",
        "rate-limit",
        "rate-limit delete r",
        "cooldowns --end m/one",
        "unblock --everything",
        "unknown",
        "unknown settle 01M8DFRD5G7XYR0EGFN1G28GJ6 --cost 1 --reason x",
        "agent",
        "agent list --archived",
        "agent show a",
        "agent edit a --notes x",
        "agent history a",
        "agent archive a",
        "agent restore a",
        "agent export",
        "explain 01M8DFRD5G7XYR0EGFN1G28GJ6",
        "select hello --agent a",
    ],
)
def test_no_command_makes_a_ledger_that_is_not_there(tmp_path: Path, words: str) -> None:
    done = cli.run(*words.split(), "--ledger", "typo.db", folder=tmp_path)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith(f"wayfare: not_found: there is no ledger {tmp_path}/typo.db; ")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_is_no_ledger(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    for words in ("verify", "status", "backup copy.db"):
        assert cli.run(*words.split(), "--ledger", "empty.db", folder=tmp_path).returncode == 3
    assert [path.name for path in tmp_path.iterdir()] == ["empty.db"]
    assert (tmp_path / "empty.db").stat().st_size == 0


def test_a_ledger_that_is_not_whole_has_its_own_exit_code(variables: dict[str, Any]) -> None:
    with sqlite3.connect(variables["WAYFARE_LEDGER"]) as file:
        file.execute("UPDATE rollup_day SET calls = calls + 1")
    done = cli.run("verify", **variables)
    assert done.returncode == 7 and done.stdout.endswith("NOT whole\n")
    assert done.stdout.startswith("rollup_day is not the sum of the entries: day ")
    code, told = cli.told("verify", **variables)
    assert (code, told["ok"], bool(told["problems"])) == (7, False, True)
    assert cli.run("mend", **variables).returncode == 0
    assert cli.run("verify", **variables).returncode == 0


@pytest.mark.slow
def test_budgets_are_set_checked_and_deleted(variables: dict[str, Any]) -> None:
    def run(words: str) -> tuple[int, str]:
        done = cli.run(*words.split(), **variables)
        return done.returncode, done.stdout + done.stderr

    assert run("budget set b --limit 5.00 --window day --agent a --threshold 50")[0] == 0
    assert run("budget set b --limit $0.0025")[0] == 0  # what is not given stays
    (budget,) = cli.told("budget", **variables)[1]["budgets"]
    kept = [budget[name] for name in ("limit", "window", "agent", "thresholds", "spent", "left")]
    assert kept == ["0.0025", "day", "a", [50], "0.002", "0.0005"]
    assert run("budget check b") == (0, "1 budget checked: enough is left\n")
    assert run("budget check --min-left 0.001")[0] == 4
    assert run("budget set b --limit 0.001")[0] == 0
    code, told = run("budget check b")
    assert code == 4 and "agent=a" in told and "-0.001" in told
    assert run("budget override b 1 --until 2999-01-01")[0] == 0
    assert run("budget check b")[0] == 0
    assert run("budget override b 0")[0] == 0 and run("budget check b")[0] == 4
    assert run("budget delete b") == (0, "the budget b is deleted\n")
    assert run("budget delete b")[0] == 3
    assert run("budget set c --limit 1")[0] == 2  # a new one needs a window


def test_a_block_stops_calls_until_it_is_lifted(variables: dict[str, Any]) -> None:
    ask = ("ask", "whole", "--model", "x/y", "--agent", "a")
    assert cli.run(*ask, **variables).returncode == 0
    cli.run("block", "--agent", "a", **variables)
    assert cli.run("blocks", **variables).stdout == "calls that are refused\nagent=a\n"
    assert cli.run(*ask, **variables).returncode == 9
    cli.run("unblock", "--agent", "a", **variables)
    assert cli.run(*ask, **variables).returncode == 0


def test_an_unknown_cost_is_listed_and_settled(variables: dict[str, Any]) -> None:
    with cli.terminal("ask", "half", "--model", "x/y", **variables) as screen:
        screen.wait_for("Hel")
        screen.send("\x03")
        assert screen.end() == 130
    (unknown,) = cli.told("unknown", **variables)[1]["unknown"]
    assert unknown["entry"] in cli.run("unknown", **variables).stdout
    settle = ("unknown", "settle", unknown["entry"], "--cost", "0.25", "--reason", "the bill")
    assert cli.run(*settle, **variables).returncode == 0
    assert cli.told("unknown", **variables)[1] == {"unknown": []}
    (entry, *_) = cli.told("entries", **variables)[1]["entries"]
    assert (entry["entry"], entry["cost"], entry["reason"]) == (
        unknown["entry"],
        "0.25",
        "the bill",
    )
    assert cli.run(*settle, **variables).returncode == 2


# ---- restore.


def restored(variables: dict[str, Any], *words: str) -> tuple[int, str, str]:
    done = cli.run("restore", *words, folder=Path(variables["WAYFARE_LEDGER"]).parent, **variables)
    return done.returncode, done.stdout, done.stderr


def test_restore_puts_a_backup_in_the_place_of_the_ledger(
    variables: dict[str, Any], tmp_path: Path
) -> None:
    ledger = tmp_path / "ledger.db"
    assert cli.run("backup", "copy.db", folder=tmp_path, **variables).returncode == 0
    backup = (tmp_path / "copy.db").read_bytes()
    assert cli.run("ask", "whole", "--model", "x/y", **variables).returncode == 0
    ledger.chmod(0o660)
    code, out, told = restored(variables, "copy.db")
    assert (code, out) == (7, "") and "--replace keeps it aside under a new name" in told
    assert restored(variables, "copy.db", "--replace")[0] == 0
    assert len(cli.told("entries", **variables)[1]["entries"]) == 2
    assert ledger.stat().st_mode & 0o777 == 0o660
    (aside,) = tmp_path.glob("ledger.before-*.db")
    assert len(cli.told("entries", "--ledger", str(aside), **variables)[1]["entries"]) == 3
    assert (tmp_path / "copy.db").read_bytes() == backup
    for path in tmp_path.glob("ledger.db*"):
        path.unlink()
    assert restored(variables, "copy.db")[0] == 0
    assert ledger.stat().st_mode & 0o777 == 0o600
    assert cli.run("verify", **variables).returncode == 0
    assert not list(tmp_path.glob("*restoring*"))


def test_restore_takes_the_log_of_a_killed_process_aside_with_its_ledger(
    variables: dict[str, Any], tmp_path: Path
) -> None:
    assert cli.run("backup", "copy.db", folder=tmp_path, **variables).returncode == 0
    code = (
        "import os, sys, wayfare\nclient = wayfare.Client()\n"
        "client.chat('Hello', model='x/y')\nos.kill(os.getpid(), 9)"
    )
    killed = subprocess.run([cli.WAYFARE[0], "-c", code], env=cli.environment(variables))
    assert killed.returncode == -9 and (tmp_path / "ledger.db-wal").stat().st_size
    assert restored(variables, "copy.db", "--replace")[0] == 0
    assert len(cli.told("entries", **variables)[1]["entries"]) == 2
    (aside,) = tmp_path.glob("ledger.before-*.db")
    assert len(cli.told("entries", "--ledger", str(aside), **variables)[1]["entries"]) == 3


def test_restore_refuses_what_it_cannot_take(
    variables: dict[str, Any], open_client: Opens, answering: str, tmp_path: Path
) -> None:
    assert cli.run("backup", "copy.db", folder=tmp_path, **variables).returncode == 0
    assert cli.run("backup", "good.db", folder=tmp_path, **variables).returncode == 0
    assert restored(variables, "nosuch.db")[0] == 3
    assert restored(variables, "ledger.db", "--replace")[0] == 2
    (tmp_path / "other.db").write_text("not a ledger")
    assert restored(variables, "other.db", "--replace")[0] == 7
    with sqlite3.connect(tmp_path / "copy.db") as file:
        file.execute("UPDATE rollup_day SET calls = calls + 1")
    file.close()
    code, _, told = restored(variables, "copy.db", "--replace")
    assert code == 7 and "copy.db is not whole" in told
    with open_client(answering) as client:
        client.chat("Hello", model="x/y")
        code, _, told = restored(variables, "good.db", "--replace")
        assert code == 7 and "a process uses the ledger" in told
        ledger = str(tmp_path / "ledger.db")
        code, _, told = restored({**variables, "WAYFARE_LEDGER": "x.db"}, ledger)
        assert code == 2 and "with a log beside it" in told
    assert cli.run("verify", **variables).returncode == 0
    assert not [*tmp_path.glob("*restoring*"), *tmp_path.glob("*before*")]
