"""What a fault is, and the parts of which faults are made."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Callable

from .. import encode
from ..answer import Answer, Part, dumps, whole
from ..catalogue import Json
from ..made import Made

Answering = Callable[[Made, bool, int], Answer]  # (the reply, whether it is streamed, <n>)


@dataclasses.dataclass(frozen=True)
class Fault:
    tells: str  # a description in one line
    answer: Answering | None = None
    words: Callable[[int], list[str]] | None = None
    made: Callable[[Made], Made] | None = None
    billed: bool = True
    outcome: str = "completed"  # on the bill
    number: int | None = None  # the default of <n>, for a name that ends in "-<n>"

    @property
    def is_partial(self) -> bool:
        """Whether the client gets only a part of the reply, and may not take it for the whole."""
        return self.outcome in ("cut", "stall", "no-finish", "error")


def in_parts(change: Callable[[Made, Iterator[Part], int], Iterable[Part]]) -> Answering:
    """Makes a fault that changes the parts of the usual answer."""

    def answer(made: Made, streamed: bool, number: int) -> Answer:
        usual = encode.answer(made, streamed)
        return dataclasses.replace(usual, parts=iter(change(made, usual.parts, number)))

    return answer


def shaped(
    deltas: Callable[[Made], list[Json]], message: Callable[[Made], Json] | None = None
) -> Answering:
    """Makes a fault from the deltas of a stream, and the message of a plain answer."""

    def answer(made: Made, streamed: bool, _: int) -> Answer:
        if streamed:
            events = [encode.event(made, [encode.choice(delta)]) for delta in deltas(made)]
            return Answer(200, stream_of(made, events), "text/event-stream")
        told = encode.completion(made)
        if message:
            told["choices"][0]["message"].update(message(made))
        return whole(200, dumps(told))

    return answer


def stream_of(made: Made, events: Iterable[bytes]) -> Iterator[Part]:
    """A stream with these events in the place of the usual deltas."""
    usual = encode.stream(made)
    for part in usual:
        if part.kind == "comment":
            yield part
            break
    for event in events:
        yield Part("delta", event)
    yield from (part for part in usual if part.kind != "delta")


def halves(text: str) -> tuple[str, str]:
    return text[: len(text) // 2], text[len(text) // 2 :]
