"""Tool calls in the shapes that real servers give them.

They call the tools of the request in turn. Where the request has fewer than two, they call add and
sub.
"""

from __future__ import annotations

import dataclasses
import json
from typing import Any, Callable

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


def _calls(
    tells: str,
    calls: Callable[[Made], list[Json]],
    whole: Callable[[Made], list[Json]] | None = None,  # those of a plain answer, if others
) -> Fault:
    answer = shaped(
        lambda made: [{"content": None, "tool_calls": [call]} for call in calls(made)],
        lambda made: {"content": None, "tool_calls": (whole or calls)(made)},
    )
    return Fault(tells, answer, made=_two)


FAULTS: dict[str, Fault] = {
    "tools-same-index": _calls("two tool calls with the index 0 (Ollama, Gemini)", _same_index),
    "tools-no-index": _calls("two tool calls without an index, whose ids are empty", _no_index),
    "tools-objects": _calls("the arguments are an object instead of text (llama.cpp)", _objects),
    "tools-signed": _calls(
        "a signature in extra_content, which must be sent back (Gemini)", _signed
    ),
    "tools-custom": _calls("custom tool calls, whose input is text (OpenAI)", _custom),
    "tools-name-pieces": _calls(
        "the name of a tool comes in two pieces; plain: one call",
        _pieces,
        lambda made: [_call(made.calls[0])],
    ),
    "tools-no-arguments": _calls(
        "a tool call whose arguments are empty text", _empty, lambda made: _empty(made)[:1]
    ),
}
