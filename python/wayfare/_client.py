"""The client."""

from __future__ import annotations

from ._arguments import body_of, micros, path_of, request_of
from ._models import ModelList
from ._options import Opened
from ._stream import Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from typing_extensions import Unpack

    from ._wayfare import (
        Block,
        Budget,
        Entry,
        Pruned,
        Reconciled,
        Reply,
        Selection,
        UsageRow,
        Verification,
    )
    from .types import (
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


class Client(Opened):
    """Makes calls and keeps the ledger they are booked in.

        client = wayfare.Client()
        reply = client.chat("Hello")

    Any thread may use it at any time. Making one judges the options and does nothing else: files,
    threads and the network start at the first use. After a fork a client that was used raises
    Error "forked" in the child, where a new client works.
    """

    __slots__ = ()
    __module__ = "wayfare"

    def _run(self, op: str, arguments: dict[str, Any], body: Any = None) -> Any:
        return self._native.run(op, arguments, body)

    def chat(
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
        """Sends a chat completion and waits for the whole answer.

        messages    a str (one message of the user), or a list of message dicts
        model       such as "openai/gpt-4o-mini"
        **body      the rest of the body, such as max_tokens=100; sent in this order, never changed
        body_json   the whole body as JSON text, in place of messages, model and **body
        route       how the call is carried out: a dict such as {"models": ["a/b", "c/d"]}
        charge_to   whom the call is charged to: a dict such as {"agent": "support"}
        headers     more HTTP headers
        request_id  an id of your own

        Raises Error where there is no answer; its ``reply`` has what had come. Ctrl-C cancels the
        call. wayfare.types tells what route and charge_to take.
        """
        arguments = request_of(route, charge_to, headers, request_id, stream=False)
        reply: Reply = self._run("chat", arguments, body_of(messages, model, body_json, body))
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
    ) -> Stream:
        """Like ``chat``, but gives the answer while it comes. What goes wrong is raised by the
        Stream."""
        arguments = request_of(route, charge_to, headers, request_id, stream=True)
        content = body_of(messages, model, body_json, body)
        return Stream(self._native.submit("chat", arguments, content))

    def models(self) -> ModelList:
        """The models that can be asked for, with their prices: a list of Model.

        Its ``catalogue`` tells where the list comes from. The server's list is kept on the disk
        and shared by the processes of the machine. Where none was ever fetched, this waits for the
        network, at most 10 seconds. Then five models that are built in stand in for the list.
        """
        found = self._run("models", {})
        return ModelList(found.models, found.catalogue)

    def select(
        self,
        messages: Messages | None = None,
        *,
        model: str | None = None,
        body_json: str | bytes | None = None,
        route: Route | None = None,
        **body: Any,
    ) -> Selection:
        """Which models ``chat`` with the same arguments would try, and why. Nothing is sent."""
        arguments = request_of(route)
        content = body_of(messages, model, body_json, body)
        selection: Selection = self._run("select", arguments, content)
        return selection

    def usage(
        self, by: Sequence[Dimension] = (), since: When | None = None, until: When | None = None
    ) -> list[UsageRow]:
        """Sums over the calls of all processes that share the ledger.

        by            what calls are grouped by: "day", "app", "agent", "model", "provider", "key",
                      "user", "tag" or "run", or several of them. A call with several tags counts
                      whole for each
        since, until  midnights in UTC, by the time of the reservation, without ``until`` itself: a
                      datetime with a time zone, a date, or ISO 8601 text
        """
        times = {"since": micros(since, "since"), "until": micros(until, "until")}
        rows: list[UsageRow] = self._run("usage", {"by": by, **times})
        return rows

    def entries(self, since: When | None = None, until: When | None = None) -> Iterator[Entry]:
        """The entries of the ledger in the order in which their ends were booked, then those
        without an end.

        since, until  by the time of booking, without ``until`` itself: a datetime with a time
                      zone, a date, or ISO 8601 text
        """
        return self._pages({"since": micros(since, "since"), "until": micros(until, "until")})

    def _pages(self, times: dict[str, Any]) -> Iterator[Entry]:
        after = ""
        while after is not None:
            page = self._run("entries", {**times, "after": after})
            yield from page.entries
            after = page.next

    def budget(
        self,
        name: str,
        *,
        limit: Money | None = None,
        window: Window | None = None,
        mode: BudgetMode | None = None,
        assume: Money | None = None,
        delete: bool = False,
        **scope: Unpack[Scope],
    ) -> Budget | None:
        """Makes the budget ``name``, or changes it: what is left out stays as it is. Gives the
        budget as it stands then, or None where it was deleted.

        limit   US dollars: a str such as "5.00", an int or a Decimal. A new budget needs it
        window  "hour", "day", "week" (from Monday), "month" or "lifetime", in UTC. A new budget
                needs it, and begins with what the window has spent and holds already
        mode    "hard" (the default): a call that may cost more than is left raises
                errors.BudgetExceeded and is not sent; or "soft": its reply has a warning
        assume  US dollars that a call without a bound holds. Without it a hard budget refuses such
                a call with errors.NoBound
        delete  takes the budget away
        scope   app, agent, user, run, tag, key or model: the calls that match all of them. One of
                them, but not tag, may be "*": each of its values has a window of its own
        """
        values = {"limit": limit, "window": window, "mode": mode, "assume": assume}
        arguments = {"name": name, **values, "delete": delete, **scope}
        budget: Budget | None = self._run("budget", arguments)
        return budget

    def budgets(self) -> list[Budget]:
        """The budgets in their present windows, by name."""
        budgets: list[Budget] = self._run("budgets", {})
        return budgets

    def block(self, **scope: Unpack[Scope]) -> None:
        """Refuses the calls that match all parts of the scope with errors.Blocked, at once and in
        every process of the ledger."""
        self._run("block", {**scope})

    def unblock(self, **scope: Unpack[Scope]) -> None:
        """Lifts the block of the same scope."""
        self._run("unblock", {**scope})

    def blocks(self) -> list[Block]:
        """The scopes that are blocked."""
        blocks: list[Block] = self._run("blocks", {})
        return blocks

    def accept_clock(self) -> None:
        """Accepts the wall clock after a jump, for which hard budgets raise errors.Clock."""
        self._run("clock", {"accept": True})

    def reconcile(self) -> Reconciled:
        """Asks the server about attempts whose cost is not known, and books what it tells.

        An attempt that the server does not know a day later, or cannot be asked about, is given
        up: it is charged at the bound that was held for it, or stays without a cost. This also
        runs in the background, from the first call on.
        """
        done: Reconciled = self._run("reconcile", {})
        return done

    def verify(self) -> Verification:
        """Looks whether the ledger is whole. Reads all of it at one moment, and holds up no
        call."""
        found: Verification = self._run("verify", {})
        return found

    def backup(self, path: Path) -> None:
        """Copies the ledger as it is at one moment, while others write to it.

        The copy is a private file, synced and put in its place in one step. It replaces an earlier
        copy, but no other file and no ledger in use.
        """
        self._run("backup", {"path": path_of(path)})

    def prune(self, before: When) -> Pruned:
        """Deletes the entries that were booked before a time, and the windows of budgets that
        ended before it.

        The sums stay: ``usage`` tells the same, but for what it reads from the entries (by run; by
        user or tag with other dimensions than day, app and model). The newest entry stays, and
        every entry whose cost is still looked up. The file does not shrink.
        """
        pruned: Pruned = self._run("prune", {"before": micros(before, "before")})
        return pruned

    def close(self) -> None:
        """Cancels the calls that run, books them, syncs the ledger and ends the threads, in at
        most 5 seconds. Later calls raise errors.Closed."""
        self._native.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
