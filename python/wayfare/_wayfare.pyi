# Made by `./run generate` from the tables in core/include/wayfare. Change those.
import datetime
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, ClassVar, final

from typing_extensions import Self

from .types import (
    AgentChange,
    BudgetByok,
    BudgetMissing,
    BudgetMode,
    CatalogueSource,
    Code,
    CostSource,
    DataCollection,
    EventType,
    ModelKind,
    NoticeType,
    OnBudget,
    OnCooldown,
    OnRateLimit,
    Quality,
    Sort,
    Speed,
    State,
    Window,
)

__version__: str
codes: dict[str, str]
error_fields: tuple[str, ...]
misplaced: dict[str, str]

def encode(value: object, /) -> str: ...
def versions() -> Versions: ...

__all__ = [
    "Agent",
    "AgentBudget",
    "Attempt",
    "Block",
    "Budget",
    "Caching",
    "CachingRow",
    "Candidate",
    "CatalogueState",
    "ChargeTo",
    "Cooldown",
    "Crossing",
    "DefaultModel",
    "Degrade",
    "EndpointList",
    "Entry",
    "Explanation",
    "Imported",
    "KeyInfo",
    "MaxPrice",
    "Model",
    "ModelEndpoint",
    "Notice",
    "PerformanceRow",
    "Policy",
    "PriceOverride",
    "Prices",
    "ProviderRules",
    "Pruned",
    "RateLimit",
    "Reconciled",
    "ReplayRow",
    "Replayed",
    "Reply",
    "Route",
    "Score",
    "Selection",
    "Timings",
    "ToolCall",
    "ToolPiece",
    "Unknown",
    "Usage",
    "UsageRow",
    "Verification",
    "Versions",
    "Event",
]

