"""The client."""

from __future__ import annotations

from ._agents import AgentMethods
from ._arguments import body_of, request_of
from ._models import ModelList
from ._stream import Stream, Watch

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


class Client(AgentMethods):
    """Makes calls and keeps the ledger in which they are booked.

        client = wayfare.Client()
        reply = client.chat("Hello")

    Any thread may use a client at any time. The constructor only checks the options. The first
    call opens the ledger, starts the threads and uses the network.

    In the child of a fork, a client that was used before opens itself again at its first use, with
    the same options. A ledger in memory is an exception: there calls raise errors.Forked. A stream
    or a call of the parent raises errors.Forked in the child.

    With gevent, a call blocks the thread and all its greenlets: use gevent's thread pool, or
    AsyncClient in a thread of its own. trio has no support.
    """

    __slots__ = ()
    __module__ = "wayfare"

    def chat(
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
        """Sends a chat completion and waits for the whole answer.

        messages    a str (one message of the user), or a list of message dicts
        model       such as "openai/gpt-4o-mini"
        agent       the agent that the call is of: what the call leaves out comes from its profile,
                    and the call is charged to it. See ``create_agent``
        **body      the other fields of the body, such as max_tokens=100, sent in this order and
                    never changed. None is sent as null, but stream_options=None leaves it out. A
                    name that has its place elsewhere, such as timeout, is refused with that place
        body_json   the whole body as JSON text, in place of messages, model and **body
        route       how wayfare carries out the call: a dict such as {"models": ["a/b", "c/d"]}
        charge_to   the accounts to which the call is charged: a dict such as {"agent": "support"}
        headers     more HTTP headers
        request_id  an id of your own

        Raises Error if the call fails. Its ``reply`` has the part of the answer that came before.
        Ctrl-C cancels the call. wayfare.types lists the keys of route and charge_to.
        """
        arguments = request_of(route, charge_to, headers, request_id, False, self._defaults, agent)
        reply: Reply = self._run("chat", arguments, body_of(messages, model, body_json, body))
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
    ) -> Stream:
        """Like ``chat``, but returns at once and gives the answer in pieces.

        The Stream raises the errors of the call.
        """
        arguments = request_of(route, charge_to, headers, request_id, True, self._defaults, agent)
        content = body_of(messages, model, body_json, body)
        return Stream(self._shared.logged().submit("chat", arguments, content))

    def watch(self, of: WatchOf = "client") -> Watch:
        """Returns the notices of what happens to the calls of this client, as an iterator.

            with client.watch() as notices:
                for notice in notices:
                    print(notice.text)

        of   "process": to the calls of every client of this process, also of those that are made
             later. ``notice.ledger`` and ``notice.base_url`` tell which one it was

        It waits for the next notice. Another thread may end it with ``cancel()``. If nobody takes
        the notices, the oldest are dropped beyond 1024, and the next one tells how many. The logger
        ``wayfare`` gets the same lines, if ``logging`` is configured before the first call.
        """
        return Watch(self._shared.native.submit("watch", {"of": of}, None))

    def models(
        self, *, of_key: bool = False, key: str | None = None, **filters: Unpack[ModelFilters]
    ) -> ModelList:
        """Returns the models that a request can name, with their prices: a list of Model.

        Its ``catalogue`` tells the source of the list. The server's list is stored on the disk and
        shared by all processes of the machine. If no list was ever fetched, this waits for the
        network, at most 10 seconds. After that it uses a built-in list of five models.

        of_key   only the models that the key may call. Asks the server each time
        key      the name of a key of the option keys, for of_key
        filters  text, parameters, inputs, outputs, context_tokens and max_price: only the models
                 that pass all of them, such as parameters=["tools"]. defaults_first=True puts the
                 well-known models first, and ``defaults`` of the list has those that are gone, too
        """
        found = self._run("models", {"of_key": of_key, "key": key, **filters})
        return ModelList(found.models, found.catalogue, found.defaults)

    def endpoints(self, model: str) -> EndpointList:
        """Returns the providers of a model with their prices, limits and speeds.

        The list is stored on the disk and shared by all processes of the machine. Only for
        OpenRouter.
        """
        found: EndpointList = self._run("endpoints", {"model": model})
        return found

    def default_models(self) -> list[DefaultModel]:
        """Returns five well-known models with their prices, as a first choice for a new agent.

        A model that is gone, or that has a last day, names the most similar model that stays.
        """
        found: list[DefaultModel] = self._run("default_models", {})
        return found

    def key_info(self, key: str | None = None) -> KeyInfo:
        """Asks the server about a key: its limits, what it has used, and when it ends.

        The figures lag by minutes behind the calls. Only for OpenRouter.

        key  the name of a key of the option keys. Else the option api_key
        """
        found: KeyInfo = self._run("key_info", {"key": key})
        return found

    def select(
        self,
        messages: Messages | None = None,
        *,
        model: str | None = None,
        agent: str | None = None,
        body_json: str | bytes | None = None,
        route: Route | None = None,
        **body: Any,
    ) -> Selection:
        """Tells which models ``chat`` with the same arguments would try, and why.

        Sends nothing to a model.
        """
        arguments = request_of(route, defaults=self._defaults, agent=agent)
        content = body_of(messages, model, body_json, body)
        selection: Selection = self._run("select", arguments, content)
        return selection

    def close(self) -> None:
        """Cancels the running calls, books them, syncs the ledger and ends the threads.

        Takes at most 5 seconds. Later calls raise errors.Closed.
        """
        self._shared.native.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
