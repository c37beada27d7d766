"""The faults that a request can ask for by the name of its model, such as "standin/cut",
"standin/slow-200" or "standin/status-429".

A fault changes one or two of four things: the words of the reply, the reply itself, the parts in
which it is sent, or the whole answer. Each fault also tells whether the request is billed, because
a client cannot know that.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Callable, NamedTuple

from . import replies
from .catalogue import Json
from .replies import Answer, Part, Reply

PREFIX = "standin/"


@dataclasses.dataclass(frozen=True)
class Fault:
    tells: str  # a description in one line
    billed: bool = True
    outcome: str = "completed"  # the outcome on the bill
    number: int | None = None  # the default of <n>, for a name that ends in "-<n>"
    words: Callable[[int], list[str]] | None = None
    reply: Callable[[Reply], Reply] | None = None
    parts: Callable[[Reply, Iterator[Part], int], Iterator[Part]] | None = None
    answer: Callable[[], Answer] | None = None


class Chosen(NamedTuple):
    fault: Fault
    number: int


NONE = Chosen(Fault("nothing goes wrong"), 0)


# ---- errors


Headers = tuple[tuple[str, str], ...]


def error_body(code: int, message: str, metadata: Mapping[str, object] | None = None) -> Json:
    error: Json = {"message": message, "code": code}
    if metadata is not None:
        error["metadata"] = dict(metadata)
    return {"error": error, "user_id": "user_standin"}


def _whole(
    status: int, data: bytes, content_type: str = "application/json", headers: Headers = ()
) -> Answer:
    return Answer(status, iter([Part("body", data)]), content_type, headers)


def refusal(
    code: int, message: str, metadata: Mapping[str, object] | None = None, headers: Headers = ()
) -> Answer:
    return _whole(code, replies.dumps(error_body(code, message, metadata)), headers=headers)


_RETRY_AFTER = (("Retry-After", "1"),)
_POOL = {
    "raw": "this model is temporarily rate-limited upstream. Please retry shortly.",
    "provider_name": "Stand-in",
    "is_byok": False,
    "provider_error_code": "rate_limit_exceeded",
    "limit_source": "upstream_provider_shared_pool",
    "retry_after_seconds": 1,
    "headers": {"Retry-After": "1"},
}
_PROVIDER_ERROR = {
    "code": 502,
    "message": "Provider disconnected",
    "metadata": {"error_type": "provider_unavailable", "provider_name": "Stand-in"},
}

# status: its message, its metadata, its headers
_STATUSES: dict[int, tuple[str, Mapping[str, object], Headers]] = {
    400: (
        "Provider returned error",
        {"error_type": "invalid_request", "provider_name": "Stand-in"},
        (),
    ),
    401: ("User not found.", {"error_type": "authentication"}, ()),
    402: (
        (
            "This request requires more credits, or fewer max_tokens. You requested up to "
            "16384 tokens, but can only afford 21."
        ),
        {"error_type": "payment_required", "limit_source": "openrouter_credits"},
        (),
    ),
    403: (
        "Your chosen model requires moderation and your input was flagged.",
        {
            "error_type": "permission_denied",
            "reasons": ["violence"],
            "flagged_input": "…",
            "provider_name": "Stand-in",
        },
        (),
    ),
    404: (
        "No endpoints found matching your data policy.",
        {
            "routing_funnel": [{"step": "Initial Endpoints", "endpoint_count": 1}],
            "failed_routing_step": "Filter by Data Policy",
        },
        (),
    ),
    408: ("Request timed out", {"error_type": "timeout"}, ()),
    409: ("Conflict", {}, ()),
    412: ("Precondition failed", {"error_type": "precondition_failed"}, ()),
    413: ("Request body too large", {"error_type": "payload_too_large"}, ()),
    422: ("Unprocessable request", {"error_type": "unprocessable"}, ()),
    429: ("Provider returned error", _POOL, _RETRY_AFTER),
    500: ("Internal Server Error", {"error_type": "server"}, ()),
    502: (
        "Provider returned an invalid response",
        {"error_type": "provider_unavailable", "provider_name": "Stand-in"},
        (),
    ),
    503: (
        "No provider is available for this request",
        {"error_type": "provider_overloaded"},
        _RETRY_AFTER,
    ),
    504: ("Provider timed out", {"error_type": "timeout", "provider_name": "Stand-in"}, ()),
    520: ("Unknown error at the edge", {}, ()),
    522: ("Connection timed out at the edge", {}, ()),
    524: ("The provider did not answer in time", {"error_type": "timeout"}, ()),
    529: (
        "Provider is overloaded",
        {"error_type": "provider_overloaded", "provider_name": "Stand-in"},
        (),
    ),
}
_DONE_BEFORE_IT_FAILED = (504, 520, 522, 524)  # the provider did the work and billed it


def _status(code: int) -> Fault:
    message, metadata, headers = _STATUSES[code]
    billed = code in _DONE_BEFORE_IT_FAILED
    extra = ", with " + ", ".join(f"{name}: {value}" for name, value in headers) if headers else ""
    return Fault(
        f"the status {code}{extra}",
        billed,
        "error",
        answer=lambda: refusal(code, message, metadata, headers),
    )


# ---- parts


def _first_half(reply: Reply, parts: Iterator[Part]) -> Iterator[Part]:
    """Half of the deltas, at least one. In place of a whole body: half of its bytes."""
    left = max(1, replies.count_deltas(reply) // 2)
    for part in parts:
        if part.kind == "body":
            yield dataclasses.replace(part, data=part.data[: len(part.data) // 2])
            return
        if part.kind == "delta":
            if left == 0:
                return
            left -= 1
        yield part


def _then(*acts: Part) -> Callable[[Reply, Iterator[Part], int], Iterator[Part]]:
    def parts(reply: Reply, usual: Iterator[Part], _: int) -> Iterator[Part]:
        yield from _first_half(reply, usual)
        yield from acts

    return parts


def _without(*kinds: str) -> Callable[[Reply, Iterator[Part], int], Iterator[Part]]:
    return lambda reply, usual, _: (part for part in usual if part.kind not in kinds)


def _error_event(reply: Reply) -> Part:
    choices = [replies.choice({"content": ""}, "error", "error")]
    return Part("error", replies.event(reply, choices, error=_PROVIDER_ERROR))


def _error_midstream(reply: Reply, usual: Iterator[Part], _: int) -> Iterator[Part]:
    for part in _first_half(reply, usual):
        if part.kind == "body":
            half = dataclasses.replace(reply, text=reply.text[: len(reply.text) // 2], usage=None)
            yield Part("body", replies.body(half, _PROVIDER_ERROR))
            return
        yield part
    yield _error_event(reply)
    yield Part("done", b"data: [DONE]\n\n")


def _error_first(reply: Reply, usual: Iterator[Part], _: int) -> Iterator[Part]:
    if next(usual).kind == "body":
        yield Part("body", replies.dumps({"error": _PROVIDER_ERROR}))
        return
    yield _error_event(reply)
    yield Part("done", b"data: [DONE]\n\n")


def _slow(_: Reply, usual: Iterator[Part], milliseconds: int) -> Iterator[Part]:
    for part in usual:
        waits = part.kind in ("delta", "body")
        yield dataclasses.replace(part, wait=milliseconds / 1000) if waits else part


def _keepalive_data(_: Reply, usual: Iterator[Part], __: int) -> Iterator[Part]:
    for part in usual:
        yield part
        if part.kind == "delta":
            yield Part("comment", b"data: :\n\n" + replies.COMMENT)


def _crlf(_: Reply, usual: Iterator[Part], __: int) -> Iterator[Part]:
    for part in usual:
        yield dataclasses.replace(part, data=part.data.replace(b"\n", b"\r\n"))


# ---- replies


def _running_usage(reply: Reply, usual: Iterator[Part], _: int) -> Iterator[Part]:
    nothing = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0, "cost": 0}
    for number, part in enumerate(_first_half(reply, usual)):
        if number == 0 and part.kind != "body":
            choices = [replies.choice({"content": ""})]
            yield Part("comment", replies.event(reply, choices, usage=nothing))
        yield part
    yield Part("close")


def _byok(told: bool) -> Callable[[Reply], Reply]:
    def paid_directly(reply: Reply) -> Reply:
        fee, usage = reply.cost * Decimal("0.05"), dict(reply.usage or {})
        details = usage.pop("cost_details")
        details["upstream_inference_cost"] = reply.cost if told else None
        usage.update(cost=fee, is_byok=True, cost_details=details)
        return dataclasses.replace(reply, cost=fee, upstream=reply.cost, usage=usage)

    return paid_directly


def _usage_without(*keys: str) -> Callable[[Reply], Reply]:
    return lambda reply: dataclasses.replace(
        reply, usage={k: v for k, v in (reply.usage or {}).items() if k not in keys}
    )


def _no_usage(reply: Reply) -> Reply:
    return dataclasses.replace(reply, usage=None)


def _usage_choices(shape: str) -> Callable[[Reply], Reply]:
    return lambda reply: dataclasses.replace(reply, usage_choices=shape)


# ---- the table

_HTML = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><h1>502 Bad "
    b"Gateway</h1></body>\r\n</html>\r\n"
)
_GARBAGE = b"upstream connect error or disconnect/reset before headers. \xff\xfe"

FAULTS: dict[str, Fault] = {
    **{f"status-{code}": _status(code) for code in _STATUSES},
    "html-502": Fault(
        "a 502 of the edge, in HTML", False, "error", answer=lambda: _whole(502, _HTML, "text/html")
    ),
    "error-in-200": Fault(
        "200 with a body that is only an error (502)",
        False,
        "error",
        answer=lambda: _whole(200, replies.dumps({"error": _PROVIDER_ERROR})),
    ),
    "garbage": Fault(
        "200 with a body that is not JSON", outcome="garbage", answer=lambda: _whole(200, _GARBAGE)
    ),
    "error-first-event": Fault(
        "the first event of the stream is an error (502); plain: as error-in-200",
        False,
        "error",
        parts=_error_first,
    ),
    "error-midstream": Fault(
        "half of the reply, then an error event (502) and [DONE]; plain: choices[0].error",
        outcome="error",
        parts=_error_midstream,
    ),
    "no-done": Fault("the stream ends after the usage, without [DONE]", parts=_without("done")),
    "no-finish": Fault(
        "the stream ends after the last word: no finish reason, no usage, no [DONE]",
        outcome="no-finish",
        parts=_without("finish", "usage", "done"),
    ),
    "cut": Fault(
        "half of the reply, then a TCP reset", outcome="cut", parts=_then(Part("reset", wait=0.05))
    ),
    "stall": Fault(
        "half of the reply, then nothing more, for ever",
        outcome="stall",
        parts=_then(Part("stall")),
    ),
    "silent": Fault(
        "reads the request and never answers",
        outcome="silent",
        answer=lambda: Answer(0, iter([Part("stall")])),
    ),
    "hangup": Fault(
        "reads the request and closes without an answer",
        outcome="hangup",
        answer=lambda: Answer(0, iter([Part("close")])),
    ),
    "byok": Fault("the provider bills the caller directly", reply=_byok(told=True)),
    "byok-untold": Fault(
        "the same, and only a lookup tells what it bills", reply=_byok(told=False)
    ),
    "running-usage": Fault(
        "a usage of zeros before the first word, then words, then the end of the connection",
        parts=_running_usage,
    ),
    "no-cost": Fault("usage without a cost", reply=_usage_without("cost", "cost_details")),
    "no-usage": Fault("no usage at all", reply=_no_usage),
    "usage-empty-choices": Fault("the usage event has no choices", reply=_usage_choices("empty")),
    "usage-null-finish": Fault(
        "the usage event has a choice without a finish reason", reply=_usage_choices("null")
    ),
    "keepalive-data": Fault("`data: :` and a comment after each word", parts=_keepalive_data),
    "crlf": Fault("lines end with CR LF", parts=_crlf),
    "slow": Fault("<n> ms before each word; plain: before the body", number=100, parts=_slow),
    "long": Fault("<n> words", number=1000, words=lambda n: [" word"] * n),
    "big": Fault("one delta of <n> KiB", number=1024, words=lambda n: ["x" * (n * 1024)]),
}


def find(model_id: str) -> Chosen | None:
    """Returns the fault of this model, or None if no fault has this name."""
    name = model_id[len(PREFIX) :]
    if name in FAULTS:
        return Chosen(FAULTS[name], FAULTS[name].number or 0)
    numbered = re.fullmatch(r"(.+)-(\d{1,9})", name)
    fault = FAULTS.get(numbered.group(1)) if numbered else None
    return (
        Chosen(fault, int(numbered.group(2)))
        if numbered and fault and fault.number is not None
        else None
    )


def listing() -> list[Json]:
    return [
        {
            "model": f"{PREFIX}{name}{'' if fault.number is None else '-<n>'}",
            "billed": fault.billed,
            "tells": fault.tells,
        }
        for name, fault in FAULTS.items()
    ]
