"""Text, reasoning and other contents in the shapes that real servers give them."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from .. import encode
from ..answer import Answer, Part, dumps, whole
from ..catalogue import Json
from ..made import Made
from .fault import Answering, Fault, halves, in_parts, shaped, stream_of


def _text(made: Made) -> str:
    return "".join(made.text)


def _parts(text: str) -> list[Json]:
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "I think."}]}
    return [thinking, {"type": "text", "text": text}]


def _other_choices(made: Made, streamed: bool, _: int) -> Answer:
    first, second = halves(_text(made))
    if not streamed:
        told = encode.completion(made)
        other = {**told["choices"][0], "index": 1}
        other["message"] = {"role": "assistant", "content": "Another choice."}
        return whole(200, dumps({**told, "choices": [told["choices"][0], other]}))
    order = ((0, first), (1, "Another "), (1, "choice."), (0, second))
    events = [
        encode.event(made, [{**encode.choice({"content": text}), "index": index}])
        for index, text in order
    ]
    return Answer(200, stream_of(made, events), "text/event-stream")


def _beside(made: Made, streamed: bool, _: int) -> Answer:
    if not streamed:
        return encode.answer(made, False)
    text, so_far, events = halves(_text(made)), "", []
    for piece in text:
        so_far += piece
        message = {"role": "assistant", "content": so_far}
        events.append(
            encode.event(made, [{**encode.choice({"content": piece}), "message": message}])
        )
    return Answer(200, stream_of(made, events), "text/event-stream")


def _raw_text(*pieces: bytes) -> Answering:
    """Deltas with these bytes inside the JSON text; plain: the last bytes of the content."""

    def answer(made: Made, streamed: bool, _: int) -> Answer:
        mark = "%MARK%"
        if not streamed:
            said = {"content": _text(made) + mark}
            usual = encode.completion(made)
            usual["choices"][0]["message"].update(said)
            return whole(200, dumps(usual).replace(mark.encode(), b"".join(pieces)))
        deltas = [encode.event(made, [encode.choice({"content": mark})])] * len(pieces)
        events = [encode.event(made, [encode.choice({"content": word})]) for word in made.text] + [
            event.replace(mark.encode(), piece) for event, piece in zip(deltas, pieces)
        ]
        return Answer(200, stream_of(made, events), "text/event-stream")

    return answer


def _reasoning_only(key: str) -> Answering:
    thought = "I think."
    detail = {"type": "reasoning.text", "text": thought, "format": "unknown", "index": 0}
    told: Json = {key: [detail] if key == "reasoning_details" else thought}

    def deltas(made: Made) -> list[Json]:
        return [{"content": "", **told}, *({"content": word} for word in made.text)]

    return shaped(deltas, lambda made: told)


def _citations(made: Made) -> list[Json]:
    cited = [
        {
            "type": "url_citation",
            "url_citation": {
                "url": f"https://example.com/{at}",
                "title": f"Page {at}",
                "content": "A page.",
                "start_index": 0,
                "end_index": 0,
            },
        }
        for at in range(10)
    ]
    return [{"content": word, "annotations": cited} for word in made.text]


def _image(made: Made, streamed: bool, mebibytes: int) -> Answer:
    data = base64.b64encode(bytes(mebibytes << 20)).decode()
    url = f"data:image/png;base64,{data}"
    images = {"images": [{"type": "image_url", "image_url": {"url": url}, "index": 0}]}
    return shaped(lambda made: [{"content": "", **images}], lambda made: images)(made, streamed, 0)


def _cumulative(made: Made) -> list[Json]:
    so_far, deltas = "", []
    for word in made.text:
        so_far += word
        deltas.append({"content": so_far})
    return deltas


def _finish_error(made: Made, usual: Iterator[Part], _: int) -> Iterator[Part]:
    for part in usual:
        data = part.data.replace(b'"finish_reason":"stop"', b'"finish_reason":"error"')
        yield Part(part.kind, data)


FAULTS: dict[str, Fault] = {
    "content-parts": Fault(
        "the content is a list of parts (Mistral)",
        shaped(
            lambda made: (
                [{"content": _parts("")[:1]}]
                + [{"content": [{"type": "text", "text": word}]} for word in made.text]
            ),
            lambda made: {"content": _parts(_text(made))},
        ),
    ),
    "other-choices": Fault("the deltas of two choices are mixed", _other_choices),
    "message-beside": Fault("each delta has the whole text so far beside it (Perplexity)", _beside),
    "cumulative": Fault("each delta has the whole text so far in it", shaped(_cumulative)),
    "half-surrogate": Fault("half of a UTF-16 pair, as an escape", _raw_text(b"\\ud83d")),
    "split-surrogate": Fault(
        "a UTF-16 pair, half in each of two deltas", _raw_text(b"\\ud83d", b"\\ude00")
    ),
    "not-utf-8": Fault("bytes that are not UTF-8", _raw_text(b"\xf0\x9f")),
    "reasoning-content": Fault(
        "reasoning under the key reasoning_content (DeepSeek)", _reasoning_only("reasoning_content")
    ),
    "reasoning-details": Fault("reasoning only as details", _reasoning_only("reasoning_details")),
    "citations-repeated": Fault(
        "ten citations in each delta",
        shaped(_citations, lambda made: {"annotations": _citations(made)[0]["annotations"]}),
    ),
    "refusal": Fault(
        "a refusal of the model, without text",
        shaped(
            lambda made: [{"refusal": "I cannot "}, {"refusal": "help with that."}],
            lambda made: {"content": None, "refusal": "I cannot help with that."},
        ),
    ),
    "image": Fault("an image of <n> MiB in one event", _image, number=9),
    "finish-error": Fault("the finish reason error, without an error", in_parts(_finish_error)),
}
