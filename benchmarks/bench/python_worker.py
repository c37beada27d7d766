"""The worker of the Python clients: as cpp/worker.hpp, a round of work for each line read.

Usage: python_worker.py CLIENT call|stream|acall|astream|hold name=value…. `flight` calls run at
once, where it is asynchronous.
`hold` holds so many paced streams, and tells how late each token is.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
import time
from typing import Any

from clients import CLIENTS

ROUND_SECONDS = 0.4  # of work, about; never less than one batch


def timed(count: int, began: tuple[int, int]) -> dict[str, float]:
    return {
        "wall": (time.monotonic_ns() - began[0]) / 1e3 / count,
        "cpu": (time.process_time_ns() - began[1]) / 1e3 / count,
    }


def begin() -> tuple[int, int]:
    return time.monotonic_ns(), time.process_time_ns()


def check(characters: int, least: int) -> None:
    if characters < least:
        raise SystemExit(f"{characters} characters of text came, at least {least} were sent")


def rounds(per_batch: int, batch: Any) -> None:
    """Warms up, finds how many batches fill a round, and does them for each line."""
    batch()
    began = time.monotonic()
    batch()
    batches = max(1, round(ROUND_SECONDS / max(time.monotonic() - began, 1e-6)))
    print(json.dumps({"ready": sys.version.split()[0]}), flush=True)
    for _ in sys.stdin:
        start = begin()
        for _ in range(batches):
            batch()
        print(json.dumps(timed(batches * per_batch, start)), flush=True)


def resident_kb() -> int:
    with open("/proc/self/status") as status:
        return int(next(line for line in status if line.startswith("VmRSS:")).split()[1])


async def hold(client: Any, flight: int, tokens: int) -> dict[str, float]:
    """`flight` streams of so many tokens each, whose text is the time of sending. Measured as
    worker.hpp's Held does: of the second and third quarter of the tokens, when all streams are
    open and none has ended."""
    late: list[float] = []
    quarter = flight * tokens // 4
    cpu = 0
    resident = -resident_kb()

    async def one() -> None:
        nonlocal cpu, resident
        async for text in client.atokens():
            late.append((time.monotonic_ns() - int(text)) / 1e6)
            if len(late) == quarter:
                cpu -= time.process_time_ns()
            elif len(late) == 3 * quarter:
                cpu += time.process_time_ns()
                resident += resident_kb()

    await asyncio.gather(*(one() for _ in range(flight)))
    middle = sorted(late[quarter : 3 * quarter])
    figures = {"cpu": cpu / 1e3 / len(middle), "memory": resident / flight}
    return {
        **figures,
        "late_p50": middle[len(middle) // 2],
        "late_p99": middle[len(middle) * 99 // 100],
    }


def main() -> None:
    name, mode = sys.argv[1:3]
    options = dict(word.split("=", 1) for word in sys.argv[3:])
    flight = int(options.pop("flight", "64"))
    chunks = int(options.pop("chunks", "1000"))
    tokens = int(options.pop("tokens", "20"))
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    client = CLIENTS[name](options.pop("base"), **options)
    if mode == "hold":
        print(json.dumps({"ready": sys.version.split()[0]}), flush=True)
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        for _ in sys.stdin:
            print(json.dumps(loop.run_until_complete(hold(client, flight, tokens))), flush=True)
        os._exit(0)
    if not hasattr(client, mode):
        raise SystemExit(
            f"not offered: {name} has no "
            f"{'asyncio' if mode.startswith('a') else 'blocking'} {mode.lstrip('a')}"
        )
    one = getattr(client, mode)
    least = chunks * 5 if mode.endswith("stream") else 100
    per_call = chunks if mode.endswith("stream") else 1

    if not mode.startswith("a"):
        rounds(per_call, lambda: check(one(), least))
    else:
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)

        async def several() -> None:
            """Keeps `flight` in flight until twice as many are done."""
            left = iter(range(2 * flight))

            async def keep() -> None:
                for _ in left:
                    check(await one(), least)

            await asyncio.gather(*(keep() for _ in range(flight)))

        rounds(2 * flight * per_call, lambda: loop.run_until_complete(several()))
        if hasattr(client, "aclose"):
            loop.run_until_complete(client.aclose())
    sys.stdout.flush()
    os._exit(0)  # what a client leaves running is not the measurement's


if __name__ == "__main__":
    main()
