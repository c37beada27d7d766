"""Processes are stopped, killed and started at any moment while they spend one hard budget. In the
end exactly the limit is spent or held, and the server has billed no more than that.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import wayfare
from raw_server import RawServer, completion

COST = Decimal("0.001")
CALLS = 1500
WORKERS = 3

# Calls from four threads until the budget is spent.
WORKER = """
import sys, threading, wayfare
client = wayfare.Client(
    api_key="sk-or-v1-test", base_url=sys.argv[1], ledger=sys.argv[2], retries=0
)
def spend():
    while True:
        try:
            client.chat("hi", model="m/x")
        except wayfare.BudgetExceeded:
            return
        except wayfare.Error:
            pass
threads = [threading.Thread(target=spend) for _ in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
client.close()
"""


@pytest.mark.slow
def test_a_hard_budget_holds_in_a_storm_of_stops_and_kills(tmp_path: Path) -> None:
    billed = 0
    counting = threading.Lock()

    def serve(connection: Any) -> None:
        nonlocal billed
        while request := connection.read():
            if not request[1]:  # a GET of the models list
                connection.reply(b'{"data":[]}')
                continue
            with counting:
                billed += 1
            connection.reply(completion(cost=str(COST)))

    server = RawServer(serve)
    ledger = str(tmp_path / "l.db")
    with wayfare.Client(api_key="sk-or-v1-test", base_url=server.base_url, ledger=ledger) as client:
        client.budget("all", limit=CALLS * COST, window="lifetime", assume=str(COST))

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-c", WORKER, server.base_url, ledger])

    seed = random.randrange(1 << 32)
    draw = random.Random(seed)
    workers = [start() for _ in range(WORKERS)]
    kills = stops = 0
    until = time.monotonic() + 8
    try:
        while time.monotonic() < until:
            time.sleep(draw.uniform(0, 0.1))
            at = draw.randrange(WORKERS)
            if workers[at].poll() is not None or draw.random() < 0.1:
                kills += workers[at].poll() is None
                workers[at].kill()  # also one that is stopped
                workers[at].wait()
                workers[at] = start()
            elif draw.random() < 0.5:
                workers[at].send_signal(signal.SIGSTOP)
                stops += 1
            else:
                workers[at].send_signal(signal.SIGCONT)
        for worker in workers:
            worker.send_signal(signal.SIGCONT)
        assert [worker.wait(120) for worker in workers] == [0] * WORKERS, seed
    finally:
        for worker in workers:
            worker.kill()
    with wayfare.Client(api_key="sk-or-v1-test", base_url=server.base_url, ledger=ledger) as client:
        with pytest.raises(wayfare.BudgetExceeded):
            client.chat("hi", model="m/x")
        (budget,) = client.budgets()
        spent = sum(entry.cost or 0 for entry in client.entries())
        assert client.verify().ok, seed
    server.close()
    print(f"{kills} kills, {stops} stops, {billed} bills of {CALLS}, held {budget.reserved}")
    assert budget.spent + budget.reserved == budget.limit == CALLS * COST, seed
    assert spent == budget.spent, seed
    assert billed <= CALLS, seed
    assert billed * COST >= budget.spent, seed
    assert kills > 1, seed
    assert stops > 5, seed
