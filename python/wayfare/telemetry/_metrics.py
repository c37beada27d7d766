"""The metrics of the calls of one client."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from opentelemetry.metrics import CallbackOptions, Histogram, Meter, Observation

from . import _names as names
from ._settings import OTHER, Capped, Settings

if TYPE_CHECKING:
    from .._wayfare import Usage

Key = tuple[tuple[str, Any], ...]  # attributes, in a fixed order
Told = tuple[str, str, str]  # the name, the unit and the text of an instrument
MOST_SERIES = 2000  # of the money; the attributes of more of them are all "other"
PICODOLLARS = 10**12


class Money:
    """What the attempts have cost, by their attributes: whole picodollars."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._capped = Capped(settings.label_values)
        self._series: set[Key] = set()
        self.cost: dict[Key, int] = {}
        self.unknown: dict[Key, int] = {}

    def key(self, requested: str | None, served: str | None, labels: dict[str, str]) -> Key:
        """Returns the attributes of an attempt. What is beyond a cap is "other" in them."""
        models = {names.REQUEST_MODEL: requested, names.RESPONSE_MODEL: served}
        parts = [(names.PROVIDER, self._settings.provider)]
        parts += [(n, self._capped.value(n, value)) for n, value in models.items() if value]
        parts += [(names.LABEL + n, self.label(n, labels[n])) for n in labels]
        key = tuple(parts)
        if key not in self._series:
            if len(self._series) >= MOST_SERIES:
                return (parts[0], *((name, OTHER) for name, _ in parts[1:]))
            self._series.add(key)
        return key

    def label(self, name: str, value: str) -> str:
        return self._capped.value(names.LABEL + name, value)

    def model(self, name: str, value: str) -> str:
        return self._capped.value(name, value)


class Metrics:
    """The instruments. `look` brings the money up to date, and is called before it is read."""

    def __init__(self, meter: Meter, settings: Settings, look: Callable[[], Money]) -> None:
        self._meter = meter
        self._look = look
        self._duration = self._histogram(DURATION)
        self._first_chunk = self._histogram(FIRST_CHUNK)
        self._per_call = {field: self._histogram(told) for field, told in PER_CALL.items()}
        self._sums = {
            field: meter.create_counter(name, "{token}", text)
            for field, (name, text) in SUMS.items()
        }
        self._old = OldMetrics(self._histogram, settings.provider) if settings.old else None
        self._observe_money()

    def _histogram(self, told: Told) -> Histogram:
        name, unit, text = told
        bounds = names.SECONDS if unit == "s" else names.TOKENS
        return self._meter.create_histogram(
            name, unit, text, explicit_bucket_boundaries_advisory=bounds
        )

    def _observe_money(self) -> None:
        def picodollars(_: CallbackOptions) -> Iterable[Observation]:
            return _observed(self._look().cost, 1)

        def dollars(_: CallbackOptions) -> Iterable[Observation]:
            return _observed(self._look().cost, PICODOLLARS)

        def unknown(_: CallbackOptions) -> Iterable[Observation]:
            return _observed(self._look().unknown, 1)

        self._meter.create_observable_counter(
            names.COST_PICODOLLARS, [picodollars], "{picodollar}", "The known costs, exact."
        )
        self._meter.create_observable_counter(
            names.COST_DOLLARS, [dollars], "{USD}", "The same in US dollars, rounded to a double."
        )
        self._meter.create_observable_up_down_counter(
            names.COST_UNKNOWN, [unknown], "{attempt}", "Attempts whose cost is not known."
        )

    def call(
        self,
        attributes: dict[str, Any],
        seconds: float,
        error: str | None,
        first_chunk: float | None,
        usage: Usage | None,
    ) -> None:
        """Records one call that has ended. A count that is not known is not recorded."""
        of_end = {**attributes, names.ERROR_TYPE: error} if error else attributes
        self._duration.record(seconds, of_end)
        if first_chunk is not None:
            self._first_chunk.record(first_chunk, attributes)
        if usage is not None:
            self._count(usage, of_end)
        if self._old is not None:
            self._old.call(attributes, seconds, error, first_chunk, usage)

    def _count(self, usage: Usage, attributes: dict[str, Any]) -> None:
        for field, histogram in self._per_call.items():
            count = getattr(usage, field)
            if count is not None:
                histogram.record(count, attributes)
        for field, counter in self._sums.items():
            for modality, count in _by_modality(usage, field):
                counter.add(count, {**attributes, names.TOKEN_MODALITY: modality})


