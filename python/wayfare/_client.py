"""The client."""

from __future__ import annotations

from . import _orders
from ._errors import Error
from ._models import ModelList
from ._options import Opened
from ._stream import Stream
from ._times import micros

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any, Literal, Union

    from ._orders import Mode, Money, Path, Window
    from ._times import When
    from ._wayfare import (
        Block,
        Budget,
        Call,
        Entry,
        Pruned,
        Reconciled,
        Reply,
        Selection,
        UsageRow,
        Verification,
    )

    Messages = Union[str, Sequence[Mapping[str, Any]]]
    By = Sequence[Literal["day", "app", "agent", "model", "provider", "key", "user", "tag", "run"]]


class Client(Opened):
    """Calls, and the ledger they are booked in. Any thread may use it at any time.

    Making one judges the options and does nothing else: the ledger's file, the network and the
    threads start at the first use.
    After a fork a used client raises Error "forked" in the child, where a new one works. All
    options may be left out:

    api_key             else OPENROUTER_API_KEY; judged, and missed, only by the first call that
    needs it
    keys                dict of more keys by name, at most 64: a call takes one by route={"key":
    name}
    base_url            else OPENROUTER_BASE_URL, else https://openrouter.ai/api/v1
    app_url             else OPENROUTER_HTTP_REFERER, else NEXT_PUBLIC_APP_URL: the app that
    OpenRouter shows the calls under
    app_title           else OPENROUTER_APP_TITLE
    app_categories      list of str, at most two; else OPENROUTER_APP_CATEGORIES ("a,b")
    env_folder          a folder such as "services/api": what the process environment does not set
    of OPENROUTER_*,
                        NEXT_PUBLIC_APP_URL, WAYFARE_LEDGER and WAYFARE_DIALECT is read from its
                        .env.local, then its .env; nothing
                        is put into the environment, and a relative WAYFARE_LEDGER is relative to
                        the folder
    ledger              path; else WAYFARE_LEDGER, else wayfare/ledger.db in the user's state folder
    durability          "reserve" (the default): nothing is sent before its reservation is synced to
    the disk;
                        "power": the end of a call is synced too before it is seen; "process":
                        nothing is waited for
    dialect             "openrouter", "openai" (llama.cpp, vLLM, Ollama, ...), or "automatic" (the
    default): what WAYFARE_DIALECT
                        names, else by the base URL
    ca_file             PEM file of certificate authorities; else SSL_CERT_FILE, CURL_CA_BUNDLE or
    the folder SSL_CERT_DIR, else the system's
    proxy               such as "http://host:3128", for https; else HTTPS_PROXY, ALL_PROXY and
    NO_PROXY
    allow_http          plain http to others than this machine
    connect_timeout     seconds (10) for name lookup, TCP and TLS together
    first_byte_timeout  seconds (300) from the sending to the first byte of the answer
    idle_timeout        seconds (60) between two pieces of the answer
    deadline            seconds (3600) for a whole call
    retries             of a call whose route has none: how often its last model is tried again (2)
    max_open_calls      calls at once (16384)

    Raises Error "invalid" for a value that cannot be used.
    """

    __slots__ = ()
    __module__ = "wayfare"

    def chat(
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
        """Sends a chat completion and waits for the whole answer.

        messages    a str (one message of the user), or a list of message dicts
        model       such as "openai/gpt-4o-mini"
        **body      everything else of the body, such as max_tokens=100; sent in this order, never
        changed
        body_json   in place of messages, model and **body: the whole body as JSON text, sent as it
        is
        route       dict, any of:
                      model       in place of the body's
                      models      tried in this order: the next one where one fails before its first
                      delta
                      policy      "cheapest": by expected cost, among them or the whole catalogue;
                      or a dict of sort and max_price
                                  (dollars per million tokens: {"prompt": "1", "completion": "2"})
                      retries     of the last model
                      max_cost    US dollars that the whole call may cost: a str, int or Decimal
                      deadline    seconds, from now to the last byte
                      key         one of the client's ``keys``, by name
        charge_to   dict of whom the call is booked to: app, agent, user, run (str), tags (list of
        str); never sent
        headers     dict of more HTTP headers
        request_id  yours: booked with the call and given back

        Raises Error where there is no answer; its ``reply`` has what had come. Ctrl-C cancels the
        call.
        """
        content = _body(messages, model, body_json, body)
        return self._native.chat(content, route, charge_to, headers, request_id)

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
    ) -> Stream:
        """Like ``chat``, but gives the answer while it comes:

        see Stream. What the server refuses is raised by the Stream.
        """
        content = _body(messages, model, body_json, body)
        return Stream(self._native.submit(content, route, charge_to, headers, request_id, True))

    def models(self) -> ModelList:
        """The models that can be asked for, with their prices: a list of Model, and ``.catalogue``,
        which tells where it comes from.

        The server's list is kept on the disk, shared by the machine's processes, and fetched again
        in the background once it is no longer fresh; with the network gone it is served stale.
        Where none was ever fetched it is waited for, 10 s at most; then five that are built in
        stand for it.
        """
        models, catalogue = _finish(self._native.submit_models())
        return ModelList(models, catalogue)

    def select(
        self,
        messages: Messages | None = None,
        *,
        model: str | None = None,
        body_json: str | bytes | None = None,
        route: dict[str, Any] | None = None,
        **body: Any,
    ) -> Selection:
        """Which models ``chat`` with the same arguments would try, with the reasons, and which are
        out. Nothing is sent."""
        selection: Selection = _finish(
            self._native.submit_select(_body(messages, model, body_json, body), route)
        )
        return selection

    def usage(self, by: By = (), since: When = None, until: When = None) -> list[UsageRow]:
        """Sums over the calls of all processes that share the ledger.

        by            any of "day", "app", "agent", "model", "provider", "key", "user", "tag",
        "run": one UsageRow for each combination there
                      is. By tag come the calls that have one; of several, each counts the call
                      whole
        since, until  midnights in UTC, half-open, by the time of sending: a datetime with a time
        zone, a date, or ISO 8601 text
        """
        return self._native.usage(by, micros(since, "since"), micros(until, "until"))

    def entries(self, since: When = None, until: When = None) -> Iterator[Entry]:
        """The ledger's entries, in the order in which their ends were booked, then those without an
        end.

        since, until  half-open, by the time of the booking: a datetime with a time zone, a date, or
        ISO 8601 text
        """
        return self._pages(micros(since, "since"), micros(until, "until"))

    def _pages(self, since: int | None, until: int | None) -> Iterator[Entry]:
        after = ""
        while True:
            entries, after = self._native.entries(since, until, after)
            yield from entries
            if not after:
                return

    def budget(
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
        """Makes the budget ``name``, or changes it: what is left out stays as it is. Gives it as it
        stands.

        limit   dollars: a str such as "5.00", an int or a Decimal. Spent and reserved never pass
        it; may be below what is spent
        window  "hour", "day", "week" (from Monday), "month" or "lifetime", in UTC; begins with what
        it has spent and holds already
        mode    "hard" (the default): a call that may cost more than is left raises BudgetExceeded,
        and nothing is sent; or "soft"
        assume  dollars held by a call that has no bound, which a hard budget refuses with
        "no_bound" otherwise
        delete  takes it away, in place of all of these
        scope   app, agent, user, run, tag, key (the first 12 hex digits, as UsageRow.key), model
        (as asked for): the calls that match
                all of them; none: every call. One, but not tag, may be "*": each value has a window
                of its own
        """
        values = {
            "limit": limit,
            "window": window,
            "mode": mode,
            "assume": assume,
            "delete": delete,
        }
        made: list[Budget] | None = self._native.order(
            "budget", _orders.budget(name, values, scope)
        )
        return made[0] if made else None

    def budgets(self) -> list[Budget]:
        """The budgets in their present windows, by name."""
        rows: list[Budget] = self._native.order("budgets", {})
        return rows

    def block(self, **scope: str | None) -> None:
        """Stops calls at once in every process of the ledger: they raise Error "blocked".

        scope   app, agent, user, run, tag, key, model: the calls that match all of them; none:
        every call
        """
        self._native.order("block", _orders.parts(scope, "block"))

    def unblock(self, **scope: str | None) -> None:
        """Lifts the block of the same scope."""
        self._native.order("unblock", _orders.parts(scope, "unblock"))

    def blocks(self) -> list[Block]:
        """The scopes that are blocked."""
        rows: list[Block] = self._native.order("blocks", {})
        return rows

    def accept_clock(self) -> None:
        """Books that the wall clock is right, after a jump for which hard budgets raised Error
        "clock"."""
        self._native.order("clock", {})

    def verify(self) -> Verification:
        """Looks whether the ledger is whole: SQLite's integrity, no attempt ended twice, sums by
        day, user and tag as the entries say, windows of budgets as their holds and costs say.
        What was pruned is not judged. Reads all of it, at one moment, and holds up no call."""
        found: Verification = self._native.order("verify", {})
        return found

    def backup(self, path: Path) -> None:
        """Copies the ledger, as it is at one moment, while others go on to write it.

        The copy is a ledger of its own, private, put in its place in one step and synced. It takes
        the place of an earlier copy, but of no other file, nor of a ledger in use.
        """
        self._native.order("backup", _orders.backup(path))

    def prune(self, before: When) -> Pruned:
        """Deletes the entries that were booked before that time, and the windows of budgets that
        ended before it, in small steps.

        The sums stay: usage() is as before, but for what it reads from the entries (by run; by user
        or tag beside other names than day, app and model). The newest entry stays too, and those
        that may still cost something. The file does not shrink: its pages are used again.
        """
        gone: Pruned = self._native.order("prune", _orders.prune(before))
        return gone

    def reconcile(self) -> Reconciled:
        """Asks the server what attempts were billed whose cost is not known, and books what it
        tells.

        Those that were sent to this base URL with one of this client's keys. What the server does
        not know a day later, and what it cannot be asked about, is given up: charged at the bound
        that was held for it (cost_source "bound"), or left without a cost. Goes on in the
        background as well, from the first call on: after 15 s, 1, 3, 10 and 60 minutes, then each
        hour.
        """
        done: Reconciled = _finish(self._native.submit_reconcile())
        return done

    def close(self) -> None:
        """Cancels what runs, books it, syncs the ledger and stops the threads;

        takes at most 5 s. Later calls raise "closed".
        """
        self._native.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _finish(call: Call) -> Any:
    """Waits for a call whose only event is its end."""
    end = None
    while end is None:
        _, end = call.next()
    if isinstance(end, Error):
        raise end
    return end


def _body(
    messages: Messages | None,
    model: str | None,
    body_json: str | bytes | None,
    body: dict[str, Any],
) -> dict[str, Any] | str | bytes:
    """The body as the native client takes it:

    a dict in the order in which it is sent, or JSON text.
    """
    if body_json is not None:
        beside = ["messages"] * (messages is not None) + ["model"] * (model is not None) + [*body]
        if beside:
            raise Error(
                f"{', '.join(beside)}: given beside body_json, which is the whole body",
                "invalid",
                "give the one or the other",
            )
        return body_json
    if isinstance(messages, str):
        messages = [{"role": "user", "content": messages}]
    elif not isinstance(messages, (list, tuple)):
        given = "missing" if messages is None else f"of type {type(messages).__name__}"
        raise Error(f"messages is {given}", "invalid", "give a str or a list of message dicts")
    start = {} if model is None else {"model": model}
    return {**start, "messages": messages, **body}
