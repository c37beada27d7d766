"""OpenTelemetry spans and metrics for the calls of a client. It needs the extra ``otel``.

    from wayfare import telemetry

    client = wayfare.Client()
    telemetry.instrument(client)
    client.chat("Hello", charge_to={"agent": "support"})

Each call, streamed or not, is one span with the attributes ``gen_ai.*``. Each of its attempts is a
span below it, with its own begin, end, state and cost. The metrics count tokens and money, and they
measure durations and the time to the first piece.

A cost is exact decimal text in a span (``wayfare.cost_usd``), and a counter of whole picodollars
among the metrics (``wayfare.cost.picodollars``). A cost that is not known is left out. It is never
zero. When wayfare learns it later, the counter gets it.

No span has a prompt or an answer, unless ``content=True`` asks for them. No span has a key.
"""

from __future__ import annotations

from ._context import parent
from ._instrument import Instrumentation, instrument

__all__ = ["Instrumentation", "instrument", "parent"]
