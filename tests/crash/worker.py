"""A process that chats, streams and awaits until its stdin ends or it is killed.   worker.py
BASE_URL LEDGER ACKS PROCESS SEED

Writes a line for each attempt of each call into ACKS, after the call has returned: `CALL ENTRY
STATE COST`, and `CALL - refused BUDGET` for a call that a budget refused. Writes unexpected errors
to stderr.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

import wayfare

base_url, ledger, acks, process, seed = sys.argv[1:]
over = threading.Event()

MODELS = (
    "openai/gpt-4o-mini",
    "openai/gpt-4o",
    "anthropic/claude-sonnet-4.6",
    "anthropic/claude-3-haiku",
    "deepseek/deepseek-r1",
)
FREE = "meta-llama/llama-3.3-70b-instruct:free"
BY_THE_PIECE = "crash/by-the-piece"  # no budget knows what it may cost
SUFFIXES = ("", "", "", ":floor", ":exacto")  # the same model, served by other providers
FAULTS = (
    *("fine",) * 20,
    *(
        "slow-2",
        "slow-10",
        "no-done",
        "keepalive-data",
        "crlf",
        "cut",
        "hangup",
        "error-midstream",
        "error-first-event",
        "garbage",
    ),
    *(
        "no-cost",
        "no-usage",
        "no-finish",
        "usage-empty-choices",
        "running-usage",
        *("byok",) * 4,
        *("byok-untold",) * 2,
        "status-429",
        "status-500",
        "status-502",
        "status-504",
        "html-502",
        "stall",
        "silent",
    ),
)
EXPECTED = {
    *(
        "rate_limited",
        "server_error",
        "provider_failed",
        "provider_timeout",
        "connect",
        "connection_lost",
        "stream_broken",
        "malformed",
    ),
    *("first_byte_timeout", "idle_timeout", "deadline"),
}


class Draw(NamedTuple):
    call: str
    arguments: dict[str, Any]
    leaves: bool  # drops the stream before its end


def draws(thread: int) -> Iterator[Draw]:
    """The random calls of one thread, the same for the same seed."""
    draw = random.Random(f"{seed} {process} {thread}")
    turn, worker, _ = process.split(".")
    number = 0
    while not over.is_set():
        number += 1
        call = f"{process}-{thread}.{number}"
        app = draw.choices(("bounded", "assumed", "refused"), (78, 18, 4))[0]
        is_bounded = app == "bounded"
        body: dict[str, Any] = {"model": BY_THE_PIECE}
        if is_bounded:
            name = draw.choice(MODELS) + draw.choice(SUFFIXES)
            body = {"model": FREE if draw.random() < 0.1 else name}
        elif app == "assumed":
            body = {"model": "crash/unlisted"}
            if draw.random() < 0.5:  # the server takes the second where the first one fails
                body = {"model": draw.choice(MODELS), "models": draw.sample(MODELS, 2)}
        words = " ".join(
            draw.choice(("and", "what", "of", "the", "price")) for _ in range(draw.randrange(40))
        )
        route: dict[str, Any] = {"retries": draw.randrange(2), "deadline": 60}
        if is_bounded and draw.random() < 0.3:
            route["max_cost"] = Decimal("0.1")
        yield Draw(
            call,
            {
                "messages": f"{call} {draw.choice(FAULTS)} {words}",
                **body,
                "max_tokens": draw.randrange(4, 60),  # so that half of the limit is above zero
                "route": route,
                "charge_to": {
                    "app": app,
                    "agent": f"w{worker}",
                    "run": f"r{turn}",
                    **draw.choice(({}, {"user": "ann"}, {"user": "bob"})),
                    "tags": draw.choice(([], ["crash"], ["crash", "kill", "crash"])),
                },
                "request_id": call,
            },
            draw.random() < 0.1,
        )
        time.sleep(draw.random() * 0.01) if thread < 5 else None


log = os.open(acks, os.O_WRONLY | os.O_APPEND | os.O_CREAT)


def tell(call: str, entry: str, state: str, what: object) -> None:
    os.write(log, f"{call} {entry} {state} {what}\n".encode())


def acknowledge(draw: Draw, reply: wayfare.Reply | None) -> None:
    if reply and reply.attempts and draw.arguments["model"] == BY_THE_PIECE:
        print(draw.call, "was sent, and nothing bounds its cost", file=sys.stderr, flush=True)
    for attempt in reply.attempts if reply else ():
        tell(
            draw.call,
            attempt.entry,
            attempt.state,
            "-" if attempt.cost is None else f"{attempt.cost:f}",
        )


def judge(draw: Draw, error: wayfare.Error) -> float:
    """Returns the seconds to wait before the next call."""
    acknowledge(draw, error.reply)
    is_unbounded = error.code == "no_bound" and draw.arguments["model"] == BY_THE_PIECE
    if isinstance(error, wayfare.BudgetExceeded) or (is_unbounded and error.budget == "refused"):
        tell(draw.call, "-", "refused", error.budget)
        return 0.02
    if error.code not in EXPECTED and not (over.is_set() and error.code in ("cancelled", "closed")):
        print(draw.call, error, file=sys.stderr, flush=True)
    return 0


def chats(client: wayfare.Client, thread: int) -> None:
    for draw in draws(thread):
        try:
            acknowledge(draw, client.chat(**draw.arguments))
        except wayfare.Error as error:
            time.sleep(judge(draw, error))


def streams(client: wayfare.Client, thread: int) -> None:
    for draw in draws(thread):
        try:
            with client.stream(**draw.arguments) as stream:
                for at, _ in enumerate(stream):
                    if draw.leaves and at == 2:
                        break
                else:
                    acknowledge(draw, stream.reply)
        except wayfare.Error as error:
            time.sleep(judge(draw, error))


async def awaits(client: wayfare.AsyncClient, thread: int) -> None:
    for draw in draws(thread):
        try:
            if thread % 2:
                acknowledge(
                    draw,
                    await asyncio.wait_for(
                        client.chat(**draw.arguments), 0.005 if draw.leaves else None
                    ),
                )
            else:
                async with client.stream(**draw.arguments) as stream:
                    async for _ in stream:
                        if draw.leaves:
                            break
                    else:
                        acknowledge(draw, await stream.reply)
        except asyncio.TimeoutError:
            pass
        except wayfare.Error as error:
            await asyncio.sleep(judge(draw, error))
        await asyncio.sleep(0.005)


def main() -> None:
    draw = random.Random(f"{seed} {process}")
    hurries = draw.random() < 0.8  # at the end: closes the client while calls run
    options: dict[str, Any] = {
        "api_key": "sk-or-v1-crash",
        "base_url": base_url,
        "dialect": "openrouter",
        "ledger": ledger,
    }
    options.update(
        durability=draw.choice(("sync_reservations", "sync_all", "no_sync")),
        first_byte_timeout=0.6,
        idle_timeout=0.6,
    )

    async def loop() -> None:
        async with wayfare.AsyncClient(**options) as client:
            tasks = [asyncio.create_task(awaits(client, thread)) for thread in (5, 6, 7)]
            while hurries and not over.is_set():
                await asyncio.sleep(0.05)
            if hurries:
                await client.close()
            await asyncio.gather(*tasks)

    client = wayfare.Client(**options)
    threads = [
        threading.Thread(target=chats, args=(client, thread), daemon=True) for thread in (1, 2)
    ]
    threads += [
        threading.Thread(target=streams, args=(client, thread), daemon=True) for thread in (3, 4)
    ]
    threads.append(threading.Thread(target=lambda: asyncio.run(loop()), daemon=True))
    for thread in threads:
        thread.start()
    sys.stdin.read()
    over.set()
    if hurries:
        client.close()
    for thread in threads:
        thread.join()
    client.close()


if __name__ == "__main__":
    main()
