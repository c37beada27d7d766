"""The answers that a test wants, and the faults that it orders."""

from __future__ import annotations

import dataclasses
import json
import random
import threading
from collections.abc import Mapping, Sequence
from typing import Any, Callable, Union

from . import faults
from .catalogue import Endpoint, Json, Model

QUEUE_MOST = 100_000  # replies or faults that wait


@dataclasses.dataclass(frozen=True)
class ToolCall:
    """A call of a tool, as an answer or as part of one."""

    name: str
    arguments: Any = dataclasses.field(default_factory=dict)  # a value for JSON, or its text

    def text(self) -> str:
        told = self.arguments
        return told if isinstance(told, str) else json.dumps(told, ensure_ascii=False)


@dataclasses.dataclass(frozen=True)
class Fault:
    """A fault by its name, such as "cut", "status-429" or "slow-200": `Sandbox.faults()`."""

    name: str

    def __post_init__(self) -> None:
        faults.named(self.name)


@dataclasses.dataclass(frozen=True)
class Error:
    """A refusal of one's own. What is None is as the API tells this status."""

    status: int
    message: str | None = None
    metadata: Mapping[str, object] | None = None
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 400 <= self.status <= 599:
            raise ValueError(f"{self.status} is no status of an error: give 400 to 599")


@dataclasses.dataclass(frozen=True)
class Raw:
    """The bytes of an answer, which the sandbox sends as they are and does not bill."""

    body: bytes | str
    status: int = 200
    content_type: str = "application/json"
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Reply:
    """An answer in its parts. What is None is as the sandbox answers by itself."""

    text: str | Sequence[str] | None = None  # a list: the pieces of a stream
    json: Any = None  # instead of text: a value for JSON
    tools: Sequence[ToolCall] = ()
    reasoning: str | None = None
    finish: str | None = None  # the finish reason
    refusal: str | None = None
    images: Sequence[str] = ()  # URLs
    annotations: Sequence[Mapping[str, object]] = ()
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost: str | None = None  # in US dollars, as decimal text
    served_model: str | None = None  # a model of the sandbox that serves in place of the one asked
    fault: str | None = None  # a fault that this answer has
    wait: float = 0.0  # seconds before the first byte
    pace: float = 0.0  # seconds before each delta of a stream

    def __post_init__(self) -> None:
        if self.fault is not None:
            faults.named(self.fault)


Answerable = Union[str, int, ToolCall, Fault, Error, Raw, Reply, Mapping[str, Any], Sequence[Any]]
Wanted = Union[Answerable, Callable[[Any], Answerable]]
Plain = Union[Reply, Error, Fault, Raw]


def as_plain(value: object) -> Plain:
    """Reads one answer in any of its forms."""
    if isinstance(value, (Reply, Error, Fault, Raw)):
        return value
    if isinstance(value, str):
        return Reply(text=value)
    if isinstance(value, bool) or value is None:
        raise TypeError(f"{value!r} is no answer: give text, a status, or a value for JSON")
    if isinstance(value, int):
        return Error(value)
    if isinstance(value, ToolCall):
        return Reply(tools=(value,))
    if isinstance(value, (dict, list)):
        return Reply(json=value)
    raise TypeError(
        f"a {type(value).__name__} is no answer: give text, a status, a dict or a list for JSON, "
        f"a ToolCall, a Fault, an Error, a Raw, a Reply, or a function of the request"
    )


def from_json(value: object) -> Plain:
    """Reads one answer as the control endpoint takes it. What it does not know is an error."""
    if not isinstance(value, dict):
        return as_plain(value)
    told = dict(value)
    if "body" in told:
        raw: Raw = _made(Raw, told)
        return raw
    if "status" in told:
        error: Error = _made(Error, told)
        return error
    if set(told) == {"fault"}:
        return Fault(str(told["fault"]))
    if "tool" in told:
        call = ToolCall(str(told.pop("tool")), told.pop("arguments", {}))
        told["tools"] = [call, *told.get("tools", ())]
    told["tools"] = [
        call if isinstance(call, ToolCall) else _made(ToolCall, call)
        for call in told.get("tools", ())
    ]
    reply: Reply = _made(Reply, told)
    return reply


