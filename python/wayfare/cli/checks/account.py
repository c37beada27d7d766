"""What the server says of the key and of its account."""

from __future__ import annotations

import datetime
from decimal import Decimal

import wayfare

from .._values import dollars
from .finding import Finding, fault, note, of_error, ok, warning

KEYS_PAGE = "https://openrouter.ai/settings/keys"
CREDITS_PAGE = "https://openrouter.ai/settings/credits"
SOON = datetime.timedelta(days=7)
LITTLE = Decimal(1)  # US dollars of credit
CHECK = "account"


def check(client: wayfare.Client) -> list[Finding]:
    """Asks about the key that the client sends."""
    try:
        told = client.key_info()
    except wayfare.Error as error:
        if error.code in ("unsupported", "not_found", "malformed"):
            return [_other_server(client)]
        return [of_error("key" if error.code == "unauthorized" else CHECK, error)]
    if told.is_management_key:
        text = "the key is a management key, which makes no calls"
        return [fault(CHECK, text, f"make an ordinary key at {KEYS_PAGE}")]
    found = [ok(CHECK, "the server accepts the key"), _limit(told), *spending(told)]
    if told.is_free_tier:
        text = "the account has never bought credits: it may call free models, and few a day"
        found.append(warning(CHECK, text, f"buy credits at {CREDITS_PAGE}"))
    used, limit = told.free_requests_used, told.free_requests_limit
    if used is not None and limit is not None and used >= limit:
        text = f"the {limit} calls of free models that the account has a day are used up"
        advice = "come back after midnight UTC, or use a model with a price"
        found.append(warning(CHECK, text, advice))
    if told.expires_at is not None:
        found.append(_expiry(told.expires_at))
    return [*found, _credits(told)]


def _other_server(client: wayfare.Client) -> Finding:
    """Whether a server that is not OpenRouter refuses the key.

    Most servers look at the key first, also where they do not know what is asked for.
    """
    try:
        client.models(of_key=True)
    except wayfare.Error as error:
        if error.code in ("unauthorized", "forbidden"):
            return of_error("key", error)
    return note(CHECK, "the server does not tell about its keys: only OpenRouter does")


def _limit(told: wayfare.KeyInfo) -> Finding:
    limit, left, reset = told.limit, told.limit_remaining, told.limit_reset
    spent = "" if told.usage is None else f"; it has spent {told.usage:f} USD"
    if limit is None:
        return ok(CHECK, f"the key has no limit of its own{spent}", limit=None)
    facts = {"limit": limit, "left": left, "reset": reset}
    text = f"the key's {reset + ' ' if reset else ''}limit is {limit:f} USD"
    if left is not None and left <= 0:
        advice = f"raise it at {KEYS_PAGE}" + (", or wait for midnight UTC" if reset else "")
        return fault(CHECK, f"{text}, and nothing is left", advice, **facts)
    rest = "" if left is None else f", and {left:f} USD are left"
    return ok(CHECK, f"{text}{rest}{spent}", **facts)


def spending(told: wayfare.KeyInfo) -> list[Finding]:
    """What the key has spent of late, and what counts for its limit, as far as the server says."""
    periods = {"today": told.usage_daily, "this week": told.usage_weekly}
    periods["this month"] = told.usage_monthly
    spent = [
        f"{dollars(amount)} USD {when}" for when, amount in periods.items() if amount is not None
    ]
    parts = [f"the key has spent {', '.join(spent)} (UTC)"] if spent else []
    if told.byok_usage is not None:
        parts.append(f"providers have billed {dollars(told.byok_usage)} USD directly (BYOK)")
    if told.limit is not None and told.counts_byok is not None:
        parts.append(f"its limit {'counts' if told.counts_byok else 'does not count'} BYOK costs")
    used, limit = told.free_requests_used, told.free_requests_limit
    if used is not None and limit is not None:
        parts.append(f"{used} of {limit} calls of free models are used today")
    facts = {
        "daily": told.usage_daily,
        "weekly": told.usage_weekly,
        "monthly": told.usage_monthly,
        "byok": told.byok_usage,
        "counts_byok": told.counts_byok,
        "free_requests_used": used,
        "free_requests_limit": limit,
    }
    return [ok(CHECK, "; ".join(parts), **facts)] if parts else []


def _expiry(expires: datetime.datetime) -> Finding:
    left = expires - datetime.datetime.now(datetime.timezone.utc)
    facts = {"expires_at": expires}
    text = f"{expires:%Y-%m-%d %H:%M} UTC"
    advice = f"make a new key at {KEYS_PAGE}"
    if left <= datetime.timedelta(0):
        return fault(CHECK, f"the key has expired, on {text}", advice, **facts)
    if left < SOON:
        return warning(CHECK, f"the key expires on {text}", advice, **facts)
    return ok(CHECK, f"the key expires on {text}", **facts)


def _credits(told: wayfare.KeyInfo) -> Finding:
    if told.credits_bought is None or told.credits_used is None:
        return note(CHECK, "the credits of the account are not told to this key")
    left = told.credits_bought - told.credits_used
    text = f"the account has {left:f} USD of credits left"
    advice = f"buy credits at {CREDITS_PAGE}"
    if left < 0:
        text = f"the account is {-left:f} USD overdrawn, so even free models are refused"
        return fault(CHECK, text, advice, credits=left)
    if left < LITTLE:
        return warning(CHECK, text, advice, credits=left)
    return ok(CHECK, text, credits=left)
