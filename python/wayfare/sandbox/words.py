"""What the model says when a test did not say it. Equal requests get equal words."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from .catalogue import Json, Model
from .made import Call


def pieces(text: str) -> list[str]:
    """Cuts the text into deltas. The deltas together are the text."""
    return re.findall(r"\s?\S{1,6}|\s", text)


def weight(piece: str) -> int:
    """Returns the tokens of one delta: 1 for each delta that pieces() makes."""
    return len(piece) // 8 or 1


def text_of(message: Json) -> str:
    content = message.get("content")
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def prompt_of(body: Json) -> str:
    """Returns the text of the user's last message."""
    asked = [text_of(message) for message in body["messages"] if message.get("role") == "user"]
    return asked[-1] if asked else ""


def whole_prompt(body: Json) -> str:
    """Returns all that the model reads, in the order in which a provider's cache keeps it."""
    tools = json.dumps(body["tools"]) if body.get("tools") else ""
    said = (f"\0{message.get('role')}\0{text_of(message)}" for message in body["messages"])
    return tools + "".join(said)


def prompt_tokens(body: Json) -> int:
    """Counts 4 tokens per message, and 1 token per 4 characters of the messages and the tools."""
    tools = json.dumps(body["tools"]) if body.get("tools") else ""
    said = sum(4 + (len(text_of(message)) + 3) // 4 for message in body["messages"])
    return said + (len(tools) + 3) // 4


_DEEPEST = 16  # levels of a schema; one that refers to itself has no end


def example(schema: object, whole: object = None, level: int = 0) -> object:
    """Returns a value that matches a JSON schema of the usual kind. `whole` is the schema in which
    a reference is sought.
    """
    whole = schema if whole is None else whole
    if isinstance(schema, dict) and isinstance(schema.get("$ref"), str):
        schema = _referred(schema["$ref"], whole)
    if not isinstance(schema, dict):
        return "word"
    if level > _DEEPEST:
        return None
    inner = level + 1
    if "const" in schema:
        return schema["const"]
    for name in ("enum", "anyOf", "oneOf", "allOf"):
        if isinstance(schema.get(name), list) and schema[name]:
            first = schema[name][0]
            return first if name == "enum" else example(first, whole, inner)
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) and kind else kind
    if kind == "object" or "properties" in schema:
        properties = schema.get("properties")
        known = properties if isinstance(properties, dict) else {}
        return {key: example(value, whole, inner) for key, value in known.items()}
    if kind == "array":
        least = schema.get("minItems", 0)
        each = example(schema.get("items"), whole, inner)
        return [each] * (least if isinstance(least, int) else 0)
    if kind in ("integer", "number"):
        usual = 7 if kind == "integer" else 1.5
        least, most = schema.get("minimum", usual), schema.get("maximum", usual)
        return max(least, min(most, usual))
    if kind == "string":
        least = schema.get("minLength", 0)
        return "word" if least <= 4 else "word" * (least // 4 + 1)
    return {"boolean": True, "null": None}.get(str(kind), "word")


def _referred(place: str, whole: object) -> object:
    """Returns what a reference such as "#/$defs/City" stands for; None where nothing is there."""
    found = whole
    for step in place.lstrip("#").split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        found = found.get(name) if isinstance(found, dict) else None
    return found


def usual_call(body: Json) -> Call | None:
    """Returns a tool call if the user's message mentions a tool, or if the request requires one."""
    functions = offered(body)
    last, wish = body["messages"][-1], body.get("tool_choice")
    if not functions or wish == "none" or last.get("role") != "user":
        return None
    named = (wish.get("function") or {}).get("name") if isinstance(wish, dict) else None
    mentioned = re.search(r"\btools?\b", prompt_of(body), re.IGNORECASE)
    if not named and wish != "required" and not mentioned:
        return None
    function = next((one for one in functions if one.get("name") == named), functions[0])
    value = example(function.get("parameters") or {"type": "object"})
    return call(body, str(function.get("name")), json.dumps(value, ensure_ascii=False))


def offered(body: Json) -> list[Json]:
    """Returns the functions among the request's tools."""
    tools = body.get("tools") or ()
    functions: list[Any] = [tool.get("function") for tool in tools if isinstance(tool, dict)]
    return [function for function in functions if isinstance(function, dict)]


def call(body: Json, name: str, arguments: str, at: int = 0) -> Call:
    digest = hashlib.sha256(
        f"{prompt_of(body)}{arguments}{at or ''}".encode("utf-8", "replace")
    ).hexdigest()
    return Call(f"call_{digest[:24]}", name, arguments)


def usual_reasoning(body: Json, model: Model) -> str:
    """Returns what a model that reasons thinks, unless the request excludes it."""
    wish = body.get("reasoning")
    wish = wish if isinstance(wish, dict) else {}
    effort = wish.get("effort") or body.get("reasoning_effort")
    if not model.reasons or wish.get("enabled") is False or effort == "none":
        return ""
    return "The user wants an answer. I have one that is always the same."


def usual_text(body: Json) -> str:
    """Returns the usual answer: JSON where the request wants it, else words about the prompt."""
    form = body.get("response_format")
    kind = form.get("type") if isinstance(form, dict) else None
    if kind == "json_schema" and isinstance(form, dict):
        schema = (form.get("json_schema") or {}).get("schema")
        return json.dumps(example(schema), ensure_ascii=False)
    prompt = prompt_of(body)
    asked = prompt if len(prompt) <= 200 else prompt[:200] + "…"
    if kind == "json_object":
        return json.dumps({"you_said": asked}, ensure_ascii=False)
    return (
        f"You said: “{asked}”. This answer comes from a sandbox that thinks nothing, "
        f"counts tokens and bills them."
    )
