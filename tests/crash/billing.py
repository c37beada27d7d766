"""A sandbox that does what each prompt asks for, writes a bill, and stops at chosen phases.
billing.py BILL

Prints its base URL. A prompt begins with the call's own name, "12.0.3-1.7" (process 12.0.3, thread
1, call 7), and a fault of wayfare.sandbox, or "fine". Commands come as lines on stdin. `arm PROCESS
PHASE` stops the next request of that process in that phase, until `go`; the stop is reported as `at
PROCESS PHASE`. `disarm` is answered by `disarmed`. The end of stdin ends the program.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import threading
import zlib
from typing import Any

from aiohttp import web
from wayfare.sandbox import MODELS, Endpoint, Model, Sandbox, prices, words
from wayfare.sandbox.api import LARGEST_BODY, ROOT, Exchange
from wayfare.sandbox.http1 import drop, header_fields

UNLISTED = Model(
    "crash/unlisted",
    "Unlisted",
    (Endpoint("Sandbox", prices("0.00000125", "0.00000975")),),
    listed=False,
)

BY_THE_PIECE = Model(
    "crash/by-the-piece",
    "By the piece",
    (Endpoint("Sandbox", prices("0", "0", request="0.001")),),
)

# The phases of a request. A plain answer has no delta and no done.
PHASES = (
    "received",
    "billed",
    "headers",
    "delta",
    "usage",
    "done",
)
# the phase after each kind of part
_AFTER = {"delta": "delta", "body": "usage", "usage": "usage", "done": "done"}


class Billing:
    def __init__(self, path: str) -> None:
        self.api = Sandbox(models=[*MODELS, UNLISTED, BY_THE_PIECE])._api
        self.file = open(path, "a", buffering=1)  # noqa: SIM115 (open to the end)
        self.armed: tuple[str, str] | None = None
        self.go = asyncio.Event()
        self.never_found: set[str] = set()  # the ids of generations

    def app(self) -> web.Application:
        app = web.Application(client_max_size=LARGEST_BODY)
        app.router.add_route("*", "/{path:.*}", self._handle)
        return app

    def order(self, line: str) -> None:
        word, *rest = line.split()
        if word == "arm":
            self.armed = (rest[0], rest[1])
            self.go.clear()
        elif word == "disarm":
            self.armed = None
            self.go.set()
            print("disarmed", flush=True)
        else:
            self.go.set()

    async def at(self, call: str, phase: str) -> None:
        process = call.partition("-")[0]
        if self.armed == (process, phase):
            self.armed = None
            print(f"at {process} {phase}", flush=True)
            await self.go.wait()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body, call = await request.read(), ""
        headers = {name.lower(): value for name, value in request.headers.items()}
        path = request.path_qs
        if request.path == f"{ROOT}/chat/completions":
            call, wish = words.prompt_of(json.loads(body)).split()[:2]
            await self.at(call, "received")
            if wish != "fine":
                headers["x-sandbox-fault"] = wish
        elif request.query.get("id") in self.never_found:
            path = f"{request.path}?id=gen-0-unknown"
        exchange = self.api.handle(request.method, path, headers, body)
        if call:
            self._write(call, exchange)
            await self.at(call, "billed")
        try:
            return await self._send(request, call, exchange)
        finally:
            exchange.ended()

    def _write(self, call: str, exchange: Exchange) -> None:
        """Writes the bill before the first byte of the answer is sent, even if the client has
        disconnected. One of eight calls is never found by a lookup.
        """
        if exchange.charge is None:
            return
        looked_up = zlib.crc32(call.encode()) % 8 != 0
        if not looked_up:
            self.never_found.add(exchange.generation_id)
        line = {"call": call, "looked_up": looked_up, **exchange.charge.line()}
        self.file.write(json.dumps(line) + "\n")

    async def _send(
        self, request: web.Request, call: str, exchange: Exchange
    ) -> web.StreamResponse:
        answer = exchange.answer
        fields = header_fields(answer, exchange.generation_id)
        response = web.StreamResponse(status=answer.status or 200, headers=fields)
        try:
            if answer.status:
                await response.prepare(request)
                await self.at(call, "headers")
            for part in answer.parts:
                await asyncio.sleep(part.wait)
                if part.kind == "stall":
                    while request.transport is not None and not request.transport.is_closing():
                        await asyncio.sleep(0.05)
                    return response
                if part.kind in ("close", "reset"):
                    drop(request, part.kind == "reset")
                    return response
                await response.write(part.data)
                await self.at(call, _AFTER.get(part.kind, ""))
            await response.write_eof()
        except ConnectionError:
            pass  # the client has disconnected; the bill stays
        return response


def _is_news(record: logging.LogRecord) -> bool:
    """Whether a log record is news: a client that is killed during its request is not."""
    return not (record.exc_info and isinstance(record.exc_info[1], ConnectionError))


async def serve(path: str) -> None:
    logging.getLogger("aiohttp.server").addFilter(_is_news)
    server = Billing(path)
    loop, ended = asyncio.get_running_loop(), asyncio.Event()

    def listen() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(server.order, line)
        loop.call_soon_threadsafe(ended.set)

    runner: Any = web.AppRunner(server.app(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=512).start()
    threading.Thread(target=listen, daemon=True).start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}{ROOT}", flush=True)
    await ended.wait()
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
