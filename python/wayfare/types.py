# Made by `./run generate` from the tables in core/include/wayfare. Change those.
"""The types of arguments, for annotations: ``route: wayfare.types.Route``.

wayfare itself does not load this module. Every key of a dict may be left out.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Literal, TypedDict, Union

Messages = Union[str, Sequence[dict[str, Any]]]
Path = Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]"]
Money = Union[str, int, Decimal]
When = Union[str, datetime.date, datetime.datetime]
Durability = Literal["sync_reservations", "sync_all", "no_sync"]
Dialect = Literal["automatic", "openrouter", "openai"]
Sort = Literal["ordered", "cheapest"]
Dimension = Literal["day", "app", "agent", "model", "provider", "key", "user", "tag", "run"]
Window = Literal["hour", "day", "week", "month", "lifetime"]
BudgetMode = Literal["hard", "soft"]


class ChargeTo(TypedDict, total=False):
    """Whom a call is charged to. The ledger keeps it, and it is never sent. Each text has at
    most 128 bytes."""

    app: str | None
    """The application."""

    agent: str | None
    """The agent."""

    user: str | None
    """The user."""

    run: str | None
    """The run, such as a session or a job."""

    tags: Sequence[str] | None
    """At most 16 tags."""


class MaxPrice(TypedDict, total=False):
    """The highest prices that a model may have. A dearer model is left out, and OpenRouter is
    told to refuse a dearer provider."""

    prompt: Money | None
    """US dollars per million tokens."""

    completion: Money | None
    """US dollars per million tokens."""

    request: Money | None
    """US dollars per request."""

    image: Money | None
    """US dollars per image."""


class Policy(TypedDict, total=False):
    """How the model of a call is selected. The name of a sort stands for it alone."""

    sort: Sort | None
    """The order in which models are tried."""

    max_price: MaxPrice | None
    """The highest prices."""


class Route(TypedDict, total=False):
    """How wayfare carries a call out. It is not sent."""

    model: str | None
    """The model, in place of the body's own ``model``. Naming it in both is refused."""

    models: Sequence[str] | None
    """Models that are tried in this order, or in the policy's. The next model is tried where one
    fails before its first piece of content. At most 32."""

    policy: Sort | Policy | None
    """How the model is selected."""

    retries: int | None
    """How often the last model is tried again: 0 to 10, else the option ``retries``."""

    deadline: float | None
    """The longest time from the call to the last byte of the answer, above 0 and at most a week.
    Else the option ``deadline``."""

    max_cost: Money | None
    """What the whole call may cost at most, failed attempts included. At OpenRouter the request
    is made to keep a bound. Elsewhere it is an estimate."""

    key: str | None
    """The name of one of the option ``keys``, else the option ``api_key``."""


class Options(TypedDict, total=False):
    """What a client is opened with. Every option may be left out. A variable of the environment
    that is set to nothing counts as not set."""

    api_key: str | None
    """The API key, else OPENROUTER_API_KEY. It is judged by the first call that needs it: a key
    that cannot work is refused with the place where it was found."""

    keys: dict[str, str] | None
    """More API keys by name, at most 64. A call takes one by the ``key`` of its route."""

    base_url: str | None
    """Else OPENROUTER_BASE_URL, else https://openrouter.ai/api/v1. Plain http goes only to this
    machine, or with allow_http."""

    app_url: str | None
    """The app that OpenRouter shows the calls under. Else OPENROUTER_HTTP_REFERER, else
    NEXT_PUBLIC_APP_URL. Sent as HTTP-Referer, at most 512 bytes. A header of the call's own
    replaces it."""

    app_title: str | None
    """The title of that app, else OPENROUTER_APP_TITLE. Sent as X-OpenRouter-Title, at most 512
    bytes. OpenRouter shows no app that has a title and no URL."""

    app_categories: Sequence[str] | None
    """At most two categories of that app, else OPENROUTER_APP_CATEGORIES (``a,b``). Sent as
    X-OpenRouter-Categories."""

    env_folder: Path | None
    """A folder such as services/api. Variables named here that the environment of the process
    does not set are read from its .env.local, then its .env. Nothing is put into the
    environment. One of the two files must be there, of at most 1 MiB. A $NAME in a value is
    refused, as it is not expanded. A relative WAYFARE_LEDGER is relative to the folder."""

    ledger: Path | None
    """The path of the ledger, else WAYFARE_LEDGER, else $XDG_STATE_HOME/wayfare/ledger.db, else
    ~/.local/state/wayfare/ledger.db. ``:memory:`` is a ledger without a file, which ends with
    the process."""

    durability: Durability | None
    """What is synced to the disk."""

    dialect: Dialect | None
    """Whose rules the server follows."""

    ca_file: Path | None
    """A PEM file of certificate authorities. Else the first of SSL_CERT_FILE, CURL_CA_BUNDLE and
    the folder SSL_CERT_DIR that is set, else the system's."""

    proxy: str | None
    """A proxy for https, such as http://user:password@host:3128 or socks5h://host:1080. Else
    HTTPS_PROXY, ALL_PROXY and NO_PROXY, as libcurl reads them. Plain http goes without a proxy."""

    allow_http: bool | None
    """Whether plain http may go to other machines."""

    connect_timeout: float | None
    """For the lookup of the name, TCP and TLS together."""

    first_byte_timeout: float | None
    """From the sending of the request to the first byte of the answer."""

    idle_timeout: float | None
    """Between two pieces of the answer. It does not run while the events of the call are not
    taken."""

    deadline: float | None
    """For a whole call whose route has none."""

    retries: int | None
    """How often the last model of a call is tried again, where its route does not say: 0 to 10."""

    max_open_calls: int | None
    """The most calls that are open at once. A call is open until its final event is taken."""


class Scope(TypedDict, total=False):
    """The calls that match all parts that are given."""

    app: str | None
    """The app of charge_to."""

    agent: str | None
    """The agent of charge_to."""

    user: str | None
    """The user of charge_to."""

    run: str | None
    """The run of charge_to."""

    tag: str | None
    """One of the tags of charge_to."""

    key: str | None
    """The first 12 or more hexadecimal digits of the API key's SHA-256."""

    model: str | None
    """The model that was asked for."""