class OldMetrics:
    """The same by the old names."""

    def __init__(self, histogram: Callable[[Told], Histogram], provider: str) -> None:
        self._provider = {names.OLD_PROVIDER: provider}
        self._duration = histogram((names.OLD_DURATION, *DURATION[1:]))
        self._first_chunk = histogram((names.OLD_TIME_TO_FIRST_CHUNK, *FIRST_CHUNK[1:]))
        self._tokens = histogram((names.OLD_TOKENS, "{token}", "Tokens of a call."))

    def call(
        self,
        attributes: dict[str, Any],
        seconds: float,
        error: str | None,
        first_chunk: float | None,
        usage: Usage | None,
    ) -> None:
        attributes = {**attributes, **self._provider}
        self._duration.record(
            seconds, {**attributes, names.ERROR_TYPE: error} if error else attributes
        )
        if first_chunk is not None:
            self._first_chunk.record(first_chunk, attributes)
        counts = (usage.prompt_tokens, usage.completion_tokens) if usage else ()
        for kind, count in zip(("input", "output"), counts):
            if count is not None:
                self._tokens.record(count, {**attributes, names.TOKEN_TYPE: kind})


DURATION: Told = (names.DURATION, "s", "How long a call takes, with all its attempts.")
FIRST_CHUNK: Told = (
    names.TIME_TO_FIRST_CHUNK,
    "s",
    "The time from the start of a streamed call to the first piece of its answer.",
)
PER_CALL: dict[str, Told] = {
    "prompt_tokens": (names.TOKENS_OF_CALL_IN, "{token}", "Tokens of the prompt of a call."),
    "completion_tokens": (names.TOKENS_OF_CALL_OUT, "{token}", "Tokens of the answer of a call."),
}
SUMS = {
    "prompt_tokens": (names.SUM_IN, "Tokens of prompts, with those of the cache."),
    "completion_tokens": (names.SUM_OUT, "Tokens of answers, with the reasoning."),
    "cached_tokens": (names.SUM_CACHE_READ, "Tokens of prompts that a cache had."),
    "cache_write_tokens": (names.SUM_CACHE_WRITE, "Tokens of prompts that a cache keeps."),
    "reasoning_tokens": (names.SUM_REASONING, "Tokens of answers that are reasoning."),
}
# The counts that are parts of another one.
MODALITIES = {
    "prompt_tokens": (("audio", "prompt_audio_tokens"), ("image", "prompt_image_tokens")),
    "completion_tokens": (
        ("audio", "completion_audio_tokens"),
        ("image", "completion_image_tokens"),
    ),
}


def _by_modality(usage: Usage, field: str) -> Iterator[tuple[str, int]]:
    """Gives the tokens by modality. Those of which the server tells none are "unknown"."""
    total = getattr(usage, field)
    if not total:  # none changes no sum
        return
    parts = [(name, getattr(usage, part) or 0) for name, part in MODALITIES.get(field, ())]
    rest = total - sum(count for _, count in parts)
    if rest < 0:  # the server counts in another way
        parts, rest = [], total
    yield from (part for part in parts if part[1] > 0)
    if rest > 0:
        yield "unknown", rest


def _observed(sums: dict[Key, int], unit: int) -> list[Observation]:
    return [
        Observation(value if unit == 1 else value / unit, dict(key))
        for key, value in list(sums.items())
    ]
