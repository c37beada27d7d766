"""An answer of the sandbox, as the parts in which it is sent."""

from __future__ import annotations

import dataclasses
import json
import secrets
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import NamedTuple

from .catalogue import Json

Headers = tuple[tuple[str, str], ...]

# They stand around a number. Random, so that no prompt can contain them and pass for one.
_BEGIN, _END = secrets.token_hex(8), secrets.token_hex(8)
_ENCODER = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), default=lambda exact: _BEGIN + plain(exact) + _END
)


def dumps(value: object) -> bytes:
    """Returns compact JSON. A Decimal becomes a number with all its digits, unlike a float."""
    text = _ENCODER.encode(value)
    text = text.replace(f'"{_BEGIN}', "").replace(f'{_END}"', "")
    return text.encode("utf-8", "replace")


def plain(amount: Decimal) -> str:
    """Returns decimal text without an exponent or trailing zeros."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


class Part(NamedTuple):
    """One write to the connection, or one act on the connection."""

    # comment, delta, finish, usage, done, body, error; or an act: stall, close, reset, or extra,
    # bytes behind the end of the answer
    kind: str
    data: bytes = b""
    wait: float = 0.0  # seconds before the write or the act
    text: str = ""  # of the answer, that the part has
    tokens: int = 0  # of the completion, that the part has


@dataclasses.dataclass(frozen=True)
class Answer:
    status: int  # 0: no status line is sent
    parts: Iterator[Part]
    content_type: str = "application/json"
    headers: Headers = ()
    wait: float = 0.0  # seconds before the status line

    @property
    def is_refusal(self) -> bool:
        return self.status >= 400


class Refused(Exception):
    """The API refuses the request."""

    def __init__(
        self,
        code: int,
        message: str,
        metadata: Mapping[str, object] | None = None,
        headers: Headers = (),
    ) -> None:
        super().__init__(message)
        self.code = code
        self.answer = refusal(code, message, metadata, headers)


def error_body(code: int, message: str, metadata: Mapping[str, object] | None = None) -> Json:
    error: Json = {"message": message, "code": code}
    if metadata is not None:
        error["metadata"] = dict(metadata)
    return {"error": error, "user_id": "user_sandbox"}


def whole(
    status: int, data: bytes, content_type: str = "application/json", headers: Headers = ()
) -> Answer:
    return Answer(status, iter([Part("body", data)]), content_type, headers)


def json_answer(value: object, status: int = 200, cache: str | None = None) -> Answer:
    return whole(status, dumps(value), headers=(("Cache-Control", cache),) if cache else ())


def refusal(
    code: int, message: str, metadata: Mapping[str, object] | None = None, headers: Headers = ()
) -> Answer:
    return whole(code, dumps(error_body(code, message, metadata)), headers=headers)
