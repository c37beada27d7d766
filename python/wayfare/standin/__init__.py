"""A stand-in for OpenRouter on this machine: answers in OpenRouter's format, invented prices.

    with Standin() as standin:
        client = wayfare.Client(base_url=standin.base_url, api_key="sk-or-anything")
        ...
        print(standin.bill)

`python -m wayfare.standin` runs it as a program. It can produce faults on request: faults.py and
GET <base_url>/_faults list them.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from types import TracebackType

from aiohttp import web

from .catalogue import Json
from .server import ROOT, Received, Server

__all__ = ["Received", "Standin"]


class Standin:
    """Serves within a `with` block, on a thread of its own."""

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        auth: bool = True,
        generation_delay: float = 0.0,
        keep_requests: bool = True,
    ) -> None:
        self._host, self._port = host, port
        self._server = Server(auth, keep_requests)
        self._server.generation_delay = generation_delay
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread: threading.Thread | None = None
        self.base_url = ""

    @property
    def bill(self) -> list[Json]:
        """One line for each billed request, in the order of arrival.

        A line has generation_id, model, prompt_tokens, completion_tokens, cost (exact decimal
        text), streamed and outcome.
        """
        return self._server.bill.lines()

    @property
    def requests(self) -> list[Received]:
        """All requests that arrived, except those for /_bill and the other /_ paths."""
        return list(self._server.requests)

    @property
    def generation_delay(self) -> float:
        """Seconds from the end of a call until GET /generation knows it. May change at any time."""
        return self._server.generation_delay

    @generation_delay.setter
    def generation_delay(self, seconds: float) -> None:
        self._server.generation_delay = seconds

    def __enter__(self) -> Standin:
        ready: concurrent.futures.Future[str] = concurrent.futures.Future()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(ready)), name="standin", daemon=True
        )
        self._thread.start()
        self.base_url = ready.result()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._loop and self._stop and self._thread:
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()

    async def _serve(self, ready: concurrent.futures.Future[str]) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        # A handler is cancelled when its client disconnects. The bill notes it.
        runner = web.AppRunner(
            self._server.app(), handler_cancellation=True, access_log=None, shutdown_timeout=0.1
        )
        try:
            await runner.setup()
            site = web.TCPSite(runner, self._host, self._port, backlog=4096)
            await site.start()
            ready.set_result(f"http://{self._host}:{runner.addresses[0][1]}{ROOT}")
            await self._stop.wait()
        except BaseException as error:
            if ready.done():
                raise
            ready.set_exception(error)
        finally:
            await runner.cleanup()
