"""The messages of an application, and what its users owe for them.

The examples fastapi_app.py, flask_app.py and worker.py use it. `reply.metadata` is made to be kept
with a message: its cost is the amount that the server billed, and its entry is the row of the
ledger. The ledger says what the application has spent. This table says who owes it.

python billing.py      shows what each user owes

MESSAGES names the file of the table.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import sys
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import wayfare

PATH = os.environ.get("MESSAGES", "messages.db")
MARGIN = Decimal("1.20")  # what the application takes for a dollar of cost


@contextlib.contextmanager
def messages() -> Iterator[sqlite3.Connection]:
    """The table, in a transaction."""
    file = sqlite3.connect(PATH, timeout=30)
    try:
        with file:
            file.execute(
                "CREATE TABLE IF NOT EXISTS message (entry TEXT PRIMARY KEY, user TEXT, text TEXT, "
                "cost TEXT, metadata TEXT)"
            )
            yield file
    finally:
        file.close()


def keep(user: str, reply: wayfare.Reply) -> None:
    """Keeps an answer with its cost. A cost is text, since a float is not exact."""
    told: dict[str, Any] = reply.metadata
    row = (told["entry"], user, reply.text, told["cost"], json.dumps(told))
    with messages() as file:
        file.execute("INSERT OR REPLACE INTO message VALUES (?, ?, ?, ?, ?)", row)


def look_up(client: wayfare.Client) -> None:
    """Fills in costs that were not known when the answer ended, and that the ledger knows now."""
    with messages() as file:
        rows = file.execute("SELECT entry FROM message WHERE cost IS NULL").fetchall()
    unknown = {entry for (entry,) in rows}
    if not unknown:
        return
    costs: dict[str, Decimal] = {}
    for row in client.entries():  # a correction is a row of the same entry, to be added
        if row.entry in unknown and row.cost is not None:
            costs[row.entry] = costs.get(row.entry, Decimal(0)) + row.cost
    with messages() as file:
        for entry, cost in costs.items():
            file.execute("UPDATE message SET cost = ? WHERE entry = ?", (f"{cost:f}", entry))


def owed() -> dict[str, Decimal]:
    """What each user owes, in US dollars. A cost that is not known is not in it, and is not 0."""
    with messages() as file:
        rows = file.execute("SELECT user, cost FROM message WHERE cost IS NOT NULL").fetchall()
    sums: dict[str, Decimal] = {}
    for user, cost in rows:
        sums[user] = sums.get(user, Decimal(0)) + Decimal(cost)
    return {user: cost * MARGIN for user, cost in sums.items()}


def main() -> int:
    with wayfare.Client() as client:
        look_up(client)
    for user, amount in sorted(owed().items()):
        print(f"{user}: {amount:f} USD")
    return 0


if __name__ == "__main__":
    sys.exit(main())
