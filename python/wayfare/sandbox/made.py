"""A made reply: what the model says, in how many tokens and at what cost."""

from __future__ import annotations

import dataclasses
import random
from decimal import Decimal

from .catalogue import Endpoint, Json, Model, Tokens


@dataclasses.dataclass(frozen=True)
class Call:
    """A tool call of the model."""

    id: str
    name: str
    arguments: str  # JSON


@dataclasses.dataclass(frozen=True)
class Made:
    id: str
    created: int
    model: Model
    endpoint: Endpoint
    tokens: Tokens
    cost: Decimal  # what the account pays
    reasoning: list[str]  # each text is one delta
    text: list[str]
    calls: list[Call]
    finish: str | None
    usage: Json | None
    upstream: Decimal | None = None  # what the provider bills directly (BYOK)
    # the choices in the usage chunk: the finish reason "repeated", a "null" one, or "empty"
    usage_choices: str = "repeated"
    message: Json = dataclasses.field(default_factory=dict)  # more members: images, annotations
    metadata: Json | None = None  # openrouter_metadata

    @property
    def native_finish(self) -> str | None:
        return self.model.stop_word if self.finish == "stop" else self.finish

    def stopped(self, completion: int) -> Made:
        """The reply of a client that left when it had this many tokens."""
        tokens = dataclasses.replace(self.tokens, completion=completion)
        share, upstream = bill(self.endpoint, tokens)
        return dataclasses.replace(self, tokens=tokens, cost=share, upstream=upstream)


def new_id(now: float) -> str:
    return f"gen-{int(now)}-{random.getrandbits(80):020x}"


def bill(endpoint: Endpoint, tokens: Tokens) -> tuple[Decimal, Decimal | None]:
    """Returns what the account pays, and what the provider bills the caller directly."""
    each = Decimal(endpoint.prices.get("request", "0"))
    cost = endpoint.prompt_cost(tokens) + endpoint.completion_cost(tokens) + each
    return (Decimal(0), cost) if endpoint.own_key else (cost, None)


def usage(endpoint: Endpoint, tokens: Tokens, cost: Decimal, upstream: Decimal | None) -> Json:
    return {
        "prompt_tokens": tokens.prompt,
        "completion_tokens": tokens.completion,
        "total_tokens": tokens.prompt + tokens.completion,
        "cost": cost,
        "is_byok": upstream is not None,
        "prompt_tokens_details": {
            "cached_tokens": tokens.cached,
            "cache_write_tokens": tokens.written,
            "audio_tokens": 0,
            "video_tokens": 0,
        },
        "cost_details": {
            "upstream_inference_cost": cost if upstream is None else upstream,
            "upstream_inference_prompt_cost": endpoint.prompt_cost(tokens),
            "upstream_inference_completions_cost": endpoint.completion_cost(tokens),
        },
        "completion_tokens_details": {
            "reasoning_tokens": tokens.reasoning,
            "image_tokens": 0,
            "audio_tokens": 0,
        },
    }
