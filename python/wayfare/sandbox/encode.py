"""A made reply as bytes: one body, or a stream of events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .answer import Answer, Part, dumps
from .catalogue import Json
from .made import Made
from .words import pieces, weight

COMMENT = b": OPENROUTER PROCESSING\n\n"
DONE = Part("done", b"data: [DONE]\n\n")


def answer(made: Made, streamed: bool) -> Answer:
    if streamed:
        return Answer(200, stream(made), "text/event-stream")
    return Answer(200, iter([Part("body", body(made), text="".join(made.text))]))


def details(made: Made) -> list[Json]:
    """Returns the reasoning_details of a whole answer."""
    reasoning = "".join(made.reasoning)
    return [_detail(reasoning)] if reasoning else []


def _detail(text: str) -> Json:
    return {"type": "reasoning.text", "text": text, "format": "unknown", "index": 0}


def body(made: Made, error: Json | None = None) -> bytes:
    return dumps(completion(made, error))


def completion(made: Made, error: Json | None = None) -> Json:
    """Returns the whole reply as the API's object.

    With an error, `made` has the part that came before the provider failed.
    """
    reasoning, text = "".join(made.reasoning), "".join(made.text)
    message: Json = {
        "role": "assistant",
        "content": text if text or not made.calls else None,
        "refusal": None,
        "reasoning": reasoning or None,
    }
    if reasoning:
        message["reasoning_details"] = details(made)
    if made.calls:
        message["tool_calls"] = [
            {
                "index": at,
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for at, call in enumerate(made.calls)
        ]
    message.update(made.message)
    told: Json = {
        "index": 0,
        "logprobs": None,
        "finish_reason": made.finish,
        "native_finish_reason": made.native_finish,
        "message": message,
    }
    if error:
        told.update(finish_reason="error", error=error)
    whole: Json = {
        "id": made.id,
        "object": "chat.completion",
        "created": made.created,
        "model": made.model.id,
        "provider": made.endpoint.provider,
        "system_fingerprint": None,
        "service_tier": None,
        "choices": [told],
    }
    if made.usage is not None:
        whole["usage"] = made.usage
    if made.metadata is not None:
        whole["openrouter_metadata"] = made.metadata
    return whole


def event(made: Made, choices: list[Any], **more: object) -> bytes:
    """One event of a stream."""
    return b"data: %s\n\n" % dumps(chunk(made, choices, **more))


def chunk(made: Made, choices: list[Any], **more: object) -> Json:
    return {
        "id": made.id,
        "object": "chat.completion.chunk",
        "created": made.created,
        "model": made.model.id,
        "provider": made.endpoint.provider,
        "choices": choices,
        **more,
    }


def choice(delta: Json, finish: str | None = None, native: str | None = None) -> Json:
    return {
        "index": 0,
        "delta": {**delta, "role": "assistant"},
        "finish_reason": finish,
        "native_finish_reason": native,
    }


def _delta(made: Made, delta: Json, text: str, tokens: int) -> Part:
    return Part("delta", event(made, [choice(delta)]), text=text, tokens=tokens)


def _deltas(made: Made) -> Iterator[Part]:
    for thought in made.reasoning:
        delta = {"content": "", "reasoning": thought, "reasoning_details": [_detail(thought)]}
        yield _delta(made, delta, "", weight(thought))
    yield from _words(made)
    for at, call in enumerate(made.calls):
        start = {
            "index": at,
            "id": call.id,
            "type": "function",
            "function": {"name": call.name, "arguments": ""},
        }
        yield _delta(made, {"content": None, "tool_calls": [start]}, "", 0)
        for piece in pieces(call.arguments):
            more = {"index": at, "function": {"arguments": piece}}
            yield _delta(made, {"content": None, "tool_calls": [more]}, "", weight(piece))
    if made.message:
        yield _delta(made, {"content": "", **made.message}, "", 0)


def _words(made: Made) -> Iterator[Part]:
    """The deltas of the text. They differ in one text, so the rest is encoded once."""
    if not made.text:
        return
    mark = "%TEXT%"
    around = event(made, [choice({"content": mark})]).split(dumps(mark), 1)
    for word in made.text:
        yield Part("delta", dumps(word).join(around), text=word, tokens=weight(word))


def count_deltas(made: Made) -> int:
    calls = sum(1 + len(pieces(call.arguments)) for call in made.calls)
    return len(made.reasoning) + len(made.text) + calls + bool(made.message)


def stream(made: Made) -> Iterator[Part]:
    """Yields the reply as events. Each event is made when it is sent."""
    yield Part("comment", COMMENT)
    yield from _deltas(made)
    last = choice({"content": ""}, made.finish, made.native_finish)
    yield Part("finish", event(made, [last]))
    if made.usage is not None:
        closing = {"repeated": [last], "null": [choice({"content": ""})], "empty": []}
        more: Json = {"usage": made.usage}
        if made.metadata is not None:
            more["openrouter_metadata"] = made.metadata
        yield Part("usage", event(made, closing[made.usage_choices], **more))
    yield DONE
