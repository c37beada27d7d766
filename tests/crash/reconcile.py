"""The end of a campaign. Unknown costs are looked up, or else charged at their bounds. Then the
ledger must equal the bill.
"""

from __future__ import annotations

import sqlite3
from typing import Any

import wayfare
from checks import Checks

# After the lookups: unknown attempts that the server would have known. A day later: any unknown
# attempts.
LOOKED_UP = """
SELECT b.*, r.* FROM bill b JOIN row r ON r.gen_id = b.gen WHERE b.looked_up
  AND (r.cost_p IS NULL OR r.byok AND r.upstream_p IS NULL)
"""
ENDED = """
SELECT * FROM row r WHERE r.state = 'reserved' OR r.state = 'unknown' AND NOT (r.kind IS 2
  AND r.bound_p IS NULL)
  OR r.cost_source = 3 AND r.cost_p IS NOT r.bound_p
"""
CHEAP = """
SELECT b.*, r.* FROM bill b JOIN row r ON r.gen_id = b.gen
WHERE r.cost_source = 3 AND r.cost_p < b.cost_p + coalesce(b.upstream_p, 0)
"""
SUMS_OF_ENDS = """
SELECT count(*) FILTER (WHERE cost_source = 1 AND cost_p IS NOT NULL),
  count(*) FILTER (WHERE cost_source = 2 OR own_p IS NOT cost_p),
  count(*) FILTER (WHERE cost_source = 3), coalesce(sum(cost_p) FILTER (WHERE cost_source = 3), 0),
    count(*) FILTER (WHERE state = 'unknown'),
  count(*) FILTER (WHERE state = 'settled' AND cost_p IS NULL),
    count(*) FILTER (WHERE cost_source = 3 AND gen_id IS NULL) FROM row
"""


def reconcile(checks: Checks, options: dict[str, Any]) -> list[str]:
    """Reconciles the ledger, prints the result, and returns the violations."""
    with wayfare.Client(**options) as client:
        first = client.reconcile()
    wrong = [
        f"the server knows it, and it is not looked up: {row}" for row in checks.ask(LOOKED_UP)[:5]
    ]

    day_us = 25 * 3_600_000_000
    with sqlite3.connect(checks.ledger) as file:
        file.execute(
            "UPDATE pending SET marked_us = marked_us - ?1, reserved_us = reserved_us - ?1",
            (day_us,),
        )
        file.execute("UPDATE cost_pending SET marked_us = marked_us - ?1", (day_us,))
    file.close()
    checks.moved = True
    with wayfare.Client(**options) as client:
        second = client.reconcile()
        third = client.reconcile()
    wrong += [f"not ended a day later, or not at its bound: {row}" for row in checks.ask(ENDED)[:5]]
    wrong += [f"charged at a bound that is below the bill: {row}" for row in checks.ask(CHEAP)[:5]]
    for done, left in ((first, None), (second, 0), (third, 0)):
        if done.trouble or (left is not None and done.unknown != left):
            wrong.append(f"reconcile() tells {done}")
    if third.looked_up + third.settled + third.given_up:
        wrong.append(f"there was something left to reconcile: {third}")
    wrong += checks.all(options, 0)

    told, looked_up, charged, charged_p, unknown, cost_pending, nameless = checks.ask(SUMS_OF_ENDS)[
        0
    ]
    print(
        f"reconciled: {told} costs were told by answers and {looked_up} by lookups, "
        f"each as it was billed; {charged} are charged at their bounds, "
        f"${charged_p / 1e12:.4f} in all, {nameless} of them without a generation id; "
        f"{unknown} without a bound, and {cost_pending} answers without a cost, stay unknown"
    )
    return wrong
