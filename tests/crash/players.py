"""The processes of a campaign: the sandbox, the sampler and the workers."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Any

HERE = Path(__file__).resolve().parent
PATIENCE = 60  # the most seconds that any step may take on a busy machine


def start(*words: object, **options: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(word) for word in words], stdin=subprocess.PIPE, text=True, **options
    )


def pipe(process: subprocess.Popen[str]) -> IO[str]:
    assert process.stdin
    return process.stdin


class Sandbox:
    def __init__(self, bill: Path) -> None:
        self.process = start(sys.executable, HERE / "billing.py", bill, stdout=subprocess.PIPE)
        self.told: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self.base_url = self.told.get(timeout=PATIENCE)

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.told.put(line.strip())

    def order(self, *words: str) -> None:
        print(*words, file=pipe(self.process), flush=True)

    def wait_at(self, process: str, phase: str, seconds: float) -> bool:
        """Waits until a request of this process has stopped in its phase. go() lets it continue."""
        self.order("arm", process, phase)
        try:
            return self.told.get(timeout=seconds) == f"at {process} {phase}"
        except queue.Empty:
            self.order("disarm")
            return (
                self.told.get(timeout=PATIENCE) != "disarmed"
                and self.told.get(timeout=PATIENCE) == "disarmed"
            )

    def go(self) -> None:
        self.order("go")

    def close(self) -> None:
        pipe(self.process).close()
        self.process.wait(PATIENCE)


class Sampler:
    def __init__(self, ledger: Path) -> None:
        self.process = start(sys.executable, HERE / "sampler.py", ledger, stdout=subprocess.PIPE)

    def close(self) -> Any:
        out, _ = self.process.communicate("", timeout=PATIENCE)
        return json.loads(out)


class Worker:
    """A worker: one process after the other, named ROUND.WORKER.GENERATION."""

    def __init__(
        self,
        command: list[str],
        arguments: list[object],
        turn: int,
        number: int,
        seed: int,
        complaints: Path,
    ) -> None:
        self.command, self.arguments, self.turn, self.number, self.seed = (
            command,
            arguments,
            turn,
            number,
            seed,
        )
        self.complaints = complaints
        self.generation = -1
        self.respawn()

    @property
    def name(self) -> str:
        return f"{self.turn}.{self.number}.{self.generation}"

    def respawn(self) -> None:
        self.generation += 1
        with self.complaints.open("a") as complaints:
            self.process = start(
                *self.command,
                *self.arguments,
                self.name,
                self.seed,
                stdout=subprocess.DEVNULL,
                stderr=complaints,
            )

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE)
        pipe(self.process).close()

    def stop(self) -> int:
        pipe(self.process).close()
        return self.process.wait(PATIENCE)
