"""The methods of LedgerMethods, as coroutines."""

from __future__ import annotations

from ._arguments import micros, path_of, replay_query, times_of, usage_query
from ._options import Opened

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from typing import Any

    from typing_extensions import Unpack

    from ._wayfare import (
        Block,
        Budget,
        Caching,
        Cooldown,
        Crossing,
        Entry,
        PerformanceRow,
        Pruned,
        RateLimit,
        Reconciled,
        Replayed,
        Unknown,
        UsageRow,
        Verification,
    )
    from .types import (
        BudgetByok,
        BudgetMissing,
        BudgetMode,
        CachingFilters,
        Dimension,
        EntryFilters,
        Money,
        Path,
        Policy,
        ReplayFilters,
        Scope,
        Sort,
        When,
        Window,
    )


class AsyncLedgerMethods(Opened):
    """A client with its ledger."""

    __slots__ = ()

    async def _run(self, op: str, arguments: dict[str, Any], body: Any = None) -> Any:
        raise NotImplementedError  # of AsyncClient

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

    async def caching(
        self,
        by: Dimension | Sequence[Dimension] = (),
        since: When | None = None,
        until: When | None = None,
        **filters: Unpack[CachingFilters],
    ) -> Caching:
        """Client.caching, awaited."""
        query = replay_query(by, since, until, {}, {**filters})
        told: Caching = await self._run("caching", query)
        return told

    async def performance(self, hours: int = 24, model: str | None = None) -> list[PerformanceRow]:
        """Client.performance, awaited."""
        arguments = {"hours": hours} if model is None else {"hours": hours, "model": model}
        rows: list[PerformanceRow] = await self._run("performance", arguments)
        return rows

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

    async def end_cooldown(self, model: str, provider: str | None = None) -> None:
        """Client.end_cooldown, awaited."""
        one = {} if provider is None else {"provider": provider}
        await self._run("end_cooldown", {"model": model, **one})

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
