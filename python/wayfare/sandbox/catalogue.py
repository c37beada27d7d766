"""The models and the providers of the sandbox: invented prices, in OpenRouter's format."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from .table import TABLE, parameters

Json = dict[str, Any]

PREFIX = "sandbox/"  # of the models that produce a fault

# Display name: slug. Both are OpenRouter's own.
PROVIDERS: Mapping[str, str] = TABLE["providers"]

COMMON = parameters("common")


@dataclasses.dataclass(frozen=True)
class Tokens:
    """The billed counts. `prompt` includes `cached` and `written`, `completion` `reasoning`."""

    prompt: int
    completion: int
    cached: int = 0
    written: int = 0
    reasoning: int = 0


@dataclasses.dataclass(frozen=True)
class PromptCache:
    """How a provider keeps the beginnings of prompts."""

    automatic: bool = True  # False: only where the request has a cache_control
    lifetime: float = 300.0  # seconds since the last use
    least: int = 1024  # tokens: a shorter beginning is not kept


@dataclasses.dataclass(frozen=True)
class Endpoint:
    """One model at one provider."""

    provider: str  # the display name
    prices: Mapping[str, str]  # US dollars per token, or per "request", as decimal text
    tag: str = ""  # the slug; without one, that of the provider
    latency: int = 500  # milliseconds to the first token
    throughput: int = 60  # tokens per second
    context: int = 128_000
    limit: int = 16_384  # tokens of a completion
    quantization: str = "unknown"
    parameters: tuple[str, ...] = COMMON
    cache: PromptCache | None = None
    trains: bool = False  # on prompts: data_collection "deny" excludes it
    keeps: bool = False  # prompts: zdr excludes it
    cancels: bool = False  # stops billing when the client disconnects
    own_key: bool = False  # BYOK: the provider bills the caller, OpenRouter takes nothing
    status: int = 0  # below 0: degraded, and tried last

    @property
    def slug(self) -> str:
        return self.tag or PROVIDERS.get(self.provider, self.provider.lower().replace(" ", "-"))

    def price(self, key: str) -> Decimal:
        """Returns a price, or the prompt's price where the key has none of its own."""
        return _exact(self.prices.get(key, self.prices["prompt"]))

    def prompt_cost(self, tokens: Tokens) -> Decimal:
        plain = tokens.prompt - tokens.cached - tokens.written
        return (
            plain * self.price("prompt")
            + tokens.cached * self.price("input_cache_read")
            + tokens.written * self.price("input_cache_write")
        )

    def completion_cost(self, tokens: Tokens) -> Decimal:
        return tokens.completion * self.price("completion")

    def listing(self, model: Model) -> Json:
        """The row of GET /models/{author}/{slug}/endpoints."""
        name = model.slug or model.id
        return {
            "name": f"{self.provider} | {name}",
            "model_id": model.id,
            "model_name": model.name,
            "context_length": self.context,
            "pricing": {**self.prices, "discount": 0},
            "provider_name": self.provider,
            "tag": self.slug,
            "quantization": self.quantization,
            "max_completion_tokens": self.limit,
            "max_prompt_tokens": None,
            "supported_parameters": list(self.parameters),
            "status": self.status,
            "uptime_last_5m": 100,
            "uptime_last_30m": 100,
            "uptime_last_1d": 100,
            "supports_implicit_caching": bool(self.cache and self.cache.automatic),
            "supports_voice_cloning": False,
            "latency_last_30m": _percentiles(self.latency, rising=True),
            "throughput_last_30m": _percentiles(self.throughput, rising=False),
        }


def _percentiles(middle: int, rising: bool) -> Json:
    shares = (100, 130, 180, 400) if rising else (100, 80, 60, 40)
    return {f"p{p}": middle * share // 100 for p, share in zip((50, 75, 90, 99), shares)}


@dataclasses.dataclass(frozen=True)
class Model:
    id: str
    name: str
    endpoints: tuple[Endpoint, ...]  # the first is the one whose prices the models list tells
    slug: str = ""  # dated and permanent; the variants of a model share it
    tokenizer: str = "Other"
    created: int = 1_770_000_000
    inputs: tuple[str, ...] = ("text",)
    stop_word: str = "stop"  # the provider's own word for the finish reason "stop"
    reasons: bool = False
    must_reason: bool = False
    listed: bool = True  # False: it can be called, but no list tells of it
    intelligence: float | None = None  # the index of Artificial Analysis

    @property
    def context(self) -> int:
        return self.endpoints[0].context

    def listing(self) -> Json:
        """The row of this model in the answer of GET /models."""
        slug, top = self.slug or self.id, self.endpoints[0]
        parameters = {name for endpoint in self.endpoints for name in endpoint.parameters}
        entry: Json = {
            "id": self.id,
            "canonical_slug": slug,
            "hugging_face_id": None,
            "name": self.name,
            "created": self.created,
            "description": f"{self.name}, as the sandbox plays it.",
            "context_length": self.context,
            "architecture": {
                "modality": f"{'+'.join(self.inputs)}->text",
                "input_modalities": list(self.inputs),
                "output_modalities": ["text"],
                "tokenizer": self.tokenizer,
                "instruct_type": None,
            },
            "pricing": dict(top.prices),
            "top_provider": {
                "context_length": top.context,
                "max_completion_tokens": top.limit,
                "is_moderated": False,
            },
            "per_request_limits": None,
            "supported_parameters": sorted(parameters),
            "default_parameters": {},
            "supported_voices": None,
            "knowledge_cutoff": None,
            "expiration_date": None,
            "links": {"details": f"/api/v1/models/{slug}/endpoints"},
        }
        if self.intelligence is not None:
            indices = {"coding_index": None, "agentic_index": None}
            entry["benchmarks"] = {
                "design_arena": [],
                "artificial_analysis": {"intelligence_index": self.intelligence, **indices},
            }
        if self.reasons:
            entry["reasoning"] = {
                "mandatory": self.must_reason,
                "supported_efforts": ["high", "medium", "low"],
                "default_effort": "medium",
            }
        return entry


class Catalogue:
    def __init__(self, models: Iterable[Model]) -> None:
        self.models = tuple(models)
        for model in self.models:
            if not model.endpoints:
                raise ValueError(f"the model {model.id} has no endpoint: give it one")
        self.listed = tuple(model for model in self.models if model.listed)
        self._by_id = {model.id: model for model in self.models}

    def find(self, model_id: str) -> Model | None:
        """Returns the model of an id, or of a dated slug that no other model has as its id."""
        if model_id.startswith(PREFIX):
            return faulty(model_id)
        base, _, variant = model_id.partition(":")
        found = self._by_id.get(model_id) or (
            self._by_id.get(base) if variant in ("nitro", "floor", "exacto") else None
        )
        return found or next((model for model in self.models if model.slug == model_id), None)


def faulty(model_id: str) -> Model:
    """Makes the model that produces a fault. It has a price, so that failed calls have a cost."""
    return Model(
        model_id,
        "A fault of the sandbox",
        (Endpoint("Sandbox", prices("0.00000125", "0.00000975"), limit=1 << 30),),
    )


def prices(prompt: str, completion: str, **more: str) -> Mapping[str, str]:
    """Makes the prices of an endpoint, in US dollars per token."""
    return {"prompt": prompt, "completion": completion, **more}


@functools.lru_cache(maxsize=1000)
def _exact(amount: str) -> Decimal:
    return Decimal(amount)
