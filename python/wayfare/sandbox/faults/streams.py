"""Streams that break, end early, wait, or are framed in another way."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator

from .. import encode
from ..answer import Answer, Part, dumps, whole
from ..catalogue import Json
from ..made import Made
from .fault import Answering, Fault, in_parts

PROVIDER_ERROR: Json = {
    "code": 502,
    "message": "Provider disconnected",
    "metadata": {"error_type": "provider_unavailable", "provider_name": "Sandbox"},
}


def _error_of(made: Made) -> Json:
    """The error of the provider that serves the call."""
    metadata = {**PROVIDER_ERROR["metadata"], "provider_name": made.endpoint.provider}
    return {**PROVIDER_ERROR, "metadata": metadata}


def _first_half(made: Made, parts: Iterator[Part]) -> Iterator[Part]:
    """Half of the deltas, at least one. In place of a whole body: half of its bytes."""
    left = max(1, encode.count_deltas(made) // 2)
    for part in parts:
        if part.kind == "body":
            yield part._replace(data=part.data[: len(part.data) // 2], text="")
            return
        if part.kind == "delta":
            if left == 0:
                return
            left -= 1
        yield part


def _then(*acts: Part) -> Answering:
    return in_parts(lambda made, usual, _: itertools.chain(_first_half(made, usual), acts))


def _without(*kinds: str) -> Answering:
    return in_parts(lambda made, usual, _: (part for part in usual if part.kind not in kinds))


def _error_event(made: Made) -> Part:
    choices = [encode.choice({"content": ""}, "error", "error")]
    return Part("error", encode.event(made, choices, error=_error_of(made)))


def _error_midstream(made: Made, streamed: bool, _: int) -> Answer:
    if not streamed:
        half = dataclasses.replace(made, text=made.text[: len(made.text) // 2], usage=None)
        return whole(200, encode.body(half, _error_of(made)))
    parts = itertools.chain(
        _first_half(made, encode.stream(made)), [_error_event(made), encode.DONE]
    )
    return Answer(200, parts, "text/event-stream")


def _error_first(made: Made, streamed: bool, _: int) -> Answer:
    if not streamed:
        return whole(200, dumps({"error": _error_of(made)}))
    comment = Part("comment", encode.COMMENT)
    return Answer(200, iter([comment, _error_event(made), encode.DONE]), "text/event-stream")


def _named_error(made: Made, streamed: bool, _: int) -> Answer:
    if not streamed:
        return _error_midstream(made, streamed, 0)
    told = dumps({"object": "error", "message": "engine died", "code": 500})
    error = Part("error", b"event: error\ndata: " + told + b"\n\n")
    parts = itertools.chain(_first_half(made, encode.stream(made)), [error, encode.DONE])
    return Answer(200, parts, "text/event-stream")


def _only_done(made: Made, streamed: bool, _: int) -> Answer:
    return Answer(200, iter([encode.DONE]), "text/event-stream")


def _slow(_: Made, usual: Iterator[Part], milliseconds: int) -> Iterator[Part]:
    for part in usual:
        waits = part.kind in ("delta", "body")
        yield part._replace(wait=milliseconds / 1000) if waits else part


def _between(data: bytes) -> Answering:
    def parts(_: Made, usual: Iterator[Part], __: int) -> Iterator[Part]:
        for part in usual:
            yield part
            if part.kind == "delta":
                yield Part("comment", data)

    return in_parts(parts)


def _ends_with(end: bytes) -> Answering:
    return in_parts(
        lambda made, usual, _: (part._replace(data=part.data.replace(b"\n", end)) for part in usual)
    )


def _junk_behind(made: Made, usual: Iterator[Part], _: int) -> Iterator[Part]:
    for part in usual:
        if part.kind == "done":
            yield Part("comment", b"data: [done]\n\ndata: <html></html>\n\n")
        yield part


def _heartbeats(made: Made, streamed: bool, milliseconds: int) -> Answer:
    beats = (Part("comment", encode.COMMENT, milliseconds / 1000) for _ in itertools.count())
    return Answer(200, beats, "text/event-stream")


def _running_usage(made: Made, usual: Iterator[Part], _: int) -> Iterator[Part]:
    nothing = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0, "cost": 0}
    for number, part in enumerate(_first_half(made, usual)):
        if number == 0 and part.kind != "body":
            choices = [encode.choice({"content": ""})]
            yield Part("comment", encode.event(made, choices, usage=nothing))
        yield part
    yield Part("close")


def _bytes(_: Made, usual: Iterator[Part], __: int) -> Iterator[Part]:
    """Each byte is a write of its own: the first of a part is that part, the rest follow."""
    for part in usual:
        for at in range(len(part.data)):
            last = at == len(part.data) - 1
            kind = part.kind if last else "comment"
            yield Part(kind, part.data[at : at + 1], 0.0005 if at % 64 == 0 else 0)


FAULTS: dict[str, Fault] = {
    "error-first-event": Fault(
        "the first event of the stream is an error (502); plain: as error-in-200",
        _error_first,
        billed=False,
        outcome="refused",
    ),
    "error-midstream": Fault(
        "half of the reply, then an error event (502) and [DONE]; plain: choices[0].error",
        _error_midstream,
        outcome="error",
    ),
    "error-named": Fault(
        "half of the reply, then an event named error (llama.cpp); plain: as error-midstream",
        _named_error,
        outcome="error",
    ),
    "only-done": Fault(
        "a stream of nothing but [DONE]", _only_done, billed=False, outcome="refused"
    ),
    "no-done": Fault("the stream ends after the usage, without [DONE]", _without("done")),
    "no-finish": Fault(
        "the stream ends after the last word: no finish reason, no usage, no [DONE]",
        _without("finish", "usage", "done"),
        outcome="no-finish",
    ),
    "cut": Fault(
        "half of the reply, then a TCP reset", _then(Part("reset", wait=0.05)), outcome="cut"
    ),
    "closed": Fault(
        "half of the reply, then the connection is closed", _then(Part("close")), outcome="cut"
    ),
    "half": Fault(
        "half of the reply, and the answer ends as if that were all", _then(), outcome="cut"
    ),
    "stall": Fault(
        "half of the reply, then nothing more, for ever", _then(Part("stall")), outcome="stall"
    ),
    "running-usage": Fault(
        "a usage of zeros before the first word, then words, then the end of the connection",
        in_parts(_running_usage),
    ),
    "heartbeats": Fault(
        "a comment every <n> ms and nothing else, for ever",
        _heartbeats,
        outcome="stall",
        number=100,
    ),
    "keepalive-data": Fault(
        "`data: :` and a comment after each word", _between(b"data: :\n\n" + encode.COMMENT)
    ),
    "keepalive-words": Fault(
        "`data: ping`, `data: : keepalive` and `data: null` after each word",
        _between(b"data: ping\n\ndata: : keepalive\n\ndata: null\n\n"),
    ),
    "junk-behind": Fault("junk between the usage and [DONE]", in_parts(_junk_behind)),
    "crlf": Fault("lines end with CR LF", _ends_with(b"\r\n")),
    "cr": Fault("lines end with CR", _ends_with(b"\r")),
    "bytes": Fault("each byte is a write of its own", in_parts(_bytes)),
    "slow": Fault("<n> ms before each word; plain: before the body", in_parts(_slow), number=100),
    "long": Fault("<n> words", words=lambda n: [" word"] * n, number=1000),
    "big": Fault("one delta of <n> KiB", words=lambda n: ["x" * (n * 1024)], number=1024),
}
