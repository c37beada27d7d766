"""The client for asyncio.

It needs no thread per call and no executor: the event loop watches one file descriptor.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading

from ._arguments import body_of, micros, path_of, request_of
from ._hub import Hub
from ._models import ModelList
from ._options import Opened
from .errors import Error, invalid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence
    from typing import Any

    from typing_extensions import Unpack

    from ._wayfare import (
        Block,
        Budget,
        Call,
        Crossing,
        Entry,
        Event,
        Pruned,
        Reconciled,
        Reply,
        Selection,
        Unknown,
        UsageRow,
        Verification,
    )
    from .types import (
        BudgetByok,
        BudgetMissing,
        BudgetMode,
        ChargeTo,
        Dimension,
        Messages,
        Money,
        Path,
        Route,
        Scope,
        When,
        Window,
    )


class AsyncClient(Opened):
    """The client for asyncio. It takes the same options as Client, and its calls are awaited.

        async with wayfare.AsyncClient() as client:
            reply = await client.chat("Hello")
            async with client.stream("Hello") as stream:
                async for event in stream:
                    print(event.text or "", end="")
            print((await stream.reply).cost)

    A client belongs to the event loop of its first call. In another loop its calls raise Error
    "invalid". Cancelling a task cancels the call that the task waits for. Close every client: an
    open client lives as long as its event loop.
    """

    __slots__ = ("_hub",)
    __module__ = "wayfare"
    _hub: Hub | None  # from the first call on

    def __new__(cls, *_: Any, **__: Any) -> AsyncClient:
        client = super().__new__(cls)
        client._hub = None
        return client

    def _in_loop(self) -> Hub:
        if self._hub is None:
            self._hub = Hub(self._native)
        elif self._hub.loop is not asyncio.get_running_loop():
            self._native.fd()  # raises "forked" in a child of the process that used the client
            raise invalid(
                "this AsyncClient belongs to another event loop, the loop of its first call",
                "make one AsyncClient for each event loop",
            )
        return self._hub

    async def _run(self, op: str, arguments: dict[str, Any], body: Any = None) -> Any:
        hub = self._in_loop()
        return await hub.finish(self._native.submit(op, arguments, body))

    async def chat(
        self,
        messages: Messages | None = None,
        *,
        model: str | None = None,
        body_json: str | bytes | None = None,
        route: Route | None = None,
        charge_to: ChargeTo | None = None,
        headers: dict[str, str] | None = None,
        request_id: str | None = None,
        **body: Any,
    ) -> Reply:
        """Client.chat, awaited."""
        arguments = request_of(route, charge_to, headers, request_id, stream=False)
        content = body_of(messages, model, body_json, body)
        reply: Reply = await self._run("chat", arguments, content)
        return reply

    def stream(
        self,
        messages: Messages | None = None,
        *,
        model: str | None = None,
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
        arguments = request_of(route, charge_to, headers, request_id, stream=True)
        content = body_of(messages, model, body_json, body)
        return AsyncStream(hub, self._native.submit("chat", arguments, content))

    async def models(self) -> ModelList:
        """Client.models, awaited."""
        found = await self._run("models", {})
        return ModelList(found.models, found.catalogue)

    async def select(
        self,
        messages: Messages | None = None,
        *,
        model: str | None = None,
        body_json: str | bytes | None = None,
        route: Route | None = None,
        **body: Any,
    ) -> Selection:
        """Client.select, awaited."""
        content = body_of(messages, model, body_json, body)
        selection: Selection = await self._run("select", request_of(route), content)
        return selection

    async def usage(
        self, by: Sequence[Dimension] = (), since: When | None = None, until: When | None = None
    ) -> list[UsageRow]:
        """Client.usage, awaited."""
        times = {"since": micros(since, "since"), "until": micros(until, "until")}
        rows: list[UsageRow] = await self._run("usage", {"by": by, **times})
        return rows

    async def entries(
        self, since: When | None = None, until: When | None = None
    ) -> AsyncIterator[Entry]:
        """Client.entries for asyncio: ``async for entry in client.entries()``."""
        times = {"since": micros(since, "since"), "until": micros(until, "until")}
        after = ""
        while after is not None:
            page = await self._run("entries", {**times, "after": after})
            for entry in page.entries:
                yield entry
            after = page.next

    async def unknown(self) -> AsyncIterator[Unknown]:
        """Client.unknown for asyncio: ``async for attempt in client.unknown()``."""
        after = ""
        while after is not None:
            page = await self._run("unknown", {"after": after})
            for attempt in page.unknown:
                yield attempt
            after = page.next

    async def settle(
        self, entry: str, cost: Money | None, reason: str, upstream_cost: Money | None = None
    ) -> None:
        """Client.settle, awaited."""
        costs = {"cost": cost, "upstream_cost": upstream_cost}
        await self._run("settle", {"entry": entry, "reason": reason, **costs})

    async def budget(
        self,
        name: str,
        *,
        limit: Money | None = None,
        window: Window | None = None,
        mode: BudgetMode | None = None,
        assume: Money | None = None,
        delete: bool = False,
        byok: BudgetByok | None = None,
        missing: BudgetMissing | None = None,
        thresholds: Sequence[int] | None = None,
        **scope: Unpack[Scope],
    ) -> Budget | None:
        """Client.budget, awaited."""
        values = {
            "limit": limit,
            "window": window,
            "mode": mode,
            "assume": assume,
            "byok": byok,
            "missing": missing,
            "thresholds": thresholds,
        }
        arguments = {"name": name, **values, "delete": delete, **scope}
        budget: Budget | None = await self._run("budget", arguments)
        return budget

    async def override(self, name: str, amount: Money, until: When | None = None) -> Budget:
        """Client.override, awaited."""
        arguments = {"name": name, "amount": amount, "until": micros(until, "until")}
        budget: Budget = await self._run("override", arguments)
        return budget

    async def budgets(self) -> list[Budget]:
        """Client.budgets, awaited."""
        budgets: list[Budget] = await self._run("budgets", {})
        return budgets

    async def crossings(self, since: When | None = None, limit: int = 1000) -> list[Crossing]:
        """Client.crossings, awaited."""
        arguments = {"since": micros(since, "since"), "limit": limit}
        crossings: list[Crossing] = await self._run("crossings", arguments)
        return crossings

    async def block(self, *, everything: bool = False, **scope: Unpack[Scope]) -> None:
        """Client.block, awaited."""
        await self._run("block", {"everything": everything, **scope})

    async def unblock(self, *, everything: bool = False, **scope: Unpack[Scope]) -> None:
        """Client.unblock, awaited."""
        await self._run("unblock", {"everything": everything, **scope})

    async def blocks(self) -> list[Block]:
        """Client.blocks, awaited."""
        blocks: list[Block] = await self._run("blocks", {})
        return blocks

    async def accept_clock(self) -> None:
        """Client.accept_clock, awaited."""
        await self._run("clock", {"accept": True})

    async def reconcile(self) -> Reconciled:
        """Client.reconcile, awaited."""
        done: Reconciled = await self._run("reconcile", {})
        return done

    async def verify(self) -> Verification:
        """Client.verify, awaited."""
        found: Verification = await self._run("verify", {})
        return found

    async def mend(self) -> Verification:
        """Client.mend, awaited."""
        found: Verification = await self._run("mend", {})
        return found

    async def backup(self, path: Path) -> None:
        """Client.backup, awaited."""
        await self._run("backup", {"path": path_of(path)})

    async def prune(self, before: When) -> Pruned:
        """Client.prune, awaited."""
        pruned: Pruned = await self._run("prune", {"before": micros(before, "before")})
        return pruned

    async def close(self) -> None:
        """Client.close, awaited. Other tasks of the loop run meanwhile."""
        if self._hub is None:  # the client was never used: close() does not wait
            self._native.close()
            return
        loop = asyncio.get_running_loop()
        closed = loop.create_future()

        def tell() -> None:
            if not closed.done():
                closed.set_result(None)

        def run() -> None:
            self._native.close()
            with contextlib.suppress(RuntimeError):  # the loop did not wait
                loop.call_soon_threadsafe(tell)

        threading.Thread(target=run, name="wayfare-close").start()
        await closed
        self._hub.drain()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class AsyncStream:
    """The stream for asyncio. ``AsyncClient.stream`` makes it.

    Leaving the ``async with`` block, or dropping the stream, cancels a call that has not ended.
    Only one task may read a stream. A timeout while waiting for an event loses no event.
    """

    __slots__ = ("_batch", "_call", "_end", "_hub", "_raised")
    __module__ = "wayfare"

    def __init__(self, hub: Hub, call: Call) -> None:
        self._hub = hub
        self._call = call
        self._batch: Iterator[Event] = iter(())
        self._end: Reply | Error | None = None
        self._raised = False

    def __aiter__(self) -> AsyncStream:
        return self

    async def __anext__(self) -> Event:
        """Waits for the next event. If the call failed, raises its Error once."""
        while True:
            for event in self._batch:
                return event
            if isinstance(self._end, Error) and not self._raised:
                self._raised = True
                raise self._end
            if self._end is not None:
                raise StopAsyncIteration
            events, _, self._end = await self._hub.take(self._call)
            self._batch = iter(events)

    @property
    async def reply(self) -> Reply:
        """The whole answer: ``await stream.reply``.

        Waits for the end of the call and drops the events that were not read. Raises Error if the
        call failed.
        """
        while self._end is None:
            _, _, self._end = await self._hub.take(self._call)
        self._batch = iter(())
        if isinstance(self._end, Error):
            self._raised = True
            raise self._end.with_traceback(None)
        return self._end

    def cancel(self) -> None:
        """Ends the call early: the reader gets errors.Cancelled.

        Any thread may call it at any time.
        """
        self._call.cancel(False)

    async def __aenter__(self) -> AsyncStream:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._end is None:
            self._call.cancel(True)
            self._batch = iter(())
            self._end, self._raised = Error("the stream was left before its end", "cancelled"), True
