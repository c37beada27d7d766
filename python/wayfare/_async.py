"""The client for asyncio:

the calls of Client, awaited. No thread per call and no executor: the event loop watches one
descriptor.
"""

from __future__ import annotations

import asyncio
import threading

from . import _orders, _wayfare
from ._client import _body
from ._errors import Error
from ._models import ModelList
from ._options import Opened
from ._times import micros

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from typing import Any

    from ._client import By, Messages
    from ._orders import Mode, Money, Path, Window
    from ._times import When
    from ._wayfare import (
        Block,
        Budget,
        Call,
        Entry,
        Event,
        Pruned,
        Reconciled,
        Reply,
        Selection,
        UsageRow,
        Verification,
    )


class _Hub:
    """A client's place in its event loop: wakes the coroutine of each call that has events."""

    def __init__(self, native: _wayfare.Client) -> None:
        self.loop = asyncio.get_running_loop()
        self.native = native
        self.waiters: dict[int, asyncio.Future[None]] = {}
        self.descriptor = native.fd()
        self.loop.add_reader(self.descriptor, self.drain)

    def drain(self) -> None:
        try:
            ready = self.native.ready()
        except Error:  # closed: whoever waits finds the end of its call, or that error
            self.leave()
            ready = list(self.waiters)
        for call in ready:
            waiter = self.waiters.pop(call, None)
            if waiter is not None and not waiter.done():
                waiter.set_result(None)

    def leave(self) -> None:
        if self.descriptor >= 0 and not self.loop.is_closed():
            self.loop.remove_reader(self.descriptor)
        self.descriptor = -1

    async def take(self, call: Call) -> tuple[list[Event], Any]:
        """What is there for the call, waiting for it.

        Nothing is lost where the wait is cancelled.
        """
        batch = call.take()
        if batch is not None:
            await asyncio.sleep(0)  # others want to run too, however fast the events come
            return batch
        while batch is None:
            waiter = self.waiters[call.id] = self.loop.create_future()
            try:
                await waiter
            finally:
                self.waiters.pop(call.id, None)
            batch = call.take()
        return batch

    async def finish(self, call: Call) -> Any:
        """The end of a call: what it gives, or the Error raised. Cancelled where the waiting is."""
        end = None
        try:
            while end is None:
                _, end = await self.take(call)
        except BaseException:
            call.cancel(True)
            raise
        if isinstance(end, Error):
            raise end
        return end


