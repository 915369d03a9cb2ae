"""OpenTelemetry's own SDK as a client: what it exports, in both temporalities and over both protocols, counts once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.telemetry.test_receivers import Receiving
from tests.support import Daemon

pytest.importorskip("opentelemetry.exporter.otlp.proto.grpc", reason="the SDK is not installed")

from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter as HttpExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import Counter, Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import AggregationTemporality, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor


@pytest.fixture
def receiving(make_daemon: Callable[[str], Daemon]) -> Receiving:
    """A running daemon that receives on both protocols."""
    return Receiving(make_daemon("d"))


def provider(
    receiving: Receiving, protocol: str, temporality: AggregationTemporality, **resource: str
) -> MeterProvider:
    """A provider that exports when it is flushed, and not before."""
    preferred: dict[type, AggregationTemporality] = {Counter: temporality, Histogram: temporality}
    exporter: Any = (
        GrpcExporter(endpoint=receiving.grpc, insecure=True, preferred_temporality=preferred)
        if protocol == "grpc"
        else HttpExporter(endpoint=f"http://{receiving.http}/v1/metrics", preferred_temporality=preferred)
    )
    reader = PeriodicExportingMetricReader(exporter, export_interval_millis=3_600_000)
    return MeterProvider([reader], Resource(resource))


@pytest.mark.parametrize("protocol", ["grpc", "http"])
@pytest.mark.parametrize("temporality", [AggregationTemporality.DELTA, AggregationTemporality.CUMULATIVE])
def test_counters_and_histograms(receiving: Receiving, protocol: str, temporality: AggregationTemporality) -> None:
    for run in range(2):  # the second is another process' life: its series begin again
        names = {"service.name": "copilot-chat", "session.id": f"window-{run}"}
        metered = provider(receiving, protocol, temporality, **names)
        meter = metered.get_meter("test")
        lines = meter.create_counter("copilot_chat.lines_of_code.count")
        tokens = meter.create_histogram("gen_ai.client.token.usage")
        for _ in range(3):
            lines.add(5, {"type": "added"})
            tokens.record(100, {"gen_ai.token.type": "output"})
            assert metered.force_flush()
        metered.shutdown()
        receiving.daemon.restart()
    scrape = receiving.daemon.scrape()
    assert scrape.sum("obsd_agent_declared_lines_total", agent="copilot-vscode", direction="added") == 30
    assert scrape.sum("obsd_agent_tokens_total", agent="copilot-vscode", kind="output") == 600


def test_spans(receiving: Receiving) -> None:
    traced = TracerProvider(resource=Resource({"service.name": "github-copilot"}))
    traced.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(endpoint=f"http://{receiving.http}/v1/traces")))
    tracer = traced.get_tracer("test")
    for tool in ("bash", "edit"):
        with tracer.start_as_current_span(f"execute_tool {tool}") as span:
            span.set_attribute("gen_ai.operation.name", "execute_tool")
            span.set_attribute("gen_ai.tool.name", tool)
            span.set_attribute("gen_ai.conversation.id", "c-1")
            span.set_attribute("gen_ai.tool.call.arguments", "a secret")
    traced.shutdown()
    scrape = receiving.daemon.scrape()
    assert scrape.sum("obsd_agent_tool_calls_total", agent="copilot-cli", tool="shell") == 1
    assert scrape.sum("obsd_agent_tool_calls_total", agent="copilot-cli", tool="edit") == 1
