"""The bill of the sandbox: the true costs, with which a test compares a ledger."""

from __future__ import annotations

import dataclasses
import datetime
import threading
from decimal import Decimal

from .answer import plain
from .catalogue import Json
from .made import Made


@dataclasses.dataclass
class Charge:
    """One billed request. It is on the bill before the first byte of its answer is sent."""

    made: Made
    streamed: bool
    outcome: str
    began: float
    origin: Json  # members of GET /generation that the request tells
    previous: list[Json] = dataclasses.field(default_factory=list)  # attempts that failed
    ended: float | None = None

    def end(self, now: float) -> None:
        """What was said is not needed any more."""
        self.ended = now
        self.made = dataclasses.replace(self.made, text=[], reasoning=[], calls=[], message={})

    def line(self) -> Json:
        return {
            "generation_id": self.made.id,
            "model": self.made.model.id,
            "provider": self.made.endpoint.provider,
            "prompt_tokens": self.made.tokens.prompt,
            "completion_tokens": self.made.tokens.completion,
            "cost": plain(self.made.cost),
            "upstream_cost": None if self.made.upstream is None else plain(self.made.upstream),
            "streamed": self.streamed,
            "outcome": self.outcome,
        }

    def generation(self) -> Json:
        """The answer of GET /generation for this request."""
        made, tokens = self.made, self.made.tokens
        cancelled = self.outcome == "cancelled"
        slug = made.model.slug or made.model.id
        attempt = {
            "endpoint_id": "00000000-0000-0000-0000-000000000000",
            "id": f"upstream-{made.id}",
            "is_byok": made.upstream is not None,
            "latency": made.endpoint.latency,
            "model_permaslug": slug,
            "provider_name": made.endpoint.provider,
            "status": 499 if cancelled else 200,
        }
        return {
            "data": {
                "id": made.id,
                "upstream_id": f"upstream-{made.id}",
                "request_id": made.id.replace("gen-", "req-", 1),
                "created_at": datetime.datetime.fromtimestamp(
                    self.began, datetime.timezone.utc
                ).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
                "api_type": "completions",
                "model": slug,
                "provider_name": made.endpoint.provider,
                "provider_responses": [*self.previous, attempt],
                "router": None,
                "streamed": self.streamed,
                "cancelled": cancelled,
                "finish_reason": None if cancelled else made.finish,
                "native_finish_reason": None if cancelled else made.native_finish,
                "total_cost": made.cost,
                "usage": made.cost,
                "upstream_inference_cost": made.upstream or 0,
                "cache_discount": _discount(made),
                "is_byok": made.upstream is not None,
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
                "latency": made.endpoint.latency,
                "generation_time": int(1000 * ((self.ended or self.began) - self.began)),
                "moderation_latency": None,
                "service_tier": "default",
                "data_region": "global",
                "response_cache_source_id": None,
                "app_id": None,
                "preset_id": None,
                "workspace_id": "00000000-0000-0000-0000-000000000000",
                **self.origin,
            }
        }


def _discount(made: Made) -> Decimal | None:
    tokens = made.tokens
    if not tokens.cached and not tokens.written:
        return None
    full = dataclasses.replace(tokens, cached=0, written=0)
    return made.endpoint.prompt_cost(full) - made.endpoint.prompt_cost(tokens)


_MOST = 500_000  # lines: older ones count in the sums alone


class Bill:
    """Any thread may read it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._charges: dict[str, Charge] = {}  # by generation id, in the order of arrival
        self._cost, self._upstream = Decimal(0), Decimal(0)  # of the lines that are gone

    def add(self, charge: Charge) -> None:
        with self._lock:
            self._charges[charge.made.id] = charge
            if len(self._charges) > _MOST:
                made = self._charges.pop(next(iter(self._charges))).made
                self._cost += made.cost
                self._upstream += made.upstream or 0

    def find(self, generation_id: str) -> Charge | None:
        return self._charges.get(generation_id)

    def lines(self) -> list[Json]:
        with self._lock:
            return [charge.line() for charge in self._charges.values()]

    def total(self) -> Decimal:
        """What the account paid."""
        with self._lock:
            return sum((charge.made.cost for charge in self._charges.values()), self._cost)

    def upstream(self) -> Decimal:
        """What providers billed the caller directly."""
        with self._lock:
            costs = (charge.made.upstream for charge in self._charges.values())
            return sum((cost for cost in costs if cost is not None), self._upstream)

    def clear(self) -> None:
        with self._lock:
            self._charges.clear()
            self._cost, self._upstream = Decimal(0), Decimal(0)
