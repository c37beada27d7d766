"""The attributes of the spans of a call and of its attempts."""

from __future__ import annotations

from decimal import Context, Decimal
from typing import TYPE_CHECKING, Any

from . import _content as content
from . import _names as names
from . import _openinference as openinference
from . import _request as request

if TYPE_CHECKING:
    from .._wayfare import Attempt, Notice, Reply
    from ._settings import Settings

USAGE = (
    (names.INPUT_TOKENS, "prompt_tokens"),
    (names.OUTPUT_TOKENS, "completion_tokens"),
    (names.CACHE_READ, "cached_tokens"),
    (names.CACHE_WRITE, "cache_write_tokens"),
    (names.REASONING_TOKENS, "reasoning_tokens"),
    (names.AUDIO_INPUT, "prompt_audio_tokens"),
    (names.AUDIO_OUTPUT, "completion_audio_tokens"),
    (names.IMAGE_INPUT, "prompt_image_tokens"),
    (names.IMAGE_OUTPUT, "completion_image_tokens"),
)
EXACT = Context(prec=60)  # whatever the program has set for its own Decimals
# By the proposal: whether the answer told the cost, or the one who asked computed it.
SOURCES = {"response": "provider", "generation": "provider"}


def common(settings: Settings, model: str | None) -> dict[str, Any]:
    """Returns the attributes that spans and metrics share."""
    found: dict[str, Any] = {names.OPERATION: "chat", names.PROVIDER: settings.provider}
    if model is not None:
        found[names.REQUEST_MODEL] = model
    if settings.address:
        found[names.SERVER_ADDRESS] = settings.address
        if settings.port is not None:
            found[names.SERVER_PORT] = settings.port
    return found


def of_request(settings: Settings, body: Any, model: str | None) -> dict[str, Any]:
    """Returns what the body adds to them."""
    members = request.members_of(body)
    found = request.attributes_of(members)
    if settings.openinference:
        found.update(openinference.request(members, model, settings.provider))
    if settings.content:
        content.put_input(found, members)
        if settings.openinference:
            openinference.put_input(found, members)
    return found


def of_reply(settings: Settings, reply: Reply, is_whole: bool) -> dict[str, Any]:
    """Returns the attributes of an answer, or of the part of it that came before a failure."""
    usage = reply.usage
    found: dict[str, Any] = {
        names.RESPONSE_ID: reply.generation_id,
        names.ENTRY: reply.entry,
        names.REQUEST_ID: reply.request_id,
        names.UPSTREAM_PROVIDER: reply.provider,
        names.ATTEMPTS: len(reply.attempts),
        **{name: getattr(usage, field) for name, field in USAGE},
    }
    if reply.attempts:
        found[names.REQUEST_MODEL] = reply.attempts[0].model
        found[names.RESPONSE_MODEL] = reply.model
        found[names.FINISH_REASONS] = [(reply.finish_reason if is_whole else None) or "error"]
    if settings.old:
        found[names.OLD_CACHE_WRITE] = usage.cache_write_tokens
    cost = cost_of(reply.attempts)
    if cost is not None:
        found[names.COST_USD] = f"{cost:f}"
        found[names.COST_FROM] = reply.cost_source
        found[names.COST_AMOUNT] = float(cost)
        found[names.COST_CURRENCY] = "USD"
        found[names.COST_SOURCE] = SOURCES.get(reply.cost_source, "local")
    if reply.upstream_cost is not None:
        found[names.UPSTREAM_COST_USD] = f"{reply.upstream_cost:f}"
    if settings.openinference:
        found.update(openinference.answer(reply, cost))
    if settings.content and (is_whole or reply.text):
        content.put_output(found, reply.message, reply.finish_reason if is_whole else None)
        if settings.openinference:
            openinference.put_output(found, reply)
    return known(found)


def cost_of(attempts: list[Attempt]) -> Decimal | None:
    """Returns what the attempts cost together. None if that of one of them is not known."""
    total: Decimal | None = None
    for attempt in attempts:
        if attempt.cost is not None:
            total = EXACT.add(attempt.cost, total or Decimal(0))
        elif attempt.state != "void":
            return None
    return total


def of_attempt(
    settings: Settings, number: int, attempt: Attempt, notice: Notice | None, reply: Reply
) -> dict[str, Any]:
    """Returns the attributes of an attempt. It has no token counts and no name of an operation: who
    adds up spans would count those of the call twice.
    """
    is_last = attempt.entry == reply.entry
    found: dict[str, Any] = {
        names.PROVIDER: settings.provider,
        names.REQUEST_MODEL: attempt.model,
        names.RESPONSE_MODEL: reply.model if is_last else notice and notice.model,
        names.RESPONSE_ID: reply.generation_id if is_last else None,
        names.UPSTREAM_PROVIDER: reply.provider if is_last else notice and notice.provider,
        names.ATTEMPT: number,
        names.ENTRY: attempt.entry,
        names.STATE: attempt.state,
        names.STATUS: attempt.status,
        names.WAITED: attempt.waited_us or None,
        names.ERROR_TYPE: attempt.error,
        names.COST_USD: None if attempt.cost is None else f"{attempt.cost:f}",
    }
    if settings.openinference:
        found[names.KIND] = "CHAIN"
    return known(found)


def known(found: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if value is not None}
