"""The HTTP side of the stand-in."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import socket
import struct
import time
from collections.abc import Awaitable
from typing import Callable

from aiohttp import web

from . import faults, replies
from .bill import Bill, Charge
from .catalogue import BY_ID, DEFAULT, MODELS, Json, Model, faulty
from .faults import Chosen
from .replies import Answer, Reply, dumps, plain

ROOT = "/api/v1"
_LARGEST_BODY = 128 << 20
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclasses.dataclass(frozen=True)
class Received:
    """A request that arrived. The key itself is not stored."""

    method: str
    path: str  # including the query
    headers: dict[str, str]  # names in lower case; authorization cut to "Bearer …"
    authorized: bool  # whether the key was right
    body: bytes


class Refused(Exception):
    def __init__(self, code: int, message: str, metadata: Json | None = None) -> None:
        super().__init__(message)
        self.answer = faults.refusal(code, message, metadata)


def _key(request: web.Request) -> str:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def _right(key: str) -> bool:
    return key.startswith("sk-or-") and len(key) > len("sk-or-")


def _json(value: object, status: int = 200, cache: str | None = None) -> web.Response:
    headers = {"Cache-Control": cache} if cache else None
    return web.Response(
        body=dumps(value), status=status, content_type="application/json", headers=headers
    )


class Server:
    def __init__(self, auth: bool = True, keep_requests: bool = True) -> None:
        self.auth = auth
        self.keep_requests = keep_requests
        self.generation_delay = 0.0  # seconds from the end of a call until GET /generation knows it
        self.bill = Bill()
        self.requests: list[Received] = []
        self.count = 0

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._entrance], client_max_size=_LARGEST_BODY)
        app.add_routes(
            [
                web.post(f"{ROOT}/chat/completions", self._chat),
                web.get(f"{ROOT}/models", self._models),
                web.get(f"{ROOT}/models/user", self._models_of_key),
                web.get(f"{ROOT}/generation", self._generation),
                web.get(f"{ROOT}/key", self._key_info),
                web.get(f"{ROOT}/credits", self._credits),
                web.get(f"{ROOT}/_bill", self._show_bill),
                web.get(f"{ROOT}/_requests", self._show_count),
                web.get(f"{ROOT}/_faults", self._show_faults),
            ]
        )
        return app

    @web.middleware
    async def _entrance(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        """Records each request, and gives every refusal the format of the API."""
        try:
            if not request.path.startswith(f"{ROOT}/_"):
                body = await request.read()
                self.count += 1
                if self.keep_requests:
                    headers = {name.lower(): value for name, value in request.headers.items()}
                    if "authorization" in headers:
                        headers["authorization"] = "Bearer …"
                    self.requests.append(
                        Received(
                            request.method, request.path_qs, headers, _right(_key(request)), body
                        )
                    )
            return await handler(request)
        except Refused as refused:
            return await self._play(request, refused.answer, replies.new_id(), None)
        except web.HTTPException as error:
            return _json(faults.error_body(error.status, error.reason), error.status)

    def _require_key(self, request: web.Request) -> None:
        key = _key(request)
        if self.auth and not _right(key):
            raise Refused(401, "User not found." if key else "No cookie auth credentials found")

    # ---- chat/completions

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        self._require_key(request)
        body = _parse(await request.read())
        model, (fault, number) = _choose(body)
        reply = replies.make(
            replies.new_id(), body, model, fault.words(number) if fault.words else None
        )
        if fault.reply:
            reply = fault.reply(reply)
        charge = None
        if fault.billed:
            charge = Charge(reply, bool(body.get("stream")), fault.outcome)
            self.bill.add(charge)
        answer = fault.answer() if fault.answer else _answer(reply, bool(body.get("stream")))
        if fault.parts:
            answer = dataclasses.replace(answer, parts=fault.parts(reply, answer.parts, number))
        return await self._play(request, answer, reply.id, charge)

    async def _play(
        self, request: web.Request, answer: Answer, generation_id: str, charge: Charge | None
    ) -> web.StreamResponse:
        """Sends the answer part by part. A client that disconnects early is billed all the same."""
        headers = {
            "Content-Type": answer.content_type,
            "X-Generation-Id": generation_id,
            **dict(answer.headers),
        }
        if answer.content_type == "text/event-stream":
            headers["Cache-Control"] = "no-cache"
        response = web.StreamResponse(status=answer.status or 200, headers=headers)
        try:
            if answer.status:
                await response.prepare(request)
            whole = await _send(request, response, answer, charge)
            if charge:
                charge.end()
            if whole:
                await response.write_eof()
        except (ConnectionError, asyncio.CancelledError) as error:
            if charge and charge.ended is None:
                charge.outcome = "cancelled"
                charge.end()
            if isinstance(error, asyncio.CancelledError):
                raise
        return response

    # ---- the rest

    async def _models(self, request: web.Request) -> web.StreamResponse:
        data = [model.listing() for model in MODELS]
        return _json(
            {"data": data, "total_count": len(data), "links": {"next": None}},
            cache="public, max-age=300, stale-while-revalidate=3600, stale-if-error=3600",
        )

    async def _models_of_key(self, request: web.Request) -> web.StreamResponse:
        self._require_key(request)
        return await self._models(request)

    async def _generation(self, request: web.Request) -> web.StreamResponse:
        self._require_key(request)
        generation_id = request.query.get("id", "")
        charge = self.bill.find(generation_id)
        if (
            charge is None
            or charge.ended is None
            or time.time() < charge.ended + self.generation_delay
        ):
            return _json(
                {"error": {"message": f"Generation {generation_id} not found", "code": 404}}, 404
            )
        return _json(charge.generation())

    async def _key_info(self, request: web.Request) -> web.StreamResponse:
        self._require_key(request)
        used = self.bill.total()
        return _json(
            {
                "data": {
                    "label": "sk-or-v1-sta...din",
                    "is_management_key": False,
                    "is_provisioning_key": False,
                    "limit": None,
                    "limit_remaining": None,
                    "limit_reset": None,
                    "include_byok_in_limit": False,
                    "usage": used,
                    "usage_daily": used,
                    "usage_weekly": used,
                    "usage_monthly": used,
                    "byok_usage": 0,
                    "byok_usage_daily": 0,
                    "byok_usage_weekly": 0,
                    "byok_usage_monthly": 0,
                    "is_free_tier": False,
                    "expires_at": None,
                    "creator_user_id": "user_standin",
                    "rate_limit": {
                        "requests": -1,
                        "interval": "10s",
                        "note": "This field is deprecated and safe to ignore.",
                    },
                }
            },
            cache="private, no-store",
        )

    async def _credits(self, request: web.Request) -> web.StreamResponse:
        self._require_key(request)
        return _json({"data": {"total_credits": 100, "total_usage": self.bill.total()}})

    async def _show_bill(self, request: web.Request) -> web.StreamResponse:
        return _json({"bill": self.bill.lines(), "total_cost": plain(self.bill.total())})

    async def _show_count(self, request: web.Request) -> web.StreamResponse:
        return _json({"count": self.count})

    async def _show_faults(self, request: web.Request) -> web.StreamResponse:
        return _json({"faults": faults.listing()})


def _parse(raw: bytes) -> Json:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise Refused(400, "Input must have at least 1 token.", {"provider_name": None})
    if not isinstance(body.get("messages"), list) or not body["messages"]:
        raise Refused(400, 'Input required: specify "prompt" or "messages"')
    return body


def _choose(body: Json) -> tuple[Model, Chosen]:
    """Returns the requested model and the requested fault."""
    several = body.get("models")
    wanted = body.get("model") or (several[0] if isinstance(several, list) and several else DEFAULT)
    name = wanted if isinstance(wanted, str) else dumps(wanted).decode()
    chosen = (
        faults.find(name)
        if name.startswith(faults.PREFIX)
        else faults.NONE
        if name in BY_ID
        else None
    )
    if chosen is None:
        raise Refused(400, f"{name} is not a valid model ID")
    return BY_ID.get(name) or faulty(name), chosen


def _answer(reply: Reply, streamed: bool) -> Answer:
    if streamed:
        return Answer(200, replies.stream(reply), "text/event-stream")
    return Answer(200, iter([replies.Part("body", replies.body(reply))]))


async def _send(
    request: web.Request, response: web.StreamResponse, answer: Answer, charge: Charge | None
) -> bool:
    """Sends the parts. Returns whether the answer may end normally: False after close or reset."""
    for sent, part in enumerate(answer.parts):
        if part.wait or sent % 16 == 15:  # lets other tasks run, and notices a disconnect
            await asyncio.sleep(part.wait)
        if charge and part.kind in ("done", "body", "stall", "close", "reset"):
            charge.end()  # before the client can see the part
        if part.kind == "stall":
            await asyncio.Event().wait()  # until the client leaves or the server stops
        elif part.kind in ("close", "reset"):
            _drop(request, part.kind == "reset")
            return False
        else:
            await response.write(part.data)
    return True


def _drop(request: web.Request, reset: bool) -> None:
    transport = request.transport
    if transport is None:
        return
    if not reset:
        transport.close()
        return
    connection = transport.get_extra_info("socket")
    if connection is not None:
        # With SO_LINGER and a time of 0, closing the socket sends a TCP reset.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
