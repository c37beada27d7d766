"""The lists: models, endpoints and providers, with the filters of GET /models."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any, Callable

from .answer import Answer, Refused, dumps, json_answer, whole
from .catalogue import PROVIDERS, Catalogue, Json, Model

_CACHE = "public, max-age=300, stale-while-revalidate=3600, stale-if-error=3600"
_MILLION = 1_000_000


class _Bad(Exception):
    pass


def _words(text: str) -> set[str]:
    return {word for word in text.split(",") if word}


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise _Bad from None


def _count(text: str) -> int:
    if not text.isdigit():
        raise _Bad
    return int(text)


def _price(model: Model, key: str) -> Decimal:
    return model.endpoints[0].price(key) * _MILLION


def _has_outputs(model: Model, told: str) -> bool:
    return told == "all" or "text" in _words(told)


_FILTERS: dict[str, Callable[[Model, str], bool]] = {
    "q": lambda model, told: told.lower() in f"{model.id} {model.name}".lower(),
    "supported_parameters": lambda model, told: any(
        _words(told) <= set(endpoint.parameters) for endpoint in model.endpoints
    ),
    "input_modalities": lambda model, told: _words(told) <= set(model.inputs),
    "output_modalities": _has_outputs,
    "context": lambda model, told: model.context >= _count(told),
    "min_price": lambda model, told: _price(model, "prompt") >= _decimal(told),
    "max_price": lambda model, told: _price(model, "prompt") <= _decimal(told),
    "min_output_price": lambda model, told: _price(model, "completion") >= _decimal(told),
    "max_output_price": lambda model, told: _price(model, "completion") <= _decimal(told),
    "model_authors": lambda model, told: model.id.partition("/")[0] in _words(told),
    "providers": lambda model, told: any(
        endpoint.provider in _words(told) or endpoint.slug in _words(told)
        for endpoint in model.endpoints
    ),
    "zdr": lambda model, told: told != "true" or any(not one.keeps for one in model.endpoints),
}
_ORDERS: dict[str, Callable[[Model], Any]] = {
    "newest": lambda model: -model.created,
    "pricing-low-to-high": lambda model: _price(model, "prompt"),
    "pricing-high-to-low": lambda model: -_price(model, "prompt"),
    "context-high-to-low": lambda model: -model.context,
    "throughput-high-to-low": lambda model: -max(one.throughput for one in model.endpoints),
    "latency-low-to-high": lambda model: min(one.latency for one in model.endpoints),
}


def listed(models: Iterable[Model], query: dict[str, str]) -> list[Model]:
    """Filters and sorts. A filter that the sandbox does not know is refused by name."""
    kept = list(models)
    for name, told in query.items():
        if name in ("offset", "limit", "sort"):
            continue
        if name not in _FILTERS:
            raise Refused(400, f"The sandbox does not know the filter {name!r} of models")
        try:
            kept = [model for model in kept if _FILTERS[name](model, told)]
        except _Bad:
            raise Refused(400, f"{name}: {told!r} is no number") from None
    order = query.get("sort")
    if order is not None:
        if order not in _ORDERS:
            raise Refused(400, f"The sandbox does not know the sort {order!r} of models")
        kept.sort(key=_ORDERS[order])
    return kept


def models(all_models: Iterable[Model], query: dict[str, str]) -> Answer:
    """GET /models. A value that cannot be read is refused in the form of this route."""
    for name in ("offset", "limit", "context"):
        if name in query and not query[name].isdigit():
            return _zod(name)
    found = listed(all_models, query)
    total, start = len(found), int(query.get("offset", 0))
    more = None
    if "offset" in query or "limit" in query:
        limit = int(query.get("limit", 500))
        if not 1 <= limit <= 1000:
            return _zod("limit")
        if start + limit < total:
            more = f"/api/v1/models?offset={start + limit}&limit={limit}"
        found = found[start : start + limit]
    data = [model.listing() for model in found]
    told = {"data": data, "total_count": total, "links": {"next": more}}
    return json_answer(told, cache=_CACHE)


def _zod(name: str) -> Answer:
    told = f'[{{"code":"invalid_type","path":["{name}"],"message":"Expected number"}}]'
    error = {"name": "ZodError", "message": told}
    return whole(400, dumps({"success": False, "error": error}))


def count(all_models: Iterable[Model], query: dict[str, str]) -> Answer:
    return json_answer({"data": {"count": len(listed(all_models, query))}})


def model(catalogue: Catalogue, name: str) -> Answer:
    """GET /model/{author}/{slug}."""
    return json_answer({"data": _found(catalogue, name).listing()})


def endpoints(catalogue: Catalogue, name: str) -> Answer:
    """GET /models/{author}/{slug}/endpoints."""
    found = _found(catalogue, name)
    listing = found.listing()
    data: Json = {key: listing[key] for key in ("id", "name", "created", "description")}
    data["architecture"] = listing["architecture"]
    data["endpoints"] = [endpoint.listing(found) for endpoint in found.endpoints]
    return json_answer({"data": data})


def _found(catalogue: Catalogue, name: str) -> Model:
    found = catalogue.find(name)
    if found is None:
        raise Refused(404, f"Model not found: {name}")
    return found


def zdr(all_models: Iterable[Model]) -> Answer:
    """GET /endpoints/zdr."""
    data = [
        endpoint.listing(model)
        for model in all_models
        for endpoint in model.endpoints
        if not endpoint.keeps
    ]
    return json_answer({"data": data})


def providers() -> Answer:
    data = [
        {
            "name": name,
            "slug": slug,
            "privacy_policy_url": None,
            "terms_of_service_url": None,
            "status_page_url": None,
            "headquarters": None,
            "datacenters": None,
        }
        for name, slug in PROVIDERS.items()
    ]
    return json_answer({"data": data})
