"""The models that the sandbox has by itself. The prices are invented, the names are not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .catalogue import COMMON, Endpoint, Json, Model, PromptCache, prices

_PLAIN = ("max_completion_tokens", "max_tokens", "stop", "temperature", "top_p")
_REASONING = ("include_reasoning", "reasoning", "reasoning_effort")


def _openai(prompt: str, completion: str, cached: str, **more: Any) -> tuple[Endpoint, ...]:
    """OpenAI, and Azure at the same prices."""
    told = prices(prompt, completion, **({"input_cache_read": cached} if cached else {}))
    cache = PromptCache() if cached else None
    return (
        Endpoint("OpenAI", told, cache=cache, cancels=True, **more),
        Endpoint("Azure", told, cache=cache, cancels=True, latency=700, **more),
    )


def _anthropic(prompt: str, completion: str, read: str, write: str, context: int) -> Any:
    """Anthropic, and Amazon at the same prices. Both want to be told what to keep."""
    told = prices(prompt, completion, input_cache_read=read, input_cache_write=write)
    more: Json = {"context": context, "cache": PromptCache(automatic=False)}
    return (
        Endpoint("Anthropic", told, cancels=True, latency=900, **more),
        Endpoint("Amazon Bedrock", told, latency=1100, **more),
    )


def models_of(wanted: Iterable[Model | str] | Mapping[str, Mapping[str, str]]) -> list[Model]:
    """Returns models by themselves, by their ids, or by their ids with prices.

    An id that the sandbox does not know becomes a model at a price of its own.
    """
    if isinstance(wanted, Mapping):
        return [_model_at(name, told) for name, told in wanted.items()]
    own = {model.id: model for model in MODELS}
    usual = prices("0.000001", "0.000002")
    return [
        (own.get(one) or _model_at(one, usual)) if isinstance(one, str) else one for one in wanted
    ]


def _model_at(name: str, told: Mapping[str, str]) -> Model:
    if "prompt" not in told or "completion" not in told:
        raise ValueError(f"the prices of {name} need prompt and completion")
    return Model(name, name, (Endpoint("Sandbox", dict(told)),))


DEFAULT = "openai/gpt-4o-mini"
_LLAMA = "meta-llama/llama-3.3-70b-instruct"

MODELS: tuple[Model, ...] = (
    Model(
        DEFAULT,
        "OpenAI: GPT-4o-mini",
        _openai("0.00000016", "0.00000064", "0.00000008"),
        tokenizer="GPT",
        created=1_721_260_800,
        inputs=("text", "image", "file"),
    ),
    Model(
        "openai/gpt-4",
        "OpenAI: GPT-4",
        _openai("0.000031", "0.000062", "", context=8_191, limit=4_096),
        tokenizer="GPT",
        created=1_685_232_000,
    ),
    Model(
        "openai/gpt-3.5-turbo",
        "OpenAI: GPT-3.5 Turbo",
        _openai("0.00000052", "0.00000156", "", context=16_385, limit=4_096),
        tokenizer="GPT",
        created=1_685_232_000,
    ),
    Model(
        "anthropic/claude-3-haiku",
        "Anthropic: Claude 3 Haiku",
        _anthropic("0.00000026", "0.0000013", "0.000000026", "0.000000325", 200_000),
        slug="anthropic/claude-3-haiku-20240307",
        tokenizer="Claude",
        created=1_710_288_000,
        inputs=("text", "image"),
        stop_word="end_turn",
    ),
    Model(
        "anthropic/claude-3-sonnet",
        "Anthropic: Claude 3 Sonnet",
        _anthropic("0.0000031", "0.0000155", "0.00000031", "0.000003875", 200_000),
        slug="anthropic/claude-3-sonnet-20240229",
        tokenizer="Claude",
        created=1_710_288_000,
        inputs=("text", "image"),
        stop_word="end_turn",
    ),
    Model(
        "openai/gpt-4o",
        "OpenAI: GPT-4o",
        _openai("0.0000026", "0.0000104", "0.0000013"),
        slug="openai/gpt-4o-2024-11-20",
        tokenizer="GPT",
        created=1_732_060_800,
        inputs=("text", "image", "file"),
    ),
    Model(
        "anthropic/claude-sonnet-4.6",
        "Anthropic: Claude Sonnet 4.6",
        _anthropic("0.0000031", "0.0000155", "0.00000031", "0.000003875", 1_000_000),
        slug="anthropic/claude-4.6-sonnet-20260217",
        tokenizer="Claude",
        inputs=("text", "image", "file"),
        stop_word="end_turn",
    ),
    Model(
        "google/gemini-2.5-flash",
        "Google: Gemini 2.5 Flash",
        (
            Endpoint(
                "Google AI Studio",
                prices("0.00000031", "0.00000255"),
                context=1_048_576,
                keeps=True,
            ),
            Endpoint("Google", prices("0.00000031", "0.00000255"), context=1_048_576, latency=650),
        ),
        tokenizer="Gemini",
        inputs=("text", "image", "file", "audio", "video"),
        stop_word="STOP",
    ),
    Model(
        "deepseek/deepseek-r1",
        "DeepSeek: R1",
        (
            Endpoint(
                "DeepSeek",
                prices("0.00000055", "0.00000219", input_cache_read="0.00000014"),
                latency=1800,
                throughput=30,
                parameters=COMMON + _REASONING,
                cache=PromptCache(),
                trains=True,
                keeps=True,
                cancels=True,
            ),
            Endpoint(
                "Fireworks",
                prices("0.00000135", "0.0000054"),
                throughput=110,
                quantization="fp8",
                parameters=COMMON + _REASONING,
                cancels=True,
            ),
        ),
        slug="deepseek/deepseek-r1-0528",
        tokenizer="DeepSeek",
        reasons=True,
    ),
    Model(
        "openai/gpt-5-mini",
        "OpenAI: GPT-5 Mini",
        _openai(
            "0.00000026",
            "0.00000208",
            "0.000000026",
            context=400_000,
            limit=128_000,
            parameters=COMMON + _REASONING,
        ),
        slug="openai/gpt-5-mini-2025-08-07",
        tokenizer="GPT",
        inputs=("text", "image", "file"),
        reasons=True,
        must_reason=True,
    ),
    Model(
        "mistralai/mistral-small",
        "Mistral: Mistral Small",
        (Endpoint("Mistral", prices("0.000000075", "0.000000225"), context=32_768),),
        slug="mistralai/mistral-small-2603",
        tokenizer="Mistral",
    ),
    Model(
        _LLAMA,
        "Meta: Llama 3.3 70B Instruct",
        (
            Endpoint(
                "DeepInfra", prices("0.00000012", "0.00000038"), quantization="fp8", cancels=True
            ),
            Endpoint(
                "Novita",
                prices("0.00000014", "0.0000004"),
                quantization="bf16",
                parameters=_PLAIN,
                cancels=True,
            ),
            Endpoint("Groq", prices("0.00000059", "0.00000079"), latency=180, throughput=280),
            Endpoint(
                "Together",
                prices("0.00000088", "0.00000088"),
                latency=350,
                throughput=90,
                cancels=True,
            ),
        ),
        tokenizer="Llama3",
        created=1_733_500_800,
    ),
    Model(
        f"{_LLAMA}:free",
        "Meta: Llama 3.3 70B Instruct (free)",
        (Endpoint("Venice", prices("0", "0"), context=65_536, trains=True, keeps=True),),
        slug=_LLAMA,
        tokenizer="Llama3",
        created=1_733_500_800,
    ),
)
