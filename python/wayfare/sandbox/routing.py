"""Which endpoints a request may go to, in the order in which they are tried."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Callable, NamedTuple

from .answer import Refused
from .catalogue import Catalogue, Endpoint, Json, Model

_MILLION = 1_000_000


class Candidate(NamedTuple):
    model: Model
    endpoint: Endpoint


@dataclasses.dataclass(frozen=True)
class Route:
    candidates: list[Candidate]
    strategy: str  # as openrouter_metadata tells it
    fallbacks: bool  # whether an error leads to the next provider of the same model


class _Filter(NamedTuple):
    step: str  # the name that a refusal tells
    message: str
    keeps: Callable[[Endpoint], bool]


def plan(
    catalogue: Catalogue,
    body: Json,
    prompt_tokens: int,
    sticky: str | None = None,
    chance: random.Random | None = None,
) -> Route:
    """Returns the route of a checked request.

    `sticky` is the slug of the provider that served this conversation before. With `chance`, the
    provider is drawn by the price as OpenRouter draws it, else the cheapest is the first.
    """
    names = _names(catalogue, body)
    preferences: Json = body.get("provider") or {}
    candidates: list[Candidate] = []
    refused: Refused | None = None
    for name in names:
        model = catalogue.find(name)
        if model is None:
            raise Refused(400, f"{name} is not a valid model ID")
        try:
            left = _allowed(model, body, preferences, prompt_tokens)
        except Refused as error:
            refused = error
            continue
        ordered = _ordered(left, preferences, _variant(name), sticky, chance)
        candidates += [Candidate(model, endpoint) for endpoint in ordered]
    if not candidates and refused:
        raise refused
    sort = preferences.get("sort")
    if isinstance(sort, dict) and sort.get("partition") == "none" and sort.get("by"):
        candidates.sort(key=lambda candidate: _measure(str(sort["by"]))(candidate.endpoint))
    return Route(
        candidates,
        "fallback" if len(names) > 1 else "direct",
        preferences.get("allow_fallbacks") is not False,
    )


def matches(slug: str, wanted: Iterable[str]) -> bool:
    """Whether a provider's slug is wanted: by itself, or by a base slug that it belongs to."""
    return any(slug == want or slug.startswith(f"{want}/") for want in wanted)


def _names(catalogue: Catalogue, body: Json) -> list[str]:
    wanted = [body["model"]] if body.get("model") else []
    wanted += [name for name in body.get("models") or () if name not in wanted]
    if not wanted:
        return [catalogue.models[0].id]
    routers = {"openrouter/auto": _cheapest, "openrouter/free": _free}
    return [routers[name](catalogue) if name in routers else str(name) for name in wanted]


def _cheapest(catalogue: Catalogue) -> str:
    paid = [model for model in catalogue.models if model.endpoints[0].price("prompt") > 0]
    return min(paid, key=lambda model: model.endpoints[0].price("completion")).id


def _free(catalogue: Catalogue) -> str:
    for model in catalogue.models:
        if model.id.endswith(":free"):
            return model.id
    raise Refused(404, "No models match your request and model restrictions")


def _variant(name: str) -> str:
    return name.partition(":")[2]


def _allowed(
    model: Model, body: Json, preferences: Json, prompt_tokens: int
) -> tuple[Endpoint, ...]:
    left = model.endpoints
    funnel = [{"step": "Initial Endpoints", "endpoint_count": len(left)}]
    for step, message, keeps in _filters(body, preferences, prompt_tokens):
        kept = tuple(endpoint for endpoint in left if keeps(endpoint))
        if not kept:
            if step == "Filter by Context Length":
                raise _too_long(left, body, prompt_tokens)
            told = {"routing_funnel": funnel, "failed_routing_step": step}
            raise Refused(404, message, told)
        if len(kept) < len(left):
            funnel.append({"step": step, "endpoint_count": len(kept)})
        left = kept
    return left


def _filters(body: Json, preferences: Json, prompt_tokens: int) -> Iterator[_Filter]:
    only, ignored = preferences.get("only"), preferences.get("ignore") or ()
    if only:
        yield _Filter(
            "Filter by Allowed Providers",
            "No allowed providers are available for the selected model.",
            lambda endpoint: matches(endpoint.slug, only),
        )
    if ignored:
        yield _Filter(
            "Filter by Ignored Providers",
            "All providers have been ignored. To change your default ignored providers, visit: "
            "https://openrouter.ai/settings/preferences",
            lambda endpoint: not matches(endpoint.slug, ignored),
        )
    if preferences.get("allow_fallbacks") is False and preferences.get("order"):
        order = preferences["order"]
        yield _Filter(
            "Filter by Provider Order",
            "No allowed providers are available for the selected model.",
            lambda endpoint: matches(endpoint.slug, order),
        )
    if preferences.get("data_collection") == "deny":
        yield _Filter(
            "Filter by Data Policy",
            "No endpoints found matching your data policy.",
            lambda endpoint: not endpoint.trains,
        )
    if preferences.get("zdr"):
        yield _Filter(
            "Filter by Data Policy",
            "No endpoints found matching your data policy (Zero data retention).",
            lambda endpoint: not endpoint.keeps,
        )
    if preferences.get("quantizations"):
        yield _Filter(
            "Filter by Quantization",
            "No endpoints found that match the requested quantizations.",
            lambda endpoint: endpoint.quantization in preferences["quantizations"],
        )
    if preferences.get("max_price"):
        limits = _limits(preferences["max_price"])
        yield _Filter(
            "Filter by Max Price",
            "No endpoints found that satisfy the max price for this request",
            lambda endpoint: all(
                Decimal(endpoint.prices.get(key, "0")) <= most for key, most in limits.items()
            ),
        )
    if preferences.get("require_parameters"):
        asked = _parameters(body)
        yield _Filter(
            "Filter by Parameters",
            "No endpoints found that can handle the requested parameters.",
            lambda endpoint: asked <= set(endpoint.parameters),
        )
    if body.get("tools"):
        yield _Filter(
            "Filter by Tool Use",
            "No endpoints found that support tool use.",
            lambda endpoint: "tools" in endpoint.parameters,
        )
    wanted = completion_limit(body)
    if wanted is not None:
        yield _Filter(
            "Filter by Context Length",
            "",
            lambda endpoint: prompt_tokens + wanted <= endpoint.context,
        )
    yield _Filter("Filter by Context Length", "", lambda endpoint: prompt_tokens < endpoint.context)


