"""Usage in other shapes, in other places, or missing; and other ways to pay."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from decimal import Decimal
from typing import Callable

from .. import encode
from ..answer import Answer, Part, dumps, whole
from ..catalogue import Json
from ..made import Made
from .fault import Answering, Fault


def _byok(told: bool) -> Callable[[Made], Made]:
    def paid_directly(made: Made) -> Made:
        fee, usage = made.cost * Decimal("0.05"), dict(made.usage or {})
        details = dict(usage.pop("cost_details"))
        details["upstream_inference_cost"] = made.cost if told else None
        usage.update(cost=fee, is_byok=True, cost_details=details)
        return dataclasses.replace(made, cost=fee, upstream=made.cost, usage=usage)

    return paid_directly


def _usage_without(*keys: str) -> Callable[[Made], Made]:
    return lambda made: dataclasses.replace(
        made, usage={k: v for k, v in (made.usage or {}).items() if k not in keys}
    )


def _changed(change: Callable[[Json], Json]) -> Callable[[Made], Made]:
    return lambda made: dataclasses.replace(made, usage=change(dict(made.usage or {})))


def _floats(usage: Json) -> Json:
    counts = ("prompt_tokens", "completion_tokens", "total_tokens")
    return {**usage, **{name: Decimal(f"{usage[name]}.0") for name in counts}}


def _cost_object(usage: Json) -> Json:
    return {**usage, "cost": {"total_cost": usage["cost"]}}


def _insured(made: Made) -> Made:
    """Nothing was said, so that nothing is charged: the API's zero completion insurance."""
    tokens = dataclasses.replace(made.tokens, completion=0, reasoning=0)
    usage = {**(made.usage or {}), "completion_tokens": 0, "cost": Decimal(0)}
    return dataclasses.replace(
        made, text=[], reasoning=[], finish="", tokens=tokens, cost=Decimal(0), usage=usage
    )


def _moved(place: Callable[[Json, Json], None]) -> Answering:
    """Puts the usage into another place of the answer, by a function of (answer, usage)."""

    def answer(made: Made, streamed: bool, _: int) -> Answer:
        bare = dataclasses.replace(made, usage=None)
        if not streamed:
            told = encode.completion(bare)
            place(told, made.usage or {})
            return whole(200, dumps(told))

        def parts() -> Iterator[Part]:
            for part in encode.stream(bare):
                if part.kind == "done":
                    last = encode.choice({"content": ""}, made.finish, made.native_finish)
                    told = encode.chunk(bare, [last])
                    place(told, made.usage or {})
                    yield Part("usage", b"data: %s\n\n" % dumps(told))
                yield part

        return Answer(200, parts(), "text/event-stream")

    return answer


def _in_choice(told: Json, usage: Json) -> None:
    told["choices"][0]["usage"] = usage


def _in_x_groq(told: Json, usage: Json) -> None:
    told["x_groq"] = {"id": "req_1", "usage": usage}


def _behind_done(made: Made, streamed: bool, _: int) -> Answer:
    usual = encode.answer(made, streamed)
    if not streamed:
        return usual
    parts = sorted(usual.parts, key=lambda part: (part.kind == "usage") * 2)
    return dataclasses.replace(usual, parts=iter(parts))


def _growing(made: Made, streamed: bool, _: int) -> Answer:
    usual = encode.answer(made, streamed)
    if not streamed:
        return usual

    def parts() -> Iterator[Part]:
        spent = 0
        for part in usual.parts:
            if part.kind == "delta" and made.usage:
                spent += part.tokens
                usage = dumps({**made.usage, "completion_tokens": spent})
                data = part.data.replace(b',"choices":', b',"usage":' + usage + b',"choices":', 1)
                yield part._replace(data=data)
            else:
                yield part

    return dataclasses.replace(usual, parts=parts())


FAULTS: dict[str, Fault] = {
    "byok": Fault("the provider bills the caller directly", made=_byok(told=True)),
    "byok-untold": Fault("the same, and only a lookup tells what it bills", made=_byok(told=False)),
    "insured": Fault("an answer without a token, which costs nothing", made=_insured),
    "no-cost": Fault("usage without a cost", made=_usage_without("cost", "cost_details")),
    "no-usage": Fault("no usage at all", made=lambda made: dataclasses.replace(made, usage=None)),
    "usage-empty-choices": Fault(
        "the usage event has no choices",
        made=lambda made: dataclasses.replace(made, usage_choices="empty"),
    ),
    "usage-null-finish": Fault(
        "the usage event has a choice without a finish reason",
        made=lambda made: dataclasses.replace(made, usage_choices="null"),
    ),
    "usage-floats": Fault("counts such as 9.0", made=_changed(_floats)),
    "usage-cost-object": Fault("a cost of {total_cost} (Perplexity)", made=_changed(_cost_object)),
    "usage-in-choice": Fault("usage inside the choice (Moonshot)", _moved(_in_choice)),
    "usage-x-groq": Fault("usage under x_groq", _moved(_in_x_groq)),
    "usage-behind-done": Fault("the usage comes behind [DONE]", _behind_done),
    "usage-growing": Fault("a usage that grows in each event", _growing),
}
