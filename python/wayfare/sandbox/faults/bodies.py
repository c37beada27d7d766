"""Whole answers that are not what the API describes: bodies of the edge, odd errors, odd labels."""

from __future__ import annotations

import dataclasses
import gzip

from .. import encode
from ..answer import Answer, Part, dumps, whole
from ..made import Made
from .fault import Answering, Fault
from .streams import PROVIDER_ERROR

_HTML = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><h1>502 Bad "
    b"Gateway</h1></body>\r\n</html>\r\n"
)
_CHALLENGE = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>"
_GARBAGE = b"upstream connect error or disconnect/reset before headers. \xff\xfe"


def _always(
    status: int, data: bytes, content_type: str = "application/json", **headers: str
) -> Answering:
    told = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return lambda made, streamed, number: whole(status, data, content_type, told)


def _refusal(tells: str, status: int, body: object, **headers: str) -> Fault:
    return Fault(tells, _always(status, dumps(body), **headers), billed=False, outcome="refused")


def _act(kind: str) -> Answering:
    return lambda made, streamed, number: Answer(0, iter([Part(kind)]))


def _joined(made: Made, streamed: bool) -> bytes:
    return b"".join(part.data for part in encode.answer(made, streamed).parts)


def _json_as_stream(behind: bytes) -> Answering:
    return lambda made, streamed, number: whole(
        200, encode.body(made) + behind, "text/event-stream"
    )


def _stream_as_json(made: Made, streamed: bool, _: int) -> Answer:
    return dataclasses.replace(encode.answer(made, True), content_type="application/json")


def _gzip(made: Made, streamed: bool, _: int) -> Answer:
    label = encode.answer(made, streamed).content_type
    packed = gzip.compress(_joined(made, streamed))
    return whole(200, packed, label, (("Content-Encoding", "gzip"),))


def _marked(made: Made, streamed: bool, _: int) -> Answer:
    usual = encode.answer(made, streamed)
    return whole(200, b"\xef\xbb\xbf" + _joined(made, streamed), usual.content_type)


def _half(made: Made, streamed: bool, _: int) -> Answer:
    body = encode.body(made)
    return whole(200, body[: len(body) // 2])


def _created(made: Made, streamed: bool, _: int) -> Answer:
    return dataclasses.replace(encode.answer(made, streamed), status=201)


def _error_beside(made: Made, streamed: bool, _: int) -> Answer:
    if not streamed:
        return whole(200, dumps({**encode.completion(made), "error": {}}))
    usual = encode.stream(made)
    parts = (
        part._replace(data=part.data.replace(b'"choices":', b'"error":{},"choices":'))
        for part in usual
    )
    return Answer(200, parts, "text/event-stream")


def _minus_infinity(made: Made, streamed: bool, _: int) -> Answer:
    usual = encode.answer(made, streamed)
    return dataclasses.replace(
        usual,
        parts=(
            part._replace(
                data=part.data.replace(
                    b'"finish_reason":null,', b'"finish_reason":null,"logprob":-Infinity,'
                ).replace(b'"logprobs":null', b'"logprobs":{"content":[{"logprob":-Infinity}]}'),
            )
            for part in usual.parts
        ),
    )


def _late(made: Made, streamed: bool, _: int) -> Answer:
    """An answer to a request that nobody sent, behind the answer, on the kept connection."""
    body = encode.body(dataclasses.replace(made, text=["Somebody", " else's", " answer."]))
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    usual = encode.answer(made, streamed)
    extra = Part("extra", head % len(body) + body, wait=0.05)
    return dataclasses.replace(usual, parts=iter([*usual.parts, extra]))


FAULTS: dict[str, Fault] = {
    "html-502": Fault(
        "a 502 of the edge, in HTML",
        _always(502, _HTML, "text/html"),
        billed=False,
        outcome="refused",
    ),
    "challenge": Fault(
        "a 403 of the edge, in HTML",
        _always(403, _CHALLENGE, "text/html", cf_mitigated="challenge"),
        billed=False,
        outcome="refused",
    ),
    "redirect": _refusal(
        "a 307 to another host", 307, {}, Location="http://127.0.0.1:9/api/v1/chat/completions"
    ),
    "zod": _refusal(
        "a 400 whose message is JSON text",
        400,
        {
            "success": False,
            "error": {
                "name": "ZodError",
                "message": '[{"code":"invalid_type","path":["messages"],"message":"Required"}]',
            },
        },
    ),
    "error-in-array": _refusal(
        "a 400 whose body is an array", 400, [{"error": {"code": 400, "message": "No such field."}}]
    ),
    "error-detail": _refusal(
        "a 422 with `detail`, a list",
        422,
        {"detail": [{"loc": ["body", "messages"], "msg": "field required", "type": "missing"}]},
    ),
    "error-errors": _refusal("a 400 with `errors`", 400, {"errors": [{"message": "No such one."}]}),
    "error-object": _refusal(
        "a 400 whose message is an object", 400, {"message": {"detail": [{"msg": "No such one."}]}}
    ),
    "retry-after-ms": _refusal(
        "a 429 with retry-after-ms: 300",
        429,
        {"error": {"code": 429, "message": "Slow down"}},
        retry_after_ms="300",
    ),
    "error-in-200": Fault(
        "200 with a body that is only an error (502)",
        _always(200, dumps({"error": PROVIDER_ERROR})),
        billed=False,
        outcome="refused",
    ),
    "garbage": Fault("200 with a body that is not JSON", _always(200, _GARBAGE), outcome="garbage"),
    "empty": Fault("200 with an empty body", _always(200, b""), outcome="garbage"),
    "half-json": Fault("200 with half a JSON body, which ends well", _half, outcome="cut"),
    "silent": Fault("reads the request and never answers", _act("stall"), outcome="silent"),
    "hangup": Fault(
        "reads the request and closes without an answer", _act("close"), outcome="hangup"
    ),
    "json-as-stream": Fault("a JSON body under the label text/event-stream", _json_as_stream(b"")),
    "json-then-done": Fault(
        "the same, and `data: [DONE]` behind it", _json_as_stream(b"\n\ndata: [DONE]\n\n")
    ),
    "stream-as-json": Fault("a stream under the label application/json", _stream_as_json),
    "gzip": Fault("compressed by gzip, although nobody asked", _gzip),
    "byte-order-mark": Fault("a byte order mark before the answer", _marked),
    "created": Fault("a good answer with the status 201", _created),
    "error-beside": Fault("an empty error object beside a good answer", _error_beside),
    "minus-infinity": Fault("-Infinity among the log probabilities", _minus_infinity),
    "late": Fault("a second answer behind the first, on the kept connection (HTTP/1.1)", _late),
}
