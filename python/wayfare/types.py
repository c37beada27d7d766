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
Dialect = Literal["automatic", "openrouter", "openai"]
Durability = Literal["sync_reservations", "sync_all", "no_sync"]
Sort = Literal["ordered", "cheapest", "fastest", "best", "fixed"]
Speed = Literal["first_token", "throughput"]
Quality = Literal["intelligence", "coding", "agentic"]
DataCollection = Literal["allow", "deny"]
OnBudget = Literal["refuse", "wait"]
OnCooldown = Literal["skip", "refuse", "ignore"]
OnRateLimit = Literal["refuse", "wait"]
ChargePart = Literal["app", "agent", "user", "run", "tags"]
CostSource = Literal["none", "response", "generation", "bound", "computed", "manual"]
Code = Literal[
    "forked",
    "closed",
    "full",
    "no_memory",
    "busy",
    "invalid",
    "unsupported",
    "key_missing",
    "key_malformed",
    "key_not_allowed",
    "max_cost",
    "no_model",
    "no_agent",
    "conflict",
    "bad_request",
    "unauthorized",
    "payment_required",
    "forbidden",
    "not_found",
    "request_timeout",
    "request_too_large",
    "rate_limited",
    "server_error",
    "provider_failed",
    "overloaded",
    "provider_timeout",
    "moderated",
    "context_exceeded",
    "dns",
    "connect",
    "tls",
    "connect_timeout",
    "first_byte_timeout",
    "idle_timeout",
    "deadline",
    "connection_lost",
    "stream_broken",
    "malformed",
    "too_large",
    "content_timeout",
    "served_otherwise",
    "cancelled",
    "ledger_unavailable",
    "ledger_foreign",
    "ledger_too_new",
    "not_booked",
    "ledger_replaced",
    "ledger_too_old",
    "budget_exceeded",
    "blocked",
    "no_bound",
    "clock",
    "cooling_down",
    "over_rate",
    "internal",
]
State = Literal["reserved", "settled", "void", "unknown"]
CatalogueSource = Literal["built_in", "kept", "fetched"]
ModelKind = Literal["model", "router", "alias", "batch"]
Dimension = Literal[
    "day",
    "app",
    "agent",
    "model",
    "provider",
    "key",
    "user",
    "tag",
    "run",
    "hour",
    "week",
    "month",
    "requested_model",
    "agent_version",
]
Window = Literal["hour", "day", "week", "month", "lifetime"]
BudgetMode = Literal["hard", "soft"]
BudgetByok = Literal["count", "ignore"]
BudgetMissing = Literal["refuse", "share"]
WatchOf = Literal["client", "process"]
AgentChange = Literal["created", "edited", "archived", "restored", "imported"]
OnConflict = Literal["refuse", "skip", "replace"]
EventType = Literal["text", "reasoning", "refusal", "tool", "usage", "done", "error", "notice"]
NoticeType = Literal[
    "ended", "retry", "fallback", "waits", "looked_up", "crossing", "setting", "cooldown"
]


class Agent(TypedDict, total=False):
    """One version of an agent."""

    name: str | None
    """The name, 1 to 128 bytes, without control characters. Calls of the agent have it as
    charge_to.agent. It never changes."""

    version: int | None
    """The number of the version: 1 for the first, and one more with each change."""

    archived: bool | None
    """Whether the agent takes no calls."""

    change: AgentChange | None
    """What made this version."""

    created: When | None
    """When the agent was created."""

    changed: When | None
    """When this version was made."""

    model: str | None
    """The model of a call that names no model, in its body or in its route, and whose route has
    no policy with a ``sort``. Without it: openai/gpt-4o-mini."""

    max_tokens: int | None
    """The most tokens of the answer: 1 to 2147483647. It is sent as ``max_tokens`` if the body
    has neither max_tokens nor max_completion_tokens."""

    route: Route | None
    """Members for the route of the call. A member that the call gives itself goes before it.
    ``model``, ``models`` and the ``sort`` of the policy go together: they count only where
    ``model`` would."""

    charge_to: ChargeTo | None
    """Parts for the charge_to of the call. A part that the call gives itself goes before it. The
    tags are one part."""

    parameters: dict[str, Any] | str | None
    """Members for the body, such as temperature, response_format or provider, in at most 64 KiB.
    A member that has its own place is refused by name: model, messages, tools, max_tokens,
    stream and those of the same meaning."""

    tools: Sequence[dict[str, Any]] | str | None
    """The tools, as the body has them, in at most 256 KiB."""

    system: str | None
    """The system prompt, at most 256 KiB. A call whose messages begin with a system message of
    its own does not take it. It is not stored in the ledger, but in a private file in a folder
    beside it."""

    system_file: str | None
    """The absolute path of a text file of your own with the system prompt, in place of
    ``system``. Each call has the text that the file has then. It is not a part of the agent's
    history."""

    budget: AgentBudget | None
    """The hard budget of the agent."""

    tags: Sequence[str] | None
    """At most 16 tags, to find agents by. They are charged nothing."""

    notes: str | None
    """Notes for people, at most 4 KiB."""

    fault: str | None
    """Why the system prompt, the parameters and the tools of this version cannot be read. They
    are null then, and calls of the agent are refused."""


