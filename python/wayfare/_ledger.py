"""The methods of a client that report on the ledger, limit calls and care for the file."""

from __future__ import annotations

from ._arguments import micros, path_of, replay_query, times_of, usage_query
from ._options import Opened

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
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


class LedgerMethods(Opened):
    """A client with its reports, its limits and the care of its ledger."""

    __slots__ = ()

    def _run(self, op: str, arguments: dict[str, Any], body: Any = None) -> Any:
        return self._shared.logged().run(op, arguments, body)

    def usage(
        self,
        by: Dimension | Sequence[Dimension] = (),
        since: When | None = None,
        until: When | None = None,
        time_zone: str | None = None,
    ) -> list[UsageRow]:
        """Sums the calls of all processes that share the ledger.

        by            the dimensions by which calls are grouped: one or several of "hour", "day",
                      "week", "month", "app", "agent", "model", "requested_model", "provider",
                      "key", "user", "tag", "run" and "agent_version". A call with several tags
                      counts in full for each tag
        since, until  a datetime with a time zone, a date, or ISO 8601 text. The time of the
                      reservation counts. ``until`` is not included. They must be midnights in UTC,
                      unless the report reads the entries
        time_zone     the zone of hours, days, weeks and months, such as "Europe/Berlin" or
                      "+02:00". Else UTC

        The ledger keeps sums by day in UTC. Reports by hour, run, requested_model or
        agent_version, in a time zone, or by user or tag together with agent, provider or key, read
        the entries instead, and do not count entries that were pruned.
        """
        rows: list[UsageRow] = self._run("usage", usage_query(by, since, until, time_zone))
        return rows

    def replay(
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
        """Tells what past calls would have cost, with other models or at other prices.

        since, until  a datetime with a time zone, a date, or ISO 8601 text. The time of the
                      reservation counts. ``until`` is not included
        model         the model at whose prices all calls are priced
        models        for models that served, the model at whose prices their calls are priced
        policy        "cheapest", or a dict with max_price, allow and deny: the cheapest model for
                      the tokens of each call. Without model, models and policy: the same models
        models_list   the path of a JSON file in the form of GET /models. Else that of the server
        by            the dimensions of the rows, all but "tag". Else model and agent
        filters       app, agent, user or of_model: only the calls that match all of them

        A row with ``exact`` is arithmetic. Any other one is an estimate, because other models count
        tokens otherwise. It sends nothing to a model.
        """
        others = {"model": model, "models": models, "policy": policy, "models_list": models_list}
        told: Replayed = self._run("replay", replay_query(by, since, until, others, {**filters}))
        return told

    def caching(
        self,
        by: Dimension | Sequence[Dimension] = (),
        since: When | None = None,
        until: When | None = None,
        **filters: Unpack[CachingFilters],
    ) -> Caching:
        """Tells which share of the prompts came from caches, and what leaving a cache cost.

        by            the dimensions of the rows, all but "tag"
        since, until  a datetime with a time zone, a date, or ISO 8601 text. The time of the
                      reservation counts. ``until`` is not included
        filters       app, agent, user or run: only the calls that match all of them

        A hop is a call that another model or provider served than the call of its run before. Its
        cost is an estimate by the prices of the models list.
        """
        told: Caching = self._run("caching", replay_query(by, since, until, {}, {**filters}))
        return told

    def entries(
        self,
        since: When | None = None,
        until: When | None = None,
        *,
        newest: bool = False,
        limit: int | None = None,
        **filters: Unpack[EntryFilters],
    ) -> Iterator[Entry]:
        """Iterates over the entries of the ledger, in the order in which their ends were booked.

        The entries without an end follow.

        since, until  a datetime with a time zone, a date, or ISO 8601 text. The time of booking
                      counts. ``until`` is not included
        newest        the newest entries first; those without an end before all others
        limit         the most entries. Without it: all
        filters       entry, request_id, app, agent, user, run, tag, model or state: only the
                      entries that match all of them. model is the one that the request named, or
                      that served
        """
        query = {"newest": newest, **times_of(since, until), **filters}
        left = limit
        while left != 0:  # one below 0 is refused by the library
            page = self._run("entries", {**query, "limit": min(left or 1000, 1000)})
            yield from page.entries
            if page.next is None:
                return
            query["after"] = page.next
            left = None if left is None else left - len(page.entries)

    def unknown(self) -> Iterator[Unknown]:
        """Iterates over the attempts whose cost or upstream cost is not known, the oldest first.

        Each tells what budgets hold for it, whether its cost is looked up, and when wayfare gives
        up.
        """
        after = ""
        while after is not None:
            page = self._run("unknown", {"after": after})
            yield from page.unknown
            after = page.next

    def settle(
        self, entry: str, cost: Money | None, reason: str, upstream_cost: Money | None = None
    ) -> None:
        """Books a cost that you have found out, such as from the server's bill.

        entry          an ``Unknown.entry``. Another attempt raises errors.Invalid
        cost           US dollars that the server bills. None only if the cost is known and the
                       upstream cost is not
        reason         why, in 1 to 256 bytes. The entry has it
        upstream_cost  US dollars that the provider bills you directly (BYOK)
        """
        costs = {"cost": cost, "upstream_cost": upstream_cost}
        self._run("settle", {"entry": entry, "reason": reason, **costs})

    def budget(
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
        """Makes or changes the budget ``name``. A change keeps the values that are left out.

        Returns the budget after the change, or None if it was deleted.

        limit   US dollars: a str such as "5.00", an int or a Decimal. Required for a new budget
        window  "hour", "day", "week" (from Monday), "month" or "lifetime", in UTC. Required for a
                new budget. It counts the costs and the holds that the window already has
        mode    "hard" (the default): a call that may cost more than is left raises
                errors.BudgetExceeded and is not sent. "soft": its reply has a warning
        assume  US dollars that a call without a bound holds. If it is not set, a hard budget
                refuses such a call with errors.NoBound
        delete  deletes the budget
        byok    "count" (the default): the budget counts the costs that a provider bills you
                directly, beside those that the server bills. "ignore": it does not
        missing "refuse" (the default): with "*" in the scope, a call without a value for that
                part raises errors.Invalid. "share": all such calls share one window
        thresholds  at most 8 shares of the limit in percent, from 1 to 1000, such as [50, 80, 100].
                ``crossings`` tells when a window had spent one. [] takes the shares away
        scope   app, agent, user, run, tag, key or model: the budget applies to the calls that match
                all of them. One of them, but not tag, may be "*": then each value has a window of
                its own
        """
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
        budget: Budget | None = self._run("budget", arguments)
        return budget

    def override(self, name: str, amount: Money, until: When | None = None) -> Budget:
        """Adds ``amount`` to the limit of the budget ``name`` until a time. Returns the budget.

        It counts in each window that is open meanwhile. Several overrides add up. What was spent
        above the limit stays spent, so that calls are refused again behind the end.

        amount  US dollars. 0 ends all overrides of the budget now
        until   a datetime with a time zone, a date, or ISO 8601 text, in the future. Required
                unless the amount is 0
        """
        arguments = {"name": name, "amount": amount, "until": micros(until, "until")}
        budget: Budget = self._run("override", arguments)
        return budget

    def budgets(self) -> list[Budget]:
        """Lists the budgets in their current windows, by name."""
        budgets: list[Budget] = self._run("budgets", {})
        return budgets

    def crossings(self, since: When | None = None, limit: int = 1000) -> list[Crossing]:
        """Lists the shares of limits that windows of budgets have spent, in that order.

        A window records each share of ``budget(thresholds=...)`` once, whichever process spends
        it. Amounts that are held for open calls do not count.

        since  the earliest time: a datetime with a time zone, a date, or ISO 8601 text
        limit  the most crossings, from 1 to 10000
        """
        arguments = {"since": micros(since, "since"), "limit": limit}
        crossings: list[Crossing] = self._run("crossings", arguments)
        return crossings

    def performance(self, hours: int = 24, model: str | None = None) -> list[PerformanceRow]:
        """Tells how fast models have answered and how often they failed, the most used first.

        hours  how many hours it goes back from the newest entry
        model  only this model
        """
        arguments = {"hours": hours} if model is None else {"hours": hours, "model": model}
        rows: list[PerformanceRow] = self._run("performance", arguments)
        return rows

    def block(self, *, everything: bool = False, **scope: Unpack[Scope]) -> None:
        """Refuses all calls that match every part of the scope, with errors.Blocked.

        The block holds at once and in every process of the ledger. ``everything=True`` refuses
        every call. A part that is None or empty raises errors.Invalid.
        """
        self._run("block", {"everything": everything, **scope})

    def unblock(self, *, everything: bool = False, **scope: Unpack[Scope]) -> None:
        """Lifts the block that has exactly this scope, or that of ``everything=True``."""
        self._run("unblock", {"everything": everything, **scope})

    def blocks(self) -> list[Block]:
        """Lists the blocks."""
        blocks: list[Block] = self._run("blocks", {})
        return blocks

    def rate_limit(
        self,
        name: str,
        *,
        requests: int | None = None,
        tokens: int | None = None,
        per: int | None = None,
        delete: bool = False,
        **scope: Unpack[Scope],
    ) -> RateLimit | None:
        """Makes or changes the rate limit ``name``. A change keeps the values that are left out.

        Returns the rate limit after the change, or None if it was deleted. It holds for all
        processes of the ledger. Retries and fallbacks count as requests of their own.

        requests  the most requests within the time
        tokens    the most tokens within the time: when an attempt is reserved, a quarter of the
                  bytes of the prompt and the most tokens of the answer; then those that it took
        per       the time in seconds, from 1 to 86400. A new one without it: 60
        delete    deletes the rate limit
        scope     app, agent, user, run, tag, key or model: the calls that it limits. One of them,
                  but not tag, may be "*": then each value has a limit of its own
        """
        values = {"requests": requests, "tokens": tokens, "per": per}
        arguments = {"name": name, **values, "delete": delete, **scope}
        limit: RateLimit | None = self._run("rate_limit", arguments)
        return limit

    def rate_limits(self) -> list[RateLimit]:
        """Lists the rate limits with what counts in them now, by name."""
        limits: list[RateLimit] = self._run("rate_limits", {})
        return limits

    def cooldowns(self) -> list[Cooldown]:
        """Lists the models and providers that cool down in all processes of the ledger, by model.

        A model cools down at once if its answer tells how long to wait, and else after 3 failures
        in a row. See ``route.cooldown`` for what a call does with such a model. A row with a
        ``slug`` is that of one provider of the model: calls leave it out and keep the model.
        """
        found: list[Cooldown] = self._run("cooldowns", {})
        return found

    def end_cooldown(self, model: str, provider: str | None = None) -> None:
        """Ends the cool-downs of a model and of its providers, in all processes of the ledger.

        With ``provider``, a name or a slug, ends the cool-down of that provider alone.
        """
        one = {} if provider is None else {"provider": provider}
        self._run("end_cooldown", {"model": model, **one})

    def accept_clock(self) -> None:
        """Accepts the wall clock after a jump. Until then hard budgets raise errors.Clock."""
        self._run("clock", {"accept": True})

    def reconcile(self) -> Reconciled:
        """Asks the server for the costs that are not known, and books them.

        An attempt is given up if the server does not know it a day later, or if the server cannot
        be asked about it. It is then charged at the bound that was held for it, or stays without a
        cost. The lookups also run in the background, from the first call on.
        """
        done: Reconciled = self._run("reconcile", {})
        return done

    def verify(self) -> Verification:
        """Checks the ledger. Reads a snapshot of all of it and delays no call."""
        found: Verification = self._run("verify", {})
        return found

    def mend(self) -> Verification:
        """Repairs what verify() finds in sums and budgets, and returns what it finds afterwards.

        Makes the sums and the windows of budgets again from the entries, which stay as they are. It
        reads all of them in one transaction, so all calls of the ledger wait meanwhile.
        """
        found: Verification = self._run("mend", {})
        return found

    def backup(self, path: Path) -> None:
        """Copies a snapshot of the ledger to ``path``, while others write to the ledger.

        The copy is a private file. It is synced and then renamed to its path in one step. It
        replaces an earlier copy, but no other file and no ledger in use.
        """
        self._run("backup", {"path": path_of(path)})

    def prune(self, before: When) -> Pruned:
        """Deletes the entries booked before a time, and the windows of budgets that ended before.

        The sums by day stay. Only the ``usage`` reports that read the entries change: by run, and
        by user or tag together with dimensions other than day, app and model. The newest entry
        stays, and every entry whose cost is still looked up. The file does not shrink.
        """
        pruned: Pruned = self._run("prune", {"before": micros(before, "before")})
        return pruned
