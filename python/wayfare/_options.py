# Made by `./run generate` from the tables in core/include/wayfare. Change those.
"""What every client is opened with, and tells of itself."""

from __future__ import annotations

from . import _wayfare
from ._arguments import path_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from .types import Dialect, Durability, Path


class Opened:
    """A client with its options."""

    __slots__ = ("__weakref__", "_native")

    def __init__(
        self,
        *,
        api_key: str | None = None,
        keys: dict[str, str] | None = None,
        base_url: str | None = None,
        app_url: str | None = None,
        app_title: str | None = None,
        app_categories: Sequence[str] | None = None,
        env_folder: Path | None = None,
        ledger: Path | None = None,
        durability: Durability | None = None,
        dialect: Dialect | None = None,
        ca_file: Path | None = None,
        proxy: str | None = None,
        allow_http: bool | None = None,
        connect_timeout: float | None = None,
        first_byte_timeout: float | None = None,
        idle_timeout: float | None = None,
        deadline: float | None = None,
        retries: int | None = None,
        max_open_calls: int | None = None,
    ) -> None:
        """Judges the options and does nothing else.

        api_key: The API key, else OPENROUTER_API_KEY. It is judged by the first call that needs it:
            a key that cannot work is refused with the place where it was found.
        keys: More API keys by name, at most 64. A call takes one by the ``key`` of its route.
        base_url: Else OPENROUTER_BASE_URL, else https://openrouter.ai/api/v1. Plain http goes only
            to this machine, or with allow_http.
        app_url: The app that OpenRouter shows the calls under. Else OPENROUTER_HTTP_REFERER, else
            NEXT_PUBLIC_APP_URL. Sent as HTTP-Referer, at most 512 bytes. A header of the call's own
            replaces it.
        app_title: The title of that app, else OPENROUTER_APP_TITLE. Sent as X-OpenRouter-Title, at
            most 512 bytes. OpenRouter shows no app that has a title and no URL.
        app_categories: At most two categories of that app, else OPENROUTER_APP_CATEGORIES
            (``a,b``). Sent as X-OpenRouter-Categories.
        env_folder: A folder such as services/api. Variables named here that the environment of the
            process does not set are read from its .env.local, then its .env. Nothing is put into
            the environment. One of the two files must be there, of at most 1 MiB. A $NAME in a
            value is refused, as it is not expanded. A relative WAYFARE_LEDGER is relative to the
            folder.
        ledger: The path of the ledger, else WAYFARE_LEDGER, else $XDG_STATE_HOME/wayfare/ledger.db,
            else ~/.local/state/wayfare/ledger.db. ``:memory:`` is a ledger without a file, which
            ends with the process.
        durability: What is synced to the disk. Default: sync_reservations. "sync_reservations": A
            reservation, before its request is sent. Ends are synced within 100 milliseconds.
            "sync_all": The end of a call too, before the caller sees it. "no_sync": Nothing. A
            power cut may lose the last bookings.
        dialect: Whose rules the server follows. Default: automatic. "automatic": What
            WAYFARE_DIALECT names. Else OpenRouter's where the host of the base URL is openrouter.ai
            or below it, and OpenAI's elsewhere. "openrouter": A key is needed. A stream tells its
            usage unasked. "openai": llama.cpp, vLLM, Ollama and their like: no key is needed, and a
            stream is asked for its usage.
        ca_file: A PEM file of certificate authorities. Else the first of SSL_CERT_FILE,
            CURL_CA_BUNDLE and the folder SSL_CERT_DIR that is set, else the system's.
        proxy: A proxy for https, such as http://user:password@host:3128 or socks5h://host:1080.
            Else HTTPS_PROXY, ALL_PROXY and NO_PROXY, as libcurl reads them. Plain http goes without
            a proxy.
        allow_http: Whether plain http may go to other machines.
        connect_timeout: For the lookup of the name, TCP and TLS together. Default: 10 seconds.
        first_byte_timeout: From the sending of the request to the first byte of the answer.
            Default: 300 seconds.
        idle_timeout: Between two pieces of the answer. It does not run while the events of the call
            are not taken. Default: 60 seconds.
        deadline: For a whole call whose route has none. Default: 3600 seconds.
        retries: How often the last model of a call is tried again, where its route does not say: 0
            to 10. Default: 2.
        max_open_calls: The most calls that are open at once. A call is open until its final event
            is taken. Default: 16384.

        Raises errors.Invalid for a value that cannot be used.
        """
        given = {
            "api_key": api_key,
            "keys": keys,
            "base_url": base_url,
            "app_url": app_url,
            "app_title": app_title,
            "app_categories": app_categories,
            "env_folder": path_of(env_folder),
            "ledger": path_of(ledger),
            "durability": durability,
            "dialect": dialect,
            "ca_file": path_of(ca_file),
            "proxy": proxy,
            "allow_http": allow_http,
            "connect_timeout": connect_timeout,
            "first_byte_timeout": first_byte_timeout,
            "idle_timeout": idle_timeout,
            "deadline": deadline,
            "retries": retries,
            "max_open_calls": max_open_calls,
        }
        self._native = _wayfare.Client(
            **{name: value for name, value in given.items() if value is not None}
        )

    @property
    def ledger_path(self) -> str:
        """The path of the ledger, made absolute. It is empty where neither an option nor the
        environment tells a place for the ledger.
        """
        return self._native.ledger_path

    @property
    def base_url(self) -> str:
        """The base URL, as it is used."""
        return self._native.base_url

    @property
    def has_key(self) -> bool:
        """Whether there is a key for calls whose route names none. The key may be wrong."""
        return self._native.has_key

    def __repr__(self) -> str:
        return (
            f"wayfare.{type(self).__name__}(base_url={self.base_url!r}, "
            f"ledger={self.ledger_path!r})"
        )