class AgentBudget(TypedDict, total=False):
    """The hard budget of an agent. It counts every call that is charged to the agent. Its name
    is ``agent:`` and the name of the agent. The operation budget does not change it. The
    operation override adds to its limit for a while."""

    limit: Money | None
    """US dollars: the most that the calls of one window may cost. A budget needs it."""

    window: Window | None
    """The period of the budget. A budget needs it."""

    assume: Money | None
    """The amount that a call without a bound holds. Without it such a call is refused."""

    thresholds: Sequence[int] | None
    """Shares of the limit in percent. See the operation crossings."""


class Defaults(TypedDict, total=False):
    """What a call uses for the parts that it leaves out."""

    model: str | None
    """The model of a call that names no model, in its body or in its route, and whose route has
    no policy with a ``sort``. Without it: openai/gpt-4o-mini."""

    max_tokens: int | None
    """The most tokens of the answer: 1 to 2147483647. It is sent as ``max_tokens`` if the body
    has neither max_tokens nor max_completion_tokens."""

    route: Route | None
    """Members for the route of the call. A member that the call gives itself goes before it.
    ``model``, ``models`` and the ``sort`` of the policy go together: they count only where
    ``model`` would."""

    charge_to: ChargeTo | None
    """Parts for the charge_to of the call. A part that the call gives itself goes before it. The
    tags are one part."""


class ChargeTo(TypedDict, total=False):
    """The accounts to which a call is charged. The ledger stores them. They are never sent to
    the server. Each text has at most 128 bytes. A text that is given without a value is refused."""

    app: str
    """The application."""

    agent: str
    """The agent."""

    user: str
    """The user."""

    run: str
    """The run, such as a session or a job."""

    tags: Sequence[str] | None
    """At most 16 tags."""


class Degrade(TypedDict, total=False):
    """Takes cheaper models near the end of a budget. The reply then warns of it and names the
    budget. The value of ``at`` alone may be given in its place."""

    at: int | None
    """The share of a limit in percent, 1 to 100. If a budget that counts the call has spent and
    holds that much, the call tries the models by their expected cost, lowest first."""

    models: Sequence[str] | None
    """The models that the call then tries, at most 32. Without them, it tries the same models as
    before."""


class ProviderRules(TypedDict, total=False):
    """Which providers of a model may serve. Only with OpenRouter. wayfare adds these rules to
    the request's ``provider``, and leaves out each model of which no provider passes them. A
    rule that the body's ``provider`` has too is refused."""

    only: Sequence[str] | None
    """The providers that may serve, by their slugs, such as google-vertex: at most 32. A slug
    stands for all regions and variants of the provider, but not for its service tiers. A *
    stands for any characters: google-vertex/europe-* are the regions of Europe. wayfare then
    puts the slugs that match in its place."""

    ignore: Sequence[str] | None
    """The providers that may not serve: at most 32. They are given as in ``only``."""

    quantizations: Sequence[str] | None
    """The quantizations that may serve, such as fp8 or bf16: at most 32."""

    zdr: bool | None
    """Whether only providers may serve that keep no data (zero data retention)."""

    data_collection: DataCollection | None
    """Whether providers may serve that store prompts or train with them. With deny, no free
    model is selected."""


