"""Prompts and answers as attributes. Only for those who ask for them."""

from __future__ import annotations

import json
from typing import Any

from . import _names as names

MOST_CONTENT = 1024 * 1024  # characters of one attribute


def put_input(found: dict[str, Any], members: dict[str, Any]) -> None:
    """Puts the messages and the tools of a request there."""
    messages, tools = members.get("messages"), members.get("tools")
    if isinstance(messages, (list, tuple)):
        put(found, names.INPUT_MESSAGES, [_message(one) for one in dicts(messages)])
    if isinstance(tools, (list, tuple)):
        put(found, names.TOOL_DEFINITIONS, [_definition(tool) for tool in tools])


def put_output(found: dict[str, Any], message: dict[str, Any], finish_reason: str | None) -> None:
    """Puts the message there that the model answered."""
    told = {**_message({"role": "assistant", **message}), "finish_reason": finish_reason or "error"}
    put(found, names.OUTPUT_MESSAGES, [told])


def put(found: dict[str, Any], name: str, value: Any) -> None:
    """Puts a value there as JSON text. One that is too long, or no JSON, is named instead."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        text = None
    if text is not None and len(text) <= MOST_CONTENT:
        found[name] = text
    else:
        found.setdefault(names.CONTENT_LEFT_OUT, []).append(name)


def dicts(value: Any) -> list[dict[str, Any]]:
    """Returns the dicts of a list. A server refuses what else is in it, or that it is no list."""
    given = value if isinstance(value, (list, tuple)) else ()
    return [one for one in given if isinstance(one, dict)]


def function_of(call: dict[str, Any]) -> dict[str, Any]:
    function = call.get("function")
    return function if isinstance(function, dict) else {}


def _message(message: dict[str, Any]) -> dict[str, Any]:
    """Returns a message of a chat completion in the form of the conventions."""
    if message.get("role") == "tool":
        response = {"id": message.get("tool_call_id"), "result": message.get("content")}
        return {"role": "tool", "parts": [{"type": "tool_call_response", **response}]}
    parts: list[dict[str, Any]] = []
    if isinstance(message.get("reasoning"), str):
        parts.append({"type": "reasoning", "content": message["reasoning"]})
    content = message.get("content")
    if isinstance(content, str):
        parts.append({"type": "text", "content": content})
    parts += [_part(part) for part in dicts(content)]
    for call in dicts(message.get("tool_calls")):
        function = function_of(call)
        asked = {"id": call.get("id"), "name": function.get("name")}
        parts.append({"type": "tool_call", **asked, "arguments": function.get("arguments")})
    return {"role": message.get("role"), "parts": parts}


def _part(part: dict[str, Any]) -> dict[str, Any]:
    if part.get("type") == "text":
        return {"type": "text", "content": part.get("text")}
    image = part.get("image_url")
    if isinstance(image, dict) and not str(image.get("url")).startswith("data:"):
        return {"type": "uri", "modality": "image", "uri": image.get("url")}
    return part  # by the conventions any other part may stand as it is


def _definition(tool: Any) -> Any:
    function = tool.get("function") if isinstance(tool, dict) else None
    return {"type": "function", **function} if isinstance(function, dict) else tool
