"""The package openrouter: OpenRouter's own client, over httpx."""

from __future__ import annotations

from lines import BASE_URL, Json, serve, tool, usage
from openrouter import OpenRouter
from openrouter.components import ChatUsage


def _usage(told: ChatUsage | None) -> Json | None:
    return told and usage(told.prompt_tokens, told.completion_tokens, told.cost)


def call(body: Json, key: str) -> Json:
    with OpenRouter(server_url=BASE_URL, api_key=key) as client:
        if body.get("stream"):
            pieces, told = [], None
            with client.chat.send(**body) as chunks:
                for chunk in chunks:
                    deltas = [choice.delta.content for choice in chunk.choices]
                    pieces += [text for text in deltas if text]
                    told = chunk.usage or told
            return {"text": "".join(pieces), "pieces": pieces, "usage": _usage(told)}
        whole = client.chat.send(**body)
    message = whole.choices[0].message
    calls = [one.function for one in message.tool_calls or []]
    found = tool(calls[0].name, calls[0].arguments) if calls else None
    return {"text": message.content, "tool": found, "usage": _usage(whole.usage)}


serve(call)
