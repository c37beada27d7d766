"""What a check finds: one line, and what to do about it."""

from __future__ import annotations

import dataclasses
import datetime

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    import wayfare

OK = "ok"
NOTE = "note"  # worth knowing, and nothing to do
WARNING = "warning"  # may hurt later, and does not fail
FAULT = "fault"  # must be mended: calls fail, or the key leaks

_OWNERS = {
    "account": "your account",
    "key": "this key",
    "free tier": "the free models of your account",
    "provider": "the provider, and not yours,",
    "model": "the model",
}


@dataclasses.dataclass(frozen=True)
class Finding:
    """``facts`` is for programs. No part of a Finding has the text of a key."""

    check: str
    level: str
    text: str
    advice: str = ""
    facts: dict[str, Any] = dataclasses.field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return {**dataclasses.asdict(self), "advice": self.advice or None}


def ok(check: str, text: str, **facts: Any) -> Finding:
    return Finding(check, OK, text, "", facts)


def note(check: str, text: str, advice: str = "", **facts: Any) -> Finding:
    return Finding(check, NOTE, text, advice, facts)


def warning(check: str, text: str, advice: str, **facts: Any) -> Finding:
    return Finding(check, WARNING, text, advice, facts)


def fault(check: str, text: str, advice: str, **facts: Any) -> Finding:
    return Finding(check, FAULT, text, advice, facts)


def of_error(check: str, error: wayfare.Error) -> Finding:
    """The fault that an error of the library tells. A rate limit has its owner and its end."""
    facts: dict[str, Any] = {"code": error.code, "status": error.status}
    text, advice = error.message, error.advice or "see the message"
    if error.code == "rate_limited":
        owner = _OWNERS.get(error.limit or "", "an owner whom the server does not name")
        text = f"status 429: the limit of {owner} is reached: {text}"
        facts.update(limit=error.limit, retry_after=error.retry_after)
        if error.retry_after is not None:
            advice = f"{advice}; come back at {clock_time(error.retry_after)} UTC"
    return fault(check, text, advice, **facts)


def clock_time(seconds: float) -> str:
    """The time of the day in UTC that is so many seconds away, with its date if it is far."""
    then = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return f"{then:%Y-%m-%d %H:%M}" if seconds > 12 * 3600 else f"{then:%H:%M:%S}"


def hidden(finding: Finding, secrets: Sequence[str]) -> Finding:
    """The finding without these texts: a server may have repeated a key."""

    def plain(value: Any) -> Any:
        if isinstance(value, str):
            for secret in secrets:
                value = value.replace(secret, "[key]")
        elif isinstance(value, (list, tuple)):
            return [plain(one) for one in value]
        elif isinstance(value, dict):
            return {name: plain(one) for name, one in value.items()}
        return value

    return dataclasses.replace(
        finding,
        text=plain(finding.text),
        advice=plain(finding.advice),
        facts=plain(finding.facts),
    )
