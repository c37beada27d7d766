"""A hard budget for an agent, and how to stop the agent at once.

python budgets.py [LIMIT]

The limit is in US dollars. The budget is removed at the end.
"""

from __future__ import annotations

import sys

import wayfare

NAME = "example-agent-day"


def call(client: wayfare.Client) -> bool:
    """Makes a call of the agent. Tells whether the ledger let it go out."""
    try:
        # Give max_tokens: else the budget holds the longest answer that the model can give.
        client.chat("Hello", max_tokens=20, charge_to={"agent": "example"})
    except wayfare.errors.BudgetExceeded as error:
        print(f"refused: the budget {error.budget} has {error.left:f} USD left")
        return False
    except wayfare.errors.Blocked as error:
        print(f"refused: {error.message}")
        return False
    return True


def main() -> int:
    limit = sys.argv[1] if len(sys.argv) > 1 else "0.01"  # a text, so that it is exact
    with wayfare.Client() as client:
        client.budget(NAME, limit=limit, window="day", agent="example")
        try:
            sent = 0
            while sent < 5 and call(client):
                sent += 1
            print(f"{sent} calls were sent")
            for budget in client.budgets():
                print(f"{budget.name}: {budget.spent:f} of {budget.limit:f} USD are spent")

            client.block(agent="example")  # holds in every process of the ledger
            call(client)
            client.unblock(agent="example")
        finally:
            client.budget(NAME, delete=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
