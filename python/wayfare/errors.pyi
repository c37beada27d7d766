# Made by `./run generate` from the tables in core/include/wayfare. Change those.
import datetime
from decimal import Decimal
from typing import Any

from ._wayfare import Reply
from .types import Code

class Error(Exception):
    """The failure of a call or an operation. No field holds an API key or the text of a prompt."""

    code: Code
    message: str
    advice: str | None
    retryable: bool
    status: int | None
    generation_id: str | None
    provider: str | None
    limit: str | None
    retry_after: float | None
    budget: str | None
    left: Decimal | None
    resets_at: datetime.datetime | None
    budget_limit: Decimal | None
    spent: Decimal | None
    reserved: Decimal | None
    needed: Decimal | None
    reply: Reply | None

    def __init__(
        self, message: str = "", code: str = "", advice: str | None = None, **fields: Any
    ) -> None: ...

def error_of(fields: dict[str, Any]) -> Error: ...
def invalid(message: str, advice: str | None = None) -> Error: ...

class Timeout(Error):
    """A time limit has passed, at the server, at its provider or here."""

class Forked(Error):
    """The client was used before this process was forked. Open a new client in the child."""

class Closed(Error):
    """The client is closed."""

class Full(Error):
    """The number of open calls has reached the option max_open_calls."""

class NoMemory(Error):
    """An allocation failed."""

class Busy(Error):
    """Another thread is already waiting for this call."""

class Invalid(Error):
    """A value cannot be used. The message names the value."""

class Unsupported(Error):
    """This version does not support a value. The message names the value."""

class KeyMissing(Error):
    """No API key was found."""

class KeyMalformed(Error):
    """The API key cannot work: it has white space or quotes, is a placeholder, was cut short, or
    is not a key of OpenRouter."""

class KeyNotAllowed(Error):
    """The API key and the base URL are from different places: see the option allow_key_to."""

class MaxCost(Error):
    """The call could cost more than its max_cost."""

class NoModel(Error):
    """No model that the route allows can serve the request."""

class NoAgent(Error):
    """There is no agent with this name, or it is archived."""

class Conflict(Error):
    """An agent has changed since the version that the operation or the call is based on, or its
    name is taken."""

class BadRequest(Error):
    """Status 400, 409, 412 or 422."""

class Unauthorized(Error):
    """Status 401: the API key is not accepted."""

class PaymentRequired(Error):
    """Status 402: there are no credits left."""

class Forbidden(Error):
    """Status 403."""

class NotFound(Error):
    """Status 404, a redirect, or the model does not exist."""

class RequestTimeout(Timeout):
    """Status 408."""

class RequestTooLarge(Error):
    """Status 413."""

class RateLimited(Error):
    """Status 429."""

class ServerError(Error):
    """Status 500, or a status that has no other meaning."""

class ProviderFailed(Error):
    """Status 502: the provider is down or gave a bad answer."""

class Overloaded(Error):
    """Status 503 or 529."""

class ProviderTimeout(Timeout):
    """Status 504, 520, 522 or 524: the provider may have done the work and billed it."""

class Moderated(Error):
    """Status 400 or 403: moderation flagged the input."""

class ContextExceeded(Error):
    """Status 400: prompt and completion together are longer than the model allows."""

class Dns(Error):
    """The host has no address."""

class Connect(Error):
    """The host refused the connection or cannot be reached."""

class Tls(Error):
    """The certificate or the TLS handshake failed."""

class ConnectTimeout(Timeout):
    """The option connect_timeout has passed."""

class FirstByteTimeout(Timeout):
    """The option first_byte_timeout has passed."""

class IdleTimeout(Timeout):
    """The option idle_timeout has passed."""

class Deadline(Timeout):
    """The deadline of the call has passed."""

class ConnectionLost(Error):
    """The connection was lost after the request was sent. The call may be billed."""

class StreamBroken(Error):
    """The stream ended before it was complete, or reported an error."""

class Malformed(Error):
    """The answer does not have the form that the API documents."""

class TooLarge(Error):
    """The answer exceeds a limit. The message names the limit."""

class ContentTimeout(Timeout):
    """The option content_timeout has passed: the server sent only heartbeats."""

class ServedOtherwise(Error):
    """Another model served than the one that the request named, and route.pin is true. The
    answer is paid and booked."""

class Cancelled(Error):
    """The call was cancelled."""

class LedgerUnavailable(Error):
    """The ledger cannot be opened, or could not commit in time. Nothing was sent."""

class LedgerForeign(Error):
    """The file is not a ledger of wayfare."""

class LedgerTooNew(Error):
    """A newer wayfare wrote the ledger."""

class NotBooked(Error):
    """The answer came, but the ledger could not book it. The entry stays reserved. The error's
    reply has the answer."""

class LedgerReplaced(Error):
    """The file of the ledger was moved, deleted or replaced while it was in use. Nothing was
    sent."""

class LedgerTooOld(Error):
    """An older wayfare wrote the ledger in a format that this version does not read."""

class BudgetExceeded(Error):
    """The call may cost more than a hard budget has left. Nothing was sent."""

    limit: Decimal | None  # type: ignore[assignment]

class Blocked(Error):
    """A block matches the call. Nothing was sent."""

class NoBound(Error):
    """A hard budget matches the call, but a part of the call has no upper bound of its cost. The
    message names the budget and the part. Nothing was sent."""

class Clock(Error):
    """The clock has jumped, so the current window of a hard budget is not certain. Nothing was
    sent. The operation clock accepts the new time."""

class CoolingDown(Error):
    """Each model that the call has left cools down, and route.cooldown is refuse. Nothing was
    sent to them. ``retry_after`` tells how long to wait."""

class OverRate(Error):
    """A rate limit of the ledger has no room for the call now, or can never have it. Nothing was
    sent. ``retry_after`` tells when there is room, if no other call takes it."""

class Internal(Error):
    """A defect in wayfare."""
