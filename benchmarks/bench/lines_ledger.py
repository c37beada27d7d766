"""The ledger alone beside raw SQLite, reports over many rows, and whether a call costs more where
there is more."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import machine
from context import Context
from report import Line, at_most, compare, failure, median
from workers import PROGRAMS, SCRATCH, Failed, Figures, Makers, Worker, fresh_ledger, in_turn

REPORT_LIMIT_MS = 5
GROWTH_LIMIT = 1.2


def ledger(c: Context) -> Iterator[Line]:
    """Pairs of a reserve and a settle:

    CPU and rate, beside raw SQLite running the same statements.
    """
    for durability in ("no_sync", "sync_reservations"):
        for flight in (1, 32):
            pairs = c.scaled(2000 if flight == 1 else 16_000)
            options: dict[str, Any] = {"durability": durability, "flight": flight, "pairs": pairs}
            makers: Makers = {
                name: partial(c.program, program, ledger=fresh_ledger(f"pairs-{name}"), **options)
                for name, program in {"wayfare": "ledger", "SQLite": "sqlite"}.items()
            }
            taken, versions, failed = in_turn(makers, c.rounds)
            what = (
                f"reserve and settle, {flight} in flight, "
                f"{'durable' if durability == 'sync_reservations' else 'process-durable'}: "
            )
            for name, error in failed.items():
                yield failure(what, name, error)
            if failed:
                continue
            yield compare(
                what + "CPU a pair",
                "µs",
                taken["wayfare"],
                taken["SQLite"],
                "raw SQLite, the same rows a transaction",
                limit=1.3,
                versions=versions,
            )
            yield compare(
                what + "time a pair",
                "µs",
                taken["wayfare"],
                taken["SQLite"],
                "raw SQLite, the same rows a transaction",
                "wall",
                versions=versions,
            )
    yield from _several(c)
    yield at_most("the disk's sync floor", "µs", machine.sync_floor_us(SCRATCH))


def _several(c: Context, processes: int = 4) -> Iterator[Line]:
    """Several processes on one file, each with 32 in flight: pairs a second of all."""
    pairs = c.scaled(4000)
    taken: dict[str, list[Figures]] = {}
    for name, program in {"wayfare": "ledger", "SQLite": "sqlite"}.items():
        path = fresh_ledger(f"several-{name}")
        workers: list[Worker] = []
        try:
            for _ in range(processes):
                workers.append(
                    c.program(
                        program, ledger=path, durability="sync_reservations", flight=32, pairs=pairs
                    ).start()
                )
            taken[name] = []
            for _ in range(c.rounds):
                for worker in workers:
                    worker.ask()
                with ThreadPoolExecutor(processes) as threads:
                    each = list(threads.map(Worker.answer, workers))
                slowest = max(one["wall"] for one in each)
                taken[name].append(
                    {
                        "wall": slowest / processes,
                        "cpu": sum(one["cpu"] for one in each) / processes,
                    }
                )
        except Failed as failed:
            yield failure(f"{processes} processes on one ledger", name, str(failed))
            taken.pop(name, None)
        finally:
            for worker in workers:
                worker.close()
    if len(taken) == 2:
        what = f"{processes} processes on one ledger, 32 in flight each, durable: "
        yield compare(
            what + "CPU a pair",
            "µs",
            taken["wayfare"],
            taken["SQLite"],
            "raw SQLite, busy_timeout",
            limit=1.3,
        )
        yield compare(
            what + "time a pair",
            "µs",
            taken["wayfare"],
            taken["SQLite"],
            "raw SQLite, busy_timeout",
            "wall",
        )


def contention(c: Context) -> Iterator[Line]:
    """Processes on one file, each with one pair after the other:

    how long the slowest waits, and whether each has its share.
    """
    seconds = 2 if c.quick else 10
    floor = machine.sync_floor_us(SCRATCH) / 1000
    for processes in (4, 16):
        for name, program in {"wayfare": "ledger", "raw SQLite, busy_timeout": "sqlite"}.items():
            path = fresh_ledger(f"contention-{program}")
            what = f"{processes} processes on one ledger, durable, {name}: "
            workers: list[Worker] = []
            try:
                for _ in range(processes):
                    workers.append(
                        c.program(
                            program, ledger=path, durability="sync_reservations", seconds=seconds
                        ).start()
                    )
                for worker in workers:
                    worker.ask()
                with ThreadPoolExecutor(processes) as threads:
                    each = list(threads.map(Worker.answer, workers))
            except Failed as failed:
                yield failure(what, program, str(failed))
                continue
            finally:
                for worker in workers:
                    worker.close()
            ours = name == "wayfare"
            # A pair waits for one sync of each process at most, and here for its turn on one core.
            yield at_most(
                what + "p99.9 of the worst process",
                "ms",
                max(one["p999"] for one in each),
                50 * floor + 5 if ours and processes == 4 else None,
            )
            yield at_most(what + "the longest of all", "ms", max(one["max"] for one in each))
            shares = [one["pairs"] for one in each]
            line = at_most(
                what + "pairs of the worst, of the best process", "", min(shares) / max(shares)
            )
            if ours:
                line.aim, line.met = "≥ 0.8", line.value is not None and line.value >= 0.8
            yield line
            yield at_most(what + "pairs a second of all", "", sum(shares) / seconds)
    yield at_most("the disk's sync floor", "ms", floor)


def _of_rows(rows: int) -> Path:
    """A ledger of so many rows, made once and kept."""
    path = SCRATCH / f"rows-{rows}.db"
    if not path.exists():
        part = path.with_suffix(".part")
        part.unlink(missing_ok=True)
        done = subprocess.run(
            [PROGRAMS / "bench_rows", "mode=build", f"rows={rows}", f"ledger={part}"],
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            raise Failed(done.stderr.strip()[:200])
        part.rename(path)
    return path


def report(c: Context) -> Iterator[Line]:
    """The month's usage by day and model over many rows, beside the same asked of the rows."""
    sizes = (10_000, 100_000) if c.quick else (1_000_000, 10_000_000)
    makers: Makers = {
        f"{rows:,} rows": partial(
            c.client, "sync_reservations", ledger=_of_rows(rows), mode="report", calls=20
        )
        for rows in sizes
    }
    taken, versions, failed = in_turn(makers, c.rounds)
    asked: Makers = {
        f"{rows:,} rows": partial(c.program, "rows", mode="ask", ledger=_of_rows(rows))
        for rows in sizes
    }
    plain, _, also_failed = in_turn(asked, 1)  # seconds each
    for name, error in {**failed, **also_failed}.items():
        yield failure("month by day and model, " + name, "", error)
    if failed or also_failed:
        return
    for name in makers:
        what = f"month by day and model, {name}: "
        if taken[name][0]["rows"] != plain[name][0]["rows"]:
            yield failure(what, "SQL over the rows", "the two reports differ in their rows")
        ours, theirs = (
            [{"cpu": one["cpu"] / 1e3} for one in rounds] for rounds in (taken[name], plain[name])
        )
        yield compare(what + "CPU", "ms", ours, theirs, "SQL over the rows", versions=versions)
        yield at_most(
            what + "latency (median)",
            "ms",
            median(taken[name], "latency_p50", 1e3),
            REPORT_LIMIT_MS,
        )
    small, large = makers
    yield compare(
        "month by day and model: CPU",
        "µs",
        taken[large],
        taken[small],
        f"{large} beside {small}",
        limit=GROWTH_LIMIT,
    )


