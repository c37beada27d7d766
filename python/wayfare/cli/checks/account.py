"""What the server says of the key and of its account."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal

from . import server as way
from .finding import Finding, clock_time, fault, note, ok, warning

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .variables import Setting

KEYS_PAGE = "https://openrouter.ai/settings/keys"
CREDITS_PAGE = "https://openrouter.ai/settings/credits"
SOON = datetime.timedelta(days=7)
LITTLE = Decimal(1)  # US dollars of credit


def check(server: way.Server, setting: Setting) -> list[Finding]:
    """Asks GET /key and GET /credits with the key of this setting."""
    key, place = setting.value, str(setting)
    try:
        answer = way.ask(server, "GET", "/key", key)
    except way.Trouble as trouble:
        return [fault("account", f"{trouble}", "try again later")]
    if answer.status != 200:
        return [_refused(answer, key, place)]
    told = _data(answer)
    if told is None:
        return [
            note(
                "account",
                "the server's GET /key is not that of OpenRouter: it does not tell limits",
            )
        ]
    return [*_of_key(told, place), *_credits(server, key)]


def _data(answer: way.Answer) -> dict[str, Any] | None:
    try:
        data = json.loads(answer.body, parse_float=Decimal)["data"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _words(answer: way.Answer) -> str:
    """The server's own words for a refusal, cut."""
    try:
        words = str(json.loads(answer.body)["error"]["message"])
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""
    return f': "{words[: way.WORDS_MAX]}"'


def _refused(answer: way.Answer, key: str, place: str) -> Finding:
    status = answer.status
    words = _words(answer)
    if status == 404:
        return note("account", "the server has no GET /key: it does not tell limits", status=status)
    if status == 401:
        return fault(
            "key",
            f"status 401: the server does not accept the key ({place}, {len(key)} characters)"
            f"{words}",
            f"compare it with {KEYS_PAGE}: it must be whole, enabled, not expired, and of this "
            "server; if another one was meant, see where the variable is set",
            status=status,
            place=place,
        )
    if status == 429:
        seconds = _retry_after(answer)
        when = "later" if seconds is None else f"in {seconds:g} s, at {clock_time(seconds)} UTC"
        return fault(
            "account",
            f"status 429: a limit of this key or this machine is reached{words}",
            f"come back {when}; run fewer calls at once",
            status=status,
            retry_after=seconds,
        )
    text = f"GET /key: status {status}{words}"
    return fault("account", text, "try again later", status=status)


def _retry_after(answer: way.Answer) -> float | None:
    try:
        return max(0.0, float(answer.headers["Retry-After"]))
    except (TypeError, ValueError):
        return None


def _amount(told: dict[str, Any], name: str) -> Decimal | None:
    value = told.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        return None
    return Decimal(value)


def _of_key(told: dict[str, Any], place: str) -> list[Finding]:
    if told.get("is_management_key") is True:
        return [
            fault(
                "account",
                f"the key ({place}) is a management key, which makes no calls",
                f"make an ordinary key at {KEYS_PAGE}",
            )
        ]
    found = [ok("account", f"the server accepts the key ({place})"), _limit(told)]
    if told.get("is_free_tier") is True:
        text = "the account has never bought credits: it may call free models, and few a day"
        found.append(warning("account", text, f"buy credits at {CREDITS_PAGE}"))
    return [*found, *_free_requests(told), *_expiry(told)]


def _limit(told: dict[str, Any]) -> Finding:
    limit, left = _amount(told, "limit"), _amount(told, "limit_remaining")
    used, reset = _amount(told, "usage"), told.get("limit_reset")
    spent = "" if used is None else f"; it has spent {used:f} USD"
    if limit is None:
        return ok("account", f"the key has no limit of its own{spent}", limit=None)
    period = f" {reset}" if isinstance(reset, str) else ""
    facts = {"limit": f"{limit:f}", "left": None if left is None else f"{left:f}", "reset": reset}
    text = f"the key's{period} limit is {limit:f} USD"
    if left is not None and left <= 0:
        advice = f"raise it at {KEYS_PAGE}" + (", or wait for midnight UTC" if period else "")
        return fault("account", f"{text}, and nothing is left", advice, **facts)
    rest = "" if left is None else f", and {left:f} USD are left"
    return ok("account", f"{text}{rest}{spent}", **facts)


def _free_requests(told: dict[str, Any]) -> list[Finding]:
    counts = told.get("free_model_daily_requests")
    if not isinstance(counts, dict):
        return []
    left, limit = counts.get("remaining"), counts.get("limit")
    if not isinstance(left, int) or not isinstance(limit, int) or left > 0:
        return []
    text = f"the {limit} calls of free models that the account has a day are used up"
    return [warning("account", text, "come back after midnight UTC, or use a model with a price")]


def _expiry(told: dict[str, Any]) -> list[Finding]:
    try:
        expires = datetime.datetime.fromisoformat(str(told["expires_at"]).replace("Z", "+00:00"))
    except (LookupError, ValueError):
        return []
    if expires.tzinfo is None:
        expires = expires.replace(tzinfo=datetime.timezone.utc)
    left = expires - datetime.datetime.now(datetime.timezone.utc)
    facts = {"expires_at": expires.isoformat()}
    text = f"{expires:%Y-%m-%d %H:%M} UTC"
    advice = f"make a new key at {KEYS_PAGE}"
    if left <= datetime.timedelta(0):
        return [fault("account", f"the key has expired, on {text}", advice, **facts)]
    if left < SOON:
        return [warning("account", f"the key expires on {text}", advice, **facts)]
    return [ok("account", f"the key expires on {text}", **facts)]


def _credits(server: way.Server, key: str) -> list[Finding]:
    unknown = note("account", "the credits of the account are not told to this key")
    try:
        told = _data(way.ask(server, "GET", "/credits", key))
    except way.Trouble:
        return [unknown]
    bought, used = (_amount(told or {}, name) for name in ("total_credits", "total_usage"))
    if bought is None or used is None:
        return [unknown]
    left = bought - used
    text = f"the account has {left:f} USD of credits left"
    advice = f"buy credits at {CREDITS_PAGE}"
    if left < 0:
        text = f"the account is {-left:f} USD overdrawn, so even free models are refused"
        return [fault("account", text, advice, credits=f"{left:f}")]
    if left < LITTLE:
        return [warning("account", text, advice, credits=f"{left:f}")]
    return [ok("account", text, credits=f"{left:f}")]
