"""The trace to which calls belong, in and out."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from opentelemetry import context, trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from ..errors import invalid


@contextlib.contextmanager
def parent(traceparent: str, tracestate: str | None = None) -> Iterator[None]:
    """Lets the calls in its block belong to the trace of a W3C ``traceparent``.

        with telemetry.parent(request.headers["traceparent"]):
            client.chat("Hello")

    It is for programs in which nothing else reads that header. Raises errors.Invalid if the text is
    no traceparent.
    """
    carrier = {"traceparent": traceparent, "tracestate": tracestate or ""}
    found = TraceContextTextMapPropagator().extract(carrier, context.Context())
    span = trace.get_current_span(found)
    if not span.get_span_context().is_valid:
        raise invalid(
            "traceparent is no trace context of the W3C",
            "it looks like 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        )
    token = context.attach(trace.set_span_in_context(span))
    try:
        yield
    finally:
        context.detach(token)


def with_header(headers: dict[str, str] | None, of: trace.SpanContext) -> dict[str, str]:
    """Returns the headers with the traceparent of a span. One that the caller gave stays."""
    given = headers or {}
    if any(name.lower() == "traceparent" for name in given):
        return given
    text = f"00-{of.trace_id:032x}-{of.span_id:016x}-{of.trace_flags:02x}"
    return {**given, "traceparent": text}


def with_member(body: Any, of: trace.SpanContext) -> Any:
    """Returns the body with OpenRouter's member ``trace``. One that the caller gave stays, and so
    does a body of JSON text, which is sent byte for byte.
    """
    if not isinstance(body, dict) or "trace" in body:
        return body
    ids = {"trace_id": f"{of.trace_id:032x}", "parent_span_id": f"{of.span_id:016x}"}
    return {**body, "trace": ids}
