"""The transport over HTTP/1.1, by aiohttp: its server streams, resets and stalls as it is told."""

from __future__ import annotations

import asyncio
import socket
import struct

from aiohttp import web

from .answer import Answer, Part, dumps, error_body
from .api import LARGEST_BODY, Api, Exchange

_TOGETHER = 32  # parts that go out in one write, if none of them waits


class Http1:
    """Serves connections of HTTP/1.1. `new_connection` makes the protocol of one."""

    def __init__(self, api: Api) -> None:
        self._api = api
        app = web.Application(client_max_size=LARGEST_BODY)
        app.router.add_route("*", "/{path:.*}", self._handle)
        # A handler is cancelled when its client disconnects. The bill notes it.
        self._runner = web.AppRunner(
            app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1
        )

    async def start(self) -> None:
        await self._runner.setup()

    async def stop(self) -> None:
        await self._runner.cleanup()

    def new_connection(self) -> asyncio.Protocol:
        assert self._runner.server is not None
        return self._runner.server()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        try:
            body = await request.read()
        except web.HTTPException as error:
            told = dumps(error_body(error.status, error.reason))
            return web.Response(status=error.status, body=told, content_type="application/json")
        headers = {name.lower(): value for name, value in request.headers.items()}
        exchange = self._api.handle(request.method, request.path_qs, headers, body)
        return await _play(request, exchange)


class _Response(web.StreamResponse):
    behind: Part | None = None  # bytes that belong to no answer


async def _play(request: web.Request, exchange: Exchange) -> web.StreamResponse:
    """Sends the answer part by part. It tells the exchange when the client leaves."""
    answer = exchange.answer
    response = _Response(
        status=answer.status or 200, headers=header_fields(answer, exchange.generation_id)
    )
    try:
        if answer.wait:
            await asyncio.sleep(answer.wait)
        if answer.status:
            await response.prepare(request)
        rest = await _send(request, response, exchange)
        if rest is not None:
            exchange.ended()
            await response.write_eof(rest)
            _send_behind(request, response)
    except (ConnectionError, asyncio.CancelledError) as error:
        exchange.left()
        if isinstance(error, asyncio.CancelledError):
            raise
    return response


def header_fields(answer: Answer, generation_id: str) -> dict[str, str]:
    headers = {
        "Content-Type": answer.content_type,
        "Access-Control-Allow-Origin": "*",  # for pages in a browser
        "Access-Control-Expose-Headers": "X-Generation-Id, Retry-After",
        **dict(answer.headers),
    }
    if generation_id:
        headers["X-Generation-Id"] = generation_id
    if answer.content_type == "text/event-stream":
        headers.setdefault("Cache-Control", "no-cache")
    return headers


async def _send(request: web.Request, response: _Response, exchange: Exchange) -> bytes | None:
    """Sends the parts but the last ones, which it returns. None after close or reset."""
    ready: list[bytes] = []
    for part in exchange.answer.parts:
        acts = part.kind in ("stall", "close", "reset", "extra")
        if part.wait or acts or len(ready) == _TOGETHER:
            if ready:
                await response.write(b"".join(ready))
            ready.clear()
            await asyncio.sleep(0)  # lets other tasks run, and notices a disconnect
        if part.kind == "extra":
            response.behind = part
            continue
        if part.wait:
            await asyncio.sleep(part.wait)
        exchange.sends(part)
        if part.kind == "stall":
            await asyncio.Event().wait()  # until the client leaves or the server stops
        elif part.kind in ("close", "reset"):
            drop(request, part.kind == "reset")
            return None
        else:
            ready.append(part.data)
    return b"".join(ready)


def _send_behind(request: web.Request, response: _Response) -> None:
    """Writes the bytes behind the answer, a little later, on the kept connection."""
    part, transport = response.behind, request.transport
    if part is not None and transport is not None:
        asyncio.get_running_loop().call_later(part.wait, _write_late, transport, part.data)


def _write_late(transport: asyncio.Transport, data: bytes) -> None:
    if not transport.is_closing():
        transport.write(data)


def drop(request: web.Request, reset: bool) -> None:
    """Closes the connection, or sends a TCP reset."""
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