class Score(TypedDict, total=False):
    """A quality of your own for models."""

    model: str | None
    """A name of a model, or a pattern such as anthropic/*. The * stands for any characters."""

    score: float | None
    """The quality. A higher one is better."""


class MaxPrice(TypedDict, total=False):
    """The highest prices that a model may have. A more expensive model is left out, and
    OpenRouter is told to refuse a more expensive provider."""

    prompt: Money | None
    """US dollars per million tokens."""

    completion: Money | None
    """US dollars per million tokens."""

    request: Money | None
    """US dollars per request."""

    image: Money | None
    """US dollars per image."""


class Policy(TypedDict, total=False):
    """How the model of a call is selected. The value of ``sort`` alone may be given in its
    place."""

    sort: Sort | None
    """The order in which the call tries the models."""

    max_price: MaxPrice | None
    """The highest prices."""

    allow: Sequence[str] | None
    """Patterns of the models that may serve, such as anthropic/*: at most 32. The * stands for
    any characters. Without patterns, every model may serve. A name is refused if the server
    chooses the model for it, such as a router."""

    deny: Sequence[str] | None
    """Patterns of the models that may not serve, such as *:free: at most 32. They go before
    ``allow``."""

    speed: Speed | None
    """The speed by which the models are ordered. Without it: first_token. Only with the sort
    fastest."""

    quality: Quality | None
    """The index of the models list that tells the quality of a model. Without it: intelligence."""

    scores: Sequence[Score] | None
    """The quality of models by scores of your own, at most 256. The first one that matches a
    model counts. With scores, the models list tells no quality."""

    min_quality: float | None
    """The least quality that a model may have. A model without a known quality is left out."""

    providers: ProviderRules | None
    """Which providers of the models may serve."""

    degrade: int | Degrade | None
    """What the call does near the end of a budget."""


class Route(TypedDict, total=False):
    """How wayfare carries out a call. The route is not sent to the server."""

    model: str | None
    """The model, if the body has no ``model``. A model in both places is refused."""

    models: Sequence[str] | None
    """The models to try, in this order or in the order of the policy, at most 32. If a model
    fails before its first piece of content, the next model is tried."""

    policy: Sort | Policy | None
    """How the model is selected."""

    retries: int | None
    """How often the last model is tried again: 0 to 10. Else the option ``retries``."""

    deadline: float | None
    """The longest time from the start of the call to the last byte of the answer: above 0 and at
    most a week. Else the option ``deadline``."""

    max_cost: Money | None
    """The most that the whole call may cost, failed attempts included. With OpenRouter, wayfare
    adds limits to the request so that its cost stays within this bound. With other servers it is
    checked against an estimate."""

    key: str | None
    """The name of a key in the option ``keys``. Else the option ``api_key``."""

    servers: Sequence[str] | None
    """The servers to ask, in this order: names of the option ``servers``, and ``default`` for
    the server at the option base_url. At most 9. Without it: default alone. The call goes on
    with the next server where it would go on with its next model, and also if the server cannot
    be reached or does not accept the key. Each server has its own key, names of models and
    prices. ``key`` is that of the default server."""

    on_budget: OnBudget | None
    """What the call does if a hard budget has too little left for it. Without it: refuse. The
    waiting calls of one process are asked in the order in which they came, one at a time for
    each budget. Between processes there is no order. A call does not wait if it may cost more
    than the whole limit."""

    budget_wait: float | None
    """The longest time that an attempt waits for a budget or for a rate limit: above 0 and at
    most a week. 60 seconds without it. The deadline of the call ends the wait too. Only with
    on_budget wait or on_rate_limit wait."""

    affinity: bool | None
    """Whether the calls of one charge_to.run stay with the provider that has their prompt in its
    cache, which makes long conversations cheaper. Without it: true. wayfare then adds a
    session_id: a hash of the run and of the ledger's own id, from which nobody can tell the run.
    Only with OpenRouter, and not if the call has a session_id, a prompt_cache_key or the header
    x-session-id."""

    affinity_order: bool | None
    """Whether such a call also asks for the provider that has its prompt in its cache, by
    provider.order. Without it: false, since OpenRouter then balances no load and keeps no
    session: core/src/select/AFFINITY.md tells what it saves. wayfare asks for it only after an
    answer of the same run that read or wrote a cache, in the 5 minutes after it, if the request
    costs less there than at any other provider, and not if the body's ``provider`` chooses one."""

    pin: bool | None
    """Whether only the model that the request names may serve. Without it: false. The call then
    ends with ``served_otherwise`` if another model has served: of a stream before its first
    piece, but the attempt is paid. A router, a preset and ``models`` of the body are refused
    before anything is sent. Each model of route.models is a model of its own."""

    keep_decision: bool | None
    """Whether the entry of each attempt keeps why its model was selected. Without it: false. The
    operation explain tells it. It has no text of the prompt and no charge_to. The call then
    needs the models list."""

    cooldown: OnCooldown | None
    """What the call does with a model that cools down, because it failed in a process of this
    ledger. Without it: skip. The operation cooldowns lists these models."""

    on_rate_limit: OnRateLimit | None
    """What the call does if a rate limit of the ledger has no room for it now. Without it:
    refuse. Calls that wait have no order."""


