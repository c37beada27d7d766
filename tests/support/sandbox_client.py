"""Sends requests to the sandbox by plain HTTP."""

from __future__ import annotations

import http.client
import json
import time
import urllib.parse
from decimal import Decimal
from typing import Any, NamedTuple

from wayfare.sandbox import Sandbox

KEY = "sk-or-v1-test"


class Got(NamedTuple):
    status: int
    headers: dict[str, str]
    raw: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.raw, parse_float=Decimal)

    @property
    def events(self) -> list[Any]:
        """Returns the data of a stream's events, without comments."""
        data = [line[6:] for line in self.raw.decode().splitlines() if line.startswith("data: ")]
        return [
            json.loads(text, parse_float=Decimal) if text.startswith("{") else text for text in data
        ]


def connect(sandbox: Sandbox, timeout: float = 5.0) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(
        urllib.parse.urlsplit(sandbox.base_url).netloc, timeout=timeout
    )


def fetch(
    sandbox: Sandbox,
    method: str,
    path: str,
    body: bytes | None = None,
    key: str = KEY,
    timeout: float = 5.0,
    more: dict[str, str] | None = None,
) -> Got:
    connection = connect(sandbox, timeout)
    try:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        headers.update(more or {})
        connection.request(method, "/api/v1" + path, body, headers)
        response = connection.getresponse()
        return Got(
            response.status,
            {name.lower(): value for name, value in response.getheaders()},
            response.read(),
        )
    finally:
        connection.close()


def ask(sandbox: Sandbox, prompt: str = "Hello", **more: Any) -> Got:
    timeout, headers = more.pop("timeout", 5.0), more.pop("headers", None)
    asked = {"messages": [{"role": "user", "content": prompt}], **more}
    body = json.dumps(asked).encode()
    return fetch(sandbox, "POST", "/chat/completions", body, timeout=timeout, more=headers)


def text_of(events: list[Any]) -> str:
    deltas = [
        choice["delta"]
        for event in events
        if isinstance(event, dict)
        for choice in event.get("choices", ())
    ]
    return "".join(delta.get("content") or "" for delta in deltas)


def eventually(holds: Any) -> bool:
    until = time.monotonic() + 5
    while not holds() and time.monotonic() < until:
        time.sleep(0.01)
    return bool(holds())