@final
class Agent:
    """One version of an agent."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "name",
        "version",
        "archived",
        "change",
        "created",
        "changed",
        "model",
        "max_tokens",
        "route",
        "charge_to",
        "parameters",
        "tools",
        "system",
        "system_file",
        "budget",
        "tags",
        "notes",
        "fault",
    )
    @property
    def name(self) -> str:
        """The name, 1 to 128 bytes, without control characters. Calls of the agent have it as
        charge_to.agent. It never changes."""
    @property
    def version(self) -> int:
        """The number of the version: 1 for the first, and one more with each change."""
    @property
    def archived(self) -> bool:
        """Whether the agent takes no calls."""
    @property
    def change(self) -> AgentChange:
        """What made this version."""
    @property
    def created(self) -> datetime.datetime:
        """When the agent was created."""
    @property
    def changed(self) -> datetime.datetime:
        """When this version was made."""
    @property
    def model(self) -> str | None:
        """The model of a call that names no model, in its body or in its route, and whose route
        has no policy with a ``sort``. Without it: openai/gpt-4o-mini."""
    @property
    def max_tokens(self) -> int | None:
        """The most tokens of the answer: 1 to 2147483647. It is sent as ``max_tokens`` if the
        body has neither max_tokens nor max_completion_tokens."""
    @property
    def route(self) -> Route:
        """Members for the route of the call. A member that the call gives itself goes before it.
        ``model``, ``models`` and the ``sort`` of the policy go together: they count only where
        ``model`` would."""
    @property
    def charge_to(self) -> ChargeTo:
        """Parts for the charge_to of the call. A part that the call gives itself goes before it.
        The tags are one part."""
    @property
    def parameters(self) -> dict[str, Any] | None:
        """Members for the body, such as temperature, response_format or provider, in at most 64
        KiB. A member that has its own place is refused by name: model, messages, tools,
        max_tokens, stream and those of the same meaning."""
    @property
    def tools(self) -> list[dict[str, Any]] | None:
        """The tools, as the body has them, in at most 256 KiB."""
    @property
    def system(self) -> str | None:
        """The system prompt, at most 256 KiB. A call whose messages begin with a system message
        of its own does not take it. It is not stored in the ledger, but in a private file in a
        folder beside it."""
    @property
    def system_file(self) -> str | None:
        """The absolute path of a text file of your own with the system prompt, in place of
        ``system``. Each call has the text that the file has then. It is not a part of the
        agent's history."""
    @property
    def budget(self) -> AgentBudget | None:
        """The hard budget of the agent."""
    @property
    def tags(self) -> list[str]:
        """At most 16 tags, to find agents by. They are charged nothing."""
    @property
    def notes(self) -> str | None:
        """Notes for people, at most 4 KiB."""
    @property
    def fault(self) -> str | None:
        """Why the system prompt, the parameters and the tools of this version cannot be read.
        They are null then, and calls of the agent are refused."""
    @classmethod
    def make(cls, **fields: Any) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class AgentBudget:
    """The hard budget of an agent. It counts every call that is charged to the agent. Its name
    is ``agent:`` and the name of the agent. The operation budget does not change it. The
    operation override adds to its limit for a while."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "limit",
        "window",
        "assume",
        "thresholds",
    )
    @property
    def limit(self) -> Decimal | None:
        """US dollars: the most that the calls of one window may cost. A budget needs it."""
    @property
    def window(self) -> Window | None:
        """The period of the budget. A budget needs it."""
    @property
    def assume(self) -> Decimal | None:
        """The amount that a call without a bound holds. Without it such a call is refused."""
    @property
    def thresholds(self) -> list[int]:
        """Shares of the limit in percent. See the operation crossings."""
    @classmethod
    def make(cls, **fields: Any) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class AgentPage:
    """A page of agents."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "agents",
        "next",
    )
    @property
    def agents(self) -> list[Agent]:
        """The agents, or the versions of one agent."""
    @property
    def next(self) -> str | None:
        """The value of ``after`` for the following page. Null on the last page."""
    @classmethod
    def make(cls, **fields: Any) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Attempt:
    """One HTTP request of a call. Each attempt has an entry in the ledger."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "entry",
        "server",
        "model",
        "error",
        "status",
        "state",
        "cost",
        "waited_us",
    )
    @property
    def entry(self) -> str:
        """The id of the ledger entry."""
    @property
    def server(self) -> str | None:
        """The name of the server, if the route has ``servers``."""
    @property
    def model(self) -> str | None:
        """The model that the request named."""
    @property
    def error(self) -> Code | None:
        """The cause of the failure."""
    @property
    def status(self) -> int | None:
        """The HTTP status, or the error code inside an answer with status 200."""
    @property
    def state(self) -> State:
        """The state of the attempt."""
    @property
    def cost(self) -> Decimal | None:
        """US dollars: the cost of the attempt. Null if it is not known."""
    @property
    def waited_us(self) -> int:
        """Microseconds that the call waited before this attempt, after the failure of the
        previous one."""
    @classmethod
    def make(cls, **fields: Any) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Block:
    """A block: all calls that match it are refused."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "app",
        "agent",
        "user",
        "run",
        "tag",
        "key",
        "model",
    )
    @property
    def app(self) -> str | None:
        """The app of charge_to."""
    @property
    def agent(self) -> str | None:
        """The agent of charge_to."""
    @property
    def user(self) -> str | None:
        """The user of charge_to."""
    @property
    def run(self) -> str | None:
        """The run of charge_to."""
    @property
    def tag(self) -> str | None:
        """One of the tags of charge_to."""
    @property
    def key(self) -> str | None:
        """The first 12 or more hexadecimal digits of the API key's SHA-256."""
    @property
    def model(self) -> str | None:
        """The model that the request named."""
    @classmethod
    def make(cls, **fields: Any) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Budget:
    """A budget in its current window. Amounts are US dollars."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "name",
        "limit",
        "spent",
        "reserved",
        "left",
        "excess",
        "resets_at",
        "mode",
        "window",
        "assume",
        "value",
        "app",
        "agent",
        "user",
        "run",
        "tag",
        "key",
        "model",
        "byok",
        "missing",
        "unknown",
        "override",
        "override_until",
        "thresholds",
        "start",
        "empty_by",
    )
    @property
    def name(self) -> str:
        """The name of the budget."""
    @property
    def limit(self) -> Decimal:
        """The most that the calls of one window may cost."""
    @property
    def spent(self) -> Decimal:
        """The cost of the calls in this window."""
    @property
    def reserved(self) -> Decimal:
        """The amount that is held for calls whose cost is not known yet."""
    @property
    def left(self) -> Decimal:
        """The limit and its override, minus spent and reserved. Below zero if the limit was set
        too low, an override has ended, a cost exceeded its bound, or the budget is soft."""
    @property
    def excess(self) -> Decimal:
        """The amount by which costs exceeded the amounts that were held for them, or by which
        the limit was set below the amount already spent."""
    @property
    def resets_at(self) -> datetime.datetime | None:
        """When the window ends. Null if the window never ends."""
    @property
    def mode(self) -> BudgetMode:
        """The action when a call may cost more than is left."""
    @property
    def window(self) -> Window:
        """The period of the budget."""
    @property
    def assume(self) -> Decimal | None:
        """The amount that a call without a bound holds."""
    @property
    def value(self) -> str | None:
        """The value that this window has for the ``*`` in the scope."""
    @property
    def app(self) -> str | None:
        """The app of charge_to."""
    @property
    def agent(self) -> str | None:
        """The agent of charge_to."""
    @property
    def user(self) -> str | None:
        """The user of charge_to."""
    @property
    def run(self) -> str | None:
        """The run of charge_to."""
    @property
    def tag(self) -> str | None:
        """One of the tags of charge_to."""
    @property
    def key(self) -> str | None:
        """The first 12 or more hexadecimal digits of the API key's SHA-256."""
    @property
    def model(self) -> str | None:
        """The model that the request named."""
    @property
    def byok(self) -> BudgetByok:
        """Whether the budget counts upstream costs."""
    @property
    def missing(self) -> BudgetMissing:
        """The action for a call without a value for the ``*``."""
    @property
    def unknown(self) -> int:
        """The calls among those that hold ``reserved`` that have ended and whose cost is not
        known."""
    @property
    def override(self) -> Decimal:
        """The amount that overrides add to the limit now. See the operation override."""
    @property
    def override_until(self) -> datetime.datetime | None:
        """When the first of these overrides ends. Null if there is none."""
    @property
    def thresholds(self) -> list[int]:
        """Shares of the limit in percent. See the operation crossings."""
    @property
    def start(self) -> datetime.datetime | None:
        """When the window began. Null if the window never ends."""
    @property
    def empty_by(self) -> datetime.datetime | None:
        """When nothing is left, if the calls go on to cost as much as they did on average since
        the window began: the present if nothing is left now. Null if the window ends before, if
        it never ends, or if nothing was spent."""
    @classmethod
    def make(cls, **fields: Any) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Caching:
    """How much of the prompts came from caches, and what hops cost."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "rows",
        "total",
        "catalogue",
    )
    @property
    def rows(self) -> list[CachingRow]:
        """A row for each combination of the dimensions."""
    @property
    def total(self) -> CachingRow:
        """The sum of the rows."""
    @property
    def catalogue(self) -> CatalogueState | None:
        """The models list that gave the prices."""
    @classmethod
    def make(cls, **fields: Any) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class CachingRow:
    """Past calls and the caches of their prompts. A dimension is null if the query did not group
    by it. A sum that does not fit in 64 bits stays at the largest number."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "day",
        "app",
        "agent",
        "model",
        "provider",
        "key",
        "user",
        "run",
        "hour",
        "week",
        "month",
        "requested_model",
        "agent_version",
        "calls",
        "prompt_tokens",
        "cached_tokens",
        "cache_write_tokens",
        "cached_share",
        "hops",
        "cold_hops",
        "lost_tokens",
        "hop_cost",
        "unpriced",
    )
    @property
    def day(self) -> str | None:
        """The day, such as 2026-11-23."""
    @property
    def app(self) -> str | None:
        """The app."""
    @property
    def agent(self) -> str | None:
        """The agent."""
    @property
    def model(self) -> str | None:
        """The model that served."""
    @property
    def provider(self) -> str | None:
        """The provider that served."""
    @property
    def key(self) -> str | None:
        """The first 12 hexadecimal digits of the API key's SHA-256."""
    @property
    def user(self) -> str | None:
        """The user."""
    @property
    def run(self) -> str | None:
        """The run."""
    @property
    def hour(self) -> str | None:
        """The begin of the hour, such as 2026-11-23T09:00:00Z."""
    @property
    def week(self) -> str | None:
        """The Monday of the week, such as 2026-11-23."""
    @property
    def month(self) -> str | None:
        """The month, such as 2026-11."""
    @property
    def requested_model(self) -> str | None:
        """The model that the request named."""
    @property
    def agent_version(self) -> str | None:
        """The version of the agent."""
    @property
    def calls(self) -> int:
        """The settled attempts whose prompt tokens are known."""
    @property
    def prompt_tokens(self) -> int:
        """The sum of their prompt tokens."""
    @property
    def cached_tokens(self) -> int:
        """The prompt tokens among them that were read from a provider's cache."""
    @property
    def cache_write_tokens(self) -> int:
        """The prompt tokens among them that were written to a provider's cache."""
    @property
    def cached_share(self) -> float | None:
        """``cached_tokens`` divided by ``prompt_tokens``, from 0 to 1. Null without prompt
        tokens."""
    @property
    def hops(self) -> int:
        """The attempts among ``calls`` that another model or another provider served than the
        attempt before it of the same run."""
    @property
    def cold_hops(self) -> int:
        """The hops that left a cache: the attempt before had read or written tokens of its cache
        and had ended at most 5 minutes before, and the hop read fewer of them."""
    @property
    def lost_tokens(self) -> int:
        """The tokens that cold hops did not read: those that the attempt before had read and
        written, at most the prompt of the hop, less those that the hop read from a cache."""
    @property
    def hop_cost(self) -> Decimal:
        """US dollars: what ``lost_tokens`` cost above the price of reading them from a cache.
        Each has the price of the model that served the hop: that of a cache write, as far as the
        hop wrote tokens, and else that of the prompt. An estimate, by the models list."""
    @property
    def unpriced(self) -> int:
        """The cold hops that ``hop_cost`` leaves out: their model has no such price in the
        models list, or they used your own key of the provider (BYOK)."""
    @classmethod
    def make(cls, **fields: Any) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Candidate:
    """The judgement of one model for one request."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "model",
        "reason",
        "expected",
        "bound",
        "unbounded",
        "quality",
        "first_token_ms",
        "throughput",
    )
    @property
    def model(self) -> str:
        """The id of the model."""
    @property
    def reason(self) -> str:
        """Why the model has this rank, or why it cannot serve the request, in one line."""
    @property
    def expected(self) -> Decimal | None:
        """US dollars: the estimated cost of the request. Not known if a price is not known."""
    @property
    def bound(self) -> Decimal | None:
        """US dollars: the most that the request can cost."""
    @property
    def unbounded(self) -> str | None:
        """The part of the request whose cost has no upper bound, such as plugins."""
    @property
    def quality(self) -> float | None:
        """The quality by the policy's scores or index."""
    @property
    def first_token_ms(self) -> float | None:
        """Milliseconds to the first token, of the fastest provider that may serve. Known only if
        the policy judges providers or their speed."""
    @property
    def throughput(self) -> float | None:
        """Tokens of the answer a second, of the fastest provider that may serve: as
        ``first_token_ms``."""
    @classmethod
    def make(cls, **fields: Any) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class CatalogueState:
    """The source and the age of a models list."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "source",
        "stale",
        "fetched",
    )
    @property
    def source(self) -> CatalogueSource:
        """The source of the list."""
    @property
    def stale(self) -> bool:
        """Whether the list is older than the server allows because it could not be fetched
        again."""
    @property
    def fetched(self) -> datetime.datetime | None:
        """When the list was fetched. Not known for the built-in list."""
    @classmethod
    def make(cls, **fields: Any) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class ChargeTo:
    """The accounts to which a call is charged. The ledger stores them. They are never sent to
    the server. Each text has at most 128 bytes. A text that is given without a value is refused."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "app",
        "agent",
        "user",
        "run",
        "tags",
    )
    @property
    def app(self) -> str | None:
        """The application."""
    @property
    def agent(self) -> str | None:
        """The agent."""
    @property
    def user(self) -> str | None:
        """The user."""
    @property
    def run(self) -> str | None:
        """The run, such as a session or a job."""
    @property
    def tags(self) -> list[str]:
        """At most 16 tags."""
    @classmethod
    def make(cls, **fields: Any) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Cooldown:
    """A model that cools down in all processes of the ledger, or one of its providers."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "model",
        "server",
        "provider",
        "until",
        "since",
        "failures",
        "error",
        "status",
        "probing",
        "entry",
        "slug",
    )
    @property
    def model(self) -> str:
        """The model, without a suffix that only chooses among its providers or adds a plugin:
        :nitro, :floor, :exacto and :online. ``:free`` is a model of its own."""
    @property
    def server(self) -> str:
        """The base URL of the server."""
    @property
    def provider(self) -> str | None:
        """The name of the provider that cools down. If the model cools down: the provider of the
        last failure, if the server told it."""
    @property
    def until(self) -> datetime.datetime:
        """When the next attempt may try it. In the past: no attempt has tried it yet, or one
        does so now."""
    @property
    def since(self) -> datetime.datetime:
        """When the cool-down began."""
    @property
    def failures(self) -> int:
        """How many attempts failed in a row."""
    @property
    def error(self) -> Code:
        """The cause of the last failure."""
    @property
    def status(self) -> int | None:
        """The HTTP status of the last failure."""
    @property
    def probing(self) -> bool:
        """Whether an attempt tries it now."""
    @property
    def entry(self) -> str:
        """The id of the attempt whose failure began the cool-down."""
    @property
    def slug(self) -> str | None:
        """The slug of the provider that cools down. Null: the model cools down."""
    @classmethod
    def make(cls, **fields: Any) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Crossing:
    """The first time that a window of a budget had spent a share of the limit."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "name",
        "value",
        "start",
        "percent",
        "crossed",
        "limit",
        "spent",
    )
    @property
    def name(self) -> str:
        """The name of the budget."""
    @property
    def value(self) -> str | None:
        """The value that the window has for the ``*`` in the scope."""
    @property
    def start(self) -> datetime.datetime | None:
        """When the window began. Null if the window never ends."""
    @property
    def percent(self) -> int:
        """The share, in percent of the limit."""
    @property
    def crossed(self) -> datetime.datetime:
        """When it was recorded, in the time of the ledger."""
    @property
    def limit(self) -> Decimal:
        """US dollars: the limit then, without overrides."""
    @property
    def spent(self) -> Decimal:
        """US dollars: what the window had spent then."""
    @classmethod
    def make(cls, **fields: Any) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class DefaultModel:
    """A well-known model, as a first choice for a new agent."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "id",
        "gone",
        "expires",
        "instead",
        "prompt",
        "completion",
    )
    @property
    def id(self) -> str:
        """The id that a request names."""
    @property
    def gone(self) -> bool:
        """Whether the models list lacks it, or its last day has passed."""
    @property
    def expires(self) -> str | None:
        """The last day of the model, such as 2026-12-31."""
    @property
    def instead(self) -> str | None:
        """The most similar model that stays, if this one is gone or has a last day."""
    @property
    def prompt(self) -> Decimal | None:
        """US dollars per token of the prompt."""
    @property
    def completion(self) -> Decimal | None:
        """US dollars per token of the answer."""
    @classmethod
    def make(cls, **fields: Any) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Degrade:
    """Takes cheaper models near the end of a budget. The reply then warns of it and names the
    budget. The value of ``at`` alone may be given in its place."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "at",
        "models",
    )
    @property
    def at(self) -> int | None:
        """The share of a limit in percent, 1 to 100. If a budget that counts the call has spent
        and holds that much, the call tries the models by their expected cost, lowest first."""
    @property
    def models(self) -> list[str]:
        """The models that the call then tries, at most 32. Without them, it tries the same
        models as before."""
    @classmethod
    def make(cls, **fields: Any) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class EndpointList:
    """The providers of a model."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "model",
        "endpoints",
        "catalogue",
    )
    @property
    def model(self) -> str:
        """The id of the model."""
    @property
    def endpoints(self) -> list[ModelEndpoint]:
        """The providers, in the server's order."""
    @property
    def catalogue(self) -> CatalogueState:
        """The source and the age of the list."""
    @classmethod
    def make(cls, **fields: Any) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Entry:
    """One attempt in the ledger."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "entry",
        "state",
        "reserved",
        "booked",
        "app",
        "agent",
        "user",
        "run",
        "tags",
        "requested_model",
        "model",
        "provider",
        "generation_id",
        "finish_reason",
        "cost",
        "cost_source",
        "non_token_cost",
        "is_byok",
        "upstream_cost",
        "tier",
        "served_otherwise",
        "refused_figures",
        "quantization",
        "request_id",
        "prompt_tokens",
        "completion_tokens",
        "cached_tokens",
        "cache_write_tokens",
        "reasoning_tokens",
        "error",
        "status",
        "total_us",
        "correction",
        "reason",
        "agent_version",
        "first_us",
        "server",
    )
    @property
    def entry(self) -> str:
        """The id of the attempt: 26 characters that sort by time."""
    @property
    def state(self) -> State:
        """The state of the attempt."""
    @property
    def reserved(self) -> datetime.datetime:
        """When the attempt was reserved. The request is sent after that."""
    @property
    def booked(self) -> datetime.datetime:
        """When the end of the attempt was booked. If it has not ended: when it was reserved."""
    @property
    def app(self) -> str | None:
        """The application."""
    @property
    def agent(self) -> str | None:
        """The agent."""
    @property
    def user(self) -> str | None:
        """The user."""
    @property
    def run(self) -> str | None:
        """The run, such as a session or a job."""
    @property
    def tags(self) -> list[str]:
        """At most 16 tags."""
    @property
    def requested_model(self) -> str:
        """The model that the request named."""
    @property
    def model(self) -> str:
        """The model that served the request. The requested model if the server did not name one."""
    @property
    def provider(self) -> str | None:
        """The provider that served the request, such as Amazon Bedrock."""
    @property
    def generation_id(self) -> str | None:
        """The server's id of the call."""
    @property
    def finish_reason(self) -> str | None:
        """Why the answer ended: stop, length, tool_calls, content_filter or error."""
    @property
    def cost(self) -> Decimal | None:
        """Exact US dollars that the server bills. Null if the cost is not known. An unknown cost
        is not zero. If is_byok is true, the provider bills upstream_cost beside it."""
    @property
    def cost_source(self) -> CostSource:
        """Where the cost comes from."""
    @property
    def non_token_cost(self) -> Decimal | None:
        """The part of the cost that is not for tokens: web search, file parsing, server tools.
        Below zero for a discount. It is the cost minus the costs of prompt and completion in the
        response. Not known if the response has no such costs, or if the provider was paid
        directly (BYOK)."""
    @property
    def is_byok(self) -> bool | None:
        """Whether the call used your own key of the provider (BYOK), so that the provider bills
        you directly. Null if the server did not tell it."""
    @property
    def upstream_cost(self) -> Decimal | None:
        """Exact US dollars that the provider bills you directly. Null if is_byok is not true, or
        if the server did not tell the amount."""
    @property
    def tier(self) -> str | None:
        """The service tier that served, as the server tells it, such as flex or priority."""
    @property
    def served_otherwise(self) -> bool | None:
        """Whether another model served than the request named. Its dated name, an alias, a
        variant such as :nitro and letter case make no other model, and each of the ``models`` of
        the body was asked for. Null if the request left the choice to a router or a preset, if
        the server named no model, or if it is not certain."""
    @property
    def refused_figures(self) -> dict[str, Any] | None:
        """The figures of the server that cannot be right, and so are not known: their names with
        what the server said, as texts. A text has at most 256 bytes: a longer number is cut, and
        of what else is longer there is only the size. All of it has at most 512 bytes: what does
        not fit is left out. A cost cannot be right if it is no amount, is below 0 or is above
        100,000 dollars, and a count if it is no number, is below 0 or is above
        1,000,000,000,000."""
    @property
    def quantization(self) -> str | None:
        """The quantization with which the provider serves the model, such as fp8, as the list of
        the model's providers tells it. Null if the client did not know that list when the call
        ended (see the operation endpoints), if the list does not tell it, or if it names several
        for the provider."""
    @property
    def request_id(self) -> str | None:
        """The id that the caller gave the request."""
    @property
    def prompt_tokens(self) -> int | None:
        """See Usage."""
    @property
    def completion_tokens(self) -> int | None:
        """See Usage."""
    @property
    def cached_tokens(self) -> int | None:
        """See Usage."""
    @property
    def cache_write_tokens(self) -> int | None:
        """See Usage."""
    @property
    def reasoning_tokens(self) -> int | None:
        """See Usage."""
    @property
    def error(self) -> Code | None:
        """The cause of the failure."""
    @property
    def status(self) -> int | None:
        """The HTTP status of the answer."""
    @property
    def total_us(self) -> int:
        """Microseconds from the start of the call to the last byte of the answer."""
    @property
    def correction(self) -> bool:
        """Whether this row corrects an earlier row of the same entry. Add its cost and its
        counts to those of the earlier row."""
    @property
    def reason(self) -> str | None:
        """Why a person gave the cost, with the operation settle."""
    @property
    def agent_version(self) -> int | None:
        """The version of the agent that served. Null if the call named no agent."""
    @property
    def first_us(self) -> int | None:
        """Microseconds from the start of the request to the first piece of content. Null if the
        answer was not streamed, or if no content came."""
    @property
    def server(self) -> str:
        """The base URL of the server to which the request went."""
    @classmethod
    def make(cls, **fields: Any) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class EntryPage:
    """A page of ledger entries."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "entries",
        "next",
    )
    @property
    def entries(self) -> list[Entry]:
        """The entries, in the order of the query."""
    @property
    def next(self) -> str | None:
        """The value of ``after`` for the following page. Null on the last page."""
    @classmethod
    def make(cls, **fields: Any) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Explanation:
    """What is known about one attempt."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "entries",
        "agent",
        "decision",
    )
    @property
    def entries(self) -> list[Entry]:
        """The entry of the attempt, and its corrections."""
    @property
    def agent(self) -> Agent | None:
        """The agent as it was when the attempt was reserved. Null if the call named no agent."""
    @property
    def decision(self) -> dict[str, Any] | None:
        """Why the model was selected, at most 4096 bytes: v (1), sort, candidates (the head of
        the ranking, each with model, reason, expected and bound), ranked (how many there were),
        left_out (how many models were left out, by the reason), catalogue (source and fetched),
        and needs. Null unless the route had keep_decision."""
    @classmethod
    def make(cls, **fields: Any) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Imported:
    """The numbers of agents in an import."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "created",
        "replaced",
        "equal",
        "skipped",
    )
    @property
    def created(self) -> int:
        """Agents that were created."""
    @property
    def replaced(self) -> int:
        """Agents that got a new version."""
    @property
    def equal(self) -> int:
        """Agents that were there with the same profile."""
    @property
    def skipped(self) -> int:
        """Agents that were there and stay as they are."""
    @classmethod
    def make(cls, **fields: Any) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class KeyInfo:
    """What the server tells about an API key. A value that the server does not tell is not
    known. Amounts are US dollars."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "label",
        "limit",
        "limit_remaining",
        "limit_reset",
        "counts_byok",
        "usage",
        "usage_daily",
        "usage_weekly",
        "usage_monthly",
        "byok_usage",
        "is_free_tier",
        "is_management_key",
        "expires_at",
        "free_requests_used",
        "free_requests_limit",
        "credits_bought",
        "credits_used",
    )
    @property
    def label(self) -> str | None:
        """The server's label of the key. It shows the first and the last characters of the key."""
    @property
    def limit(self) -> Decimal | None:
        """The most that the key may spend in one period. Not known for a key without a limit."""
    @property
    def limit_remaining(self) -> Decimal | None:
        """What is left of the limit."""
    @property
    def limit_reset(self) -> str | None:
        """The period of the limit: daily, weekly or monthly. Null if the limit is for ever."""
    @property
    def counts_byok(self) -> bool | None:
        """Whether the limit counts the costs that a provider bills you directly."""
    @property
    def usage(self) -> Decimal | None:
        """What the key has spent."""
    @property
    def usage_daily(self) -> Decimal | None:
        """What it has spent on this day in UTC."""
    @property
    def usage_weekly(self) -> Decimal | None:
        """What it has spent since Monday in UTC."""
    @property
    def usage_monthly(self) -> Decimal | None:
        """What it has spent in this month in UTC."""
    @property
    def byok_usage(self) -> Decimal | None:
        """The costs that providers have billed you directly for calls of the key."""
    @property
    def is_free_tier(self) -> bool | None:
        """Whether the account has never bought credits."""
    @property
    def is_management_key(self) -> bool | None:
        """Whether the key manages other keys. Such a key cannot make calls."""
    @property
    def expires_at(self) -> datetime.datetime | None:
        """When the key ends. Not known for a key without end."""
    @property
    def free_requests_used(self) -> int | None:
        """The requests to free models on this day."""
    @property
    def free_requests_limit(self) -> int | None:
        """The most requests to free models on a day."""
    @property
    def credits_bought(self) -> Decimal | None:
        """The credits that the account has bought. The server tells them to some keys only."""
    @property
    def credits_used(self) -> Decimal | None:
        """The credits that the account has used."""
    @classmethod
    def make(cls, **fields: Any) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class MaxPrice:
    """The highest prices that a model may have. A more expensive model is left out, and
    OpenRouter is told to refuse a more expensive provider."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "prompt",
        "completion",
        "request",
        "image",
    )
    @property
    def prompt(self) -> Decimal | None:
        """US dollars per million tokens."""
    @property
    def completion(self) -> Decimal | None:
        """US dollars per million tokens."""
    @property
    def request(self) -> Decimal | None:
        """US dollars per request."""
    @property
    def image(self) -> Decimal | None:
        """US dollars per image."""
    @classmethod
    def make(cls, **fields: Any) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Model:
    """A model of the models list."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "id",
        "canonical_slug",
        "name",
        "kind",
        "alias_of",
        "free",
        "created",
        "expires",
        "context_tokens",
        "completion_tokens_max",
        "input_modalities",
        "output_modalities",
        "parameters",
        "prices",
        "overrides",
        "intelligence",
        "coding",
        "agentic",
    )
    @property
    def id(self) -> str:
        """The id that a request names."""
    @property
    def canonical_slug(self) -> str | None:
        """A dated name that never changes. It is not unique."""
    @property
    def name(self) -> str | None:
        """The name to display."""
    @property
    def kind(self) -> ModelKind:
        """The kind of the row."""
    @property
    def alias_of(self) -> str | None:
        """The model that an alias stands for."""
    @property
    def free(self) -> bool:
        """Whether the id says that the model is free. A price of zero does not mean free: some
        models are billed in another way."""
    @property
    def created(self) -> int:
        """When the model was created, in seconds since 1970-01-01 UTC."""
    @property
    def expires(self) -> str | None:
        """The last day of the model, such as 2026-12-31."""
    @property
    def context_tokens(self) -> int | None:
        """The most tokens that prompt and answer may have together."""
    @property
    def completion_tokens_max(self) -> int | None:
        """The most tokens that an answer may have."""
    @property
    def input_modalities(self) -> list[str]:
        """The kinds of input, such as text, image, file or audio."""
    @property
    def output_modalities(self) -> list[str]:
        """The kinds of output, such as text or image."""
    @property
    def parameters(self) -> list[str]:
        """Parameters that at least one provider supports, such as tools."""
    @property
    def prices(self) -> Prices:
        """The prices of the model."""
    @property
    def overrides(self) -> list[PriceOverride]:
        """Prices that apply under conditions."""
    @property
    def intelligence(self) -> float | None:
        """The intelligence index of Artificial Analysis."""
    @property
    def coding(self) -> float | None:
        """The coding index of Artificial Analysis."""
    @property
    def agentic(self) -> float | None:
        """The agentic index of Artificial Analysis."""
    @classmethod
    def make(cls, **fields: Any) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class ModelEndpoint:
    """A provider that serves a model."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "provider",
        "tag",
        "quantization",
        "status",
        "context_tokens",
        "prompt_tokens_max",
        "completion_tokens_max",
        "parameters",
        "prices",
        "overrides",
        "uptime",
        "first_token_ms",
        "throughput",
        "caches_by_itself",
    )
    @property
    def provider(self) -> str:
        """The name of the provider, as a reply has it."""
    @property
    def tag(self) -> str:
        """The slug that a request names in its ``provider``, such as google-vertex/us-east5."""
    @property
    def quantization(self) -> str | None:
        """The quantization, such as fp8."""
    @property
    def status(self) -> int:
        """0 if the provider works. Below 0 if it is degraded or down."""
    @property
    def context_tokens(self) -> int | None:
        """The most tokens that prompt and answer may have together."""
    @property
    def prompt_tokens_max(self) -> int | None:
        """The most tokens that a prompt may have."""
    @property
    def completion_tokens_max(self) -> int | None:
        """The most tokens that an answer may have."""
    @property
    def parameters(self) -> list[str]:
        """The parameters that the provider supports."""
    @property
    def prices(self) -> Prices:
        """The prices of the provider."""
    @property
    def overrides(self) -> list[PriceOverride]:
        """Prices that apply under conditions."""
    @property
    def uptime(self) -> float | None:
        """The percentage of requests in the last 30 minutes that did not fail."""
    @property
    def first_token_ms(self) -> float | None:
        """Milliseconds to the first token: the median of the last 30 minutes."""
    @property
    def throughput(self) -> float | None:
        """Tokens of the answer a second: the median of the last 30 minutes."""
    @property
    def caches_by_itself(self) -> bool:
        """Whether the provider caches prompts without being asked."""
    @classmethod
    def make(cls, **fields: Any) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class ModelList:
    """The models that a request can name."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "models",
        "catalogue",
        "defaults",
    )
    @property
    def models(self) -> list[Model]:
        """The models, in the server's order. With defaults_first: those of the five well-known
        models that stay and pass the filters come first."""
    @property
    def catalogue(self) -> CatalogueState:
        """The source and the age of the list."""
    @property
    def defaults(self) -> list[DefaultModel]:
        """With defaults_first: the five well-known models, also those that are gone or that the
        filters leave out. See the operation default_models."""
    @classmethod
    def make(cls, **fields: Any) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Notice:
    """One thing that happened to the calls of a client. It has no prompt and no key."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "type",
        "time",
        "text",
        "ledger",
        "base_url",
        "entry",
        "request_id",
        "model",
        "provider",
        "app",
        "agent",
        "user",
        "run",
        "tags",
        "state",
        "error",
        "status",
        "cost",
        "prompt_tokens",
        "completion_tokens",
        "total_us",
        "wait_us",
        "budget",
        "value",
        "limit",
        "percent",
        "until",
        "dropped",
        "slug",
    )
    @property
    def type(self) -> NoticeType:
        """What the notice tells."""
    @property
    def time(self) -> datetime.datetime:
        """When it happened."""
    @property
    def text(self) -> str:
        """The notice in one line of English."""
    @property
    def ledger(self) -> str:
        """The path of the ledger of the client."""
    @property
    def base_url(self) -> str | None:
        """The server that was asked. Null where the ledger tells the notice: a crossing."""
    @property
    def entry(self) -> str | None:
        """The id of the attempt."""
    @property
    def request_id(self) -> str | None:
        """The id that the caller gave the request."""
    @property
    def model(self) -> str | None:
        """The model that served. Of a retry or a fallback: the model that is tried now."""
    @property
    def provider(self) -> str | None:
        """The provider that served."""
    @property
    def app(self) -> str | None:
        """The application."""
    @property
    def agent(self) -> str | None:
        """The agent."""
    @property
    def user(self) -> str | None:
        """The user."""
    @property
    def run(self) -> str | None:
        """The run, such as a session or a job."""
    @property
    def tags(self) -> list[str]:
        """At most 16 tags."""
    @property
    def state(self) -> State | None:
        """The state of an attempt that has ended."""
    @property
    def error(self) -> Code | None:
        """The cause of a failure."""
    @property
    def status(self) -> int | None:
        """The HTTP status."""
    @property
    def cost(self) -> Decimal | None:
        """US dollars: the cost of the attempt."""
    @property
    def prompt_tokens(self) -> int | None:
        """See Usage."""
    @property
    def completion_tokens(self) -> int | None:
        """See Usage."""
    @property
    def total_us(self) -> int | None:
        """Microseconds from the start of the call to the last byte of the answer."""
    @property
    def wait_us(self) -> int | None:
        """Microseconds until the next attempt of a retry."""
    @property
    def budget(self) -> str | None:
        """The name of the budget."""
    @property
    def value(self) -> str | None:
        """The value that the window has for the ``*`` in its scope."""
    @property
    def limit(self) -> str | None:
        """The name of the rate limit."""
    @property
    def percent(self) -> int | None:
        """The share of the limit that was spent."""
    @property
    def until(self) -> datetime.datetime | None:
        """When the cool-down ends."""
    @property
    def dropped(self) -> int | None:
        """How many notices before this one were dropped because nobody took them."""
    @property
    def slug(self) -> str | None:
        """The slug of the provider that cools down. Null: the model cools down."""
    @classmethod
    def make(cls, **fields: Any) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class PerformanceRow:
    """How a model of a provider has answered."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "model",
        "provider",
        "attempts",
        "failed",
        "answers",
        "first_token_ms",
        "first_token_ms_p90",
        "throughput",
        "total_ms",
    )
    @property
    def model(self) -> str:
        """The model that served. The requested model if none served."""
    @property
    def provider(self) -> str | None:
        """The provider that served, or that failed."""
    @property
    def attempts(self) -> int:
        """The attempts that were sent and have ended."""
    @property
    def failed(self) -> int:
        """The attempts among them that ended because the model or its provider failed. Mistakes
        of the caller, cancelled calls and failures of this machine's network do not count."""
    @property
    def answers(self) -> int:
        """The streamed answers whose time to the first piece is known."""
    @property
    def first_token_ms(self) -> float | None:
        """Milliseconds from the request to the first piece of a streamed answer: the median."""
    @property
    def first_token_ms_p90(self) -> float | None:
        """The same: nine of ten answers were not slower."""
    @property
    def throughput(self) -> float | None:
        """Tokens of a streamed answer a second, after its first piece: the median."""
    @property
    def total_ms(self) -> float | None:
        """Milliseconds to the last byte of an answer: the median of all that ended well."""
    @classmethod
    def make(cls, **fields: Any) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Policy:
    """How the model of a call is selected. The value of ``sort`` alone may be given in its
    place."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "sort",
        "max_price",
        "allow",
        "deny",
        "speed",
        "quality",
        "scores",
        "min_quality",
        "providers",
        "degrade",
    )
    @property
    def sort(self) -> Sort:
        """The order in which the call tries the models."""
    @property
    def max_price(self) -> MaxPrice:
        """The highest prices."""
    @property
    def allow(self) -> list[str]:
        """Patterns of the models that may serve, such as anthropic/*: at most 32. The * stands
        for any characters. Without patterns, every model may serve. A name is refused if the
        server chooses the model for it, such as a router."""
    @property
    def deny(self) -> list[str]:
        """Patterns of the models that may not serve, such as *:free: at most 32. They go before
        ``allow``."""
    @property
    def speed(self) -> Speed | None:
        """The speed by which the models are ordered. Without it: first_token. Only with the sort
        fastest."""
    @property
    def quality(self) -> Quality | None:
        """The index of the models list that tells the quality of a model. Without it:
        intelligence."""
    @property
    def scores(self) -> list[Score]:
        """The quality of models by scores of your own, at most 256. The first one that matches a
        model counts. With scores, the models list tells no quality."""
    @property
    def min_quality(self) -> float | None:
        """The least quality that a model may have. A model without a known quality is left out."""
    @property
    def providers(self) -> ProviderRules:
        """Which providers of the models may serve."""
    @property
    def degrade(self) -> Degrade:
        """What the call does near the end of a budget."""
    @classmethod
    def make(cls, **fields: Any) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class PriceOverride:
    """Prices that replace the model's own prices while all conditions hold. If several overrides
    hold, the last one in the list counts."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "above_prompt_tokens",
        "utc_start",
        "utc_end",
        "utc_days",
        "understood",
        "prices",
    )
    @property
    def above_prompt_tokens(self) -> int | None:
        """Condition: the prompt has more tokens than this. The prices then apply to the whole
        request."""
    @property
    def utc_start(self) -> int | None:
        """Condition: the time is not before this time, as HHMM in UTC."""
    @property
    def utc_end(self) -> int | None:
        """Condition: the time is before this time, as HHMM in UTC. The period may cross
        midnight."""
    @property
    def utc_days(self) -> list[str]:
        """Condition: the day of the week is one of these, such as monday. Empty: every day."""
    @property
    def understood(self) -> bool:
        """False if there is a condition that this version does not know, or a price that it
        cannot read."""
    @property
    def prices(self) -> Prices:
        """The prices that replace the model's own."""
    @classmethod
    def make(cls, **fields: Any) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Prices:
    """US dollars per unit. A price is not known if the models list does not have it, or if it
    varies."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "prompt",
        "completion",
        "cache_read",
        "cache_write",
        "cache_write_1h",
        "reasoning",
        "audio",
        "audio_output",
        "audio_cache",
        "image",
        "image_output",
        "request",
        "web_search",
    )
    @property
    def prompt(self) -> Decimal | None:
        """Per token of the prompt."""
    @property
    def completion(self) -> Decimal | None:
        """Per token of the answer."""
    @property
    def cache_read(self) -> Decimal | None:
        """Per token read from the provider's cache."""
    @property
    def cache_write(self) -> Decimal | None:
        """Per token written to the provider's cache."""
    @property
    def cache_write_1h(self) -> Decimal | None:
        """Per token written to the provider's cache for an hour."""
    @property
    def reasoning(self) -> Decimal | None:
        """Per token of reasoning, if it differs from ``completion``."""
    @property
    def audio(self) -> Decimal | None:
        """Per token of audio in the prompt."""
    @property
    def audio_output(self) -> Decimal | None:
        """Per token of audio in the answer."""
    @property
    def audio_cache(self) -> Decimal | None:
        """Per token of audio read from the provider's cache."""
    @property
    def image(self) -> Decimal | None:
        """Per image, or per token of an image: the list does not tell which."""
    @property
    def image_output(self) -> Decimal | None:
        """Per image of the answer, or per token of it: the list does not tell which."""
    @property
    def request(self) -> Decimal | None:
        """Per request."""
    @property
    def web_search(self) -> Decimal | None:
        """Per web search."""
    @classmethod
    def make(cls, **fields: Any) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class ProviderRules:
    """Which providers of a model may serve. Only with OpenRouter. wayfare adds these rules to
    the request's ``provider``, and leaves out each model of which no provider passes them. A
    rule that the body's ``provider`` has too is refused."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "only",
        "ignore",
        "quantizations",
        "zdr",
        "data_collection",
    )
    @property
    def only(self) -> list[str]:
        """The providers that may serve, by their slugs, such as google-vertex: at most 32. A
        slug stands for all regions and variants of the provider, but not for its service tiers.
        A * stands for any characters: google-vertex/europe-* are the regions of Europe. wayfare
        then puts the slugs that match in its place."""
    @property
    def ignore(self) -> list[str]:
        """The providers that may not serve: at most 32. They are given as in ``only``."""
    @property
    def quantizations(self) -> list[str]:
        """The quantizations that may serve, such as fp8 or bf16: at most 32."""
    @property
    def zdr(self) -> bool | None:
        """Whether only providers may serve that keep no data (zero data retention)."""
    @property
    def data_collection(self) -> DataCollection | None:
        """Whether providers may serve that store prompts or train with them. With deny, no free
        model is selected."""
    @classmethod
    def make(cls, **fields: Any) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Pruned:
    """The numbers of deleted rows."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "entries",
        "windows",
    )
    @property
    def entries(self) -> int:
        """Deleted entries."""
    @property
    def windows(self) -> int:
        """Deleted windows of budgets."""
    @classmethod
    def make(cls, **fields: Any) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class RateLimit:
    """A rate limit, and what counts in it now."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "name",
        "requests",
        "tokens",
        "per",
        "value",
        "app",
        "agent",
        "user",
        "run",
        "tag",
        "key",
        "model",
        "used_requests",
        "used_tokens",
    )
    @property
    def name(self) -> str:
        """The name of the rate limit."""
    @property
    def requests(self) -> int | None:
        """The most requests within the time."""
    @property
    def tokens(self) -> int | None:
        """The most tokens within the time."""
    @property
    def per(self) -> int:
        """The time in seconds."""
    @property
    def value(self) -> str | None:
        """The value for the ``*`` in the scope."""
    @property
    def app(self) -> str | None:
        """The app of charge_to."""
    @property
    def agent(self) -> str | None:
        """The agent of charge_to."""
    @property
    def user(self) -> str | None:
        """The user of charge_to."""
    @property
    def run(self) -> str | None:
        """The run of charge_to."""
    @property
    def tag(self) -> str | None:
        """One of the tags of charge_to."""
    @property
    def key(self) -> str | None:
        """The first 12 or more hexadecimal digits of the API key's SHA-256."""
    @property
    def model(self) -> str | None:
        """The model that the request named."""
    @property
    def used_requests(self) -> int:
        """The requests that count now."""
    @property
    def used_tokens(self) -> int:
        """The tokens that count now."""
    @classmethod
    def make(cls, **fields: Any) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Reconciled:
    """The result of looking up unknown costs."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "looked_up",
        "settled",
        "given_up",
        "unknown",
        "cost",
        "charged",
        "saturated",
        "trouble",
    )
    @property
    def looked_up(self) -> int:
        """The attempts about which wayfare asked the server."""
    @property
    def settled(self) -> int:
        """The attempts among ``looked_up`` whose cost the server told."""
    @property
    def given_up(self) -> int:
        """The attempts that were given up. Each is charged at the bound that was held for it. An
        attempt without a bound stays without a cost."""
    @property
    def unknown(self) -> int:
        """The attempts whose cost stays unknown: they are younger than a day, or were sent to
        another server or with another key."""
    @property
    def cost(self) -> Decimal:
        """US dollars: the costs that the server told."""
    @property
    def charged(self) -> Decimal:
        """US dollars: the charges for the attempts that were given up."""
    @property
    def saturated(self) -> bool:
        """Whether ``cost`` or ``charged`` is too large to be told. See UsageRow."""
    @property
    def trouble(self) -> str | None:
        """Why the lookups stopped early."""
    @classmethod
    def make(cls, **fields: Any) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class ReplayRow:
    """Past calls, and what they would have cost. A dimension is null if the query did not group
    by it."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "day",
        "app",
        "agent",
        "model",
        "provider",
        "key",
        "user",
        "run",
        "hour",
        "week",
        "month",
        "requested_model",
        "agent_version",
        "replayed_model",
        "calls",
        "unknown",
        "cost",
        "priced",
        "priced_cost",
        "replayed_cost",
        "non_token_cost",
        "no_price",
        "no_model",
        "no_tokens",
        "byok",
        "exact",
    )
    @property
    def day(self) -> str | None:
        """The day, such as 2026-11-23."""
    @property
    def app(self) -> str | None:
        """The app."""
    @property
    def agent(self) -> str | None:
        """The agent."""
    @property
    def model(self) -> str | None:
        """The model that served."""
    @property
    def provider(self) -> str | None:
        """The provider that served."""
    @property
    def key(self) -> str | None:
        """The first 12 hexadecimal digits of the API key's SHA-256."""
    @property
    def user(self) -> str | None:
        """The user."""
    @property
    def run(self) -> str | None:
        """The run."""
    @property
    def hour(self) -> str | None:
        """The begin of the hour, such as 2026-11-23T09:00:00Z."""
    @property
    def week(self) -> str | None:
        """The Monday of the week, such as 2026-11-23."""
    @property
    def month(self) -> str | None:
        """The month, such as 2026-11."""
    @property
    def requested_model(self) -> str | None:
        """The model that the request named."""
    @property
    def agent_version(self) -> str | None:
        """The version of the agent."""
    @property
    def replayed_model(self) -> str | None:
        """The model at whose prices the calls were priced. Null if there are several, or none."""
    @property
    def calls(self) -> int:
        """The settled attempts."""
    @property
    def unknown(self) -> int:
        """The attempts among ``calls`` whose cost is not known."""
    @property
    def cost(self) -> Decimal:
        """US dollars: the sum of the known costs of ``calls``."""
    @property
    def priced(self) -> int:
        """The attempts among ``calls`` that could be priced."""
    @property
    def priced_cost(self) -> Decimal:
        """US dollars: the part of ``cost`` that is of ``priced``. Compare it with
        ``replayed_cost``."""
    @property
    def replayed_cost(self) -> Decimal:
        """US dollars: what ``priced`` would have cost, with ``non_token_cost``."""
    @property
    def non_token_cost(self) -> Decimal:
        """US dollars: the part of ``replayed_cost`` that is not for tokens, such as web search.
        It is carried over as it was."""
    @property
    def no_price(self) -> int:
        """The attempts among ``calls`` whose model has no price that is needed."""
    @property
    def no_model(self) -> int:
        """The attempts among ``calls`` whose model is not in the models list, or for which no
        model of the policy has the room."""
    @property
    def no_tokens(self) -> int:
        """The attempts among ``calls`` whose tokens are not known."""
    @property
    def byok(self) -> int:
        """The attempts among ``calls`` that used your own key of the provider (BYOK), whose
        prices the models list does not have."""
    @property
    def exact(self) -> bool:
        """Whether the replayed cost is arithmetic: each of ``priced`` has the model that served,
        and the list has a price for each kind of its tokens. Else it is an estimate, because
        another model counts its tokens otherwise, and answers at another length. False if
        nothing was priced."""
    @classmethod
    def make(cls, **fields: Any) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Replayed:
    """What past calls would have cost."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "rows",
        "total",
        "catalogue",
    )
    @property
    def rows(self) -> list[ReplayRow]:
        """A row for each combination of the dimensions."""
    @property
    def total(self) -> ReplayRow:
        """The sum of the rows."""
    @property
    def catalogue(self) -> CatalogueState | None:
        """The models list. Null if the operation named a file."""
    @classmethod
    def make(cls, **fields: Any) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Reply:
    """The whole answer to a call. Cost and usage are those of the last attempt."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "text",
        "reasoning",
        "refusal",
        "tool_calls",
        "native_finish_reason",
        "model",
        "provider",
        "generation_id",
        "finish_reason",
        "cost",
        "cost_source",
        "non_token_cost",
        "is_byok",
        "upstream_cost",
        "tier",
        "served_otherwise",
        "refused_figures",
        "quantization",
        "usage",
        "entry",
        "request_id",
        "agent_version",
        "added",
        "attempts",
        "warnings",
        "selection",
        "timings",
        "status",
        "message",
        "metadata",
        "raw",
    )
    @property
    def text(self) -> str:
        """The text of the answer."""
    @property
    def reasoning(self) -> str:
        """The reasoning of the model, as far as the server sends it."""
    @property
    def refusal(self) -> str | None:
        """The model's words for why it does not answer. Servers send them apart from the text."""
    @property
    def tool_calls(self) -> list[ToolCall]:
        """The tool calls that the model asks for."""
    @property
    def native_finish_reason(self) -> str | None:
        """The provider's own word for the finish reason."""
    @property
    def model(self) -> str:
        """The model that served the request. The requested model if the server did not name one."""
    @property
    def provider(self) -> str | None:
        """The provider that served the request, such as Amazon Bedrock."""
    @property
    def generation_id(self) -> str | None:
        """The server's id of the call."""
    @property
    def finish_reason(self) -> str | None:
        """Why the answer ended: stop, length, tool_calls, content_filter or error."""
    @property
    def cost(self) -> Decimal | None:
        """Exact US dollars that the server bills. Null if the cost is not known. An unknown cost
        is not zero. If is_byok is true, the provider bills upstream_cost beside it."""
    @property
    def cost_source(self) -> CostSource:
        """Where the cost comes from."""
    @property
    def non_token_cost(self) -> Decimal | None:
        """The part of the cost that is not for tokens: web search, file parsing, server tools.
        Below zero for a discount. It is the cost minus the costs of prompt and completion in the
        response. Not known if the response has no such costs, or if the provider was paid
        directly (BYOK)."""
    @property
    def is_byok(self) -> bool | None:
        """Whether the call used your own key of the provider (BYOK), so that the provider bills
        you directly. Null if the server did not tell it."""
    @property
    def upstream_cost(self) -> Decimal | None:
        """Exact US dollars that the provider bills you directly. Null if is_byok is not true, or
        if the server did not tell the amount."""
    @property
    def tier(self) -> str | None:
        """The service tier that served, as the server tells it, such as flex or priority."""
    @property
    def served_otherwise(self) -> bool | None:
        """Whether another model served than the request named. Its dated name, an alias, a
        variant such as :nitro and letter case make no other model, and each of the ``models`` of
        the body was asked for. Null if the request left the choice to a router or a preset, if
        the server named no model, or if it is not certain."""
    @property
    def refused_figures(self) -> dict[str, Any] | None:
        """The figures of the server that cannot be right, and so are not known: their names with
        what the server said, as texts. A text has at most 256 bytes: a longer number is cut, and
        of what else is longer there is only the size. All of it has at most 512 bytes: what does
        not fit is left out. A cost cannot be right if it is no amount, is below 0 or is above
        100,000 dollars, and a count if it is no number, is below 0 or is above
        1,000,000,000,000."""
    @property
    def quantization(self) -> str | None:
        """The quantization with which the provider serves the model, such as fp8, as the list of
        the model's providers tells it. Null if the client did not know that list when the call
        ended (see the operation endpoints), if the list does not tell it, or if it names several
        for the provider."""
    @property
    def usage(self) -> Usage:
        """The token counts."""
    @property
    def entry(self) -> str | None:
        """The id of the ledger entry of the last attempt: 26 characters that sort by time."""
    @property
    def request_id(self) -> str | None:
        """The id that the caller gave the request."""
    @property
    def agent_version(self) -> int | None:
        """The version of the agent. Null if the call named no agent."""
    @property
    def added(self) -> list[str]:
        """The names of the fields that wayfare added to the body, such as model or stream."""
    @property
    def attempts(self) -> list[Attempt]:
        """All attempts of the call, in order. All attempts before the last one failed."""
    @property
    def warnings(self) -> list[str]:
        """One line for each soft budget that is exceeded, for each figure of the server that was
        rounded or cannot be right, for names in the body that have their place elsewhere or are
        nearly spelled like another member, for usage that was not asked for, and for a model of
        the agent that is gone or has a last day."""
    @property
    def selection(self) -> Selection | None:
        """The models that were considered, and the reasons. Only if the route has a policy or a
        max_cost."""
    @property
    def timings(self) -> Timings:
        """When the parts of the answer came."""
    @property
    def status(self) -> int | None:
        """The HTTP status."""
    @property
    def message(self) -> dict[str, Any]:
        """The assistant message, to be sent back in the next request. It has what the server
        sent, also members that wayfare does not know."""
    @property
    def metadata(self) -> dict[str, Any]:
        """The data to store with a message in your own database: v (1), entry, request_id,
        generation_id, model, provider, prompt_tokens, completion_tokens, cached_tokens,
        cache_write_tokens, reasoning_tokens, cost (a decimal text), currency, cost_source,
        is_byok, upstream_cost (a decimal text), finish_reason, requested_model, first_delta_us,
        total_us and agent_version."""
    @property
    def raw(self) -> dict[str, Any] | None:
        """The body of the response. After a stream: the body that the server would have sent
        without streaming. A body that is not JSON is a text. Not known if nothing came."""
    @classmethod
    def make(cls, **fields: Any) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Route:
    """How wayfare carries out a call. The route is not sent to the server."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "model",
        "models",
        "policy",
        "retries",
        "deadline",
        "max_cost",
        "key",
        "servers",
        "on_budget",
        "budget_wait",
        "affinity",
        "affinity_order",
        "pin",
        "keep_decision",
        "cooldown",
        "on_rate_limit",
    )
    @property
    def model(self) -> str | None:
        """The model, if the body has no ``model``. A model in both places is refused."""
    @property
    def models(self) -> list[str]:
        """The models to try, in this order or in the order of the policy, at most 32. If a model
        fails before its first piece of content, the next model is tried."""
    @property
    def policy(self) -> Policy:
        """How the model is selected."""
    @property
    def retries(self) -> int | None:
        """How often the last model is tried again: 0 to 10. Else the option ``retries``."""
    @property
    def deadline(self) -> float | None:
        """The longest time from the start of the call to the last byte of the answer: above 0
        and at most a week. Else the option ``deadline``."""
    @property
    def max_cost(self) -> Decimal | None:
        """The most that the whole call may cost, failed attempts included. With OpenRouter,
        wayfare adds limits to the request so that its cost stays within this bound. With other
        servers it is checked against an estimate."""
    @property
    def key(self) -> str | None:
        """The name of a key in the option ``keys``. Else the option ``api_key``."""
    @property
    def servers(self) -> list[str]:
        """The servers to ask, in this order: names of the option ``servers``, and ``default``
        for the server at the option base_url. At most 9. Without it: default alone. The call
        goes on with the next server where it would go on with its next model, and also if the
        server cannot be reached or does not accept the key. Each server has its own key, names
        of models and prices. ``key`` is that of the default server."""
    @property
    def on_budget(self) -> OnBudget | None:
        """What the call does if a hard budget has too little left for it. Without it: refuse.
        The waiting calls of one process are asked in the order in which they came, one at a time
        for each budget. Between processes there is no order. A call does not wait if it may cost
        more than the whole limit."""
    @property
    def budget_wait(self) -> float | None:
        """The longest time that an attempt waits for a budget or for a rate limit: above 0 and
        at most a week. 60 seconds without it. The deadline of the call ends the wait too. Only
        with on_budget wait or on_rate_limit wait."""
    @property
    def affinity(self) -> bool | None:
        """Whether the calls of one charge_to.run stay with the provider that has their prompt in
        its cache, which makes long conversations cheaper. Without it: true. wayfare then adds a
        session_id: a hash of the run and of the ledger's own id, from which nobody can tell the
        run. Only with OpenRouter, and not if the call has a session_id, a prompt_cache_key or
        the header x-session-id."""
    @property
    def affinity_order(self) -> bool | None:
        """Whether such a call also asks for the provider that has its prompt in its cache, by
        provider.order. Without it: false, since OpenRouter then balances no load and keeps no
        session: core/src/select/AFFINITY.md tells what it saves. wayfare asks for it only after
        an answer of the same run that read or wrote a cache, in the 5 minutes after it, if the
        request costs less there than at any other provider, and not if the body's ``provider``
        chooses one."""
    @property
    def pin(self) -> bool | None:
        """Whether only the model that the request names may serve. Without it: false. The call
        then ends with ``served_otherwise`` if another model has served: of a stream before its
        first piece, but the attempt is paid. A router, a preset and ``models`` of the body are
        refused before anything is sent. Each model of route.models is a model of its own."""
    @property
    def keep_decision(self) -> bool | None:
        """Whether the entry of each attempt keeps why its model was selected. Without it: false.
        The operation explain tells it. It has no text of the prompt and no charge_to. The call
        then needs the models list."""
    @property
    def cooldown(self) -> OnCooldown | None:
        """What the call does with a model that cools down, because it failed in a process of
        this ledger. Without it: skip. The operation cooldowns lists these models."""
    @property
    def on_rate_limit(self) -> OnRateLimit | None:
        """What the call does if a rate limit of the ledger has no room for it now. Without it:
        refuse. Calls that wait have no order."""
    @classmethod
    def make(cls, **fields: Any) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Score:
    """A quality of your own for models."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "model",
        "score",
    )
    @property
    def model(self) -> str:
        """A name of a model, or a pattern such as anthropic/*. The * stands for any characters."""
    @property
    def score(self) -> float:
        """The quality. A higher one is better."""
    @classmethod
    def make(cls, **fields: Any) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Selection:
    """The models for a request, with the reasons."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "policy",
        "ranked",
        "out",
        "catalogue",
    )
    @property
    def policy(self) -> Sort:
        """The rule for the order of the models."""
    @property
    def ranked(self) -> list[Candidate]:
        """The models in the order in which the call tries them."""
    @property
    def out(self) -> list[Candidate]:
        """The models that cannot serve the request."""
    @property
    def catalogue(self) -> CatalogueState:
        """The source and the age of the models list."""
    @classmethod
    def make(cls, **fields: Any) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Timings:
    """Microseconds since the start of the call, by a monotonic clock."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "reserved_us",
        "headers_us",
        "first_delta_us",
        "total_us",
    )
    @property
    def reserved_us(self) -> int | None:
        """When the reservation was in the ledger."""
    @property
    def headers_us(self) -> int | None:
        """When the status line came."""
    @property
    def first_delta_us(self) -> int | None:
        """When the first piece of text, reasoning, a refusal or a tool call came."""
    @property
    def total_us(self) -> int | None:
        """When the last byte came."""
    @classmethod
    def make(cls, **fields: Any) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class ToolCall:
    """A tool call that the model asks for."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "id",
        "name",
        "arguments",
        "type",
    )
    @property
    def id(self) -> str:
        """The id of the tool call. The answer of the tool must repeat it."""
    @property
    def name(self) -> str:
        """The name of the tool."""
    @property
    def arguments(self) -> str:
        """The arguments as the model wrote them: JSON text, not checked. {} if the model wrote
        nothing. The input, for a custom tool: any text."""
    @property
    def type(self) -> str:
        """function, or custom for a tool that takes any text."""
    @classmethod
    def make(cls, **fields: Any) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class ToolPiece:
    """A piece of a tool call in a stream."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "index",
        "id",
        "name",
        "arguments",
    )
    @property
    def index(self) -> int:
        """The index of the tool call among the tool calls of the reply."""
    @property
    def id(self) -> str | None:
        """The id of the tool call. Only in the first piece."""
    @property
    def name(self) -> str | None:
        """The name of the tool, or its next piece. Nearly always whole and in the first piece."""
    @property
    def arguments(self) -> str:
        """The next piece of the arguments."""
    @classmethod
    def make(cls, **fields: Any) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Unknown:
    """An attempt that has ended and whose cost or upstream cost is not known."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "entry",
        "state",
        "reserved",
        "since",
        "app",
        "agent",
        "user",
        "run",
        "tags",
        "model",
        "request_id",
        "generation_id",
        "cost",
        "bound",
        "held",
        "looked_up",
        "gives_up_at",
        "refused_figures",
    )
    @property
    def entry(self) -> str:
        """The id of the attempt, for the operation settle."""
    @property
    def state(self) -> State:
        """``unknown`` if the attempt may have been billed. ``settled`` if it has ended well and
        the server did not tell what it costs."""
    @property
    def reserved(self) -> datetime.datetime:
        """When the attempt was reserved."""
    @property
    def since(self) -> datetime.datetime:
        """Since when the cost is unknown: the end of the attempt."""
    @property
    def app(self) -> str | None:
        """The application."""
    @property
    def agent(self) -> str | None:
        """The agent."""
    @property
    def user(self) -> str | None:
        """The user."""
    @property
    def run(self) -> str | None:
        """The run, such as a session or a job."""
    @property
    def tags(self) -> list[str]:
        """At most 16 tags."""
    @property
    def model(self) -> str:
        """The model that served. The requested model if the server did not name one."""
    @property
    def request_id(self) -> str | None:
        """The id that the caller gave the request."""
    @property
    def generation_id(self) -> str | None:
        """The server's id of the call."""
    @property
    def cost(self) -> Decimal | None:
        """US dollars: the cost, if only the upstream cost is not known. See is_byok of an entry."""
    @property
    def bound(self) -> Decimal | None:
        """US dollars: the most that the attempt can cost. Null if it has no bound."""
    @property
    def held(self) -> Decimal:
        """US dollars that budgets hold for the attempt. If they hold different amounts, this is
        the highest one."""
    @property
    def looked_up(self) -> bool:
        """Whether wayfare asks the server for the cost. It does so if the server told an id of
        the call."""
    @property
    def gives_up_at(self) -> datetime.datetime | None:
        """When wayfare gives up, unless it learns the cost before. From then on an ``unknown``
        attempt is charged at its bound, or stays without a cost if it has none. A ``settled``
        attempt stays without a cost. Null if wayfare has given up already: then only the
        operation settle ends it."""
    @property
    def refused_figures(self) -> dict[str, Any] | None:
        """The figures that cannot be right in the answer and in what the server told later:
        their names with what the server said. See the field of an entry."""
    @classmethod
    def make(cls, **fields: Any) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class UnknownPage:
    """A page of attempts whose cost is not known."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "unknown",
        "next",
    )
    @property
    def unknown(self) -> list[Unknown]:
        """The attempts, the oldest first."""
    @property
    def next(self) -> str | None:
        """The value of ``after`` for the following page. Null on the last page."""
    @classmethod
    def make(cls, **fields: Any) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Usage:
    """Token counts of the provider's own tokenizer. A count that the server did not send is not
    known. Servers differ: do not assume that one count is the sum of others."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "prompt_tokens",
        "completion_tokens",
        "total_tokens",
        "cached_tokens",
        "cache_write_tokens",
        "reasoning_tokens",
        "prompt_audio_tokens",
        "prompt_image_tokens",
        "prompt_video_tokens",
        "completion_audio_tokens",
        "completion_image_tokens",
        "searches",
    )
    @property
    def prompt_tokens(self) -> int | None:
        """The tokens of the prompt, including the cached and the cache-written tokens."""
    @property
    def completion_tokens(self) -> int | None:
        """The tokens of the answer, including the reasoning."""
    @property
    def total_tokens(self) -> int | None:
        """The sum, as the server computed it."""
    @property
    def cached_tokens(self) -> int | None:
        """The tokens of the prompt that were read from the provider's cache."""
    @property
    def cache_write_tokens(self) -> int | None:
        """The tokens of the prompt that were written to the provider's cache."""
    @property
    def reasoning_tokens(self) -> int | None:
        """The tokens of the answer that were spent on reasoning."""
    @property
    def prompt_audio_tokens(self) -> int | None:
        """The tokens of the prompt that are audio. This and the counts below are not in the
        ledger."""
    @property
    def prompt_image_tokens(self) -> int | None:
        """The tokens of the prompt that are images."""
    @property
    def prompt_video_tokens(self) -> int | None:
        """The tokens of the prompt that stand for video."""
    @property
    def completion_audio_tokens(self) -> int | None:
        """The tokens of the answer that are audio."""
    @property
    def completion_image_tokens(self) -> int | None:
        """The tokens of the answer that are images."""
    @property
    def searches(self) -> int | None:
        """The searches of the web that the server made."""
    @classmethod
    def make(cls, **fields: Any) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class UsageRow:
    """Sums over calls. A dimension is null if the query did not group by it."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
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
        "calls",
        "unknown",
        "prompt_tokens",
        "completion_tokens",
        "cached_tokens",
        "cache_write_tokens",
        "reasoning_tokens",
        "cost",
        "held",
        "byok_calls",
        "upstream_unknown",
        "upstream_cost",
        "saturated",
    )
    @property
    def day(self) -> str | None:
        """The day, such as 2026-11-23."""
    @property
    def app(self) -> str | None:
        """The app."""
    @property
    def agent(self) -> str | None:
        """The agent."""
    @property
    def model(self) -> str | None:
        """The model that served."""
    @property
    def provider(self) -> str | None:
        """The provider that served."""
    @property
    def key(self) -> str | None:
        """The first 12 hexadecimal digits of the API key's SHA-256."""
    @property
    def user(self) -> str | None:
        """The user."""
    @property
    def tag(self) -> str | None:
        """The tag."""
    @property
    def run(self) -> str | None:
        """The run."""
    @property
    def hour(self) -> str | None:
        """The begin of the hour, such as 2026-11-23T09:00:00Z, or 2026-11-23T10:00:00+01:00 in
        the time zone of the query."""
    @property
    def week(self) -> str | None:
        """The Monday of the week, such as 2026-11-23."""
    @property
    def month(self) -> str | None:
        """The month, such as 2026-11."""
    @property
    def requested_model(self) -> str | None:
        """The model that the request named."""
    @property
    def agent_version(self) -> str | None:
        """The version of the agent."""
    @property
    def calls(self) -> int:
        """The attempts that were sent or may have been sent."""
    @property
    def unknown(self) -> int:
        """The attempts among ``calls`` whose cost is not known."""
    @property
    def prompt_tokens(self) -> int:
        """The sum of the known counts."""
    @property
    def completion_tokens(self) -> int:
        """The sum of the known counts."""
    @property
    def cached_tokens(self) -> int:
        """The sum of the known counts."""
    @property
    def cache_write_tokens(self) -> int:
        """The sum of the known counts."""
    @property
    def reasoning_tokens(self) -> int:
        """The sum of the known counts."""
    @property
    def cost(self) -> Decimal:
        """US dollars: the sum of the known costs."""
    @property
    def held(self) -> Decimal:
        """US dollars: the most that attempts without an end may cost, as far as it is known."""
    @property
    def byok_calls(self) -> int:
        """The attempts among ``calls`` that used your own key of the provider (BYOK)."""
    @property
    def upstream_unknown(self) -> int:
        """The attempts among ``byok_calls`` whose upstream cost is not known."""
    @property
    def upstream_cost(self) -> Decimal:
        """US dollars: the sum of the known costs that providers bill you directly. It is not
        part of ``cost``."""
    @property
    def saturated(self) -> bool:
        """Whether a sum of this row is too large to be told: above 9223372.036854775807 US
        dollars. Such a sum stays at the largest number, and the true one is higher."""
    @classmethod
    def make(cls, **fields: Any) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Verification:
    """The result of checking the ledger."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "ok",
        "entries",
        "pending",
        "problems",
    )
    @property
    def ok(self) -> bool:
        """Whether no problem was found."""
    @property
    def entries(self) -> int:
        """The number of rows that were read."""
    @property
    def pending(self) -> int:
        """The number of rows that were read of attempts without an end."""
    @property
    def problems(self) -> list[str]:
        """One line for each problem, at most 100 lines."""
    @classmethod
    def make(cls, **fields: Any) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Versions:
    """The versions of wayfare and of the libraries that run in this process."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "wayfare",
        "libcurl",
        "tls",
        "sqlite",
        "nghttp2",
        "zlib",
    )
    @property
    def wayfare(self) -> str:
        """The version of wayfare."""
    @property
    def libcurl(self) -> str:
        """The version of libcurl."""
    @property
    def tls(self) -> str | None:
        """The TLS library of libcurl and its version, such as ``OpenSSL/3.0.19``. Null if
        libcurl has none."""
    @property
    def sqlite(self) -> str:
        """The version of SQLite."""
    @property
    def nghttp2(self) -> str | None:
        """The version of nghttp2, by which libcurl speaks HTTP/2. Null if libcurl has none."""
    @property
    def zlib(self) -> str | None:
        """The version of zlib, by which libcurl unpacks compressed answers. Null if libcurl has
        none."""
    @classmethod
    def make(cls, **fields: Any) -> Self: ...
    def to_dict(self) -> dict[str, Any]: ...
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Event:
    @property
    def type(self) -> EventType: ...
    @property
    def text(self) -> str | None: ...
    @property
    def reasoning(self) -> str | None: ...
    @property
    def refusal(self) -> str | None: ...
    @property
    def tool_call(self) -> ToolPiece | None: ...
    @property
    def usage(self) -> Usage | None: ...

@final
class Call:
    @property
    def id(self) -> int: ...
    def next(self) -> tuple[list[Any], bool, Any]: ...
    def take(self) -> tuple[list[Any], bool, Any] | None: ...
    def cancel(self, forget: bool, /) -> None: ...

@final
class Client:
    def __new__(cls, **options: Any) -> Client: ...
    @property
    def base_url(self) -> str: ...
    @property
    def has_key(self) -> bool: ...
    @property
    def ledger_path(self) -> str: ...
    def run(
        self, op: str, arguments: dict[str, Any], body: dict[str, Any] | str | bytes | None, /
    ) -> Any: ...
    def submit(
        self, op: str, arguments: dict[str, Any], body: dict[str, Any] | str | bytes | None, /
    ) -> Call: ...
    def fd(self) -> int: ...
    def ready(self) -> list[int]: ...
    def close(self) -> None: ...