def growth(c: Context) -> Iterator[Line]:
    """Whether a call costs more with many in flight, or with many rows in the ledger:

    beside wayfare itself.
    """
    count = c.scaled(20_000)
    flights = (64, 1000) if c.quick else (1, 64, 1000, 10_000)
    makers: Makers = {
        f"{flight:,} in flight": partial(
            c.client, "no_sync", mode="calls", flight=flight, calls=max(count, flight), base=c.url()
        )
        for flight in flights
    }
    yield from _beside_first("CPU per call, C++, process-durable, ", makers, c, GROWTH_LIMIT)
    bare: Makers = {
        f"{flight:,} in flight": partial(
            c.program, "curl", mode="multi", flight=flight, calls=max(count, flight), base=c.url()
        )
        for flight in flights
    }
    yield from _beside_first("CPU per call, bare libcurl, for comparison, ", bare, c)

    rows = (1000, 100_000) if c.quick else (1000, 1_000_000, 10_000_000)
    makers = {
        f"{size:,} rows": partial(
            c.client,
            "no_sync",
            ledger=_of_rows(size),
            mode="calls",
            flight=64,
            calls=count // 2,
            base=c.url(),
        )
        for size in rows
    }
    yield from _beside_first(
        "CPU per call, C++, process-durable, 64 in flight, ", makers, c, GROWTH_LIMIT
    )


def _beside_first(
    what: str, makers: Makers, c: Context, limit: float | None = None
) -> Iterator[Line]:
    taken, _, failed = in_turn(makers, 3 if c.quick else 5)
    for name, error in failed.items():
        yield failure(what + name, "", error)
    names = list(taken)
    for name in names[1:]:
        yield compare(what + name, "µs", taken[name], taken[names[0]], names[0], limit=limit)
    if names:
        yield at_most(what + names[0], "µs", median(taken[names[0]], "cpu"))
