"""The bill of the stand-in: the true costs, with which a test compares a ledger."""

from __future__ import annotations

import dataclasses
import datetime
import time
from decimal import Decimal

from .catalogue import Json
from .replies import Reply, native, plain


@dataclasses.dataclass
class Charge:
    """One billed request. It is on the bill before the first byte of its answer is sent."""

    reply: Reply
    streamed: bool
    outcome: str
    began: float = dataclasses.field(default_factory=time.time)
    ended: float | None = None

    def line(self) -> Json:
        return {
            "generation_id": self.reply.id,
            "model": self.reply.model.id,
            "prompt_tokens": self.reply.tokens.prompt,
            "completion_tokens": self.reply.tokens.completion,
            "cost": plain(self.reply.cost),
            "upstream_cost": None if self.reply.upstream is None else plain(self.reply.upstream),
            "streamed": self.streamed,
            "outcome": self.outcome,
        }

    def end(self) -> None:
        self.ended = self.ended or time.time()

    def generation(self) -> Json:
        """The answer of GET /generation for this request."""
        reply, tokens = self.reply, self.reply.tokens
        cancelled = self.outcome == "cancelled"
        slug = reply.model.slug or reply.model.id
        milliseconds = int(1000 * ((self.ended or self.began) - self.began))
        attempt = {
            "endpoint_id": "00000000-0000-0000-0000-000000000000",
            "id": f"upstream-{reply.id}",
            "is_byok": reply.upstream is not None,
            "latency": 1,
            "model_permaslug": slug,
            "provider_name": reply.model.provider,
            "status": 499 if cancelled else 200,
        }
        return {
            "data": {
                "id": reply.id,
                "upstream_id": f"upstream-{reply.id}",
                "request_id": reply.id.replace("gen-", "req-", 1),
                "created_at": datetime.datetime.fromtimestamp(
                    self.began, datetime.timezone.utc
                ).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
                "api_type": "completions",
                "model": slug,
                "provider_name": reply.model.provider,
                "provider_responses": [attempt],
                "router": None,
                "streamed": self.streamed,
                "cancelled": cancelled,
                "finish_reason": None if cancelled else reply.finish,
                "native_finish_reason": None if cancelled else native(reply),
                "total_cost": reply.cost,
                "usage": reply.cost,
                "upstream_inference_cost": reply.upstream or 0,
                "cache_discount": None,
                "is_byok": reply.upstream is not None,
                "tokens_prompt": tokens.prompt,
                "tokens_completion": tokens.completion,
                "native_tokens_prompt": tokens.prompt,
                "native_tokens_completion": tokens.completion,
                "native_tokens_reasoning": tokens.reasoning,
                "native_tokens_cached": tokens.cached,
                "native_tokens_completion_images": None,
                "num_media_prompt": None,
                "num_media_completion": 0,
                "num_input_audio_prompt": None,
                "num_search_results": None,
                "num_fetches": None,
                "web_search_engine": None,
                "latency": 1,
                "generation_time": milliseconds,
                "moderation_latency": None,
                "service_tier": "default",
                "data_region": "global",
                "response_cache_source_id": None,
                "origin": "",
                "http_referer": None,
                "user_agent": None,
                "app_id": None,
                "external_user": None,
                "session_id": None,
                "preset_id": None,
                "workspace_id": "00000000-0000-0000-0000-000000000000",
            }
        }


class Bill:
    def __init__(self) -> None:
        self._charges: dict[str, Charge] = {}  # by generation id, in the order of arrival

    def add(self, charge: Charge) -> None:
        self._charges[charge.reply.id] = charge

    def find(self, generation_id: str) -> Charge | None:
        return self._charges.get(generation_id)

    def lines(self) -> list[Json]:
        return [charge.line() for charge in list(self._charges.values())]

    def total(self) -> Decimal:
        return sum((charge.reply.cost for charge in list(self._charges.values())), Decimal(0))
