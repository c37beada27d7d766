"""aiohttp: nothing that knows the API."""

from __future__ import annotations

import asyncio

import aiohttp
from by_hand import Collector, Refused
from lines import BASE_URL, Json, serve


async def _call(body: Json, key: str) -> Json:
    headers = {"Authorization": f"Bearer {key}"}
    collector = Collector()
    session = aiohttp.ClientSession(headers=headers)
    async with session, session.post(f"{BASE_URL}/chat/completions", json=body) as answer:
        if answer.status != 200:
            raise Refused(answer.status, await answer.read())
        if not body.get("stream"):
            return collector.whole(await answer.json())
        async for line in answer.content:
            collector.line(line.decode())
    return collector.streamed()


serve(lambda body, key: asyncio.run(_call(body, key)))
