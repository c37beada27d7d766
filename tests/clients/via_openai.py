"""The package openai: OpenAI's own client, over httpx2."""

from __future__ import annotations

import openai
from lines import BASE_URL, Json, serve, tool, usage


def _usage(told: openai.types.CompletionUsage | None) -> Json | None:
    if told is None:
        return None
    return usage(told.prompt_tokens, told.completion_tokens, (told.model_extra or {}).get("cost"))


def call(body: Json, key: str) -> Json:
    with openai.OpenAI(base_url=BASE_URL, api_key=key) as client:
        if body.get("stream"):
            pieces, told = [], None
            for chunk in client.chat.completions.create(**body):
                pieces += [choice.delta.content for choice in chunk.choices if choice.delta.content]
                told = chunk.usage or told
            return {"text": "".join(pieces), "pieces": pieces, "usage": _usage(told)}
        whole = client.chat.completions.create(**body)
    message = whole.choices[0].message
    calls = [one.function for one in message.tool_calls or []]
    found = tool(calls[0].name, calls[0].arguments) if calls else None
    return {"text": message.content, "tool": found, "usage": _usage(whole.usage)}


serve(call)
