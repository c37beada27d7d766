"""Puts telemetry into a client, and takes it out."""

from __future__ import annotations

import atexit
import weakref
from typing import TYPE_CHECKING, Literal, cast

from opentelemetry import metrics, trace

from .._wayfare import __version__
from ..errors import invalid
from ._recorder import Recorder
from ._settings import settings_of
from ._traced import TracedClient

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import TracerProvider

    from .. import _wayfare
    from .._async import AsyncClient
    from .._client import Client
    from .._log import Shared

    Label = Literal["app", "agent", "user", "run"]
    Way = Literal["headers", "body"]


class Instrumentation:
    """The telemetry of a client. ``instrument`` makes it."""

    def __init__(self, shared: Shared, recorder: Recorder) -> None:
        self._shared = weakref.ref(shared)
        self._recorder = recorder
        # The recorder knows nothing of `shared`, so a client that is dropped is freed.
        self._end = weakref.finalize(shared, recorder.end)
        self._end.atexit = False  # it comes too late: after that of a provider made before
        atexit.register(self._end)

    def end(self) -> None:
        """Ends it: later calls of the client have no telemetry. Calls that run keep theirs.

        Waits at most a second, and only for calls that were left and are not booked yet.
        """
        shared = self._shared()
        if shared is not None and isinstance(shared.native, TracedClient):
            shared.native = self._recorder.native
        self._end()
        atexit.unregister(self._end)

    def __enter__(self) -> Instrumentation:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()


def instrument(
    client: Client | AsyncClient,
    *,
    tracer_provider: TracerProvider | None = None,
    meter_provider: MeterProvider | None = None,
    openinference: bool = False,
    content: bool = False,
    labels: Sequence[Label] = ("app", "agent"),
    label_values: int = 100,
    propagate: Collection[Way] = (),
    provider: str | None = None,
) -> Instrumentation:
    """Gives the calls of a client, and of all its views, spans and metrics.

    tracer_provider, meter_provider  those of the program. Else the global ones
    openinference  also write the names of OpenInference, which Phoenix and Arize read
    content        also write prompts, answers and tools. A text of more than a million characters
                   is left out, and ``wayfare.content_left_out`` names it
    labels         the parts of charge_to that spans and metrics tell: some of "app", "agent",
                   "user" and "run"
    label_values   the most values of each label, and the most models, in the metrics. Later ones
                   are "other" there. At most 10000
    propagate      how the server is told of the trace. "headers" sends the header ``traceparent``.
                   "body" adds OpenRouter's member ``trace`` with the ids of the trace and of the
                   call. Both are the same in all attempts of a call. The member makes each body
                   differ, so that a cache of answers never hits. A body of JSON text has none
    provider       ``gen_ai.provider.name``. Else "openrouter" if the server is openrouter.ai, and
                   "openai" if it is another one, which names the format of the API

    If the variable OTEL_SEMCONV_STABILITY_OPT_IN has ``gen_ai_latest_experimental``, only the
    current names of the GenAI conventions are written. Else those before them are written, too:
    ``gen_ai.system``, and the metrics ``gen_ai.client.operation.duration`` and
    ``gen_ai.client.token.usage``.

    A stream that is left tells of itself once its attempts are booked, with the time at which it
    was left. One that is dropped without that does so with the next call, or when the metrics are
    read. In the child of a fork the client has telemetry, too, and its counts begin anew.

    Raises errors.Invalid if the client has telemetry already, or if an argument cannot be used.
    """
    shared = client._shared
    if isinstance(shared.native, TracedClient):
        raise invalid("this client has telemetry already", "end() it before another one begins")
    settings = settings_of(
        client.base_url, openinference, content, labels, label_values, propagate, provider
    )
    recorder = Recorder(
        shared.native,
        shared.defaults,
        settings,
        trace.get_tracer("wayfare.telemetry", __version__, tracer_provider),
        metrics.get_meter("wayfare.telemetry", __version__, meter_provider),
    )
    shared.native = cast("_wayfare.Client", TracedClient(recorder))
    return Instrumentation(shared, recorder)
