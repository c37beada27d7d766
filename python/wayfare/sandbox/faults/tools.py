"""Tool calls in the shapes that real servers give them.

They call the tools of the request in turn. Where the request has fewer than two, they call add and
sub.
"""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from ..catalogue import Json
from ..made import Call, Made
from .fault import Fault, halves, shaped


def _two(made: Made) -> Made:
    calls = made.calls
    if len(calls) < 2:
        calls = [Call("call_one", "add", '{"a": 1}'), Call("call_two", "sub", '{"b": 2}')]
    return dataclasses.replace(made, calls=calls[:2], text=[], finish="tool_calls")


def _call(call: Call, index: int | None = 0, arguments: Any = None, **more: object) -> Json:
    told: Json = {} if index is None else {"index": index}
    function = {"name": call.name, "arguments": call.arguments if arguments is None else arguments}
    return {**told, "id": call.id, "type": "function", "function": function, **more}


def _deltas(*calls: Json) -> list[Json]:
    return [{"content": None, "tool_calls": [call]} for call in calls]


def _message(*calls: Json) -> Json:
    return {"content": None, "tool_calls": list(calls)}


def _same_index(made: Made) -> list[Json]:
    return [_call(call) for call in made.calls]


def _no_index(made: Made) -> list[Json]:
    return [_call(dataclasses.replace(call, id=""), None) for call in made.calls]


def _objects(made: Made) -> list[Json]:
    return [_call(call, at, json.loads(call.arguments)) for at, call in enumerate(made.calls)]


def _signed(made: Made) -> list[Json]:
    signature = {"google": {"thought_signature": "c2lnbmVk"}}
    return [_call(call, at, extra_content=signature) for at, call in enumerate(made.calls)]


def _custom(made: Made) -> list[Json]:
    return [
        {
            "index": at,
            "id": call.id,
            "type": "custom",
            "custom": {"name": call.name, "input": call.arguments},
        }
        for at, call in enumerate(made.calls)
    ]


def _pieces(made: Made) -> list[Json]:
    call = made.calls[0]
    first, second = halves(call.name)
    return [
        _call(dataclasses.replace(call, name=first), 0, ""),
        {"index": 0, "function": {"name": second, "arguments": call.arguments}},
    ]


def _empty(made: Made) -> list[Json]:
    return [_call(made.calls[0], 0, "") for _ in range(3)]


FAULTS: dict[str, Fault] = {
    "tools-same-index": Fault(
        "two tool calls with the index 0 (Ollama, Gemini)",
        shaped(lambda made: _deltas(*_same_index(made)), lambda made: _message(*_same_index(made))),
        made=_two,
    ),
    "tools-no-index": Fault(
        "two tool calls without an index, whose ids are empty",
        shaped(lambda made: _deltas(*_no_index(made)), lambda made: _message(*_no_index(made))),
        made=_two,
    ),
    "tools-objects": Fault(
        "the arguments are an object instead of text (llama.cpp)",
        shaped(lambda made: _deltas(*_objects(made)), lambda made: _message(*_objects(made))),
        made=_two,
    ),
    "tools-signed": Fault(
        "a signature in extra_content, which must be sent back (Gemini)",
        shaped(lambda made: _deltas(*_signed(made)), lambda made: _message(*_signed(made))),
        made=_two,
    ),
    "tools-custom": Fault(
        "custom tool calls, whose input is text (OpenAI)",
        shaped(lambda made: _deltas(*_custom(made)), lambda made: _message(*_custom(made))),
        made=_two,
    ),
    "tools-name-pieces": Fault(
        "the name of a tool comes in two pieces; plain: one call",
        shaped(lambda made: _deltas(*_pieces(made)), lambda made: _message(_call(made.calls[0]))),
        made=_two,
    ),
    "tools-no-arguments": Fault(
        "a tool call whose arguments are empty text",
        shaped(lambda made: _deltas(*_empty(made)), lambda made: _message(_empty(made)[0])),
        made=_two,
    ),
}
