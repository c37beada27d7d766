"""Spans and metrics that go by OTLP to a collector that others wrote."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import collector
import pytest
import wayfare

if TYPE_CHECKING:
    from wayfare.sandbox import Sandbox

pytestmark = pytest.mark.slow


def test_a_collector_gets_spans_and_metrics(
    sandbox: Sandbox,
    open_client: Callable[..., wayfare.Client],
    fault: Callable[[str], str],
    tmp_path: Path,
) -> None:
    program = collector.find()
    if program is None:
        pytest.skip("there is no otelcol: `python tests/support/collector.py` makes one with Go")
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http")
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from wayfare import telemetry

    with collector.running(program, tmp_path) as running:
        traces = TracerProvider()
        exporter = OTLPSpanExporter(f"{running.address}/v1/traces")
        traces.add_span_processor(BatchSpanProcessor(exporter))
        sender = OTLPMetricExporter(f"{running.address}/v1/metrics")
        meters = MeterProvider([PeriodicExportingMetricReader(sender)])
        client = open_client(sandbox.base_url, charge_to={"agent": "support"})
        telemetry.instrument(client, tracer_provider=traces, meter_provider=meters)
        models = [fault("status-500"), "openai/gpt-4o-mini"]
        reply = client.chat("secret words", route={"models": models})
        with client.stream("secret words", model=fault("stall")) as stream:
            next(stream)
        traces.force_flush()
        client.close()
        traces.shutdown()
        meters.shutdown()
        assert reply.cost is not None
        told = running.wait(
            f"wayfare.cost_usd: Str({reply.cost:f})",
            f"Value: {int(reply.cost * 10**12)}\n",
            "Name: wayfare.cost.unknown",
            "error.type: Str(cancelled)",
        )
    spans = re.findall(r"Span #\d+(.*?)(?=Span #|ResourceSpans|Timestamp|\Z)", told, re.DOTALL)
    assert len([span for span in spans if "gen_ai.operation.name: Str(chat)" in span]) == 2
    attempts = [span for span in spans if re.search(r"Name +: attempt ", span)]
    assert len(attempts) == 3
    for name in ("gen_ai.client.inference.duration", "wayfare.cost.picodollars"):
        assert f"-> Name: {name}\n" in told
    assert "wayfare.agent: Str(support)" in told and "secret" not in told
