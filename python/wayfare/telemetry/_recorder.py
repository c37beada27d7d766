"""Makes the spans and the metrics of the calls of one client.

OpenTelemetry's own locks and those here are never held together: what has to be told is gathered
under the lock, and told after it.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

from opentelemetry.metrics import Meter
from opentelemetry.trace import (
    INVALID_SPAN,
    Span,
    SpanKind,
    Status,
    StatusCode,
    Tracer,
    get_current_span,
    set_span_in_context,
)

from ..errors import Error
from . import _context as context
from . import _names as names
from . import _request as request
from . import _spans as spans
from . import _times as times
from ._metrics import PICODOLLARS, Key, Metrics, Money
from ._notices import Notices

if TYPE_CHECKING:
    from decimal import Decimal

    from .._wayfare import Attempt, Call, Client, Notice, Reply
    from ._settings import Settings

MOST_UNKNOWN = 10_000  # attempts whose cost may still be looked up
LONGEST_PAUSE = 0.25  # seconds
LONGEST_END = 1.0  # seconds


class Open:
    """A call that has begun."""

    __slots__ = (
        "attributes",
        "begun",
        "call",
        "clock",
        "labels",
        "left",
        "left_out",
        "process",
        "span",
        "stream",
    )

    def __init__(self, attributes: dict[str, Any], labels: dict[str, str], stream: bool) -> None:
        self.attributes = attributes
        self.labels = labels
        self.stream = stream
        self.begun, self.clock = time.time_ns(), time.monotonic_ns()
        self.process = os.getpid()
        self.span: Span = INVALID_SPAN  # until it begins
        self.left_out: list[str] = []  # the content of the request that was too long
        self.left: int | None = None  # when the reader left it before its end
        self.call: Call | None = None  # None from its end on

    def now(self) -> int:
        """Returns the time, by a clock that does not jump during the call."""
        return self.begun + time.monotonic_ns() - self.clock


class Told(NamedTuple):
    """What has to be told of a call that has ended."""

    of: Open
    end: int
    reply: Reply | None
    code: str | None  # of the failure
    message: str | None
    notices: list[Notice | None]
    attributes: dict[str, Any]  # of its metrics


class Recorder:
    def __init__(
        self,
        native: Client,
        defaults: dict[str, Any],
        settings: Settings,
        tracer: Tracer,
        meter: Meter,
    ) -> None:
        self.native = native
        self._defaults = defaults
        self._settings = settings
        self._tracer = tracer
        self._start()
        self._metrics = Metrics(meter, settings, self._look)

    def _start(self) -> None:
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._notices = Notices(self.native)
        self._money = Money(self._settings)
        self._unknown: dict[str, Key] = {}
        self._left: deque[Open] = deque()  # calls whose readers have left before the end
        self._told: deque[Told] = deque()
        self._is_waiting = False  # whether there is a thread that waits for these

    def _after_fork(self) -> None:
        """In the child of a fork, what was gathered before is left to its parent."""
        if self._process != os.getpid():
            self._start()

    def begin(self, arguments: dict[str, Any], body: Any) -> tuple[Open, dict[str, Any], Any]:
        """Begins the span of a call. Returns it with the arguments and the body to send."""
        self._after_fork()
        settings = self._settings
        model = request.model_of(body, arguments, self._defaults)
        labels = request.charged(arguments, self._defaults, settings.labels)
        opened = Open(spans.common(settings, model), labels, bool(arguments.get("stream")))
        told = {**opened.attributes, **{names.LABEL + name: labels[name] for name in labels}}
        if settings.old:
            told[names.OLD_PROVIDER] = settings.provider
        if opened.stream:
            told[names.STREAM] = True
        name = "chat" if model is None else f"chat {model}"
        span = opened.span = self._tracer.start_span(
            name, kind=SpanKind.CLIENT, attributes=told, start_time=opened.begun
        )
        if span.is_recording():
            of_body = spans.of_request(settings, body, model)
            span.set_attributes(of_body)
            opened.left_out = of_body.get(names.CONTENT_LEFT_OUT, [])
        with self._lock:
            self._notices.begin()
        return (opened, *self._with_trace(span, arguments, body))

    def _with_trace(
        self, span: Span, arguments: dict[str, Any], body: Any
    ) -> tuple[dict[str, Any], Any]:
        """Returns the arguments and the body with the trace, as far as that is asked for."""
        of = span.get_span_context()
        if not of.is_valid:  # without an SDK the trace of the caller is passed on
            of = get_current_span().get_span_context()
        if of.is_valid and "headers" in self._settings.propagate:
            headers = context.with_header(arguments["headers"], of)
            arguments = {**arguments, "headers": headers}
        if of.is_valid and "body" in self._settings.propagate:
            body = context.with_member(body, of)
        return arguments, body

    def ended(self, opened: Open, end: Reply | Error) -> None:
        """Tells of a call that has ended."""
        if opened.call is None or opened.process != os.getpid():
            return
        opened.call = None
        with self._lock:
            self._gather(opened, end, opened.now())
        self.settle()

    def refused(self, opened: Open, error: BaseException) -> None:
        """Tells of a call that could not begin."""
        code, message = type(error).__qualname__, None
        if isinstance(error, Error):
            code, message = error.code, error.message
        with self._lock:
            attributes = self._metric_attributes(opened, None)
        self._tell(Told(opened, opened.now(), None, code, message, [], attributes))

    def leave(self, opened: Open) -> None:
        """Cancels a call whose reader has left it. Its attempts are told when they are booked."""
        if opened.call is None or opened.left is not None or opened.process != os.getpid():
            return
        end = _end_of(opened.call)  # it may have ended before
        if end is not None:
            self.ended(opened, end)
        else:
            self.drop(opened)
            self._wait_for_left()

    def drop(self, opened: Open) -> None:
        """Like leave(), for a finalizer, which may come inside of anything: it takes no lock and
        starts no thread. The next call, or who reads the metrics, sees to the rest.
        """
        call = opened.call
        if call is None or opened.left is not None or opened.process != os.getpid():
            return
        opened.left = opened.now()
        call.cancel(False)  # so that its end comes, and tells of its attempts
        self._left.append(opened)

    def _wait_for_left(self) -> None:
        """Has a thread that tells of the calls that were left, and lives until it has."""
        with self._lock:
            if self._is_waiting or not (self._left or self._told):
                return
            self._is_waiting = True
        try:
            threading.Thread(target=self._wait, name="wayfare-telemetry", daemon=True).start()
        except RuntimeError:  # there are no more threads: the next call tells of them
            self._is_waiting = False

    def _wait(self) -> None:
        pause = 0.001
        while True:
            time.sleep(pause)
            self.settle()
            with self._lock:
                self._is_waiting = bool(self._left or self._told)
                if not self._is_waiting:
                    return
            pause = min(2 * pause, LONGEST_PAUSE)

    def settle(self) -> None:
        """Tells of what has ended meanwhile."""
        self._after_fork()
        with self._lock:
            self._gather_left()
        while self._told:
            try:
                told = self._told.popleft()
            except IndexError:  # another thread was faster
                return
            self._tell(told)

    def end(self) -> None:
        """Ends the watch, once the calls that were left are told, for which it waits a moment."""
        until = time.monotonic() + LONGEST_END
        self.settle()
        while self._left and time.monotonic() < until:
            time.sleep(0.001)
            self.settle()
        with self._lock:
            self._notices.end()

    def _look(self) -> Money:
        """Brings the money up to date, for who reads the metrics and holds their locks."""
        self._after_fork()
        with self._lock:
            self._gather_left()
        self._wait_for_left()
        return self._money

    # ---- Under the lock.

    def _gather_left(self) -> None:
        for _ in range(len(self._left)):
            opened = self._left.popleft()
            end = _end_of(opened.call) if opened.call else None
            if end is None:
                self._left.append(opened)
            else:
                opened.call = None
                self._gather(opened, end, opened.left or opened.now())
        self._looked_up(self._notices.look())

    def _gather(self, opened: Open, end: Reply | Error, at: int) -> None:
        code: str | None = None
        message: str | None = None
        reply: Reply | None
        if isinstance(end, Error):
            code, message, reply = end.code, end.message, end.reply
        else:
            reply = end
        self._looked_up(self._notices.look())
        notices = [self._notices.of(attempt.entry) for attempt in reply.attempts] if reply else []
        if reply is not None:
            for attempt, notice in zip(reply.attempts, notices):
                self._count(attempt, notice, reply, opened.labels)
        attributes = self._metric_attributes(opened, reply)
        self._told.append(Told(opened, at, reply, code, message, notices, attributes))

    def _metric_attributes(self, opened: Open, reply: Reply | None) -> dict[str, Any]:
        found = dict(opened.attributes)
        if reply is not None and reply.attempts:
            found[names.REQUEST_MODEL] = reply.attempts[0].model
            found[names.RESPONSE_MODEL] = reply.model
        for name in (names.REQUEST_MODEL, names.RESPONSE_MODEL):
            if found.get(name):
                found[name] = self._money.model(name, found[name])
        for name, value in opened.labels.items():
            found[names.LABEL + name] = self._money.label(name, value)
        return found

    def _count(
        self, attempt: Attempt, notice: Notice | None, reply: Reply, labels: dict[str, str]
    ) -> None:
        served = reply.model if attempt.entry == reply.entry else notice and notice.model
        key = self._money.key(attempt.model, served, labels)
        if attempt.cost is not None:
            self._add(key, attempt.cost)
        elif attempt.state != "void":
            self._money.unknown[key] = self._money.unknown.get(key, 0) + 1
            self._unknown[attempt.entry] = key
            if len(self._unknown) > MOST_UNKNOWN:
                del self._unknown[next(iter(self._unknown))]

    def _looked_up(self, notices: list[Notice]) -> None:
        for notice in notices:
            if notice.entry is None or notice.cost is None:
                continue
            key = self._unknown.pop(notice.entry, None)
            if key is not None:
                self._money.unknown[key] -= 1
                self._add(key, notice.cost)

    def _add(self, key: Key, cost: Decimal) -> None:
        picodollars = int(spans.EXACT.multiply(cost, PICODOLLARS))
        self._money.cost[key] = self._money.cost.get(key, 0) + picodollars

    # ---- Not under the lock.

    def _tell(self, told: Told) -> None:
        opened, reply, code, span = told.of, told.reply, told.code, told.of.span
        if span.is_recording():
            if reply is not None:
                self._tell_attempts(told, reply)
                found = spans.of_reply(self._settings, reply, code is None)
                if names.CONTENT_LEFT_OUT in found:
                    found[names.CONTENT_LEFT_OUT] = [
                        *opened.left_out,
                        *found[names.CONTENT_LEFT_OUT],
                    ]
                span.set_attributes(found)
                if reply.attempts and reply.attempts[0].model:
                    span.update_name(f"chat {reply.attempts[0].model}")
            if code is not None:
                span.set_attribute(names.ERROR_TYPE, code)
                span.set_status(Status(StatusCode.ERROR, told.message))
        first = reply.timings.first_delta_us if reply is not None and opened.stream else None
        if first is not None:
            span.set_attribute(names.FIRST_CHUNK, first / 1e6)
        span.end(told.end)
        self._metrics.call(
            told.attributes,
            (told.end - opened.begun) / 1e9,
            code,
            None if first is None else first / 1e6,
            reply and reply.usage,
        )

    def _tell_attempts(self, told: Told, reply: Reply) -> None:
        below = set_span_in_context(told.of.span)
        when = times.of_attempts(reply.attempts, told.notices, told.of.begun, told.end)
        for at, attempt in enumerate(reply.attempts):
            found = spans.of_attempt(self._settings, at + 1, attempt, told.notices[at], reply)
            begun, ended = when[at]
            span = self._tracer.start_span(
                f"attempt {attempt.model}", context=below, attributes=found, start_time=begun
            )
            if attempt.error is not None:
                span.set_status(Status(StatusCode.ERROR))
            span.end(ended)


def _end_of(call: Call) -> Reply | Error | None:
    """Returns the end of a call, if it has come, and drops the events before it."""
    try:
        while (batch := call.take()) is not None:
            if batch[1]:
                end: Reply | Error = batch[2]
                return end
    except Error as error:  # the client was closed
        return error
    return None
