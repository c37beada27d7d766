"""The lines of core/OPERATORS.md, run as they stand there, in the order of the page.

Only paths are others: /srv/wayfare is a folder of the test, and so is the home.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import wayfare
from cli import WAYFARE
from wayfare.sandbox import Sandbox

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "core/OPERATORS.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL)

# What only root may do, or what would change this machine. They say that they were called.
STUBS = ("groupadd", "chgrp", "pip")


class Machine:
    """A folder with a home, commands, and the folder that the page calls /srv/wayfare."""

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        self.bin, self.home, self.srv = folder / "bin", folder / "home", folder / "srv/wayfare"
        self.base_url = sandbox.base_url
        self.ledger = self.srv / "ledger.db"
        for made in (self.bin, self.home, self.srv.parent):
            made.mkdir()
        self.command("wayfare", f'exec {" ".join(WAYFARE)} "$@"')
        self.command("sudo", 'exec "$@"')
        for name in STUBS:
            self.command(name, f'echo "{name} $*"')
        self.environment = {
            "PATH": f"{self.bin}:{os.environ['PATH']}",
            "HOME": str(self.home),
            "WAYFARE_LEDGER": str(self.ledger),
        }

    def command(self, name: str, line: str) -> None:
        (self.bin / name).write_text(f"#!/bin/sh\n{line}\n")
        (self.bin / name).chmod(0o755)

    def here(self, text: str) -> str:
        return text.replace("/srv/wayfare", str(self.srv)).replace(
            "/srv/app/venv/bin", str(self.bin)
        )

    def run(self, lines: str) -> str:
        done = subprocess.run(
            ["sh", "-eu", "-c", self.here(lines)],
            env=self.environment,
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert (done.returncode, done.stderr) == (0, ""), lines + done.stdout
        return done.stdout

    def block(self, words: str, change: tuple[str, str] = ("", "")) -> str:
        """Runs the one block of the page that has these words. It may be changed before."""
        (found,) = [text for kind, text in BLOCKS if kind == "sh" and words in text]
        return self.run(found.replace(*change))

    def client(self) -> wayfare.Client:
        return wayfare.Client(
            api_key="sk-or-v1-x",
            base_url=self.base_url,
            ledger=self.ledger,
            dialect="openrouter",
            retries=0,
        )

    def call(self) -> str:
        """Makes a call of the agent. Returns "" or the code of its error."""
        with self.client() as client:
            try:
                client.chat("Hello", max_tokens=20, charge_to={"agent": "support", "user": "ann"})
            except wayfare.Error as error:
                return error.code
        return ""


@pytest.fixture
def machine(tmp_path: Path, sandbox: Sandbox) -> Machine:
    made = Machine(tmp_path, sandbox)
    made.block("budget set product-day")
    return made


def test_one_ledger_for_several_services(machine: Machine) -> None:
    with machine.client() as client:
        assert {budget.name for budget in client.budgets()} >= {"product-day"}
        assert client.budget("each-user").user == "*"
    assert machine.call() == ""
    assert (machine.srv.stat().st_mode & 0o777) == 0o700


def test_a_ledger_of_a_group(machine: Machine) -> None:
    with machine.client() as client:  # has the companions beside it
        client.chat("Hello", max_tokens=20, charge_to={"user": "ann"})
        told = machine.block("groupadd")
        assert told == f"groupadd --force llm\nchgrp -R llm {machine.srv}\n"
    assert machine.call() == ""
    assert machine.srv.stat().st_mode & 0o7777 == 0o2770
    with machine.client() as client:
        client.chat("Hello", max_tokens=20, charge_to={"user": "ann"})
        modes = {path.name: path.stat().st_mode & 0o777 for path in machine.srv.iterdir()}
        names = {"ledger.db", "ledger.db-wal", "ledger.db-shm", "ledger.db.lock"}
        assert modes == dict.fromkeys(names, 0o660)  # new ones have the mode, too


def test_a_container_without_a_home(machine: Machine, tmp_path: Path) -> None:
    (dockerfile,) = [text for kind, text in BLOCKS if kind == "dockerfile"]
    (line,) = re.findall("^ENV (.*)$", dockerfile, re.MULTILINE)
    lib = tmp_path / "lib/wayfare"
    lib.mkdir(parents=True)
    variables = dict(word.split("=") for word in line.replace("/var", str(tmp_path)).split())
    assert variables["WAYFARE_LEDGER"] == f"{lib}/ledger.db"
    text = (
        f"import wayfare\nclient = wayfare.Client(api_key='sk-or-v1-x', base_url="
        f"{machine.base_url!r}, dialect='openrouter')\nprint(client.chat('x').cost)\n"
        "assert client.models()\nclient.close()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", text], env=variables, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "") and done.stdout.startswith("0.0")
    assert (lib / "ledger.db").exists() and list((tmp_path / "cache/wayfare").iterdir())


def test_the_unit_of_systemd(tmp_path: Path) -> None:
    (unit,) = [text for kind, text in BLOCKS if kind == "ini"]
    if not shutil.which("systemd-analyze"):
        pytest.skip("there is no systemd-analyze")
    path = tmp_path / "app.service"
    path.write_text(unit.replace("/srv/app/venv/bin/python", sys.executable))
    done = subprocess.run(
        ["systemd-analyze", "verify", str(path)], capture_output=True, text=True, timeout=60
    )
    told = [line for line in done.stderr.splitlines() if "app.service" in line]
    assert not told, done.stderr


def test_backup_and_restore(machine: Machine) -> None:
    assert machine.call() == ""
    told = machine.block("wayfare backup /srv/wayfare/backup.db")
    assert told.endswith("whole\n") and "NOT" not in told
    assert machine.call() == ""
    with machine.client() as client:
        assert client.usage()[0].calls == 2
    machine.block("wayfare restore")
    with machine.client() as client:
        assert client.usage()[0].calls == 1 and client.verify().ok
    (aside,) = machine.srv.glob("ledger.before-*.db")
    with wayfare.Client(ledger=aside) as client:
        assert client.usage()[0].calls == 2


def test_the_lines_of_cron(machine: Machine) -> None:
    (table,) = [text for kind, text in BLOCKS if kind == "crontab"]
    lines = table.splitlines()
    settings = [line for line in lines if re.match(r"\w+=", line)]
    jobs = [line.split(maxsplit=5) for line in lines if line not in settings]
    assert len(jobs) == 4
    for *times, job in jobs:
        assert all(re.fullmatch(r"\*|\d+", one) for one in times)
        assert not re.search(r"(?<!\\)%", job)  # cron would end the line there
        line = "\n".join([*settings, "export PATH WAYFARE_LEDGER", job.replace("\\%", "%")])
        assert machine.run(line) == ""
    (copy,) = machine.srv.glob("backup-[1-7].db")
    with wayfare.Client(ledger=copy) as client:
        assert client.verify().ok
    for path in machine.srv.glob("ledger.db*"):
        path.unlink()
    for *_, job in jobs:  # each line tells its trouble
        assert "there is no ledger" in machine.run(job.replace("\\%", "%"))


def test_at_three_in_the_morning(machine: Machine) -> None:
    assert machine.call() == ""
    told = machine.block("wayfare block --agent support")
    assert "product-day" in told and "agent=support" in told.splitlines()[-1]
    assert machine.call() == "blocked"
    machine.block("wayfare unblock")
    assert machine.call() == ""
    with machine.client() as client:
        client.budget("product-day", limit="0.0000001")
    assert machine.call() == "budget_exceeded"
    assert "product-day" in machine.block("budget override")
    assert machine.call() == ""


def test_every_code_of_the_table_is_one(machine: Machine) -> None:
    (table,) = re.findall(r"\| what a service tells .*?\n\n", PAGE, re.DOTALL)
    cells = [line.split("|")[1] for line in table.splitlines()[2:] if line]
    codes = re.findall("`(.*?)`", " ".join(cells))
    known = wayfare._wayfare.codes
    assert len(codes) > 5 and set(codes) <= set(known)
    told = machine.run("wayfare --help")
    for command in re.findall(r"`wayfare ([a-z-]+)", PAGE):
        assert re.search(rf"^  {command} ", told, re.MULTILINE), command


def test_the_queries_of_the_monitor(machine: Machine, answering: str, open_client: Any) -> None:
    if not shutil.which("sqlite3"):
        pytest.skip("there is no sqlite3")
    account: wayfare.types.ChargeTo = {"app": "web", "user": "ann"}
    with machine.client() as client:
        client.chat("Hello", max_tokens=20, charge_to=account)
        cost = client.usage()[0].cost
        assert machine.block("v1_budgets") == ""
        client.budget("product-day", limit="0.00001")
        assert machine.block("v1_budgets").startswith("product-day||")
        app, _, dollars, calls, unknown = machine.block("v1_usage_day").strip().split("|")
        assert (app, calls, unknown) == ("web", "1", "0") and Decimal(dollars) == cost
        calls, unknown, dollars, without_end, budget, left, _, blocks = (
            machine.block("v1_status").strip().split("|")
        )
        assert (calls, unknown, without_end, blocks) == ("1", "0", "0", "0")
        assert Decimal(dollars) == cost and budget == "product-day"
        assert Decimal(left) == client.budget("product-day").left
        for name in ("product-day", "each-user"):
            client.budget(name, delete=True)
        with pytest.raises(wayfare.errors.NotFound):
            client.chat("x", model="no/such-model")
        assert machine.block("v1_entries") == "-24|1\n"
        assert machine.block("v1_entries", ("-1 hour", "+1 hour")) == ""
    with open_client(answering, ledger=machine.ledger) as client:
        with client.stream("Hello") as stream:  # is left before its end
            next(stream)
        assert machine.block("v1_pending") == "0\n"
        assert machine.block("v1_pending", ("-1 hour", "+1 hour")) == "1\n"


def test_what_stays_after_an_uninstall(machine: Machine) -> None:
    environment = {"HOME": str(machine.home), "PATH": os.environ["PATH"]}
    text = (
        f"import wayfare\nclient = wayfare.Client(api_key='sk-or-v1-x', base_url="
        f"{machine.base_url!r}, dialect='openrouter')\nclient.chat('x')\n"
        "assert client.models()\nclient.close()\n"
    )
    subprocess.run([sys.executable, "-c", text], env=environment, check=True, timeout=60)
    kept = {path.name for path in machine.home.rglob("*") if path.name == "wayfare"}
    assert kept == {"wayfare"}
    assert machine.block("pip uninstall") == "pip uninstall --yes wayfare\n"
    assert not [path for path in machine.home.rglob("*") if path.name == "wayfare"]


def test_every_block_of_shell_is_run() -> None:
    source = Path(__file__).read_text()
    asked = re.findall(r'machine\.block\("(.*?)"\)', source) + re.findall(
        r'made\.block\("(.*?)"\)', source
    )
    shells = [text for kind, text in BLOCKS if kind == "sh"]
    assert len(shells) >= 10
    for text in shells:
        assert any(words in text for words in asked), text
