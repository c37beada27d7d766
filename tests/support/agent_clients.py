"""What the tests of agents share: a profile with every part, and an AsyncClient to be used like a
Client.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import wayfare
from raw_server import KEY

NOWHERE = "http://127.0.0.1:9/api/v1"  # for clients that send nothing

TOOL = {
    "type": "function",
    "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}},
}
PROFILE: dict[str, Any] = {
    "model": "openai/gpt-4o-mini",
    "max_tokens": 50,
    "route": {
        "policy": {
            "max_price": {"prompt": "1", "completion": "2.5", "request": "0", "image": "0.01"}
        },
        "retries": 0,
        "deadline": 2.5,
        "max_cost": "0.01",
        "key": "team",
        "on_budget": "wait",
        "budget_wait": 1.5,
    },
    "charge_to": {"app": "web", "user": "ann", "run": "r1", "tags": ["red", "blue"]},
    "parameters": {"temperature": 0.25, "stop": None, "provider": {"order": ["openai"]}},
    "tools": [TOOL],
    "system": "Be kind.\n„Ä“ \x01\u2028",
    "budget": {"limit": "5", "window": "day", "assume": "0.5", "thresholds": [50, 100]},
    "tags": ["first", "second"],
    "notes": "For people.",
}


def options(ledger: Any, **more: Any) -> Any:
    """The options of a client that sends nothing."""
    return {"api_key": KEY, "base_url": NOWHERE, "dialect": "openrouter", "ledger": ledger, **more}


def profile_of(agent: wayfare.Agent) -> dict[str, Any]:
    """The profile of an agent: what is not of one version."""
    told = agent.to_dict()
    return {name: told[name] for name in told if name not in ("version", "change", "changed")}


class Awaited:
    """An AsyncClient of which each call is awaited at once, in a loop of its own."""

    def __init__(self, client_options: Any) -> None:
        self._loop = asyncio.new_event_loop()
        self._client: Any = self._in_loop(lambda: wayfare.AsyncClient(**client_options))

    def _in_loop(self, begin: Callable[[], Any]) -> Any:
        async def run() -> Any:
            begun = begin()
            if hasattr(begun, "__aiter__"):
                return iter([one async for one in begun])
            return await begun if hasattr(begun, "__await__") else begun

        return self._loop.run_until_complete(asyncio.wait_for(run(), 60))

    def __getattr__(self, name: str) -> Any:
        return lambda *given, **named: self._in_loop(
            lambda: getattr(self._client, name)(*given, **named)
        )

    def close(self) -> None:
        self._in_loop(self._client.close)
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()
