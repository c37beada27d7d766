"""gunicorn with an app that opens its client at import, before the workers are forked."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

pytest.importorskip("gunicorn")

APP = """
import os, wayfare
client = wayfare.Client(api_key="sk-or-v1-x", base_url=os.environ["BASE"],
                        ledger=os.environ["LEDGER"], dialect="openrouter")
if os.environ["USED"]:
    client.chat("before the fork", charge_to={"agent": "master"})

def app(environ, start_response):
    text = client.chat("x", charge_to={"agent": "worker", "run": str(os.getpid())}).text
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{text} {os.getpid()}".encode()]
"""


class Prefork:
    def __init__(self, folder: Path, base_url: str, used: bool) -> None:
        (folder / "prefork_app.py").write_text(APP)
        self.socket, self.log = folder / "address", folder / "log"
        environment = {
            **os.environ,
            "BASE": base_url,
            "LEDGER": str(folder / "ledger.db"),
            "USED": "1" if used else "",
        }
        words = [
            "--preload",
            "--workers=3",
            "--bind=127.0.0.1:0",
            "--graceful-timeout=10",
            f"--chdir={folder}",
            "--no-control-socket",
        ]
        with self.log.open("w") as log:
            command = [sys.executable, "-W", "ignore", "-m", "gunicorn", *words, "prefork_app:app"]
            self.master = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        self.address = ""

    def ask(self) -> tuple[str, int]:
        """Returns the answer of a worker and its process id."""
        with urllib.request.urlopen(self.address, timeout=20) as answer:
            text, process = answer.read().decode().split()
        return text, int(process)

    def workers(self) -> set[int]:
        return set(
            map(
                int,
                Path(f"/proc/{self.master.pid}/task/{self.master.pid}/children")
                .read_text()
                .split(),
            )
        )


def until(holds: Callable[[], Any], seconds: float = 30) -> Any:
    end = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < end
        time.sleep(0.01)
    return found


@pytest.fixture
def prefork(answering: str, tmp_path: Path) -> Iterator[Callable[..., Prefork]]:
    started: list[Prefork] = []

    def start(used: bool) -> Prefork:
        server = Prefork(tmp_path, answering, used)
        started.append(server)
        line = until(
            lambda: next(
                (line for line in server.log.read_text().splitlines() if "Listening at" in line), ""
            )
        )
        server.address = line.split("Listening at: ")[1].split()[0]
        until(lambda: len(server.workers()) == 3)
        return server

    yield start
    for server in started:
        if server.master.poll() is None:
            server.master.kill()
        server.master.wait()


@pytest.mark.parametrize("used", [False, True])
def test_prefork(prefork: Any, host: Any, rounds: int, used: bool) -> None:
    server = prefork(used)
    answers = [server.ask() for _ in range(30)]
    # A client that the master has used opens itself again in each worker.
    assert {text for text, _ in answers} == {"pong"}
    born = server.workers()

    server.master.send_signal(signal.SIGHUP)  # replaces the three workers by new ones
    until(lambda: len(server.workers()) == 3 and not server.workers() & born)
    answers += [server.ask() for _ in range(10)]

    def newcomers() -> set[int]:
        return server.workers() - born

    while len(born) < 6 + rounds:  # workers come and go
        born |= server.workers()
        # Kills a worker that already serves: gunicorn loses a signal to a worker that is just
        # starting.
        os.kill(answers[-1][1], signal.SIGTERM)
        until(lambda: len(newcomers()) == 1)
        answers.append(server.ask())
    server.master.terminate()
    assert server.master.wait(30) == 0
    log = server.log.read_text()
    assert (
        "[ERROR]" not in log and "Traceback" not in log and "SIG" not in log.replace("SIGTERM", "")
    ), log

    pongs = [process for text, process in answers if text == "pong"]
    assert len(answers) == len(pongs)
    assert dict(host.states()) == {"settled": len(pongs) + used}
    assert host.rows("SELECT count(DISTINCT run) FROM v1_entries WHERE agent = 'worker'") == [
        (len(set(pongs)),)
    ]