class TokenPrice(TypedDict, total=False):
    """What a server of your own bills for tokens."""

    prompt: Money | None
    """US dollars per million tokens."""

    completion: Money | None
    """US dollars per million tokens."""


class ServerOptions(TypedDict, total=False):
    """A further server, which the ``servers`` of a route may name. Such as a llama.cpp of your
    own, for the time in which OpenRouter cannot be reached."""

    name: str | None
    """The name of the server in a route: at most 128 bytes. ``default`` is the name of the
    server at the option base_url, and can be given to no other."""

    base_url: str | None
    """The base URL of the server. The same rules hold for it as for the option base_url."""

    key: str
    """The name of the API key for this server, in the option ``keys``. Without it, no key is
    sent. The option api_key is never sent to a further server."""

    dialect: Dialect | None
    """The API rules that the server follows. Without it, they follow from the host of its base
    URL. The variable WAYFARE_DIALECT does not count here."""

    model: str
    """The model that is asked for at this server, whatever model the call names. A model in the
    body is then replaced, and ``added`` names it. Without it: the model of the call."""

    models: dict[str, str] | None
    """What this server calls a model of the call, such as gpt-4o-mini for openai/gpt-4o-mini: at
    most 32. They go before ``model``."""

    price: TokenPrice | None
    """What the server bills, if it tells neither its costs nor its prices. 0 for a server that
    costs nothing. Hard budgets and max_cost then know what a call can cost at most. Not for
    OpenRouter, which tells both."""


