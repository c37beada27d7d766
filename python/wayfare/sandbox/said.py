"""The words of a reply: those that the test wants, else those that the sandbox finds."""

from __future__ import annotations

import dataclasses
from decimal import Decimal

from . import words
from .answer import dumps
from .catalogue import Json, Tokens
from .faults import Chosen
from .made import Call, Made
from .routing import Candidate, completion_limit
from .script import Reply


def said(
    candidate: Candidate, body: Json, reply: Reply, chosen: Chosen, generation_id: str
) -> Made:
    """Makes the words of a reply within the token limit, with their tokens."""
    model, endpoint = candidate
    limit = completion_limit(body)
    limit = endpoint.limit if limit is None else min(limit, endpoint.limit)
    thought = words.usual_reasoning(body, model) if reply.reasoning is None else reply.reasoning
    reasoning, reasoned = _cut(words.pieces(thought), limit)
    calls = [words.call(body, call.name, call.text(), at) for at, call in enumerate(reply.tools)]
    asked = _asked(body, reply, chosen, calls)
    if isinstance(asked, Call):
        calls, asked = [asked], []
    kept, spent = _cut(asked, limit - reasoned)
    cut = len(kept) < len(asked)
    if calls and not cut:
        calls, called = _cut_calls(calls, limit - reasoned - spent)
        spent += called
        cut = called < sum(words.weight(p) for c in calls for p in words.pieces(c.arguments))
    finish = "length" if cut else "tool_calls" if calls else "stop"
    if (body.get("reasoning") or {}).get("exclude") or body.get("include_reasoning") is False:
        reasoning = []
    return Made(
        generation_id,
        0,
        model,
        endpoint,
        Tokens(0, reasoned + spent, reasoning=reasoned),
        Decimal(0),
        reasoning,
        kept,
        calls,
        finish if reply.finish is None else reply.finish,
        None,
        message=_more(reply),
    )


def _asked(body: Json, reply: Reply, chosen: Chosen, calls: list[Call]) -> list[str] | Call:
    """Returns the deltas of the text, or the tool call that stands in their place."""
    if reply.json is not None:
        return words.pieces(dumps(reply.json).decode())
    if isinstance(reply.text, str):
        return words.pieces(reply.text)
    if reply.text is not None:
        return list(reply.text)
    if chosen.fault.words:
        return chosen.fault.words(chosen.number)
    if calls or reply.refusal is not None:
        return []
    return words.usual_call(body) or words.pieces(words.usual_text(body))


def _more(reply: Reply) -> Json:
    told: Json = {}
    if reply.refusal is not None:
        told["refusal"] = reply.refusal
    if reply.images:
        told["images"] = [
            {"type": "image_url", "image_url": {"url": url}, "index": at}
            for at, url in enumerate(reply.images)
        ]
    if reply.annotations:
        told["annotations"] = [dict(one) for one in reply.annotations]
    return told


def _cut(said: list[str], limit: int) -> tuple[list[str], int]:
    """Returns the first deltas within the token limit, and their tokens."""
    spent = 0
    for at, word in enumerate(said):
        more = words.weight(word)
        if spent + more > limit:
            return said[:at], spent
        spent += more
    return said, spent


def _cut_calls(calls: list[Call], limit: int) -> tuple[list[Call], int]:
    """Returns the calls whose arguments end at the token limit, and their tokens."""
    kept: list[Call] = []
    spent = 0
    for call in calls:
        pieces, more = _cut(words.pieces(call.arguments), limit - spent)
        kept.append(dataclasses.replace(call, arguments="".join(pieces)))
        spent += more
    return kept, spent