def _made(kind: Any, told: Json) -> Any:
    known = {field.name for field in dataclasses.fields(kind)}
    unknown = sorted(set(told) - known)
    if unknown:
        raise ValueError(f"unknown {', '.join(unknown)}: known are {', '.join(sorted(known))}")
    return kind(**told)


@dataclasses.dataclass
class Planned:
    """One answer that waits for a request."""

    value: Any
    model: str | None
    left: int | None  # times that it is still to come; None: always


@dataclasses.dataclass
class Rule:
    """One ordered fault."""

    name: str
    model: str | None
    provider: str | None
    left: int | None
    probability: float

    def fits(self, model: Model | None, endpoint: Endpoint | None) -> bool:
        if self.model and not (model and self.model in (model.id, model.slug)):
            return False
        return not self.provider or bool(
            endpoint and self.provider in (endpoint.slug, endpoint.provider)
        )


class Script:
    """The queue of answers and the list of faults. Any thread may use it."""

    def __init__(self, seed: int) -> None:
        self._lock = threading.Lock()
        self._seed = seed
        self.reset()

    def reset(self) -> None:
        with self._lock:
            self._planned: list[Planned] = []
            self._rules: list[Rule] = []
            self._chance = random.Random(self._seed)

    def plan(self, value: object, model: str | None, times: int | None) -> None:
        if not callable(value):
            value = as_plain(value)
        if times is not None and times < 1:
            raise ValueError(f"times is {times}: give 1 or more, or None for always")
        with self._lock:
            if len(self._planned) >= QUEUE_MOST:
                raise ValueError(f"{QUEUE_MOST} answers wait already")
            self._planned.append(Planned(value, model, times))

    def take(self, names: Sequence[str]) -> Any:
        """Takes the first answer that fits a request of these models. None: there is none."""
        with self._lock:
            for at, planned in enumerate(self._planned):
                if planned.model is None or planned.model in names:
                    if planned.left is not None:
                        planned.left -= 1
                        if planned.left == 0:
                            del self._planned[at]
                    return planned.value
        return None

    def order(
        self,
        name: str,
        model: str | None,
        provider: str | None,
        times: int | None,
        probability: float,
    ) -> None:
        faults.named(name)
        if times is not None and times < 1:
            raise ValueError(f"times is {times}: give 1 or more, or None for always")
        if not 0 < probability <= 1:
            raise ValueError(f"probability is {probability}: give more than 0 and at most 1")
        with self._lock:
            if len(self._rules) >= QUEUE_MOST:
                raise ValueError(f"{QUEUE_MOST} faults are ordered already")
            self._rules.append(Rule(name, model, provider, times, probability))

    def draw(self, model: Model | None, endpoint: Endpoint | None) -> str | None:
        """Draws the fault of a call, or with both arguments that of one endpoint."""
        with self._lock:
            for at, rule in enumerate(self._rules):
                if bool(rule.model or rule.provider) != (endpoint is not None):
                    continue
                if not rule.fits(model, endpoint) or self._chance.random() >= rule.probability:
                    continue
                if rule.left is not None:
                    rule.left -= 1
                    if rule.left == 0:
                        del self._rules[at]
                return rule.name
        return None

    def unused(self) -> list[str]:
        """Tells the answers and the faults that no request took."""
        with self._lock:
            answers = [
                f"an answer was not asked for: {_short(planned.value)}"
                + (f" ({planned.left} times)" if planned.left and planned.left > 1 else "")
                for planned in self._planned
                if planned.left is not None
            ]
            return answers + [
                f"a fault did not happen: {rule.name}"
                for rule in self._rules
                if rule.left is not None and rule.probability == 1
            ]


def _short(value: object) -> str:
    if isinstance(value, Reply):
        told = {
            field.name: getattr(value, field.name)
            for field in dataclasses.fields(value)
            if getattr(value, field.name) != field.default
        }
        text = ", ".join(f"{name}={one!r}" for name, one in told.items())
    else:
        text = repr(value)
    return text if len(text) <= 80 else text[:79] + "…"
