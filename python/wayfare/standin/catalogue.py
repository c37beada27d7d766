"""The stand-in's models: invented prices, in the format of OpenRouter's models list."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

Json = dict[str, Any]

_PARAMETERS = [
    "frequency_penalty",
    "max_completion_tokens",
    "max_tokens",
    "presence_penalty",
    "response_format",
    "seed",
    "stop",
    "structured_outputs",
    "temperature",
    "tool_choice",
    "tools",
    "top_p",
]


@dataclasses.dataclass(frozen=True)
class Tokens:
    """The billed counts. `prompt` includes `cached` and `written`, `completion` `reasoning`."""

    prompt: int
    completion: int
    cached: int = 0
    written: int = 0
    reasoning: int = 0


@dataclasses.dataclass(frozen=True)
class Model:
    id: str
    name: str
    provider: str
    prices: Mapping[str, str]  # US dollars per token, as decimal text
    slug: str = ""  # dated and permanent; the variants of a model share it
    tokenizer: str = "Other"
    created: int = 1_770_000_000
    context: int = 128_000
    stop_word: str = "stop"  # the provider's own word for the finish reason "stop"
    reasons: bool = False

    def price(self, key: str) -> Decimal | None:
        return Decimal(self.prices[key]) if key in self.prices else None

    def prompt_cost(self, tokens: Tokens) -> Decimal:
        full = Decimal(self.prices["prompt"])
        plain = tokens.prompt - tokens.cached - tokens.written
        cached = tokens.cached * (self.price("input_cache_read") or full)
        written = tokens.written * (self.price("input_cache_write") or full)
        return plain * full + cached + written

    def completion_cost(self, tokens: Tokens) -> Decimal:
        return tokens.completion * Decimal(self.prices["completion"])

    def cached(self, prompt: int) -> int:
        """Returns the cached tokens of a prompt: whole blocks of 128 tokens of long prompts.

        The cache is always warm, so that equal prompts cost the same.
        """
        if prompt < 1024 or "input_cache_read" not in self.prices:
            return 0
        blocks = prompt // 128
        return 128 * (blocks // 2 if "input_cache_write" in self.prices else blocks)

    def written(self, prompt: int) -> int:
        if prompt < 1024 or "input_cache_write" not in self.prices:
            return 0
        return prompt // 128 * 128 - self.cached(prompt)

    def listing(self) -> Json:
        """The row of this model in the answer of GET /models."""
        slug = self.slug or self.id
        limit = min(self.context, 16_384)
        entry: Json = {
            "id": self.id,
            "canonical_slug": slug,
            "hugging_face_id": None,
            "name": self.name,
            "created": self.created,
            "description": f"{self.name}, as the stand-in plays it.",
            "context_length": self.context,
            "architecture": {
                "modality": "text->text",
                "input_modalities": ["text"],
                "output_modalities": ["text"],
                "tokenizer": self.tokenizer,
                "instruct_type": None,
            },
            "pricing": dict(self.prices),
            "top_provider": {
                "context_length": self.context,
                "max_completion_tokens": limit,
                "is_moderated": False,
            },
            "per_request_limits": None,
            "supported_parameters": _PARAMETERS
            + (["include_reasoning", "reasoning"] if self.reasons else []),
            "default_parameters": {},
            "supported_voices": None,
            "knowledge_cutoff": None,
            "expiration_date": None,
            "links": {"details": f"/api/v1/models/{slug}/endpoints"},
        }
        if self.reasons:
            entry["reasoning"] = {
                "mandatory": False,
                "supported_efforts": ["high", "medium", "low"],
                "default_effort": "medium",
            }
        return entry


def _prices(prompt: str, completion: str, **more: str) -> Mapping[str, str]:
    return {"prompt": prompt, "completion": completion, **more}


DEFAULT = "openai/gpt-4o-mini"

MODELS: list[Model] = [
    Model(
        DEFAULT,
        "OpenAI: GPT-4o-mini",
        "OpenAI",
        _prices("0.00000016", "0.00000064", input_cache_read="0.00000008"),
        tokenizer="GPT",
        created=1_721_260_800,
    ),
    Model(
        "openai/gpt-4o",
        "OpenAI: GPT-4o",
        "OpenAI",
        _prices("0.0000026", "0.0000104", input_cache_read="0.0000013"),
        slug="openai/gpt-4o-2024-11-20",
        tokenizer="GPT",
        created=1_732_060_800,
    ),
    Model(
        "anthropic/claude-sonnet-4.6",
        "Anthropic: Claude Sonnet 4.6",
        "Anthropic",
        _prices(
            "0.0000031", "0.0000155", input_cache_read="0.00000031", input_cache_write="0.000003875"
        ),
        slug="anthropic/claude-4.6-sonnet-20260217",
        tokenizer="Claude",
        context=1_000_000,
        stop_word="end_turn",
    ),
    Model(
        "anthropic/claude-3-haiku",
        "Anthropic: Claude 3 Haiku",
        "Amazon Bedrock",
        _prices(
            "0.00000026",
            "0.0000013",
            input_cache_read="0.000000026",
            input_cache_write="0.000000325",
        ),
        slug="anthropic/claude-3-haiku-20240307",
        tokenizer="Claude",
        created=1_710_288_000,
        context=200_000,
        stop_word="end_turn",
    ),
    Model(
        "google/gemini-2.5-flash",
        "Google: Gemini 2.5 Flash",
        "Google AI Studio",
        _prices("0.00000031", "0.00000255"),
        tokenizer="Gemini",
        context=1_048_576,
        stop_word="STOP",
    ),
    Model(
        "deepseek/deepseek-r1",
        "DeepSeek: R1",
        "DeepSeek",
        _prices("0.00000055", "0.00000219"),
        slug="deepseek/deepseek-r1-0528",
        tokenizer="DeepSeek",
        reasons=True,
    ),
    Model(
        "mistralai/mistral-small",
        "Mistral: Mistral Small",
        "Mistral",
        _prices("0.000000075", "0.000000225"),
        slug="mistralai/mistral-small-2603",
        tokenizer="Mistral",
        context=32_768,
    ),
    Model(
        "meta-llama/llama-3.3-70b-instruct",
        "Meta: Llama 3.3 70B Instruct",
        "DeepInfra",
        _prices("0.00000012", "0.00000038"),
        tokenizer="Llama3",
        created=1_733_500_800,
    ),
    Model(
        "meta-llama/llama-3.3-70b-instruct:free",
        "Meta: Llama 3.3 70B Instruct (free)",
        "Venice",
        _prices("0", "0"),
        slug="meta-llama/llama-3.3-70b-instruct",
        tokenizer="Llama3",
        created=1_733_500_800,
        context=65_536,
    ),
]

BY_ID: dict[str, Model] = {model.id: model for model in MODELS}


def faulty(model_id: str) -> Model:
    """Makes the model that produces a fault. It has a price, so that failed calls have a cost."""
    return Model(model_id, "Stand-in fault", "Stand-in", _prices("0.00000125", "0.00000975"))
