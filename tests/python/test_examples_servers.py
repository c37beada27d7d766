"""The examples that a web server or a worker runs: by real servers, with several processes."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Callable

import pytest
import wayfare
from wayfare.sandbox import Sandbox

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).resolve().parents[2] / "python/examples"


class World:
    """A sandbox, a folder, and the programs that run in it."""

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        self.folder, self.sandbox = folder, sandbox
        self.ledger = folder / "ledger.db"
        self.programs: list[subprocess.Popen[bytes]] = []
        self.environment = {
            "PATH": os.environ["PATH"],
            "OPENROUTER_API_KEY": "sk-or-v1-sandbox",
            "OPENROUTER_BASE_URL": sandbox.base_url,
            "WAYFARE_DIALECT": "openrouter",
            "WAYFARE_LEDGER": str(self.ledger),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "MESSAGES": str(folder / "messages.db"),
            "JOBS": str(folder / "jobs"),
        }

    def start(self, *words: str, **more: str) -> subprocess.Popen[bytes]:
        with (self.folder / "log").open("a") as log:
            program = subprocess.Popen(
                [sys.executable, "-m", *words],
                cwd=self.folder,
                env={**self.environment, **more},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.programs.append(program)
        return program

    def stop(self, program: subprocess.Popen[bytes]) -> int:
        program.send_signal(signal.SIGTERM)
        return program.wait(30)

    def log(self) -> str:
        return (self.folder / "log").read_text()

    def until(self, is_so: Callable[[], Any]) -> Any:
        """Waits until this is so, and gives what it returned."""
        end = time.monotonic() + 60
        while not (found := is_so()):
            assert time.monotonic() < end, self.log()
            time.sleep(0.1)
        return found

    def client(self) -> wayfare.Client:
        return wayfare.Client(base_url=self.sandbox.base_url, ledger=self.ledger)

    def owed(self) -> dict[str, Decimal]:
        """What `python billing.py` says."""
        done = subprocess.run(
            [sys.executable, str(EXAMPLES / "billing.py")],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert (done.returncode, done.stderr) == (0, "")
        return {user: Decimal(cost) for user, cost in re.findall("(.*): (.*) USD", done.stdout)}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with Sandbox() as sandbox:
        made = World(tmp_path, sandbox)
        yield made
        for program in made.programs:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(program.pid, signal.SIGKILL)
            program.wait()


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def ask(url: str, user: str, text: str | None = None) -> tuple[int, str]:
    """Returns the status and the body of an answer of the application."""
    body = None if text is None else json.dumps({"text": text}).encode()
    headers = {"X-User": user, "Content-Type": "application/json"}
    request = urllib.request.Request(url, body, headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def serve(world: World, server: str, **more: str) -> tuple[str, subprocess.Popen[bytes]]:
    port = free_port()
    words = {
        "uvicorn": f"--app-dir={EXAMPLES} --port={port} --workers=2 fastapi_app:app",
        "gunicorn": f"--chdir={EXAMPLES} --bind=127.0.0.1:{port} --workers=2 --threads=4 "
        "--preload --no-control-socket flask_app:app",
    }
    program = world.start(server, *words[server].split(), **more)
    world.until(lambda: answers(port))
    return f"http://127.0.0.1:{port}", program


def streamed(url: str, user: str) -> Decimal:
    """Reads an answer as a stream of events. Returns its cost."""
    status, body = ask(f"{url}/stream?text=Hello", user)
    events = re.findall(r"event: (\w+)\ndata: (.*)\n\n", body)
    assert status == 200 and [name for name, _ in events][-1] == "done"
    assert len(events) > 2 and {name for name, _ in events[:-1]} == {"text"}
    return Decimal(json.loads(events[-1][1])["cost"])


@pytest.mark.parametrize("server", ["uvicorn", "gunicorn"])
def test_a_web_server_answers_and_bills_its_users(server: str, world: World) -> None:
    pytest.importorskip({"uvicorn": "fastapi", "gunicorn": "flask"}[server])
    pytest.importorskip(server)
    url, program = serve(world, server)
    costs: dict[str, Decimal] = {}
    for user in ("ann", "bob", "ann", "ann"):
        status, body = ask(f"{url}/chat", user, "Hello")
        assert status == 200, world.log()
        told = json.loads(body)
        assert told["text"]
        costs[user] = costs.get(user, Decimal(0)) + Decimal(told["cost"])
    if server == "uvicorn":
        costs["eve"] = streamed(url, "eve")
    assert world.owed() == {user: cost * Decimal("1.20") for user, cost in costs.items()}
    with world.client() as client:
        booked = {row.user: row.cost for row in client.usage(by=["user"])}
        assert booked == costs
        assert {row.app for row in client.usage(by=["app"])} == {"web"}
        assert {budget.value for budget in client.budgets()} >= {"ann", "bob"}
    assert world.stop(program) in (0, -signal.SIGTERM)
    with world.client() as client:
        assert client.verify().ok and not [e for e in client.entries() if e.state != "settled"]


@pytest.mark.parametrize("server", ["uvicorn", "gunicorn"])
def test_a_budget_of_a_user_stops_only_that_user(server: str, world: World) -> None:
    pytest.importorskip({"uvicorn": "fastapi", "gunicorn": "flask"}[server])
    pytest.importorskip(server)
    url, _ = serve(world, server, DAILY="0.0005")
    told: tuple[int, str] = (200, "")
    for _ in range(60):
        if (told := ask(f"{url}/chat", "ann", "Hello"))[0] != 200:
            break
    assert told[0] == 402 and json.loads(told[1])["error"] == "budget_exceeded"
    assert json.loads(told[1])["resets_at"]
    assert ask(f"{url}/chat", "bob", "Hello")[0] == 200
    if server == "uvicorn":
        status, body = ask(f"{url}/stream?text=Hello", "ann")
        assert status == 200 and body.startswith('event: error\ndata: {"error": "budget_exceeded"')


def test_a_browser_that_goes_away_ends_its_call(world: World, answering: str) -> None:
    """The server sends half of an answer, and then nothing."""
    pytest.importorskip("fastapi")
    pytest.importorskip("uvicorn")
    url, _ = serve(world, "uvicorn", OPENROUTER_BASE_URL=answering)
    request = urllib.request.Request(f"{url}/stream?text=Hello", headers={"X-User": "ann"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.readline() == b"event: text\n"

    def state() -> set[str]:
        with world.client() as client:
            return {entry.state for entry in client.entries()}

    world.until(lambda: state() == {"unknown"})
    assert world.owed() == {}


def work(world: World) -> subprocess.Popen[bytes]:
    pytest.importorskip("celery")
    (world.folder / "jobs").mkdir()
    words = f"--workdir={EXAMPLES} -A worker worker --concurrency=2 --loglevel=info"
    return world.start("celery", *words.split())


def put_jobs(world: World, user: str, count: int) -> None:
    words = [sys.executable, str(EXAMPLES / "worker.py"), user, *["Hello"] * count]
    subprocess.run(words, env=world.environment, check=True, timeout=60)


def test_a_job_waits_for_the_next_window_of_its_budget(world: World) -> None:
    with world.client() as client:
        client.budget("ann", limit="0.0000001", window="day", user="ann")
    work(world)
    put_jobs(world, "ann", 1)
    world.until(lambda: re.search(r"Task worker.answer\[.*\] retry: Retry", world.log()))
    assert "budget_exceeded" in world.log() and not world.sandbox.bill


def test_jobs_in_processes_that_celery_forks(world: World) -> None:
    program = work(world)
    put_jobs(world, "ann", 4)
    put_jobs(world, "bob", 2)
    calls = {"ann": 4, "bob": 2}

    def booked() -> bool:
        with world.client() as client:
            return {row.user: row.calls for row in client.usage(by=["user"])} == calls

    world.until(lambda: world.ledger.exists() and booked())
    world.until(lambda: set(world.owed()) == {"ann", "bob"})
    assert world.stop(program) == 0, world.log()
    with world.client() as client:
        costs = {row.user: row.cost for row in client.usage(by=["user"])}
        assert len(client.usage(by=["run"])) == 6  # each job is a run
        assert client.verify().ok and not [e for e in client.entries() if e.state != "settled"]
    assert world.owed() == {user: cost * Decimal("1.20") for user, cost in costs.items()}
