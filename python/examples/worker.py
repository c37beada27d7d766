"""Celery: jobs that are answered in the background, in processes that Celery forks.

pip install celery
export JOBS=/var/tmp/jobs                # the folder of the queue, for this example
celery --workdir python/examples -A worker worker --concurrency 2
python python/examples/worker.py ann "Hello" "How are you?"

Each process has one client, and all of them have the ledger of the web servers. So one budget of a
user holds for the web and for the jobs.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import billing
import wayfare
from celery import Celery, Task
from celery.signals import worker_process_init, worker_process_shutdown

FOLDER = os.environ["JOBS"]
app = Celery("worker", broker="filesystem://")
app.conf.broker_transport_options = {
    "data_folder_in": FOLDER,
    "data_folder_out": FOLDER,
    "control_folder": os.path.join(FOLDER, "control"),
}
app.conf.worker_prefetch_multiplier = 1
state: dict[str, wayfare.Client] = {}


@worker_process_init.connect
def open_client(**_: Any) -> None:
    """In the process that Celery has forked, since a used client does not pass a fork."""
    state["client"] = wayfare.Client()


@worker_process_shutdown.connect
def close_client(**_: Any) -> None:
    """Books the calls that run. A process that is killed has them looked up by another one."""
    state.pop("client").close()


@app.task(bind=True, max_retries=5, ignore_result=True)
def answer(self: Task, user: str, prompt: str) -> None:
    try:
        reply = state["client"].chat(
            prompt,
            max_tokens=300,
            charge_to={"app": "worker", "user": user, "run": self.request.id},
            route={"deadline": 120},
        )
    except wayfare.errors.BudgetExceeded as error:
        # Nothing was sent. The job comes back when the budget has a new window.
        raise self.retry(eta=error.resets_at, exc=error) from error
    except wayfare.Error as error:
        if not error.retryable:
            raise
        raise self.retry(countdown=error.retry_after or 30, exc=error) from error
    billing.keep(user, reply)


if __name__ == "__main__":
    os.makedirs(FOLDER, exist_ok=True)
    for prompt in sys.argv[2:]:
        answer.delay(sys.argv[1], prompt)
