"""What OpenTelemetry was told: the spans and the metrics, kept in memory."""

from __future__ import annotations

import time
from typing import Any

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter


class Seen:
    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        self.tracer_provider = TracerProvider()
        self.tracer_provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self._reader = InMemoryMetricReader()
        self.meter_provider = MeterProvider([self._reader])

    @property
    def providers(self) -> dict[str, Any]:
        return {"tracer_provider": self.tracer_provider, "meter_provider": self.meter_provider}

    @property
    def spans(self) -> list[Any]:
        """All spans, in the order in which they ended."""
        return list(self._exporter.get_finished_spans())

    @property
    def calls(self) -> list[Any]:
        return [span for span in self.spans if span.name.split()[0] == "chat"]

    @property
    def call(self) -> Any:
        """The only call."""
        [call] = self.calls
        return call

    def attempts(self, call: Any) -> list[Any]:
        return [span for span in self.spans if span.parent and span.parent == call.context]

    def wait(self, calls: int) -> None:
        """Waits until so many calls have ended."""
        until = time.monotonic() + 20
        while len(self.calls) < calls and time.monotonic() < until:
            time.sleep(0.005)

    def points(self, name: str) -> list[Any]:
        """The points of a metric, as they are now."""
        data = self._reader.get_metrics_data()
        metrics = [
            metric
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
        ]
        return [p for metric in metrics if metric.name == name for p in metric.data.data_points]

    def values(self, name: str, *attributes: str) -> dict[Any, Any]:
        """The values of a counter, or the sums of a histogram, by some of its attributes."""
        found: dict[Any, Any] = {}
        for point in self.points(name):
            key = tuple((point.attributes or {}).get(attribute) for attribute in attributes)
            value = point.value if hasattr(point, "value") else point.sum
            found[key] = found.get(key, 0) + value
        return {key[0] if len(key) == 1 else key: value for key, value in found.items()}

    def names(self) -> set[str]:
        """The names of all metrics that have a point."""
        data = self._reader.get_metrics_data()
        return {
            metric.name
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.data.data_points
        }
