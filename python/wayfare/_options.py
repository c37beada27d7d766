# Made by `./run generate` from the tables in core/include/wayfare. Change those.
"""The options and the properties that all clients share."""

from __future__ import annotations

from . import _wayfare
from ._arguments import path_of
from ._log import Shared

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from typing_extensions import Self

    from .types import ChargePart, ChargeTo, Dialect, Durability, Path, Route, ServerOptions


class Opened:
    """A client with its options."""

    __slots__ = ("__weakref__", "_defaults", "_shared")

    def __init__(
        self,
        *,
        api_key: str | None = None,
        keys: dict[str, str] | None = None,
        base_url: str | None = None,
        servers: Sequence[ServerOptions] | None = None,
        app_url: str | None = None,
        app_title: str | None = None,
        app_categories: Sequence[str] | None = None,
        env_folder: Path | None = None,
        ledger: Path | None = None,
        allow_remote_ledger: bool | None = None,
        durability: Durability | None = None,
        dialect: Dialect | None = None,
        ca_file: Path | None = None,
        proxy: str | None = None,
        allow_http: bool | None = None,
        allow_key_to: Sequence[str] | None = None,
        connect_timeout: float | None = None,
        first_byte_timeout: float | None = None,
        idle_timeout: float | None = None,
        content_timeout: float | None = None,
        deadline: float | None = None,
        report_timeout: float | None = None,
        retries: int | None = None,
        max_open_calls: int | None = None,
        model: str | None = None,
        max_tokens: int | None = None,
        route: Route | None = None,
        charge_to: ChargeTo | None = None,
        require_charge_to: Sequence[ChargePart] | None = None,
    ) -> None:
        """Checks the options and does nothing else.

        api_key: The API key. Else OPENROUTER_API_KEY. It is checked when a call first needs it. The
            error for a bad key names the place where the key was found.
        keys: More API keys by name, at most 64. The ``key`` of a call's route selects one.
        base_url: The base URL of the server. Else OPENROUTER_BASE_URL, else
            https://openrouter.ai/api/v1. Plain http is allowed only to this machine, or with
            allow_http.
        servers: Further servers, at most 8. A call asks them only if the ``servers`` of its route
            name them.
        app_url: The URL of the app under which OpenRouter shows the calls. Else
            OPENROUTER_HTTP_REFERER, else NEXT_PUBLIC_APP_URL, which belongs to a web app: wayfare
            leaves it out if it is no URL. Sent as HTTP-Referer, at most 512 bytes. A header in the
            request replaces it.
        app_title: The title of that app. Else OPENROUTER_APP_TITLE. Sent as X-OpenRouter-Title, at
            most 512 bytes. OpenRouter does not show an app that has a title but no URL.
        app_categories: At most two categories of that app. Else OPENROUTER_APP_CATEGORIES
            (``a,b``). Sent as X-OpenRouter-Categories.
        env_folder: A folder with a .env.local or a .env file, such as services/api. If the
            environment of the process does not set a variable that these options name, it is read
            from .env.local, then from .env. The environment is not changed. At least one of the two
            files must exist, or the environment must have OPENROUTER_API_KEY or the options an
            api_key, as in a container. Each file has at most 1 MiB. A $NAME in a value is refused,
            because it is not expanded. A relative WAYFARE_LEDGER is relative to this folder.
        ledger: The path of the ledger. Else WAYFARE_LEDGER, else $XDG_STATE_HOME/wayfare/ledger.db,
            else ~/.local/state/wayfare/ledger.db. ``:memory:`` is a ledger without a file. It is
            lost when the client is closed.
        allow_remote_ledger: Whether the ledger may be on NFS, SMB, FUSE, virtiofs, 9P and other
            file systems that several machines may have. It is safe only where all processes that
            use the ledger run on one machine, and the file system keeps locks and shared memory as
            a local disk does.
        durability: The data that is synced to the disk. Default: sync_reservations.
            "sync_reservations": Each reservation is synced before its request is sent. The end of a
            call is synced within 100 milliseconds. "sync_all": The end of a call is synced too,
            before the caller sees it. "no_sync": Nothing is synced. A power cut may lose the last
            bookings.
        dialect: The API rules that the server follows. Default: automatic. "automatic": The value
            of WAYFARE_DIALECT. Else openrouter if the host of the base URL is openrouter.ai or a
            subdomain of it, and openai otherwise. "openrouter": OpenRouter. It needs a key, and its
            streams always tell the usage. "openai": llama.cpp, vLLM, Ollama and similar servers.
            They need no key, and wayfare asks each stream for the usage.
        ca_file: A PEM file of certificate authorities. Else the first variable that is set:
            SSL_CERT_FILE, CURL_CA_BUNDLE or SSL_CERT_DIR (a folder). Else the authorities of the
            system.
        proxy: A proxy for https, such as http://user:password@host:3128 or socks5h://host:1080.
            Else HTTPS_PROXY, ALL_PROXY and NO_PROXY, as libcurl reads them. Plain http never uses a
            proxy.
        allow_http: Whether plain http to other machines is allowed.
        allow_key_to: Servers that may get an API key from another place than their base URL: at
            most 16 hosts, such as llm.example.org or 127.0.0.1:8080. Without it, a base URL in the
            options takes any key. A base URL in the environment takes a key in the environment or
            in the options. A base URL in a file takes a key in the same file or in the options.
            https://openrouter.ai takes any key.
        connect_timeout: The longest time for the DNS lookup, TCP and TLS together. Default: 10
            seconds.
        first_byte_timeout: The longest time from sending the request to the first byte of the
            answer. Default: 300 seconds.
        idle_timeout: The longest time between two pieces of the answer. The time does not run while
            the caller leaves the events of the call waiting. Default: 60 seconds.
        content_timeout: The longest time without a part of the content, counted from the head of
            the answer and from each part on. Heartbeats, blanks and empty deltas count as pieces of
            the answer and are no content. The time does not run while the caller leaves the events
            of the call waiting. 0: no limit. Default: 0 seconds.
        deadline: The longest time for a whole call, if its route has no deadline. Default: 3600
            seconds.
        report_timeout: The longest time for one report of the ledger, and for verify and backup. It
            ends with the code ``deadline`` then, for example where another process holds the ledger
            locked. Default: 60 seconds.
        retries: How often the last model of a call is tried again, if its route does not tell: 0 to
            10. Default: 2.
        max_open_calls: The most calls that may be open at once. A call is open until its final
            event is taken. Default: 16384.
        model: The model of a call that names no model, in its body or in its route, and whose route
            has no policy with a ``sort``. Without it: openai/gpt-4o-mini.
        max_tokens: The most tokens of the answer: 1 to 2147483647. It is sent as ``max_tokens`` if
            the body has neither max_tokens nor max_completion_tokens.
        route: Members for the route of the call. A member that the call gives itself goes before
            it. ``model``, ``models`` and the ``sort`` of the policy go together: they count only
            where ``model`` would.
        charge_to: Parts for the charge_to of the call. A part that the call gives itself goes
            before it. The tags are one part.
        require_charge_to: Parts of charge_to that every call must have, so that no call escapes its
            budget. A call without one of them is refused with ``invalid``. The defaults count.
            "app": The application. "agent": The agent. "user": The user. "run": The run. "tags":
            The tags: at least one.

        Raises errors.Invalid if a value cannot be used.
        """
        given = {
            "api_key": api_key,
            "keys": keys,
            "base_url": base_url,
            "servers": servers,
            "app_url": app_url,
            "app_title": app_title,
            "app_categories": app_categories,
            "env_folder": path_of(env_folder),
            "ledger": path_of(ledger),
            "allow_remote_ledger": allow_remote_ledger,
            "durability": durability,
            "dialect": dialect,
            "ca_file": path_of(ca_file),
            "proxy": proxy,
            "allow_http": allow_http,
            "allow_key_to": allow_key_to,
            "connect_timeout": connect_timeout,
            "first_byte_timeout": first_byte_timeout,
            "idle_timeout": idle_timeout,
            "content_timeout": content_timeout,
            "deadline": deadline,
            "report_timeout": report_timeout,
            "retries": retries,
            "max_open_calls": max_open_calls,
            "model": model,
            "max_tokens": max_tokens,
            "route": route,
            "charge_to": charge_to,
            "require_charge_to": require_charge_to,
        }
        native = _wayfare.Client(
            **{name: value for name, value in given.items() if value is not None}
        )
        self._defaults: list[dict[str, Any]] = []
        self._shared = Shared(native, {"model": model, "route": route, "charge_to": charge_to})

    def with_options(
        self,
        *,
        model: str | None = None,
        max_tokens: int | None = None,
        route: Route | None = None,
        charge_to: ChargeTo | None = None,
    ) -> Self:
        """Returns a view of this client with other defaults for its calls.

        model, max_tokens, route and charge_to are those of the constructor. What is given here goes
        before what the client has, part by part. The view shares all else with the client, so it
        costs nothing, and close() of one closes both.
        """
        given = {"model": model, "max_tokens": max_tokens, "route": route, "charge_to": charge_to}
        view = object.__new__(type(self))
        view._shared = self._shared
        own = {name: value for name, value in given.items() if value is not None}
        view._defaults = [own, *self._defaults]
        return view

    @property
    def ledger_path(self) -> str:
        """The absolute path of the ledger. Empty if neither an option nor the environment gives
        a path.
        """
        return self._shared.native.ledger_path

    @property
    def base_url(self) -> str:
        """The base URL in use."""
        return self._shared.native.base_url

    @property
    def has_key(self) -> bool:
        """Whether there is a key for calls whose route names no key. The key may be wrong."""
        return self._shared.native.has_key

    def __repr__(self) -> str:
        return (
            f"wayfare.{type(self).__name__}(base_url={self.base_url!r}, "
            f"ledger={self.ledger_path!r})"
        )