class Options(TypedDict, total=False):
    """The options of a client. Every option may be left out. An empty environment variable
    counts as not set."""

    api_key: str | None
    """The API key. Else OPENROUTER_API_KEY. It is checked when a call first needs it. The error
    for a bad key names the place where the key was found."""

    keys: dict[str, str] | None
    """More API keys by name, at most 64. The ``key`` of a call's route selects one."""

    base_url: str | None
    """The base URL of the server. Else OPENROUTER_BASE_URL, else https://openrouter.ai/api/v1.
    Plain http is allowed only to this machine, or with allow_http."""

    servers: Sequence[ServerOptions] | None
    """Further servers, at most 8. A call asks them only if the ``servers`` of its route name
    them."""

    app_url: str | None
    """The URL of the app under which OpenRouter shows the calls. Else OPENROUTER_HTTP_REFERER,
    else NEXT_PUBLIC_APP_URL, which belongs to a web app: wayfare leaves it out if it is no URL.
    Sent as HTTP-Referer, at most 512 bytes. A header in the request replaces it."""

    app_title: str | None
    """The title of that app. Else OPENROUTER_APP_TITLE. Sent as X-OpenRouter-Title, at most 512
    bytes. OpenRouter does not show an app that has a title but no URL."""

    app_categories: Sequence[str] | None
    """At most two categories of that app. Else OPENROUTER_APP_CATEGORIES (``a,b``). Sent as
    X-OpenRouter-Categories."""

    env_folder: Path | None
    """A folder with a .env.local or a .env file, such as services/api. If the environment of the
    process does not set a variable that these options name, it is read from .env.local, then
    from .env. The environment is not changed. At least one of the two files must exist, or the
    environment must have OPENROUTER_API_KEY or the options an api_key, as in a container. Each
    file has at most 1 MiB. A $NAME in a value is refused, because it is not expanded. A relative
    WAYFARE_LEDGER is relative to this folder."""

    ledger: Path | None
    """The path of the ledger. Else WAYFARE_LEDGER, else $XDG_STATE_HOME/wayfare/ledger.db, else
    ~/.local/state/wayfare/ledger.db. ``:memory:`` is a ledger without a file. It is lost when
    the client is closed."""

    allow_remote_ledger: bool | None
    """Whether the ledger may be on NFS, SMB, FUSE, virtiofs, 9P and other file systems that
    several machines may have. It is safe only where all processes that use the ledger run on one
    machine, and the file system keeps locks and shared memory as a local disk does."""

    durability: Durability | None
    """The data that is synced to the disk."""

    dialect: Dialect | None
    """The API rules that the server follows."""

    ca_file: Path | None
    """A PEM file of certificate authorities. Else the first variable that is set: SSL_CERT_FILE,
    CURL_CA_BUNDLE or SSL_CERT_DIR (a folder). Else the authorities of the system."""

    proxy: str | None
    """A proxy for https, such as http://user:password@host:3128 or socks5h://host:1080. Else
    HTTPS_PROXY, ALL_PROXY and NO_PROXY, as libcurl reads them. Plain http never uses a proxy."""

    allow_http: bool | None
    """Whether plain http to other machines is allowed."""

    allow_key_to: Sequence[str] | None
    """Servers that may get an API key from another place than their base URL: at most 16 hosts,
    such as llm.example.org or 127.0.0.1:8080. Without it, a base URL in the options takes any
    key. A base URL in the environment takes a key in the environment or in the options. A base
    URL in a file takes a key in the same file or in the options. https://openrouter.ai takes any
    key."""

    connect_timeout: float | None
    """The longest time for the DNS lookup, TCP and TLS together."""

    first_byte_timeout: float | None
    """The longest time from sending the request to the first byte of the answer."""

    idle_timeout: float | None
    """The longest time between two pieces of the answer. The time does not run while the caller
    leaves the events of the call waiting."""

    content_timeout: float | None
    """The longest time without a part of the content, counted from the head of the answer and
    from each part on. Heartbeats, blanks and empty deltas count as pieces of the answer and are
    no content. The time does not run while the caller leaves the events of the call waiting. 0:
    no limit."""

    deadline: float | None
    """The longest time for a whole call, if its route has no deadline."""

    report_timeout: float | None
    """The longest time for one report of the ledger, and for verify and backup. It ends with the
    code ``deadline`` then, for example where another process holds the ledger locked."""

    retries: int | None
    """How often the last model of a call is tried again, if its route does not tell: 0 to 10."""

    max_open_calls: int | None
    """The most calls that may be open at once. A call is open until its final event is taken."""

    model: str | None
    """The model of a call that names no model, in its body or in its route, and whose route has
    no policy with a ``sort``. Without it: openai/gpt-4o-mini."""

    max_tokens: int | None
    """The most tokens of the answer: 1 to 2147483647. It is sent as ``max_tokens`` if the body
    has neither max_tokens nor max_completion_tokens."""

    route: Route | None
    """Members for the route of the call. A member that the call gives itself goes before it.
    ``model``, ``models`` and the ``sort`` of the policy go together: they count only where
    ``model`` would."""

    charge_to: ChargeTo | None
    """Parts for the charge_to of the call. A part that the call gives itself goes before it. The
    tags are one part."""

    require_charge_to: Sequence[ChargePart] | None
    """Parts of charge_to that every call must have, so that no call escapes its budget. A call
    without one of them is refused with ``invalid``. The defaults count."""


class Scope(TypedDict, total=False):
    """The calls that match every given part."""

    app: str
    """The app of charge_to."""

    agent: str
    """The agent of charge_to."""

    user: str
    """The user of charge_to."""

    run: str
    """The run of charge_to."""

    tag: str
    """One of the tags of charge_to."""

    key: str
    """The first 12 or more hexadecimal digits of the API key's SHA-256."""

    model: str
    """The model that the request named."""


