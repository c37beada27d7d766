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
from wayfare.sandbox import faults, replies
from wayfare.sandbox.bill import Charge
from wayfare.sandbox.catalogue import BY_ID, faulty
from wayfare.sandbox.replies import Answer
from wayfare.sandbox.server import ROOT, Server, _answer, _drop

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


class Billing(Server):
    def __init__(self, path: str) -> None:
        super().__init__(keep_requests=False)
        self.file = open(path, "a", buffering=1)  # noqa: SIM115 (open to the end)
        self.armed: tuple[str, str] | None = None
        self.go = asyncio.Event()

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

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        self._require_key(request)
        body = json.loads(await request.read())
        call, wish = replies.prompt_of(body).split()[:2]
        await self.at(call, "received")
        fault, number = faults.find(faults.PREFIX + wish) or faults.NONE
        name = body["model"].removesuffix(":floor").removesuffix(":exacto")
        model = BY_ID.get(name) or faulty(name)
        reply = replies.make(replies.new_id(), body, model)
        reply = fault.reply(reply) if fault.reply else reply
        charge = (
            self._charge(call, Charge(reply, bool(body.get("stream")), fault.outcome))
            if fault.billed
            else None
        )
        await self.at(call, "billed")
        answer = fault.answer() if fault.answer else _answer(reply, bool(body.get("stream")))
        if fault.parts:
            answer = Answer(
                answer.status,
                fault.parts(reply, answer.parts, number),
                answer.content_type,
                answer.headers,
            )
        try:
            return await self._send(request, call, reply.id, answer)
        finally:
            if charge:
                charge.end()

    def _charge(self, call: str, charge: Charge) -> Charge:
        """Writes the bill before the first byte of the answer is sent, even if the client has
        disconnected. One of eight calls is never found by a lookup.
        """
        looked_up = zlib.crc32(call.encode()) % 8 != 0
        if looked_up:
            self.bill.add(charge)
        self.file.write(json.dumps({"call": call, "looked_up": looked_up, **charge.line()}) + "\n")
        return charge

    async def _send(
        self, request: web.Request, call: str, generation_id: str, answer: Answer
    ) -> web.StreamResponse:
        headers = {
            "Content-Type": answer.content_type,
            "X-Generation-Id": generation_id,
            **dict(answer.headers),
        }
        response = web.StreamResponse(status=answer.status or 200, headers=headers)
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
                    _drop(request, part.kind == "reset")
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
