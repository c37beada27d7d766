"""The models that the sandbox has by itself, and those of the simulation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .catalogue import Endpoint, Json, Model, PromptCache, prices
from .table import TABLE, parameters


def _model(told: Json) -> Model:
    members = dict(told)
    members["endpoints"] = tuple(_endpoint(endpoint) for endpoint in told["endpoints"])
    if "inputs" in told:
        members["inputs"] = tuple(told["inputs"])
    return Model(**members)


def _endpoint(told: Json) -> Endpoint:
    members = dict(told)
    members.pop("traffic", None)  # what only the simulation plays
    if "cache" in told:
        members["cache"] = PromptCache(**told["cache"])
    if "parameters" in told:
        members["parameters"] = parameters(*told["parameters"])
    return Endpoint(**members)


MODELS: tuple[Model, ...] = tuple(_model(told) for told in TABLE["models"])
SIMULATED: tuple[Model, ...] = tuple(_model(told) for told in TABLE["simulated"])
DEFAULT = MODELS[0].id


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
