"""What a request tells of itself before it is sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from . import _names as names

MOST_JSON = 1024 * 1024  # bytes of a body of JSON text that is read for its attributes

AttributeValue = Any  # a str, bool, int or float, or a list of one of these


def members_of(body: Any) -> dict[str, Any]:
    """Returns the members of the body. None of them if it is JSON text that is long or broken."""
    if isinstance(body, dict):
        return body
    if not isinstance(body, (str, bytes)) or len(body) > MOST_JSON:
        return {}
    try:
        read = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}


def model_of(body: Any, arguments: dict[str, Any], defaults: dict[str, Any]) -> str | None:
    """Returns the model that the request names, as far as it is known before the call."""
    named = body.get("model") if isinstance(body, dict) else None
    for source in ({"model": named, "route": arguments["route"]}, *arguments["defaults"], defaults):
        route = source.get("route")
        route = route if isinstance(route, dict) else {}
        model = source.get("model") or route.get("model")
        if isinstance(model, str):
            return model
        if route.get("models") or route.get("policy"):
            return None  # the route selects it
    return None


def charged(
    arguments: dict[str, Any], defaults: dict[str, Any], labels: Iterable[str]
) -> dict[str, str]:
    """Returns those parts of charge_to that are labels: those of the call before its defaults."""
    sources = (arguments, *arguments["defaults"], defaults)
    given = [one["charge_to"] for one in sources if isinstance(one.get("charge_to"), dict)]
    found: dict[str, str] = {}
    for label in labels:
        values = [one[label] for one in given if isinstance(one.get(label), str)]
        if values:
            found[label] = values[0]
    return found


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _number(value: Any) -> float | None:
    return float(value) if _is_int(value) or isinstance(value, float) else None


def _count(value: Any) -> int | None:
    return value if _is_int(value) else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _texts(value: Any) -> list[str] | None:
    given = [value] if isinstance(value, str) else value
    if not isinstance(given, (list, tuple)) or not all(isinstance(one, str) for one in given):
        return None
    return list(given)


def _choices(value: Any) -> int | None:
    return value if _is_int(value) and value != 1 else None


def _level(value: Any) -> str | None:
    return _text(value.get("effort")) if isinstance(value, dict) else None


def _format(value: Any) -> str | None:
    kind = _text(value.get("type")) if isinstance(value, dict) else None
    return {"text": "text", "json_object": "json", "json_schema": "json"}.get(kind or "")


# A member of the body, the attribute, and how the value of the one becomes that of the other.
READERS: tuple[tuple[str, str, Callable[[Any], AttributeValue | None]], ...] = (
    ("max_tokens", names.MAX_TOKENS, _count),
    ("max_completion_tokens", names.MAX_TOKENS, _count),
    ("temperature", names.TEMPERATURE, _number),
    ("top_p", names.TOP_P, _number),
    ("top_k", names.TOP_K, _count),
    ("frequency_penalty", names.FREQUENCY_PENALTY, _number),
    ("presence_penalty", names.PRESENCE_PENALTY, _number),
    ("seed", names.SEED, _count),
    ("stop", names.STOP, _texts),
    ("n", names.CHOICES, _choices),
    ("reasoning", names.REASONING_LEVEL, _level),
    ("reasoning_effort", names.REASONING_LEVEL, _text),
    ("response_format", names.OUTPUT_TYPE, _format),
    ("session_id", names.CONVERSATION, _text),
)


def attributes_of(members: dict[str, Any]) -> dict[str, AttributeValue]:
    """Returns the attributes ``gen_ai.request.*`` of a body. None of them is content."""
    found = {}
    for member, attribute, reader in READERS:
        value = reader(members[member]) if member in members else None
        if value is not None:
            found[attribute] = value
    return found
