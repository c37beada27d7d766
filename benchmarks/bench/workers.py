"""Workers, the loopback server, and rounds taken in turn."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import select
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import machine

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "bench"
SCRATCH = BUILD / "scratch"  # on the disk of the build, whose syncs are measured
PROGRAMS = BUILD / "tree" / "benchmarks"
CLIENT_CORE, SERVER_CORE = machine.cores()

Figures = dict[str, float]


class Failed(Exception):
    """A worker could not do it; the text is its own last line."""


class Worker:
    def __init__(self, name: str, command: Sequence[str | Path], **arguments: object) -> None:
        self.name = name
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115 (open as long as the worker)
        self.process = subprocess.Popen(
            [str(word) for word in command]
            + [f"{key}={value}" for key, value in arguments.items()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            cwd=SCRATCH,
            env={**os.environ, "HOME": str(SCRATCH)},
            preexec_fn=lambda: machine.pin(CLIENT_CORE),
        )
        self.version = ""

    def start(self, seconds: float = 300) -> Worker:
        self.version = str(self._line(seconds)["ready"])
        return self

    def ask(self) -> None:
        assert self.process.stdin
        try:
            self.process.stdin.write(b"round\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise self._failure() from None

    def answer(self, seconds: float = 300) -> Figures:
        return {key: float(str(value)) for key, value in self._line(seconds).items()}

    def round(self) -> Figures:
        self.ask()
        return self.answer()

    def _line(self, seconds: float) -> dict[str, object]:
        assert self.process.stdout
        if not select.select([self.process.stdout], [], [], seconds)[0]:
            self.process.kill()
            raise Failed(f"no answer within {seconds:.0f} s")
        line = self.process.stdout.readline()
        while line and not line.startswith(b"{"):  # what a client prints by itself
            line = self.process.stdout.readline()
        if not line:
            raise self._failure()
        result: dict[str, object] = json.loads(line)
        return result

    def _failure(self) -> Failed:
        self.process.wait(10)
        self.errors.seek(0)
        lines = self.errors.read().decode(errors="replace").strip().splitlines()
        return Failed(lines[-1][:200] if lines else f"ended with {self.process.returncode}")

    def close(self) -> None:
        if self.process.stdin:
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.close()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()
        self.errors.close()


@contextlib.contextmanager
def server() -> Iterator[str]:
    """The loopback server, on its own core; gives the start of its URLs."""
    process = subprocess.Popen(
        [str(PROGRAMS / "bench_server")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        preexec_fn=lambda: machine.pin(SERVER_CORE),
    )
    assert process.stdin and process.stdout
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.stdin.close()
        process.stdout.close()
        process.wait(10)


Rounds = dict[str, list[Figures]]
Makers = dict[str, Callable[[], Worker]]


def in_turn(makers: Makers, rounds: int) -> tuple[Rounds, dict[str, str], dict[str, str]]:
    """One round of each, then the next of each, …:

    the rounds of each name, the versions, and why those failed that did.
    """
    workers: dict[str, Worker] = {}
    failed: dict[str, str] = {}
    taken: Rounds = {}
    try:
        for name, make in makers.items():
            try:
                workers[name] = make()
                workers[name].start()
                taken[name] = []
            except (Failed, OSError) as failure:
                failed[name] = str(failure)
        for _ in range(rounds):
            for name in [name for name in taken if name not in failed]:
                try:
                    taken[name].append(workers[name].round())
                except Failed as failure:
                    failed[name] = str(failure)
    finally:
        for worker in workers.values():
            worker.close()
    versions = {name: worker.version for name, worker in workers.items() if worker.version}
    return {name: rounds for name, rounds in taken.items() if name not in failed}, versions, failed


def whole_process(*words: str | Path) -> tuple[Figures, str]:
    """A process from its start to its end: its wall time and CPU in ms, and its output."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(
        [str(word) for word in words],
        env=bare,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        preexec_fn=lambda: machine.pin(CLIENT_CORE),
        timeout=120,
    )
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise Failed(done.stderr.strip().splitlines()[-1][:200])
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall": wall * 1e3, "cpu": cpu * 1e3}, done.stdout


def fresh_ledger(name: str) -> Path:
    """A path of no ledger yet, in the scratch folder."""
    path = SCRATCH / f"{name}.db"
    for suffix in ("", "-wal", "-shm", ".lock"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    return path
