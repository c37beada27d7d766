"""Requests that the client sent, and how they are sent once more."""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import wayfare
from kinds import PATHS, Kind
from outside import PATIENCE
from wayfare.sandbox import Sandbox

PREFIX = "/api/v1"  # of the sandbox's paths, which the specification has in its servers
_OF_THE_CONNECTION = ("host", "connection", "content-length", "authorization", "accept-encoding")


@dataclasses.dataclass(frozen=True)
class Sent:
    method: str
    path: str  # as in the specification, and the query
    headers: Mapping[str, str]
    body: bytes
    reply: Any = None  # what the sandbox has ready for it


@dataclasses.dataclass(frozen=True)
class Answer:
    status: int
    kind: str  # the type of its content
    body: bytes

    def events(self) -> list[Any]:
        """The chunks of a stream."""
        lines = self.body.decode().splitlines()
        told = [line[len("data: ") :] for line in lines if line.startswith("data: ")]
        return [json.loads(data) for data in told if data != "[DONE]"]


def client_of(sandbox: Sandbox, folder: Path, proxy: str | None = None) -> wayfare.Client:
    """A client of the sandbox, or of a proxy before it, with a ledger in the folder."""
    folder.mkdir(exist_ok=True)
    return wayfare.Client(
        base_url=proxy or sandbox.base_url,
        api_key=sandbox.api_key,
        ledger=folder / "ledger.db",
        dialect="openrouter",
    )


def sent_by(kind: Kind, client: wayfare.Client, sandbox: Sandbox) -> list[Sent]:
    """Lets the client make a call. Returns the requests that came."""
    before = len(sandbox.requests)
    replies = kind.reply if isinstance(kind.reply, list) else [kind.reply]
    wanted = [reply for reply in replies if reply is not None]
    if wanted:
        sandbox.reply(*wanted)
    kind.call(client)
    came = sandbox.requests[before:]
    assert came, "the client sent nothing"
    key = {"authorization": f"Bearer {sandbox.api_key}"}
    sent = []
    for one in came:
        kept = {name: text for name, text in one.headers.items() if name not in _OF_THE_CONNECTION}
        ready = wanted.pop(0) if wanted and one.method == "POST" else None
        path = one.path.removeprefix(PREFIX)
        sent.append(Sent(one.method, path, {**kept, **key}, one.body, ready))
    return sent


def asked_by_nobody(sandbox: Sandbox) -> dict[str, Sent]:
    key = {"authorization": f"Bearer {sandbox.api_key}"}
    return {f"GET {path}": Sent("GET", path, key, b"") for path in PATHS}


def send(address: str, request: Sent) -> Answer:
    server = urlsplit(address)
    connection = http.client.HTTPConnection(str(server.hostname), server.port, timeout=PATIENCE)
    with contextlib.closing(connection):
        path = server.path + request.path
        connection.request(request.method, path, request.body or None, dict(request.headers))
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers.get_content_type(), answer.read())


def again(sandbox: Sandbox, address: str, request: Sent) -> Answer:
    """Sends a request once more, and the sandbox has the same answer ready for it."""
    if request.reply is not None:
        sandbox.reply(request.reply)
    return send(address, request)
