"""wayfare itself."""

from __future__ import annotations

import wayfare
from lines import BASE_URL, Json, serve, tool, usage


def _told(reply: wayfare.Reply) -> Json:
    told = usage(reply.usage.prompt_tokens, reply.usage.completion_tokens, reply.cost)
    calls = [tool(one.name, one.arguments) for one in reply.tool_calls]
    return {"text": reply.text, "tool": calls[0] if calls else None, "usage": told}


def call(body: Json, key: str) -> Json:
    with wayfare.Client(base_url=BASE_URL, api_key=key, ledger=":memory:") as client:
        if body.pop("stream", False):
            with client.stream(**body) as stream:
                pieces = [event.text for event in stream if event.text]
                return {**_told(stream.reply), "pieces": pieces}
        return _told(client.chat(**body))


serve(call)
