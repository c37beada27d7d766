"""What is tried with each server. A check raises AssertionError where something does not hold."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import wayfare

TEXT = "Hello — from the mock server 😀."
CITIES = [{"city": "Rome"}, {"city": "Oslo"}]
TOOL = {
    "type": "function",
    "function": {
        "name": "look_up",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}


def options(base_url: str, ledger: Path) -> dict[str, Any]:
    return {"base_url": base_url + "/v1", "api_key": "k", "dialect": "openai", "ledger": ledger}


def settled(client: wayfare.Client, states: list[str]) -> None:
    entries = sorted(client.entries(), key=lambda entry: entry.entry)
    assert [entry.state for entry in entries] == states, entries
    assert client.verify().ok


def plain(client: wayfare.Client) -> None:
    reply = client.chat("greet", model="m/one")
    assert (reply.text, reply.finish_reason) == (TEXT, "stop"), reply
    assert reply.usage.prompt_tokens and reply.usage.completion_tokens, reply.usage
    settled(client, ["settled"])


def streamed(client: wayfare.Client) -> None:
    with client.stream("greet", model="m/one") as stream:
        pieces = [event.text for event in stream if event.text]
        reply = stream.reply
    assert len(pieces) > 3 and "".join(pieces) == TEXT == reply.text, pieces
    assert reply.usage.completion_tokens, reply.usage
    settled(client, ["settled"])


def without_usage(client: wayfare.Client) -> None:
    reply = client.stream("greet", model="m/one", stream_options=None).reply
    assert reply.text == TEXT and reply.added == ["stream"], reply.added
    assert reply.usage.prompt_tokens is not None or "told no usage" in str(reply.warnings)


def _calls(reply: wayfare.Reply) -> None:
    assert [call.name for call in reply.tool_calls] == ["look_up"] * 2, reply.tool_calls
    assert [json.loads(call.arguments) for call in reply.tool_calls] == CITIES
    assert len({call.id for call in reply.tool_calls}) == 2
    assert reply.finish_reason == "tool_calls"


def tools(client: wayfare.Client) -> None:
    whole = client.chat("weather", model="m/one", tools=[TOOL])
    in_pieces = client.stream("weather", model="m/one", tools=[TOOL]).reply
    for reply in (whole, in_pieces):
        _calls(reply)
        assert reply.message is not None
        results = [
            {"role": "tool", "tool_call_id": call.id, "content": "sunny"}
            for call in reply.tool_calls
        ]
        turn = [{"role": "user", "content": "greet"}, reply.message, *results]
        assert client.chat(turn, model="m/one", tools=[TOOL]).text == TEXT
    settled(client, ["settled"] * 4)


def refused(client: wayfare.Client) -> None:
    for call in (client.chat, lambda *a, **k: client.stream(*a, **k).reply):
        try:
            call("limit", model="m/one", route={"retries": 0})
        except wayfare.Error as error:
            assert error.code == "rate_limited" and error.status == 429, error
            assert "Slow down" in str(error) and error.retryable and error.retry_after, error
        else:
            raise AssertionError("the refusal did not come")
    settled(client, ["void", "void"])


def many(client: wayfare.Client) -> None:
    """Fifty calls at once from asyncio, on few connections."""

    async def run() -> list[wayfare.Reply]:
        async with wayfare.AsyncClient(
            base_url=client.base_url,
            api_key="k",
            dialect="openai",
            ledger=client.ledger_path,
        ) as several:
            return await asyncio.gather(
                *(several.chat("greet", model="m/one") for _ in range(25)),
                *(several.stream("greet", model="m/one").reply for _ in range(25)),
            )

    assert [reply.text for reply in asyncio.run(run())] == [TEXT] * 50
    settled(client, ["settled"] * 50)


def left_early(client: wayfare.Client) -> None:
    with client.stream("greet", model="m/one") as stream:
        for event in stream:
            if event.text:
                break
    assert client.chat("greet", model="m/one").text == TEXT
    assert client.verify().ok


def same_text(client: wayfare.Client) -> None:
    """A model that draws nothing says the same, whole and in pieces."""
    whole = client.chat("hello", model="tiny", max_tokens=20, temperature=0)
    with client.stream("hello", model="tiny", max_tokens=20, temperature=0) as stream:
        pieces = [event.text for event in stream if event.text]
        streamed = stream.reply
    assert whole.text and whole.text == streamed.text == "".join(pieces), (whole, streamed)
    for reply in (whole, streamed):
        assert reply.finish_reason == "length" and reply.usage.completion_tokens == 20, reply
    settled(client, ["settled", "settled"])


def null_options(client: wayfare.Client) -> None:
    reply = client.stream("hello", model="tiny", max_tokens=3, stream_options=None).reply
    assert reply.text and reply.added == ["stream"], reply
    assert reply.usage.prompt_tokens is not None or "told no usage" in str(reply.warnings)


def schema(client: wayfare.Client) -> None:
    form = {"type": "object", "properties": {"city": {"enum": ["Rome"]}}, "required": ["city"]}
    reply = client.chat(
        "hello",
        model="tiny",
        max_tokens=60,
        response_format={"type": "json_schema", "json_schema": {"name": "c", "schema": form}},
    )
    assert json.loads(reply.text) == {"city": "Rome"}, reply.text


def too_long(client: wayfare.Client) -> None:
    for call in (client.chat, lambda *a, **k: client.stream(*a, **k).reply):
        try:
            call("long " * 4000, model="tiny")
        except wayfare.Error as error:
            assert error.code == "context_exceeded", error
        else:
            raise AssertionError("the refusal did not come")
    settled(client, ["void", "void"])


def listed(client: wayfare.Client) -> None:
    assert [model.id for model in client.models()] == ["tiny"]


def stopped(client: wayfare.Client) -> None:
    with client.stream("hello", model="tiny", max_tokens=900) as stream:
        for event in stream:
            if event.text:
                break
    assert client.chat("hello", model="tiny", max_tokens=3).text
    assert client.verify().ok


OF_LLAMA: dict[str, Callable[[wayfare.Client], None]] = {
    "the same, whole and streamed": same_text,
    "stream_options=None": null_options,
    "an answer by a schema": schema,
    "a prompt that is too long": too_long,
    "the models list": listed,
    "a stream that is left early": stopped,
}
CHECKS: dict[str, Callable[[wayfare.Client], None]] = {
    "a plain call": plain,
    "a stream, with its usage": streamed,
    "stream_options=None": without_usage,
    "tool calls, and their results": tools,
    "a refusal": refused,
    "fifty calls at once": many,
    "a stream that is left early": left_early,
}
