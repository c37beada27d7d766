"""The client for asyncio.

It needs no thread per call and no executor: the event loop watches one file descriptor.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading

from ._arguments import (
    body_of,
    micros,
    path_of,
    replay_query,
    request_of,
    times_of,
    usage_query,
)
from ._async_agents import AsyncAgentMethods
from ._async_stream import AsyncStream, AsyncWatch
from ._hub import Hub
from ._models import ModelList
from .errors import invalid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from typing import Any

    from typing_extensions import Unpack

    from ._wayfare import (
        Block,
        Budget,
        Cooldown,
        Crossing,
        DefaultModel,
        EndpointList,
        Entry,
        KeyInfo,
        Pruned,
        RateLimit,
        Reconciled,
        Replayed,
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
        EntryFilters,
        Messages,
        ModelFilters,
        Money,
        Path,
        Policy,
        ReplayFilters,
        Route,
        Scope,
        Sort,
        When,
        Window,
    )


class AsyncClient(AsyncAgentMethods):
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

    def watch(self) -> AsyncWatch:
        """Client.watch for asyncio: ``async for notice in client.watch()``.

        It must be called in the event loop.
        """
        hub = self._in_loop()
        return AsyncWatch(hub, self._shared.native.submit("watch", {}, None))

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

    async def usage(
        self,
        by: Dimension | Sequence[Dimension] = (),
        since: When | None = None,
        until: When | None = None,
        time_zone: str | None = None,
    ) -> list[UsageRow]:
        """Client.usage, awaited."""
        rows: list[UsageRow] = await self._run("usage", usage_query(by, since, until, time_zone))
        return rows

    async def replay(
        self,
        since: When | None = None,
        until: When | None = None,
        *,
        model: str | None = None,
        models: Mapping[str, str] | None = None,
        policy: Sort | Policy | None = None,
        models_list: Path | None = None,
        by: Dimension | Sequence[Dimension] | None = None,
        **filters: Unpack[ReplayFilters],
    ) -> Replayed:
        """Client.replay, awaited."""
        others = {"model": model, "models": models, "policy": policy, "models_list": models_list}
        query = replay_query(by, since, until, others, {**filters})
        told: Replayed = await self._run("replay", query)
        return told

    async def entries(
        self,
        since: When | None = None,
        until: When | None = None,
        *,
        newest: bool = False,
        limit: int | None = None,
        **filters: Unpack[EntryFilters],
    ) -> AsyncIterator[Entry]:
        """Client.entries for asyncio: ``async for entry in client.entries()``."""
        query = {"newest": newest, **times_of(since, until), **filters}
        left = limit
        while left != 0:  # one below 0 is refused by the library
            page = await self._run("entries", {**query, "limit": min(left or 1000, 1000)})
            for entry in page.entries:
                yield entry
            if page.next is None:
                return
            query["after"] = page.next
            left = None if left is None else left - len(page.entries)

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

    async def rate_limit(
        self,
        name: str,
        *,
        requests: int | None = None,
        tokens: int | None = None,
        per: int | None = None,
        delete: bool = False,
        **scope: Unpack[Scope],
    ) -> RateLimit | None:
        """Client.rate_limit, awaited."""
        values = {"requests": requests, "tokens": tokens, "per": per}
        arguments = {"name": name, **values, "delete": delete, **scope}
        limit: RateLimit | None = await self._run("rate_limit", arguments)
        return limit

    async def rate_limits(self) -> list[RateLimit]:
        """Client.rate_limits, awaited."""
        limits: list[RateLimit] = await self._run("rate_limits", {})
        return limits

    async def cooldowns(self) -> list[Cooldown]:
        """Client.cooldowns, awaited."""
        found: list[Cooldown] = await self._run("cooldowns", {})
        return found

    async def end_cooldown(self, model: str) -> None:
        """Client.end_cooldown, awaited."""
        await self._run("end_cooldown", {"model": model})

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
