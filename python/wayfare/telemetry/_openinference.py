"""The names of OpenInference, which Phoenix and Arize read. Only for those who ask for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import _names as names
from ._content import MOST_CONTENT, dicts, function_of, put

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from decimal import Decimal

    from .._wayfare import Reply

COUNTS = (
    (names.OI_PROMPT, "prompt_tokens"),
    (names.OI_COMPLETION, "completion_tokens"),
    (names.OI_TOTAL, "total_tokens"),
    (names.OI_CACHE_READ, "cached_tokens"),
    (names.OI_CACHE_WRITE, "cache_write_tokens"),
    (names.OI_REASONING, "reasoning_tokens"),
    (names.OI_PROMPT_AUDIO, "prompt_audio_tokens"),
    (names.OI_COMPLETION_AUDIO, "completion_audio_tokens"),
)
# The SDK keeps 128 attributes of a span, and drops the first ones beyond that. So few are left to
# the messages that the others have room.
MOST_OF_INPUT, MOST_OF_OUTPUT = 40, 12
# Members of a body that may hold words of a prompt stay out, whatever they are called: only these
# are parameters.
PARAMETERS = (
    *("max_tokens", "max_completion_tokens", "temperature", "top_p", "top_k", "min_p", "top_a"),
    *("frequency_penalty", "presence_penalty", "repetition_penalty", "seed", "n", "logprobs"),
    *("top_logprobs", "reasoning", "reasoning_effort", "verbosity", "parallel_tool_calls"),
    *("service_tier",),
)


def request(members: dict[str, Any], model: str | None, provider: str) -> dict[str, Any]:
    found: dict[str, Any] = {names.KIND: "LLM", names.OI_PROVIDER: provider}
    if model is not None:
        found[names.OI_MODEL] = found[names.OI_REQUEST_MODEL] = model
    given = {name: members[name] for name in PARAMETERS if name in members}
    if given:
        put(found, names.OI_PARAMETERS, given)
    if isinstance(members.get("session_id"), str):
        found[names.OI_SESSION] = members["session_id"]
    return found


def answer(reply: Reply, cost: Decimal | None) -> dict[str, Any]:
    found: dict[str, Any] = {
        names.OI_MODEL: reply.model,
        names.OI_REQUEST_MODEL: reply.attempts[0].model if reply.attempts else None,
        names.OI_RESPONSE_MODEL: reply.model,
        names.OI_FINISH_REASON: reply.finish_reason,
        names.OI_COST: None if cost is None else float(cost),
    }
    for name, field in COUNTS:
        found[name] = getattr(reply.usage, field)
    return {name: value for name, value in found.items() if value is not None}


def put_input(found: dict[str, Any], members: dict[str, Any]) -> None:
    messages = members.get("messages")
    if not isinstance(messages, (list, tuple)):
        return
    put(found, names.OI_INPUT, {"messages": messages})
    if names.OI_INPUT in found:  # and is therefore not too long
        found[names.OI_INPUT_TYPE] = "application/json"
        _put_messages(found, names.OI_INPUT_MESSAGES, messages, MOST_OF_INPUT)


def put_output(found: dict[str, Any], reply: Reply) -> None:
    if len(reply.text) > MOST_CONTENT:
        found.setdefault(names.CONTENT_LEFT_OUT, []).append(names.OI_OUTPUT)
        return
    found.update({names.OI_OUTPUT: reply.text, names.OI_OUTPUT_TYPE: "text/plain"})
    _put_messages(found, names.OI_OUTPUT_MESSAGES, [reply.message], MOST_OF_OUTPUT)


def _put_messages(found: dict[str, Any], prefix: str, messages: Iterable[Any], most: int) -> None:
    """Puts the messages there, each in attributes of its own. Those beyond `most` are left out, and
    the prefix is named: they stand in the value of the whole.
    """
    told = list(_attributes(prefix, messages))
    found.update(told[:most])
    if len(told) > most:
        found.setdefault(names.CONTENT_LEFT_OUT, []).append(prefix)


def _attributes(prefix: str, messages: Iterable[Any]) -> Iterator[tuple[str, str]]:
    for at, message in enumerate(dicts(messages)):
        name = f"{prefix}.{at}.message"
        yield f"{name}.role", str(message.get("role", "assistant"))
        if isinstance(message.get("content"), str):
            yield f"{name}.content", message["content"]
        for number, call in enumerate(dicts(message.get("tool_calls"))):
            function = function_of(call)
            asked = f"{name}.tool_calls.{number}.tool_call"
            yield f"{asked}.id", str(call.get("id"))
            yield f"{asked}.function.name", str(function.get("name"))
            yield f"{asked}.function.arguments", str(function.get("arguments"))
