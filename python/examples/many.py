"""Many calls at once with asyncio.

python many.py [CALLS]

The event loop watches one descriptor of the client. No call needs a thread.
"""

from __future__ import annotations

import asyncio
import sys
from decimal import Decimal

import wayfare


async def ask(client: wayfare.AsyncClient, number: int) -> wayfare.Reply | wayfare.Error:
    try:
        return await client.chat(f"Hello {number}", max_tokens=20, charge_to={"run": "many"})
    except wayfare.Error as error:  # one call that fails does not end the others
        return error


async def main() -> int:
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    async with wayfare.AsyncClient() as client:
        ends = await asyncio.gather(*(ask(client, number) for number in range(calls)))

    errors = [end for end in ends if isinstance(end, wayfare.Error)]
    costs = [end.cost for end in ends if not isinstance(end, wayfare.Error)]
    known = [cost for cost in costs if cost is not None]
    print(
        f"{calls} calls, {len(errors)} failed, {sum(known, Decimal(0)):f} USD, "
        f"{len(costs) - len(known)} costs are unknown"
    )
    for error in errors[:3]:
        print(error, file=sys.stderr)
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
