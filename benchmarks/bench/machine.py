"""The machine: what it is, which core who gets, and what a sync of its disk costs."""

from __future__ import annotations

import os
import platform
import statistics
import time
from pathlib import Path


def facts() -> dict[str, str]:
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        "",
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**30
    return {
        "cpu": model or platform.machine(),
        "cores": str(os.cpu_count()),
        "memory": f"{memory} GiB",
        "kernel": platform.release(),
    }


def load() -> float:
    return os.getloadavg()[0]


def cores() -> tuple[int, int]:
    """The client's core and the server's: the same one where there is only one."""
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[0], allowed[-1]


def pin(core: int) -> None:
    os.sched_setaffinity(0, {core})


def sync_floor_us(folder: Path, syncs: int = 100) -> float:
    """The median of overwriting 4 KB of a file, in turn through 4 MB as a WAL in use is, and
    syncing its data; on the client's core."""
    path = folder / "sync-floor"
    size, page = 4 << 20, 4096
    took = []
    allowed = os.sched_getaffinity(0)
    pin(cores()[0])
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, bytes(size))
        os.fsync(descriptor)
        for i in range(syncs):
            began = time.monotonic_ns()
            os.pwrite(descriptor, bytes(page), i * page % size)
            os.fdatasync(descriptor)
            took.append((time.monotonic_ns() - began) / 1e3)
    finally:
        os.sched_setaffinity(0, allowed)
        os.close(descriptor)
        path.unlink()
    return statistics.median(took)
