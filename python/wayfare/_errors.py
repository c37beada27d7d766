"""The one exception."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import datetime
    from decimal import Decimal

    from ._wayfare import Reply


class Error(Exception):
    """What went wrong with a call, a query or an option. Its text is one line: ``code: message;
    advice``.

    Never holds an API key or the text of a prompt; what a server sent is quoted, cut at 300 bytes.

    message        what happened code           a stable name for it, such as "rate_limited" advice
    what to do about it, or None retryable      whether the same request may succeed later status
    HTTP status, or the code inside a 200; None where there was no answer generation_id  the
    server's id of the call, or None reply          what had come before it failed, as a Reply; None
    where nothing was sent provider       that failed, where the server named one, or None limit
    whose limit it was: "account", "key", "free tier", "provider", "model", or None retry_after
    seconds that the server asked to wait, or None
    """

    __module__ = "wayfare"

    def __init__(
        self,
        message: str,
        code: str = "internal",
        advice: str | None = None,
        retryable: bool = False,
        status: int | None = None,
        generation_id: str | None = None,
        reply: Reply | None = None,
        provider: str | None = None,
        limit: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(
            message,
            code,
            advice,
            retryable,
            status,
            generation_id,
            reply,
            provider,
            limit,
            retry_after,
        )  # so that it pickles
        self.message = message
        self.code = code
        self.advice = advice
        self.retryable = retryable
        self.status = status
        self.generation_id = generation_id
        self.reply = reply
        self.provider = provider
        self.limit = limit
        self.retry_after = retry_after

    def __str__(self) -> str:
        line = f"{self.code}: {self.message}"
        return f"{line}; {self.advice}" if self.advice else line

    def __repr__(self) -> str:
        return f"wayfare.Error({str(self)!r})"


class BudgetExceeded(Error):
    """A hard budget has less left than the call may cost. Nothing was sent.

    budget     its name left       Decimal in US dollars: what its window has left resets_at
    datetime in UTC: when its window ends; None where it never does
    """

    __module__ = "wayfare"

    def __init__(
        self,
        message: str,
        code: str = "budget_exceeded",
        advice: str | None = None,
        retryable: bool = False,
        status: int | None = None,
        generation_id: str | None = None,
        reply: Reply | None = None,
        provider: str | None = None,
        limit: str | None = None,
        retry_after: float | None = None,
        budget: str = "",
        left: Decimal | None = None,
        resets_at: datetime.datetime | None = None,
    ) -> None:
        super().__init__(
            message,
            code,
            advice,
            retryable,
            status,
            generation_id,
            reply,
            provider,
            limit,
            retry_after,
        )
        self.args = (*self.args, budget, left, resets_at)
        self.budget = budget
        self.left = left
        self.resets_at = resets_at