class EntryFilters(TypedDict, total=False):
    """Which entries to give."""

    entry: str
    """The id of an attempt."""

    request_id: str
    """The id that the caller gave the request."""

    app: str
    """The app of charge_to."""

    agent: str
    """The agent of charge_to."""

    user: str
    """The user of charge_to."""

    run: str
    """The run of charge_to."""

    tag: str
    """One of the tags of charge_to."""

    model: str
    """The model that the request named, or that served."""

    state: State | None
    """The state of the attempt."""


class ReplayFilters(TypedDict, total=False):
    """Which calls to price."""

    app: str
    """Only the calls of this app of charge_to."""

    agent: str
    """Only the calls of this agent of charge_to."""

    user: str
    """Only the calls of this user of charge_to."""

    of_model: str
    """Only the calls of this model: the one that the request named, or that served."""


class CachingFilters(TypedDict, total=False):
    """Which calls to count."""

    app: str
    """Only the calls of this app of charge_to."""

    agent: str
    """Only the calls of this agent of charge_to."""

    user: str
    """Only the calls of this user of charge_to."""

    run: str
    """Only the calls of this run of charge_to."""


class ProfileParts(TypedDict, total=False):
    """The parts of an agent's profile."""

    model: str | None
    """The model of a call that names no model, in its body or in its route, and whose route has
    no policy with a ``sort``. Without it: openai/gpt-4o-mini."""

    max_tokens: int | None
    """The most tokens of the answer: 1 to 2147483647. It is sent as ``max_tokens`` if the body
    has neither max_tokens nor max_completion_tokens."""

    route: Route | None
    """Members for the route of the call. A member that the call gives itself goes before it.
    ``model``, ``models`` and the ``sort`` of the policy go together: they count only where
    ``model`` would."""

    charge_to: ChargeTo | None
    """Parts for the charge_to of the call. A part that the call gives itself goes before it. The
    tags are one part."""

    parameters: dict[str, Any] | str | None
    """Members for the body, such as temperature, response_format or provider, in at most 64 KiB.
    A member that has its own place is refused by name: model, messages, tools, max_tokens,
    stream and those of the same meaning."""

    tools: Sequence[dict[str, Any]] | str | None
    """The tools, as the body has them, in at most 256 KiB."""

    system: str | None
    """The system prompt, at most 256 KiB. A call whose messages begin with a system message of
    its own does not take it. It is not stored in the ledger, but in a private file in a folder
    beside it."""

    system_file: str | None
    """The absolute path of a text file of your own with the system prompt, in place of
    ``system``. Each call has the text that the file has then. It is not a part of the agent's
    history."""

    budget: AgentBudget | None
    """The hard budget of the agent."""

    tags: Sequence[str] | None
    """At most 16 tags, to find agents by. They are charged nothing."""

    notes: str | None
    """Notes for people, at most 4 KiB."""


class AgentFilters(TypedDict, total=False):
    """Which agents to give."""

    text: str
    """A part of the name. The case of ASCII letters does not count."""

    model: str
    """One of the models that the profile names."""

    tag: str
    """One of the tags of the profile."""

    archived: bool | None
    """Whether the agent is archived. Without it: only agents that are not."""

    limit: int | None
    """The most agents on a page: 1 to 1000."""


class ModelFilters(TypedDict, total=False):
    """Which models to give."""

    text: str
    """A part of the id or the name. The case of ASCII letters does not count."""

    parameters: Sequence[str] | None
    """Parameters that at least one provider of the model supports, such as tools or
    structured_outputs."""

    inputs: Sequence[str] | None
    """Kinds of input that the model takes, such as image."""

    outputs: Sequence[str] | None
    """Kinds of output that the model gives."""

    context_tokens: int | None
    """The least context that the model has. A model with an unknown context does not pass."""

    max_price: MaxPrice | None
    """The highest prices. A model whose price is not known does not pass."""

    defaults_first: bool | None
    """Whether the five well-known models come first, as a first choice for a new agent."""