def completion_limit(body: Json) -> int | None:
    """Returns the most completion tokens that the request allows. The newer name goes first."""
    for name in ("max_completion_tokens", "max_tokens"):
        if body.get(name) is not None:
            return int(body[name])
    return None


def _too_long(left: tuple[Endpoint, ...], body: Json, prompt_tokens: int) -> Refused:
    context = max(endpoint.context for endpoint in left)
    asked = completion_limit(body) or 0
    return Refused(
        400,
        f"This endpoint's maximum context length is {context} tokens. However, you requested "
        f"about {prompt_tokens + asked} tokens ({prompt_tokens} of text input, {asked} in the "
        f"output). Please reduce the length of either one.",
        {"error_type": "context_length_exceeded", "provider_name": None},
    )


def _limits(told: Json) -> dict[str, Decimal]:
    """Reads a max_price, numbers or text: dollars per million tokens, or per request, image and
    audio.
    """
    limits = {}
    for key, value in told.items():
        if value is None:
            continue
        try:
            most = Decimal(str(value))
        except InvalidOperation:
            most = Decimal("NaN")
        if key not in ("prompt", "completion", "request", "image", "audio") or not most.is_finite():
            raise Refused(400, f"provider.max_price.{key}: Invalid input")
        limits[key] = most / _MILLION if key in ("prompt", "completion") else most
    return limits


_NOT_PARAMETERS = frozenset(
    "messages model models provider stream stream_options usage user metadata session_id trace "
    "plugins preset route transforms debug cache_control prompt_cache_key service_tier".split()
)


def _parameters(body: Json) -> set[str]:
    return {name for name, value in body.items() if value is not None} - _NOT_PARAMETERS


def _measure(by: str) -> Callable[[Endpoint], Decimal]:
    if by == "throughput":
        return lambda endpoint: Decimal(-endpoint.throughput)
    if by == "latency":
        return lambda endpoint: Decimal(endpoint.latency)
    return lambda endpoint: endpoint.price("prompt") + endpoint.price("completion")


def _ordered(
    left: tuple[Endpoint, ...],
    preferences: Json,
    variant: str,
    sticky: str | None,
    chance: random.Random | None,
) -> list[Endpoint]:
    sort = preferences.get("sort")
    by = sort.get("by") if isinstance(sort, dict) else sort
    by = by or {"nitro": "throughput", "floor": "price"}.get(variant)
    order = preferences.get("order")
    if by:
        ordered = sorted(left, key=_measure(str(by)))
    elif chance and not order:
        ordered = _drawn(left, chance)
    else:
        ordered = sorted(left, key=_measure("price"))

    def place(endpoint: Endpoint) -> tuple[bool, int, bool, bool]:
        wish = 0
        if order:
            wish = _rank(endpoint.slug, order)
        elif sticky and not by:
            wish = int(endpoint.slug != sticky)
        is_slow = _is_slow(endpoint, preferences)
        return not endpoint.own_key, wish, endpoint.status < 0, is_slow

    return sorted(ordered, key=place)  # those of the same place keep the order of before


def _is_slow(endpoint: Endpoint, preferences: Json) -> bool:
    """Whether the endpoint misses a preference, which puts it behind the others."""
    least, most = (_middle(preferences.get(f"preferred_{name}")) for name in (
        "min_throughput", "max_latency"))  # fmt: skip
    return (least is not None and endpoint.throughput < least) or (
        most is not None and endpoint.latency > most * 1000  # a preference is in seconds
    )


def _middle(wish: object) -> float | None:
    wish = wish.get("p50") if isinstance(wish, dict) else wish
    return float(wish) if isinstance(wish, (int, float)) else None


def _rank(slug: str, order: list[str]) -> int:
    return next((at for at, want in enumerate(order) if matches(slug, [want])), len(order))


def _drawn(left: tuple[Endpoint, ...], chance: random.Random) -> list[Endpoint]:
    """Draws the order: the chance of each is as 1 to the square of its price."""
    rest, drawn = list(left), []
    while rest:
        costs = [float(_measure("price")(endpoint)) or 1e-9 for endpoint in rest]
        one = chance.choices(rest, [1 / (cost * cost) for cost in costs])[0]
        rest.remove(one)
        drawn.append(one)
    return drawn
