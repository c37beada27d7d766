"""Refuses requests that the API refuses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Callable, NamedTuple

from .answer import Refused
from .catalogue import Json

_NOTHING = "Input must have at least 1 token."
_PROVIDER = frozenset(
    "order allow_fallbacks only ignore require_parameters data_collection zdr "
    "enforce_distillable_text quantizations sort preferred_min_throughput preferred_max_latency "
    "max_price options".split()
)
_ROLES = frozenset("system user developer assistant tool".split())
_EFFORTS = frozenset("max xhigh high medium low minimal none".split())


class _Rule(NamedTuple):
    holds: Callable[[object], bool]
    wants: str


def _number(least: float, most: float) -> _Rule:
    return _Rule(
        lambda value: _is_number(value) and least <= value <= most,  # type: ignore[operator]
        f"a number from {least:g} to {most:g}",
    )


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_count(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _is_stop(value: object) -> bool:
    return isinstance(value, str) or (
        isinstance(value, list) and _are_texts(value) and len(value) <= 4
    )


_BOOLEAN = _Rule(lambda value: isinstance(value, bool), "a boolean")
_TEXT = _Rule(lambda value: isinstance(value, str), "text")
_TEXTS = _Rule(_are_texts, "a list of texts")
_OBJECT = _Rule(lambda value: isinstance(value, dict), "an object")
_LIST = _Rule(lambda value: isinstance(value, list), "a list")
_POSITIVE = _Rule(lambda value: _is_count(value, 1), "an integer of 1 or more")
_COUNT = _Rule(lambda value: _is_count(value, 0), "an integer of 0 or more")

# What may be null may also be left out: null is "no value" everywhere.
_MEMBERS: Mapping[str, _Rule] = {
    "model": _TEXT,
    "models": _TEXTS,
    "provider": _OBJECT,
    "plugins": _LIST,
    "stream": _BOOLEAN,
    "max_tokens": _POSITIVE,
    "max_completion_tokens": _POSITIVE,
    "temperature": _number(0, 2),
    "top_p": _number(0, 1),
    "top_k": _COUNT,
    "top_a": _number(0, 1),
    "min_p": _number(0, 1),
    "frequency_penalty": _number(-2, 2),
    "presence_penalty": _number(-2, 2),
    "repetition_penalty": _number(0, 2),
    "seed": _Rule(_is_number, "a number"),
    "stop": _Rule(_is_stop, "text, or a list of at most 4 texts"),
    "logit_bias": _OBJECT,
    "logprobs": _BOOLEAN,
    "top_logprobs": _number(0, 20),
    "response_format": _OBJECT,
    "tools": _LIST,
    "tool_choice": _Rule(
        lambda value: isinstance(value, dict) or value in ("none", "auto", "required"),
        "none, auto, required or an object",
    ),
    "parallel_tool_calls": _BOOLEAN,
    "reasoning": _OBJECT,
    "reasoning_effort": _Rule(lambda value: value in _EFFORTS, f"one of {sorted(_EFFORTS)}"),
    "session_id": _Rule(
        lambda value: isinstance(value, str) and len(value) <= 256, "text of at most 256 characters"
    ),
    "user": _TEXT,
    "metadata": _Rule(
        lambda value: (
            isinstance(value, dict)
            and len(value) <= 16
            and all(
                isinstance(one, str) and len(name) <= 64 and len(one) <= 512
                for name, one in value.items()
            )
        ),
        "at most 16 pairs of texts",
    ),
}
_PREFERENCES: Mapping[str, _Rule] = {
    "order": _TEXTS,
    "only": _TEXTS,
    "ignore": _TEXTS,
    "quantizations": _TEXTS,
    "allow_fallbacks": _BOOLEAN,
    "require_parameters": _BOOLEAN,
    "zdr": _BOOLEAN,
    "data_collection": _Rule(lambda value: value in ("allow", "deny"), "allow or deny"),
    "max_price": _OBJECT,
    "sort": _Rule(
        lambda value: (
            (value.get("by") if isinstance(value, dict) else value)
            in ("price", "throughput", "latency", "exacto", None)
        ),
        "price, throughput, latency or exacto",
    ),
}
# What the API does with them is not played, so that a test cannot rest on it.
_NOT_PLAYED = ("preset", "plugins", "transforms")


def parse(raw: bytes) -> Json:
    """Reads the body of a chat request, or refuses it as the API does."""
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise Refused(400, _NOTHING, {"provider_name": None})
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise Refused(400, 'Input required: specify "prompt" or "messages"')
    if not all(isinstance(message, dict) for message in messages):
        raise Refused(400, "messages: Invalid input: expected an object")
    for at, message in enumerate(messages):
        role = message.get("role", "user")
        if role not in _ROLES:
            raise Refused(400, f"messages.{at}.role: Invalid input")
        if role == "tool" and not message.get("tool_call_id"):
            raise Refused(400, f"messages.{at}.tool_call_id: Required")
    _check(body, _MEMBERS, "")
    preferences = body.get("provider")
    if preferences:
        unknown = sorted(set(preferences) - _PROVIDER)
        if unknown:
            raise Refused(400, f"provider: Unrecognized key(s) in object: {', '.join(unknown)}")
        _check(preferences, _PREFERENCES, "provider.")
    _check_tools(body)
    _refuse_what_is_not_played(body)
    return body


def _check(told: Json, rules: Mapping[str, _Rule], prefix: str) -> None:
    for name, value in told.items():
        rule = rules.get(name)
        if rule and value is not None and not rule.holds(value):
            raise Refused(400, f"{prefix}{name}: Invalid input: expected {rule.wants}")


def _check_tools(body: Json) -> None:
    for at, tool in enumerate(body.get("tools") or ()):
        if not isinstance(tool, dict) or not isinstance(tool.get("type"), str):
            raise Refused(400, f"tools.{at}.type: Required")
        function = tool.get("function")
        if tool["type"] == "function" and not (
            isinstance(function, dict) and isinstance(function.get("name"), str)
        ):
            raise Refused(400, f"tools.{at}.function.name: Required")


def _refuse_what_is_not_played(body: Json) -> None:
    for name in _NOT_PLAYED:
        if body.get(name):
            raise Refused(400, f"The sandbox does not play `{name}`: leave it out of this test")
    for tool in body.get("tools") or ():
        if tool["type"] != "function":
            kind = tool["type"]
            raise Refused(400, f"The sandbox does not run the server tool {kind!r}")
    for name in [body.get("model") or "", *(body.get("models") or ())]:
        if "@preset/" in name:
            raise Refused(400, f"The sandbox does not play presets: {name}")
