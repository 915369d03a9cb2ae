"""What tests of telemetry share: the samples that real agents sent, and clients that send as agents do."""

from __future__ import annotations

import gzip
import http.client
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import grpc

from obsd.telemetry.otlp import decode
from obsd.v1 import otlp_pb2 as pb

DATA = Path(__file__).resolve().parent / "data" / "otlp"
AGENTS = ("claude-code", "codex", "copilot-cli", "gemini-cli")
SERVICES = {
    "metrics": "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
    "logs": "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
    "traces": "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
}


def samples(agent: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The requests that an agent sent: signal, and body in JSON form."""
    for line in (DATA / f"{agent}.jsonl").read_text("utf-8").splitlines():
        entry = json.loads(line)
        yield entry["signal"], entry["body"]


def binary(signal: Any, body: dict[str, Any]) -> bytes:
    """A body in binary form, as far as obsd reads it."""
    raw: bytes = decode(signal, "json", json.dumps(body).encode()).SerializeToString()
    return raw


def attributes(**values: str | float | bool) -> list[dict[str, Any]]:
    """Attributes in JSON form; two underscores in a name stand for a dot."""
    kinds = {str: "stringValue", bool: "boolValue", int: "intValue", float: "doubleValue"}
    return [{"key": key.replace("__", "."), "value": {kinds[type(value)]: value}} for key, value in values.items()]


def claude_metrics(
    *points: dict[str, Any], name: str = "claude_code.token.usage", temporality: int = 1
) -> dict[str, Any]:
    """A request of Claude Code's with one metric."""
    metric = {"name": name, "sum": {"dataPoints": points, "aggregationTemporality": temporality, "isMonotonic": True}}
    resource = {"attributes": attributes(service__name="claude-code")}
    return {"resourceMetrics": [{"resource": resource, "scopeMetrics": [{"metrics": [metric]}]}]}


def point(value: float, time_ns: int, start_ns: int = 1, session: str = "s1", **labels: str) -> dict[str, Any]:
    """A point of a sum."""
    own = attributes(session__id=session, **({"type": "input"} | labels))
    return {"startTimeUnixNano": str(start_ns), "timeUnixNano": str(time_ns), "asDouble": value, "attributes": own}


class GrpcAgent:
    """Sends over gRPC, by the standard's names."""

    def __init__(self, address: str) -> None:
        self._channel = grpc.insecure_channel(address, options=(("grpc.max_send_message_length", -1),))

    def send(self, signal: str, body: bytes, timeout: float = 20, compress: bool = False) -> pb.ExportResponse:
        """The answer. Raises grpc.RpcError."""
        how = grpc.Compression.Gzip if compress else grpc.Compression.NoCompression
        call = self._channel.unary_unary(SERVICES[signal], None, None)
        answer: bytes = call(body, timeout=timeout, compression=how)
        return pb.ExportResponse.FromString(answer)

    def close(self) -> None:
        """End the channel."""
        self._channel.close()


class HttpAgent:
    """Sends over HTTP, over one connection for as long as it stays open."""

    def __init__(self, address: str, timeout: float = 20) -> None:
        self.connection = http.client.HTTPConnection(address, timeout=timeout)

    def send(
        self,
        signal: str,
        body: bytes,
        form: str = "json",
        compress: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, Any]:
        """The status, and the answer (of a JSON request as an object, else as bytes)."""
        content_type = {"json": "application/json", "protobuf": "application/x-protobuf"}[form]
        sent = {"Content-Type": content_type} | ({"Content-Encoding": "gzip"} if compress else {})
        sent.update(headers or {})
        self.connection.request("POST", f"/v1/{signal}", gzip.compress(body) if compress else body, sent)
        response = self.connection.getresponse()
        read = response.read()
        spoken = response.headers.get_content_type()
        return response.status, json.loads(read) if spoken == "application/json" else read

    def close(self) -> None:
        """End the connection."""
        self.connection.close()


def send_once(address: str, signal: str, body: bytes, **options: Any) -> tuple[int, Any]:
    """The status and the answer over a connection of its own; `options` are those of `HttpAgent.send`."""
    agent = HttpAgent(address)
    try:
        return agent.send(signal, body, **options)
    finally:
        agent.close()
