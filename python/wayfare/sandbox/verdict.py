"""What a client did wrong, as far as a server can see it."""

from __future__ import annotations

import dataclasses
import hashlib
import threading
from collections import OrderedDict
from typing import NamedTuple

from .catalogue import Json
from .made import Made

# rule: what it means
RULES = {
    "key_in_body": "the key stood in the body of a request",
    "key_in_query": "the key stood in the query of a request",
    "retried_what_is_final": "the same request was sent again after an error that stays",
    "ignored_retry_after": "the same request was sent again before Retry-After had passed",
    "retried_after_content": "the same request was sent again after a part of its answer came",
    "took_a_part_for_the_whole": "a part of an answer was sent back as if it were the whole",
    "lost_reasoning_details": "a tool call was sent back without its reasoning_details",
}
FINAL = (400, 401, 402, 403, 404, 413, 422)
_MOST = 10_000  # requests and answers that are remembered
_WITHIN = 60.0  # seconds: what comes later is a new request
_ALMOST = 0.05  # seconds: clocks differ by so much


class Finding(NamedTuple):
    """One thing that a client did wrong."""

    rule: str
    message: str


@dataclasses.dataclass
class _Last:
    """How a request ended when it was sent the last time."""

    at: float
    status: int = 200
    retry_at: float | None = None
    partial: bool = False
    final: bool = False


class Verdict:
    """Watches requests and answers. Any thread may read it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        with self._lock:
            self._findings: list[Finding] = []
            self._last: OrderedDict[bytes, _Last] = OrderedDict()
            self._parts: OrderedDict[bytes, str] = OrderedDict()  # digest: generation id
            self._details: OrderedDict[str, Json] = OrderedDict()  # by the id of a tool call

    def findings(self) -> list[Finding]:
        with self._lock:
            return list(self._findings)

    # ---- what the server tells

    def received(self, key: str, query: str, raw: bytes, now: float) -> None:
        """A request came. `key` is the key that its header carried."""
        if len(key) < 12:
            key = ""  # too short to be told from other text
        with self._lock:
            if key and key.encode() in raw:
                self._find("key_in_body", "")
            if key and key in query:
                self._find("key_in_query", "")
            last = self._last.get(_name(key, raw))
            if last is None or now - last.at > max(_WITHIN, (last.retry_at or 0) - last.at):
                return
            if last.final:
                self._find("retried_what_is_final", f"after the status {last.status}")
            elif last.retry_at is not None and now < last.retry_at - _ALMOST:
                early = last.retry_at - now
                self._find("ignored_retry_after", f"{early:.1f} s too early")
            elif last.partial:
                self._find("retried_after_content", "")

    def read(self, body: Json) -> None:
        """A chat request was understood."""
        with self._lock:
            for message in body["messages"]:
                if message.get("role") != "assistant":
                    continue
                content = message.get("content")
                part = self._parts.get(_digest(content)) if isinstance(content, str) else None
                if part:
                    self._find("took_a_part_for_the_whole", f"of {part}")
                for call in message.get("tool_calls") or ():
                    known = self._details.get(str(call.get("id")) if isinstance(call, dict) else "")
                    if known and message.get("reasoning_details") != known["details"]:
                        self._find("lost_reasoning_details", f"of {known['id']}")

    def refused(
        self, key: str, raw: bytes, status: int, retry_after: float | None, final: bool, now: float
    ) -> None:
        """A request got an error."""
        retry_at = None if retry_after is None else now + retry_after
        self._remember(key, raw, _Last(now, status, retry_at, final=final))

    def broke(self, key: str, raw: bytes, made: Made, text: str, now: float) -> None:
        """A request got a part of its answer, and the server ended it."""
        self._remember(key, raw, _Last(now, partial=bool(text)))
        if text and text != "".join(made.text):
            with self._lock:
                self._parts[_digest(text)] = made.id
                _bound(self._parts)

    def served(self, key: str, raw: bytes, made: Made, details: object) -> None:
        """A request got its whole answer."""
        with self._lock:
            self._last.pop(_name(key, raw), None)
            if details:
                for call in made.calls:
                    self._details[call.id] = {"id": made.id, "details": details}
                _bound(self._details)

    # ----

    def _remember(self, key: str, raw: bytes, last: _Last) -> None:
        with self._lock:
            self._last[_name(key, raw)] = last
            _bound(self._last)

    def _find(self, rule: str, more: str) -> None:
        if len(self._findings) < _MOST:
            message = RULES[rule] + (f": {more}" if more else "")
            self._findings.append(Finding(rule, message))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()


def _name(key: str, raw: bytes) -> bytes:
    return hashlib.sha256(key.encode() + b"\0" + raw).digest()


def _bound(table: OrderedDict) -> None:  # type: ignore[type-arg]
    while len(table) > _MOST:
        table.popitem(last=False)
