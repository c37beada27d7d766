# Made by `./run generate` from the tables in core/include/wayfare. Change those.
import datetime
from decimal import Decimal
from typing import Any, ClassVar, final

__version__: str
codes: dict[str, str]
error_fields: tuple[str, ...]

def encode(value: object, /) -> str: ...

__all__ = [
    "Attempt",
    "Block",
    "Budget",
    "Candidate",
    "CatalogueState",
    "Entry",
    "Model",
    "PriceOverride",
    "Prices",
    "Pruned",
    "Reconciled",
    "Reply",
    "Selection",
    "Timings",
    "ToolCall",
    "ToolPiece",
    "Usage",
    "UsageRow",
    "Verification",
    "Event",
]

@final
class Attempt:
    """One HTTP request of a call. Each has an entry in the ledger."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "entry",
        "model",
        "error",
        "status",
        "state",
        "cost",
        "waited_us",
    )
    @property
    def entry(self) -> str:
        """The id of its entry."""
    @property
    def model(self) -> str | None:
        """The model that was asked for."""
    @property
    def error(self) -> str | None:
        """Why it failed."""
    @property
    def status(self) -> int | None:
        """The HTTP status, or the code inside an answer of status 200."""
    @property
    def state(self) -> str:
        """How far it has come."""
    @property
    def cost(self) -> Decimal | None:
        """US dollars."""
    @property
    def waited_us(self) -> int:
        """Microseconds of waiting between the failure before it and this attempt."""
    def to_dict(self) -> dict[str, Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Block:
    """The calls that are refused."""

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
        """The model that was asked for."""
    def to_dict(self) -> dict[str, Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Budget:
    """A budget in its present window. Amounts are US dollars."""

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
    )
    @property
    def name(self) -> str:
        """The name of the budget."""
    @property
    def limit(self) -> Decimal:
        """What the calls of a window may cost."""
    @property
    def spent(self) -> Decimal:
        """What the calls of this window have cost."""
    @property
    def reserved(self) -> Decimal:
        """What is held for calls whose cost is not known yet."""
    @property
    def left(self) -> Decimal:
        """The limit less both. Below zero where the limit was set below what is spent, a cost
        passed its bound, or the budget is soft."""
    @property
    def excess(self) -> Decimal:
        """The part of the costs above what was held for them, and of a limit that was set below
        what was spent."""
    @property
    def resets_at(self) -> datetime.datetime | None:
        """When the window ends. Without it the window never ends."""
    @property
    def mode(self) -> str:
        """What the budget does with a call that may cost more."""
    @property
    def window(self) -> str:
        """The period."""
    @property
    def assume(self) -> Decimal | None:
        """What a call without a bound holds."""
    @property
    def value(self) -> str | None:
        """The value of the part of the scope that is ``*``."""
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
        """The model that was asked for."""
    def to_dict(self) -> dict[str, Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Candidate:
    """A model, as it was judged for one request."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "model",
        "reason",
        "expected",
        "bound",
        "unbounded",
    )
    @property
    def model(self) -> str:
        """Its id."""
    @property
    def reason(self) -> str:
        """Why it stands here, or why it is out, in one line."""
    @property
    def expected(self) -> Decimal | None:
        """US dollars: the estimated cost of the request. Not known where a price is not."""
    @property
    def bound(self) -> Decimal | None:
        """US dollars: what the request can cost at most."""
    @property
    def unbounded(self) -> str | None:
        """The part of the request that may cost anything, such as plugins."""
    def to_dict(self) -> dict[str, Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class CatalogueState:
    """Where a models list comes from, and how old it is."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "source",
        "stale",
        "fetched",
    )
    @property
    def source(self) -> str:
        """Where it comes from."""
    @property
    def stale(self) -> bool:
        """Whether it is older than the server allows and could not be fetched again."""
    @property
    def fetched(self) -> datetime.datetime | None:
        """When it was fetched. Not known of the built-in list."""
    def to_dict(self) -> dict[str, Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Entry:
    """One attempt, as the ledger holds it."""

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
    )
    @property
    def entry(self) -> str:
        """The id of the attempt: 26 characters that sort by time."""
    @property
    def state(self) -> str:
        """How far the attempt has come."""
    @property
    def reserved(self) -> datetime.datetime:
        """When it was reserved, before it was sent."""
    @property
    def booked(self) -> datetime.datetime:
        """When its end was booked. Without an end: when it was reserved."""
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
        """The model that was asked for."""
    @property
    def model(self) -> str:
        """The model that served. The requested one where the server did not tell."""
    @property
    def provider(self) -> str | None:
        """The provider that served, such as Amazon Bedrock."""
    @property
    def generation_id(self) -> str | None:
        """The server's id of the call."""
    @property
    def finish_reason(self) -> str | None:
        """Why the answer ended: stop, length, tool_calls, content_filter or error."""
    @property
    def cost(self) -> Decimal | None:
        """US dollars, exact. A cost that is not known is not zero."""
    @property
    def cost_source(self) -> str:
        """Where the cost comes from."""
    @property
    def non_token_cost(self) -> Decimal | None:
        """The part of the cost that the prices of the tokens do not explain: web search, file
        parsing, server tools. Below zero for a discount. It is the cost less what the response
        says that prompt and completion cost. Not known where the response does not say it, or
        the provider was paid directly (BYOK)."""
    @property
    def request_id(self) -> str | None:
        """The request's own id."""
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
    def error(self) -> str | None:
        """Why the attempt failed."""
    @property
    def status(self) -> int | None:
        """The HTTP status of the answer."""
    @property
    def total_us(self) -> int:
        """Microseconds from the call to the last byte."""
    @property
    def correction(self) -> bool:
        """Whether the cost and the counts are to be added to the earlier row of the same entry."""
    def to_dict(self) -> dict[str, Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class EntryPage:
    """Some entries of the ledger."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "entries",
        "next",
    )
    @property
    def entries(self) -> list[Entry]:
        """The entries, in their order."""
    @property
    def next(self) -> str | None:
        """What ``after`` is for the page behind this one. Without it this page is the last."""
    def to_dict(self) -> dict[str, Any]: ...
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
    )
    @property
    def id(self) -> str:
        """What a request names."""
    @property
    def canonical_slug(self) -> str | None:
        """A dated name that stays. It is not unique."""
    @property
    def name(self) -> str | None:
        """The name for people."""
    @property
    def kind(self) -> str:
        """What it is."""
    @property
    def alias_of(self) -> str | None:
        """The model that an alias stands for."""
    @property
    def free(self) -> bool:
        """Whether its id says that it is free. A price of zero does not say so: some models are
        billed in another way."""
    @property
    def created(self) -> int:
        """Seconds since 1970, in UTC."""
    @property
    def expires(self) -> str | None:
        """Its last day, such as 2026-12-31."""
    @property
    def context_tokens(self) -> int | None:
        """The most that prompt and answer may have."""
    @property
    def completion_tokens_max(self) -> int | None:
        """The most an answer may have."""
    @property
    def input_modalities(self) -> list[str]:
        """Such as text, image, file or audio."""
    @property
    def output_modalities(self) -> list[str]:
        """Such as text or image."""
    @property
    def parameters(self) -> list[str]:
        """Parameters that at least one provider supports, such as tools."""
    @property
    def prices(self) -> Prices:
        """Its prices."""
    @property
    def overrides(self) -> list[PriceOverride]:
        """Prices that hold under conditions."""
    def to_dict(self) -> dict[str, Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class ModelList:
    """The models that can be asked for."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "models",
        "catalogue",
    )
    @property
    def models(self) -> list[Model]:
        """The models, in the server's order."""
    @property
    def catalogue(self) -> CatalogueState:
        """Where the list comes from."""
    def to_dict(self) -> dict[str, Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class PriceOverride:
    """Prices that stand in for the model's own while all the conditions hold. Of several such
    prices the last one counts."""

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
        """The condition: the prompt has more tokens than this. The price is then that of the
        whole request."""
    @property
    def utc_start(self) -> int | None:
        """The condition: the time is at or after this one, as HHMM in UTC."""
    @property
    def utc_end(self) -> int | None:
        """The condition: the time is before this one, as HHMM in UTC. The period may pass
        midnight."""
    @property
    def utc_days(self) -> list[str]:
        """The condition: the day of the week, such as monday. Empty: every day."""
    @property
    def understood(self) -> bool:
        """False where there is a condition that this version does not know."""
    @property
    def prices(self) -> Prices:
        """The prices that differ."""
    def to_dict(self) -> dict[str, Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Prices:
    """US dollars for each unit. A price that the models list does not have, or that varies, is
    not known."""

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
        """For a token of the prompt."""
    @property
    def completion(self) -> Decimal | None:
        """For a token of the answer."""
    @property
    def cache_read(self) -> Decimal | None:
        """For a token read from the provider's cache."""
    @property
    def cache_write(self) -> Decimal | None:
        """For a token written to the provider's cache."""
    @property
    def cache_write_1h(self) -> Decimal | None:
        """For a token written to the provider's cache for an hour."""
    @property
    def reasoning(self) -> Decimal | None:
        """For a token of reasoning, where it differs from ``completion``."""
    @property
    def audio(self) -> Decimal | None:
        """For a token of audio in the prompt."""
    @property
    def audio_output(self) -> Decimal | None:
        """For a token of audio in the answer."""
    @property
    def audio_cache(self) -> Decimal | None:
        """For a token of audio read from the cache."""
    @property
    def image(self) -> Decimal | None:
        """For an image, or a token of an image: the list does not tell which."""
    @property
    def image_output(self) -> Decimal | None:
        """For an image of the answer, or a token of it."""
    @property
    def request(self) -> Decimal | None:
        """For a request."""
    @property
    def web_search(self) -> Decimal | None:
        """For a web search."""
    def to_dict(self) -> dict[str, Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Pruned:
    """What was deleted."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "entries",
        "windows",
    )
    @property
    def entries(self) -> int:
        """Entries."""
    @property
    def windows(self) -> int:
        """Windows of budgets."""
    def to_dict(self) -> dict[str, Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Reconciled:
    """What came of looking up the costs that are not known."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "looked_up",
        "settled",
        "given_up",
        "unknown",
        "cost",
        "charged",
        "trouble",
    )
    @property
    def looked_up(self) -> int:
        """Attempts that the server was asked about."""
    @property
    def settled(self) -> int:
        """Those of them whose cost the server told."""
    @property
    def given_up(self) -> int:
        """Attempts that were given up: they are charged at the bound that was held for them, or
        stay without a cost where they had none."""
    @property
    def unknown(self) -> int:
        """Attempts of the ledger whose cost stays unknown: they are younger than a day, or were
        sent to another server or with another key."""
    @property
    def cost(self) -> Decimal:
        """US dollars: the costs that the server told."""
    @property
    def charged(self) -> Decimal:
        """US dollars: what the attempts given up are charged."""
    @property
    def trouble(self) -> str | None:
        """Why it ended early."""
    def to_dict(self) -> dict[str, Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Reply:
    """A whole answer. Cost and usage are those of the last attempt."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "text",
        "reasoning",
        "tool_calls",
        "native_finish_reason",
        "model",
        "provider",
        "generation_id",
        "finish_reason",
        "cost",
        "cost_source",
        "non_token_cost",
        "usage",
        "entry",
        "request_id",
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
        """The answer."""
    @property
    def reasoning(self) -> str:
        """The reasoning of the model, as far as it is shown."""
    @property
    def tool_calls(self) -> list[ToolCall]:
        """The calls of tools that the model asks for."""
    @property
    def native_finish_reason(self) -> str | None:
        """The provider's own word for the finish reason."""
    @property
    def model(self) -> str:
        """The model that served. The requested one where the server did not tell."""
    @property
    def provider(self) -> str | None:
        """The provider that served, such as Amazon Bedrock."""
    @property
    def generation_id(self) -> str | None:
        """The server's id of the call."""
    @property
    def finish_reason(self) -> str | None:
        """Why the answer ended: stop, length, tool_calls, content_filter or error."""
    @property
    def cost(self) -> Decimal | None:
        """US dollars, exact. A cost that is not known is not zero."""
    @property
    def cost_source(self) -> str:
        """Where the cost comes from."""
    @property
    def non_token_cost(self) -> Decimal | None:
        """The part of the cost that the prices of the tokens do not explain: web search, file
        parsing, server tools. Below zero for a discount. It is the cost less what the response
        says that prompt and completion cost. Not known where the response does not say it, or
        the provider was paid directly (BYOK)."""
    @property
    def usage(self) -> Usage:
        """The tokens."""
    @property
    def entry(self) -> str | None:
        """The ledger's id of the last attempt: 26 characters that sort by time."""
    @property
    def request_id(self) -> str | None:
        """The request's own id."""
    @property
    def added(self) -> list[str]:
        """What wayfare added to the body, such as model or stream."""
    @property
    def attempts(self) -> list[Attempt]:
        """All attempts of the call, in order. All but the last failed."""
    @property
    def warnings(self) -> list[str]:
        """A line for each soft budget that is passed."""
    @property
    def selection(self) -> Selection | None:
        """Why these models, in this order. Only where a policy or a max_cost asked for it."""
    @property
    def timings(self) -> Timings:
        """Where the time went."""
    @property
    def status(self) -> int | None:
        """The HTTP status."""
    @property
    def message(self) -> dict[str, Any]:
        """The assistant's turn, to be sent back with the next request. It has the tool calls and
        the reasoning details, in their order."""
    @property
    def metadata(self) -> dict[str, Any]:
        """What to keep with a message of your own: v (1), entry, request_id, generation_id,
        model, provider, prompt_tokens, completion_tokens, cached_tokens, reasoning_tokens, cost
        (a decimal text), currency and cost_source."""
    @property
    def raw(self) -> dict[str, Any] | None:
        """The body of the response. After a stream: the body that would have come without
        streaming. Not known where nothing that can be read came."""
    def to_dict(self) -> dict[str, Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Selection:
    """The models that a request takes, with the reasons."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "policy",
        "ranked",
        "out",
        "catalogue",
    )
    @property
    def policy(self) -> str:
        """How the models were put in order."""
    @property
    def ranked(self) -> list[Candidate]:
        """The models in the order in which they are tried."""
    @property
    def out(self) -> list[Candidate]:
        """The models that cannot serve the request."""
    @property
    def catalogue(self) -> CatalogueState:
        """Where the models list comes from."""
    def to_dict(self) -> dict[str, Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Timings:
    """Microseconds since the call was made, by a monotonic clock."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "reserved_us",
        "headers_us",
        "first_delta_us",
        "total_us",
    )
    @property
    def reserved_us(self) -> int | None:
        """The reservation was in the ledger."""
    @property
    def headers_us(self) -> int | None:
        """The status line was here."""
    @property
    def first_delta_us(self) -> int | None:
        """The first piece of text, reasoning or a tool call was here."""
    @property
    def total_us(self) -> int | None:
        """The last byte was here."""
    def to_dict(self) -> dict[str, Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class ToolCall:
    """A call of a tool that the model asks for."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "id",
        "name",
        "arguments",
    )
    @property
    def id(self) -> str:
        """Its id, which the answer of the tool repeats."""
    @property
    def name(self) -> str:
        """The name of the tool."""
    @property
    def arguments(self) -> str:
        """A JSON text as the model wrote it, not checked. {} where the model wrote nothing."""
    def to_dict(self) -> dict[str, Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class ToolPiece:
    """A piece of a tool call, while it streams in."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "index",
        "id",
        "name",
        "arguments",
    )
    @property
    def index(self) -> int:
        """Which of the reply's tool calls it belongs to."""
    @property
    def id(self) -> str | None:
        """The id of the tool call. Only in its first piece."""
    @property
    def name(self) -> str | None:
        """The name of the tool. Only in the first piece."""
    @property
    def arguments(self) -> str:
        """The next piece of the arguments."""
    def to_dict(self) -> dict[str, Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Usage:
    """Tokens as the provider's own tokenizer counts them. A count that the server did not send
    is not known. Servers differ: do not assume that one count is the sum of others."""

    _fields: ClassVar[tuple[str, ...]]
    __match_args__: ClassVar[tuple[str, ...]] = (
        "prompt_tokens",
        "completion_tokens",
        "total_tokens",
        "cached_tokens",
        "cache_write_tokens",
        "reasoning_tokens",
    )
    @property
    def prompt_tokens(self) -> int | None:
        """The tokens of the prompt, with the cached and the cache-written ones."""
    @property
    def completion_tokens(self) -> int | None:
        """The tokens of the answer, with the reasoning."""
    @property
    def total_tokens(self) -> int | None:
        """The server's own sum."""
    @property
    def cached_tokens(self) -> int | None:
        """The tokens of the prompt that were read from the provider's cache."""
    @property
    def cache_write_tokens(self) -> int | None:
        """The tokens of the prompt that were written to the provider's cache."""
    @property
    def reasoning_tokens(self) -> int | None:
        """The tokens of the answer that were spent on reasoning."""
    def to_dict(self) -> dict[str, Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class UsageRow:
    """Sums over calls. A dimension that was not asked for is not known."""

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
        "calls",
        "unknown",
        "prompt_tokens",
        "completion_tokens",
        "cached_tokens",
        "cache_write_tokens",
        "reasoning_tokens",
        "cost",
        "held",
    )
    @property
    def day(self) -> str | None:
        """The day in UTC, such as 2026-11-23."""
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
    def calls(self) -> int:
        """Attempts that were sent or may have been sent."""
    @property
    def unknown(self) -> int:
        """Those of them whose cost is not known."""
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
        """US dollars: what attempts without an end may cost at most, where that is known."""
    def to_dict(self) -> dict[str, Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Verification:
    """Whether the ledger is whole."""

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
        """Rows that were read."""
    @property
    def pending(self) -> int:
        """Rows of attempts without an end that were read."""
    @property
    def problems(self) -> list[str]:
        """A line for each problem, at most 100."""
    def to_dict(self) -> dict[str, Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Event:
    @property
    def type(self) -> str: ...
    @property
    def text(self) -> str | None: ...
    @property
    def reasoning(self) -> str | None: ...
    @property
    def tool_call(self) -> ToolPiece | None: ...
    @property
    def usage(self) -> Usage | None: ...

@final
class Call:
    @property
    def id(self) -> int: ...
    def next(self) -> tuple[list[Event], bool, Any]: ...
    def take(self) -> tuple[list[Event], bool, Any] | None: ...
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
