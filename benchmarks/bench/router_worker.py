"""litellm's Router choosing the cheapest of so many deployments of one name, in its own way:
cost-based-routing. Nothing is sent.

Usage: router_worker.py deployments=N
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from python_worker import rounds

MESSAGES = [{"role": "user", "content": "Hello"}]


def main() -> None:
    import litellm

    litellm.suppress_debug_info = True
    count = int(dict(word.split("=", 1) for word in sys.argv[1:])["deployments"])
    deployments: list[Any] = [
        {
            "model_name": "any",
            "litellm_params": {
                "model": f"openrouter/maker/model-{at}",
                "api_key": "none",
                "input_cost_per_token": (1 + at * 7919 % 1000) * 1e-9,
                "output_cost_per_token": (1 + at * 7919 % 1000) * 1e-8,
            },
        }
        for at in range(count)
    ]
    router = litellm.Router(
        model_list=deployments, routing_strategy="cost-based-routing", num_retries=0
    )
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)

    async def several() -> None:
        for _ in range(20):
            chosen = await router.async_get_available_deployment(
                model="any", request_kwargs={}, messages=MESSAGES
            )  # type: ignore[arg-type]
            if not chosen["litellm_params"]["model"].startswith("openrouter/maker/"):
                raise SystemExit(f"another one was chosen: {chosen}")

    rounds(20, lambda: loop.run_until_complete(several()))


if __name__ == "__main__":
    main()
