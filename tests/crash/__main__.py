"""Kills workers with kill -9, at random moments and at chosen ones. Three workers with several
threads call a sandbox that keeps its own bill. They share one ledger with hard budgets. They are
killed and started again. After each round the ledger is compared with the bill, with the results
that the workers got, and with itself. At the end the ledger is reconciled, and must agree with the
bill to the last digit.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import wayfare
from billing import PHASES
from checks import Checks
from players import HERE, Sampler, Sandbox, Worker
from reconcile import reconcile

WORKERS = 3
OF_THE_LEDGER = ("reserved", "settled", "acknowledged")  # phases that the sandbox does not see
KEY = "sk-or-v1-crash"


class Campaign:
    def __init__(self, folder: Path, seed: int, commands: list[list[str]]) -> None:
        self.folder, self.seed, self.commands = folder, seed, commands
        self.ledger, self.acks, self.complaints = (
            folder / "ledger.db",
            folder / "acks",
            folder / "complaints",
        )
        self.sandbox = Sandbox(folder / "bill")
        self.options: dict[str, Any] = {
            "api_key": KEY,
            "base_url": self.sandbox.base_url,
            "dialect": "openrouter",
            "ledger": str(self.ledger),
        }
        self.checks = Checks(self.ledger, self.acks, folder / "bill")
        self.kills: Counter[str] = Counter()
        self.looks = 0

    def limits(self, draw: random.Random) -> None:
        """Makes hard budgets: over all calls, over each worker, each round and each model, over the
        calls with a bound of their own, and over those that have none and are refused.
        """
        with wayfare.Client(**self.options) as client:
            known = {budget.name: budget for budget in client.budgets()}
            for name, scope in {
                "all": {},
                "bounded": {"app": "bounded"},
                **{f"w{at}": {"agent": f"w{at}"} for at in range(WORKERS)},
            }.items():
                budget = known.get(name)
                more = Decimal(
                    draw.choice(("0.02", "0.2", "1", "1"))
                    if name != "all"
                    else draw.choice(("0.1", "1", "1"))
                )
                limit = more + (budget.spent + budget.reserved if budget else 0)
                window: Any = "day" if name.startswith("w") else "lifetime"
                client.budget(
                    name,
                    limit=limit,
                    **({} if budget else {"window": window, "assume": "0.0003", **scope}),
                )
            if "refused" not in known:  # the others assume an amount where nothing bounds the cost
                client.budget("refused", limit=1, window="lifetime", app="refused")
            if "model" not in known:
                client.budget("model", limit=9, window="lifetime", assume="0.0003", model="*")
            if "round" not in known:
                client.budget(
                    "round", limit="0.3", window="lifetime", assume="0.0003", byok="ignore", run="*"
                )

    def round(self, turn: int) -> list[str]:
        draw = random.Random(f"{self.seed} {turn}")
        self.limits(draw)
        since_us = time.time_ns() // 1000
        sampler = Sampler(self.ledger)
        arguments = [self.sandbox.base_url, self.ledger, self.acks]
        workers = [
            Worker(command, arguments, turn, at, self.seed, self.complaints)
            for at, command in enumerate(self.commands)
        ]
        for _ in range(draw.randrange(1, 5)):
            time.sleep(0.05 + draw.random() * 0.3)
            victim = draw.choice(workers)
            self.kill(
                victim, draw.choice(PHASES + OF_THE_LEDGER) if turn % 2 == 0 else "any moment"
            )
            victim.respawn()
        time.sleep(draw.random() * 0.4)
        wrong = []
        for worker in draw.sample(workers, len(workers)):
            if draw.random() < 0.4:
                worker.kill()
                self.kills["at the end"] += 1
            elif code := worker.stop():
                wrong.append(f"worker {worker.name} ended with {code}")
        seen = sampler.close()
        self.looks += seen["looks"]
        wrong += [f"a sample of v1_budgets passes its limit: {row}" for row in seen["passed"]]
        wrong += [
            f"a worker complains: {line}" for line in self.complaints.read_text().splitlines()[:5]
        ]
        return wrong + self.checks.all(self.options, since_us)

    def kill(self, victim: Worker, when: str) -> None:
        if when in PHASES:
            if not self.sandbox.wait_at(victim.name, when, 2):
                when = "any moment"  # the budgets may refuse all of its calls
            victim.kill()
            self.sandbox.go()
        else:
            if when in OF_THE_LEDGER and not self.watch(victim.name, when, 2):
                when = "any moment"
            victim.kill()
        self.kills[when] += 1

    def watch(self, process: str, what: str, seconds: float) -> bool:
        """Waits until a call of this process is reserved, settled or acknowledged."""
        acks = os.path.getsize(self.acks) if self.acks.exists() else 0
        connection = sqlite3.connect(f"file:{self.ledger}?mode=ro", uri=True, timeout=30)
        newest = connection.execute("SELECT coalesce(max(id), 0) FROM entry").fetchone()[0]
        sql = {
            "reserved": (
                f"SELECT 1 FROM pending WHERE state = 0 AND request_id GLOB '{process}-*' LIMIT 1"
            ),
            "settled": (
                f"SELECT 1 FROM entry WHERE id > {newest} AND request_id GLOB '{process}-*' LIMIT 1"
            ),
        }.get(what)
        deadline = time.monotonic() + seconds
        try:
            while time.monotonic() < deadline:
                if sql and connection.execute(sql).fetchone():
                    return True
                if not sql and f"{process}-" in self.acks.read_bytes()[acks:].decode():
                    return True
                time.sleep(0.001)
            return False
        finally:
            connection.close()

    def told(self) -> str:
        states = dict(self.checks.ask("SELECT state, count(*) FROM row GROUP BY state"))
        (acks, billed), *_ = self.checks.ask(
            "SELECT (SELECT count(*) FROM ack), (SELECT count(*) FROM bill)"
        )
        kills = ", ".join(f"{count} {when}" for when, count in sorted(self.kills.items()))
        return (
            f"{sum(states.values())} attempts "
            f"({', '.join(f'{count} {state}' for state, count in sorted(states.items()))}), "
            f"{billed} billed, "
            f"{acks} acknowledged, {self.checks.refused} refused by budgets, {self.looks} "
            f"looks at them\n{sum(self.kills.values())} kills: {kills}"
        )


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run crash", description=__doc__)
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument(
        "--seed", type=int, help="replays the plan of a campaign, but not its timing"
    )
    parser.add_argument(
        "--worker",
        action="append",
        default=[],
        metavar="PROGRAM",
        help="in place of one of the Python workers",
    )
    wanted = parser.parse_args()
    seed = wanted.seed if wanted.seed is not None else random.SystemRandom().randrange(1 << 31)
    commands = [[program] for program in wanted.worker] + [
        [sys.executable, str(HERE / "worker.py")]
    ] * (WORKERS - len(wanted.worker))
    folder = Path(tempfile.mkdtemp(prefix="wayfare-crash-"))
    os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
    print(f"seed {seed}, {wanted.rounds} rounds", flush=True)

    campaign = Campaign(folder, seed, commands)
    began = time.monotonic()
    wrong: list[str] = []
    for turn in range(wanted.rounds):
        if wrong := campaign.round(turn):
            print(f"round {turn} is wrong:", *wrong, sep="\n  ")
            break
        if turn % 25 == 24:
            print(
                f"{turn + 1} rounds, {time.monotonic() - began:.0f} s: {campaign.told()}",
                flush=True,
            )
    if not wrong:
        print(campaign.told())
        if wrong := reconcile(campaign.checks, campaign.options):
            print("the ledger is wrong in the end:", *wrong, sep="\n  ")
    campaign.sandbox.close()
    print(f"{time.monotonic() - began:.0f} s")
    if wrong:
        print(f"seed {seed}; what is left lies in {folder}")
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
