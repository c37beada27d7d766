"""The key and the account: what they may spend, and what they have spent."""

from __future__ import annotations

from decimal import Decimal

from .answer import Refused
from .bill import Bill
from .catalogue import Endpoint, Json
from .routing import completion_limit


class Account:
    def __init__(self, credits: Decimal | None, key_limit: Decimal | None) -> None:
        self.credits = credits  # US dollars that were bought; None: enough for everything
        self.key_limit = key_limit  # US dollars that the key may spend

    def left(self, spent: Decimal) -> tuple[Decimal | None, str]:
        """Returns what can still be spent, and what limits it."""
        limits = [
            (limit - spent, source)
            for limit, source in (
                (self.credits, "openrouter_credits"),
                (self.key_limit, "openrouter_key_limit"),
            )
            if limit is not None
        ]
        return min(limits) if limits else (None, "")

    def check(self, body: Json, endpoint: Endpoint, prompt: int, bill: Bill) -> None:
        """Refuses what the account cannot pay at its dearest, as the API does before it routes."""
        if self.credits is None and self.key_limit is None:
            return
        left, source = self.left(bill.total())
        if left is None or endpoint.own_key:
            return
        asked = completion_limit(body)
        most = endpoint.limit if asked is None else min(asked, endpoint.limit)
        before, each = prompt * endpoint.price("prompt"), endpoint.price("completion")
        if left > 0 and before + most * each <= left:
            return
        metadata: Json = {"error_type": "payment_required", "limit_source": source}
        if source == "openrouter_key_limit" and left <= 0:
            raise Refused(
                402,
                "Key limit exceeded (total limit). Manage it using "
                "https://openrouter.ai/settings/keys",
                metadata,
            )
        afford = max(0, int((left - before) / each)) if each else 0
        raise Refused(
            402,
            f"This request requires more credits, or fewer max_tokens. You requested up to {most} "
            f"tokens, but can only afford {afford}. To increase, visit "
            f"https://openrouter.ai/settings/credits and add more credits",
            metadata,
        )

    def key(self, bill: Bill) -> Json:
        """The answer of GET /key."""
        used, limit = bill.total(), self.key_limit
        return {
            "data": {
                "label": "sk-or-v1-san...box",
                "is_management_key": False,
                "is_provisioning_key": False,
                "limit": limit,
                "limit_remaining": None if limit is None else max(Decimal(0), limit - used),
                "limit_reset": None,
                "include_byok_in_limit": False,
                **{
                    f"{name}{period}": amount
                    for name, amount in (("usage", used), ("byok_usage", bill.upstream()))
                    for period in ("", "_daily", "_weekly", "_monthly")
                },
                "is_free_tier": False,
                "expires_at": None,
                "creator_user_id": "user_sandbox",
                "organization_id": None,
                "workspace_id": "00000000-0000-0000-0000-000000000000",
                "allowed_data_regions": ["global"],
                "free_model_daily_requests": {"used": 0, "limit": 1000, "remaining": 1000},
                "rate_limit": {
                    "requests": -1,
                    "interval": "10s",
                    "note": "This field is deprecated and safe to ignore.",
                },
            }
        }

    def credit(self, bill: Bill) -> Json:
        """The answer of GET /credits."""
        bought = Decimal(100) if self.credits is None else self.credits
        return {"data": {"total_credits": bought, "total_usage": bill.total()}}