class AsyncClient(Opened):
    """Client for asyncio: takes the same options, and its calls are awaited.

        async with wayfare.AsyncClient() as client:
            reply = await client.chat("Hello")
            async with client.stream("Hello") as stream:
                async for event in stream:
                    print(event.text or "", end="")
            print((await stream.reply).cost)

    It belongs to the event loop of its first call; another is refused. Cancelling a task cancels
    the call it waits for. To be closed:
    until then, or until its loop goes, it stays alive.
    """

    __slots__ = ("_hub",)
    __module__ = "wayfare"
    _hub: _Hub | None  # from the first call on

    def __new__(cls, *_: Any, **__: Any) -> AsyncClient:
        client = super().__new__(cls)
        client._hub = None
        return client

    def _in_loop(self) -> _Hub:
        if self._hub is None:
            self._hub = _Hub(self._native)
        elif self._hub.loop is not asyncio.get_running_loop():
            self._native.fd()  # raises "forked" where this is a child of the process that used it
            raise Error(
                "this AsyncClient belongs to another event loop, that of its first call",
                "invalid",
                "make one for each loop",
            )
        return self._hub

    async def chat(
        self,
        messages: Messages | None = None,
        *,
        model: str | None = None,
        body_json: str | bytes | None = None,
        route: dict[str, Any] | None = None,
        charge_to: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        request_id: str | None = None,
        **body: Any,
    ) -> Reply:
        """Client.chat, awaited."""
        hub = self._in_loop()
        content = _body(messages, model, body_json, body)
        reply: Reply = await hub.finish(
            self._native.submit(content, route, charge_to, headers, request_id, False)
        )
        return reply

    def stream(
        self,
        messages: Messages | None = None,
        *,
        model: str | None = None,
        body_json: str | bytes | None = None,
        route: dict[str, Any] | None = None,
        charge_to: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        request_id: str | None = None,
        **body: Any,
    ) -> AsyncStream:
        """Client.stream, to be called in the event loop:

        it sends the request at once, and is not awaited itself.
        """
        hub = self._in_loop()
        content = _body(messages, model, body_json, body)
        return AsyncStream(
            hub, self._native.submit(content, route, charge_to, headers, request_id, True)
        )

    async def models(self) -> ModelList:
        """Client.models, awaited."""
        models, catalogue = await self._in_loop().finish(self._native.submit_models())
        return ModelList(models, catalogue)

    async def select(
        self,
        messages: Messages | None = None,
        *,
        model: str | None = None,
        body_json: str | bytes | None = None,
        route: dict[str, Any] | None = None,
        **body: Any,
    ) -> Selection:
        """Client.select, awaited."""
        hub = self._in_loop()
        selection: Selection = await hub.finish(
            self._native.submit_select(_body(messages, model, body_json, body), route)
        )
        return selection

    async def usage(self, by: By = (), since: When = None, until: When = None) -> list[UsageRow]:
        """Client.usage, awaited."""
        hub = self._in_loop()
        rows: list[UsageRow] = await hub.finish(
            self._native.submit_usage(by, micros(since, "since"), micros(until, "until"))
        )
        return rows

    async def entries(self, since: When = None, until: When = None) -> AsyncIterator[Entry]:
        """Client.entries: ``async for entry in client.entries()``."""
        hub = self._in_loop()
        first, last, after = micros(since, "since"), micros(until, "until"), ""
        while True:
            entries, after = await hub.finish(self._native.submit_entries(first, last, after))
            for entry in entries:
                yield entry
            if not after:
                return

    async def budget(
        self,
        name: str,
        *,
        limit: Money = None,
        window: Window | None = None,
        mode: Mode | None = None,
        assume: Money = None,
        delete: bool = False,
        **scope: str | None,
    ) -> Budget | None:
        """Client.budget, awaited."""
        values = {
            "limit": limit,
            "window": window,
            "mode": mode,
            "assume": assume,
            "delete": delete,
        }
        made: list[Budget] | None = await self._order("budget", _orders.budget(name, values, scope))
        return made[0] if made else None

    async def budgets(self) -> list[Budget]:
        """Client.budgets, awaited."""
        rows: list[Budget] = await self._order("budgets", {})
        return rows

    async def block(self, **scope: str | None) -> None:
        """Client.block, awaited."""
        await self._order("block", _orders.parts(scope, "block"))

    async def unblock(self, **scope: str | None) -> None:
        """Client.unblock, awaited."""
        await self._order("unblock", _orders.parts(scope, "unblock"))

    async def blocks(self) -> list[Block]:
        """Client.blocks, awaited."""
        rows: list[Block] = await self._order("blocks", {})
        return rows

    async def accept_clock(self) -> None:
        """Client.accept_clock, awaited."""
        await self._order("clock", {})

    async def verify(self) -> Verification:
        """Client.verify, awaited."""
        found: Verification = await self._order("verify", {})
        return found

    async def backup(self, path: Path) -> None:
        """Client.backup, awaited."""
        await self._order("backup", _orders.backup(path))

    async def prune(self, before: When) -> Pruned:
        """Client.prune, awaited."""
        gone: Pruned = await self._order("prune", _orders.prune(before))
        return gone

    async def reconcile(self) -> Reconciled:
        """Client.reconcile, awaited."""
        done: Reconciled = await self._in_loop().finish(self._native.submit_reconcile())
        return done

    async def _order(self, op: str, arguments: dict[str, Any]) -> Any:
        hub = self._in_loop()
        return await hub.finish(self._native.submit_order(op, arguments))

    async def close(self) -> None:
        """Client.close, awaited: the loop goes on meanwhile."""
        if self._hub is None:  # unused: there is nothing to wait for
            return self._native.close()
        loop = asyncio.get_running_loop()
        closed = loop.create_future()

        def tell() -> None:
            if not closed.done():
                closed.set_result(None)

        def run() -> None:
            self._native.close()
            try:
                loop.call_soon_threadsafe(tell)
            except RuntimeError:
                pass  # the loop did not wait

        threading.Thread(target=run, name="wayfare-close").start()
        await closed
        self._hub.drain()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class AsyncStream:
    """Stream for asyncio: made by ``AsyncClient.stream``.

    Leaving the ``async with`` block, or dropping the stream, cancels a call that has not ended. One
    task reads a stream; waiting for an event with a timeout loses none.
    """

    __slots__ = ("_batch", "_call", "_end", "_hub", "_raised")
    __module__ = "wayfare"

    def __init__(self, hub: _Hub, call: Call) -> None:
        self._hub = hub
        self._call = call
        self._batch: Iterator[Event] = iter(())
        self._end: Reply | Error | None = None
        self._raised = False

    def __aiter__(self) -> AsyncStream:
        return self

    async def __anext__(self) -> Event:
        """The next event. Raises Error, once, where the call failed."""
        while True:
            for event in self._batch:
                return event
            if isinstance(self._end, Error) and not self._raised:
                self._raised = True
                raise self._end
            if self._end is not None:
                raise StopAsyncIteration
            events, self._end = await self._hub.take(self._call)
            self._batch = iter(events)

    @property
    async def reply(self) -> Reply:
        """``await stream.reply``:

        the whole answer. Before the end: waits for it, dropping the events. Raises Error where it
        failed.
        """
        while self._end is None:
            _, self._end = await self._hub.take(self._call)
        self._batch = iter(())
        if isinstance(self._end, Error):
            self._raised = True
            raise self._end.with_traceback(None)
        return self._end

    def cancel(self) -> None:
        """Ends the call early:

        whoever reads it gets an Error with the code "cancelled". From any thread, at any time.
        """
        self._call.cancel(False)

    async def __aenter__(self) -> AsyncStream:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._end is None:
            self._call.cancel(True)
            self._batch = iter(())
            self._end, self._raised = Error("the stream was left before its end", "cancelled"), True
