"""langchain-openrouter: LangChain's package for OpenRouter, which uses the package openrouter."""

from __future__ import annotations

from langchain_core.messages import AIMessage
from langchain_openrouter import ChatOpenRouter
from lines import BASE_URL, Json, serve, tool, usage


def _told(message: AIMessage) -> Json:
    counts = message.usage_metadata
    cost = message.response_metadata.get("cost")
    told = usage(counts["input_tokens"], counts["output_tokens"], cost) if counts else None
    calls = [tool(one["name"], one["args"]) for one in message.tool_calls]
    return {"text": message.text, "tool": calls[0] if calls else None, "usage": told}


def call(body: Json, key: str) -> Json:
    model = ChatOpenRouter(model=body.pop("model"), base_url=BASE_URL, api_key=key)
    messages = body.pop("messages")
    if not body.pop("stream", False):
        return _told(model.invoke(messages, **body))
    pieces, whole = [], None
    for chunk in model.stream(messages, **body):
        pieces += [chunk.text] if chunk.text else []
        whole = chunk if whole is None else whole + chunk
    return {**_told(whole), "pieces": pieces}


serve(call)
