"""The client for asyncio.

It needs no thread per call and no executor: the event loop watches one file descriptor.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading

from ._arguments import (
    body_of,
    request_of,
)
from ._async_agents import AsyncAgentMethods
from ._async_ledger import AsyncLedgerMethods
from ._async_stream import AsyncStream, AsyncWatch
from ._hub import Hub
from ._models import ModelList
from .errors import invalid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from typing_extensions import Unpack

    from ._wayfare import (
        DefaultModel,
        EndpointList,
        KeyInfo,
        Reply,
        Selection,
    )
    from .types import (
        ChargeTo,
        Messages,
        ModelFilters,
        Route,
        WatchOf,
    )


class AsyncClient(AsyncAgentMethods, AsyncLedgerMethods):
    """The client for asyncio. It takes the same options as Client, and its calls are awaited.

        async with wayfare.AsyncClient() as client:
            reply = await client.chat("Hello")
            async with client.stream("Hello") as stream:
                async for event in stream:
                    print(event.text or "", end="")
            print((await stream.reply).cost)

    A client belongs to the event loop of its first call. When that loop is closed, and in the child
    of a fork, it goes over to the loop of its next call. In a second loop beside the first its
    calls raise Error "invalid". Cancelling a task cancels the call that the task waits for. Close
    every client: an open client lives as long as its event loop.
    """

    __slots__ = ()
    __module__ = "wayfare"

    def _in_loop(self) -> Hub:
        hub = self._shared.hub
        if hub is None or hub.is_over():
            hub = self._shared.hub = Hub(self._shared.native)
        elif hub.loop is not asyncio.get_running_loop():
            raise invalid(
                "this AsyncClient belongs to another event loop, which is still open",
                "make one AsyncClient for each event loop",
            )
        self._shared.logged()
        return hub

    async def _run(self, op: str, arguments: dict[str, Any], body: Any = None) -> Any:
        hub = self._in_loop()
        return await hub.finish(self._shared.native.submit(op, arguments, body))

    async def chat(
        self,
        messages: Messages | None = None,
        *,
        model: str | None = None,
        agent: str | None = None,
        body_json: str | bytes | None = None,
        route: Route | None = None,
        charge_to: ChargeTo | None = None,
        headers: dict[str, str] | None = None,
        request_id: str | None = None,
        **body: Any,
    ) -> Reply:
        """Client.chat, awaited."""
        arguments = request_of(route, charge_to, headers, request_id, False, self._defaults, agent)
        content = body_of(messages, model, body_json, body)
        reply: Reply = await self._run("chat", arguments, content)
        return reply

    def stream(
        self,
        messages: Messages | None = None,
        *,
        model: str | None = None,
        agent: str | None = None,
        body_json: str | bytes | None = None,
        route: Route | None = None,
        charge_to: ChargeTo | None = None,
        headers: dict[str, str] | None = None,
        request_id: str | None = None,
        **body: Any,
    ) -> AsyncStream:
        """Client.stream for asyncio. It sends the request at once and is not awaited.

        It must be called in the event loop.
        """
        hub = self._in_loop()
        arguments = request_of(route, charge_to, headers, request_id, True, self._defaults, agent)
        content = body_of(messages, model, body_json, body)
        return AsyncStream(hub, self._shared.native.submit("chat", arguments, content))

    def watch(self, of: WatchOf = "client") -> AsyncWatch:
        """Client.watch for asyncio: ``async for notice in client.watch()``.

        It must be called in the event loop.
        """
        hub = self._in_loop()
        return AsyncWatch(hub, self._shared.native.submit("watch", {"of": of}, None))

    async def endpoints(self, model: str) -> EndpointList:
        """Client.endpoints, awaited."""
        found: EndpointList = await self._run("endpoints", {"model": model})
        return found

    async def default_models(self) -> list[DefaultModel]:
        """Client.default_models, awaited."""
        found: list[DefaultModel] = await self._run("default_models", {})
        return found

    async def key_info(self, key: str | None = None) -> KeyInfo:
        """Client.key_info, awaited."""
        found: KeyInfo = await self._run("key_info", {"key": key})
        return found

    async def models(
        self, *, of_key: bool = False, key: str | None = None, **filters: Unpack[ModelFilters]
    ) -> ModelList:
        """Client.models, awaited."""
        found = await self._run("models", {"of_key": of_key, "key": key, **filters})
        return ModelList(found.models, found.catalogue, found.defaults)

    async def select(
        self,
        messages: Messages | None = None,
        *,
        model: str | None = None,
        agent: str | None = None,
        body_json: str | bytes | None = None,
        route: Route | None = None,
        **body: Any,
    ) -> Selection:
        """Client.select, awaited."""
        content = body_of(messages, model, body_json, body)
        selection: Selection = await self._run(
            "select", request_of(route, defaults=self._defaults, agent=agent), content
        )
        return selection

    async def close(self) -> None:
        """Client.close, awaited. Other tasks of the loop run meanwhile."""
        hub = self._shared.hub
        if hub is None:  # the client was never used: close() does not wait
            self._shared.native.close()
            return
        loop = asyncio.get_running_loop()
        closed = loop.create_future()

        def tell() -> None:
            if not closed.done():
                closed.set_result(None)

        def run() -> None:
            self._shared.native.close()
            with contextlib.suppress(RuntimeError):  # the loop did not wait
                loop.call_soon_threadsafe(tell)

        threading.Thread(target=run, name="wayfare-close").start()
        await closed
        if not hub.is_over():
            hub.drain()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
