"""What a request is read as: both forms, broken text and numbers, kinds of metrics, and whose an item is."""

from __future__ import annotations

import json
import zlib
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obsd.telemetry import otlp
from obsd.telemetry.otlp_repair import repaired
from obsd.telemetry.parsing import Batch, read
from obsd.telemetry.vocabulary import number, text
from obsd.v1 import otlp_pb2 as pb
from tests.otlp import AGENTS, attributes, binary, claude_metrics, point, samples


def read_json(signal: Any, body: Any) -> Batch:
    """What is read of a body in JSON form."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return read(signal, otlp.decode(signal, "json", raw))


def event(name: str, service: str = "claude-code", scope: str = "", **labels: str | float | bool) -> dict[str, Any]:
    """A request with one event."""
    record = {"timeUnixNano": "10", "attributes": attributes(event__name=name, session__id="s", **labels)}
    resource = {"attributes": attributes(service__name=service)}
    scopes = [{"scope": {"name": scope}, "logRecords": [record]}]
    return {"resourceLogs": [{"resource": resource, "scopeLogs": scopes}]}


BROKEN = (
    '"done \\ud83d"',
    '"\\udc00"',
    "NaN",
    "1e999",
    "-Infinity",
    f"{2**70}",
    "[]",
    "{}",
    "null",
)


@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize("kind", ["stringValue", "doubleValue", "intValue", "boolValue"])
def test_a_broken_attribute_costs_nothing_else(broken: str, kind: str) -> None:
    body = event("tool_result", tool_name="Bash", success="true")
    body["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0]["attributes"] += [{"key": "error", "value": {kind: "XX"}}]
    batch = read_json("logs", json.dumps(body).replace('"XX"', broken).encode())
    assert [one.words for one in batch.happenings[0].readings] == [("shell", "ok")]


def test_half_a_character_in_json_costs_nothing_else() -> None:
    whole = json.dumps(event("api_request", error="aéz"), ensure_ascii=False).encode()
    assert len(read_json("logs", whole.replace("é".encode(), b"\xc3")).happenings) == 1


def test_half_an_emoji_in_binary_costs_nothing_else() -> None:
    raw = binary("logs", event("api_request", error="a😀z"))
    # As protobuf.js writes half of it, and as it is when bytes are cut.
    for broken in (b"\xed\xa0\xbdx", b"\xf0\x9f\x98x"):
        batch = read("logs", otlp.decode("logs", "protobuf", raw.replace("😀".encode(), broken)))
        assert len(batch.happenings) == 1
    with pytest.raises(otlp.Refused):
        otlp.decode("logs", "protobuf", raw[:-3].replace("😀".encode(), b"\xf0\x9f\x98x"))


@given(st.binary(max_size=200))
def test_any_bytes_are_repaired_or_refused(raw: bytes) -> None:
    try:
        found = repaired(raw, pb.ExportLogsRequest())
    except ValueError:
        return
    assert repaired(found, pb.ExportLogsRequest()) == found


@pytest.mark.parametrize("agent", AGENTS)
def test_what_is_whole_is_repaired_to_itself(agent: str) -> None:
    kinds: dict[str, Any] = {
        "metrics": pb.ExportMetricsRequest,
        "logs": pb.ExportLogsRequest,
        "traces": pb.ExportTraceRequest,
    }
    for signal, body in samples(agent):
        raw = binary(signal, body)
        before, after = kinds[signal](), kinds[signal]()
        before.ParseFromString(raw)
        after.ParseFromString(repaired(raw, after))
        assert before == after


def test_no_recorded_value_is_no_zero() -> None:
    gone: dict[str, Any] = {**point(0, 20), "flags": 1}
    empty = point(0, 20)
    del empty["asDouble"]
    batch = read_json("metrics", claude_metrics(point(100, 10), gone, empty, point(105, 30)))
    assert [one.value for one in batch.points] == [100, 105]
    assert (batch.items, batch.rejected) == (4, 0)


def keys(body: dict[str, Any]) -> set[bytes]:
    """The series in a request."""
    return {one.key for one in read_json("metrics", body).points}


def test_resource_and_scope_are_part_of_a_series() -> None:
    one = claude_metrics(point(1, 10))
    other_scope, other_resource = deepcopy(one), deepcopy(one)
    other_scope["resourceMetrics"][0]["scopeMetrics"][0]["scope"] = {
        "name": "com.anthropic.claude_code",
        "version": "2",
    }
    other_resource["resourceMetrics"][0]["resource"]["attributes"] += attributes(service__instance__id="2")
    found = [keys(body) for body in (one, other_scope, other_resource)]
    assert len(set().union(*found)) == 3
    assert keys(deepcopy(one)) == found[0]


def with_points(kind: str, **value: Any) -> dict[str, Any]:
    """Copilot's tokens in VS Code, as a metric of some kind."""
    own = attributes(gen_ai__token__type="input")
    data: dict[str, Any] = {"dataPoints": [{"timeUnixNano": "9", "startTimeUnixNano": "1", "attributes": own, **value}]}
    if kind not in ("gauge", "summary"):
        data["aggregationTemporality"] = 2
    resource = {"attributes": attributes(service__name="copilot-chat", session__id="w")}
    metric = {"name": "gen_ai.client.token.usage", kind: data}
    return {"resourceMetrics": [{"resource": resource, "scopeMetrics": [{"metrics": [metric]}]}]}


@pytest.mark.parametrize("kind", ["histogram", "exponentialHistogram"])
def test_both_kinds_of_histogram_have_a_sum(kind: str) -> None:
    batch = read_json("metrics", with_points(kind, count="2", sum=30.5))
    assert [one.value for one in batch.points] == [30.5]


@pytest.mark.parametrize("kind", ["gauge", "summary", "sum"])
def test_a_known_metric_of_a_wrong_kind_is_said(kind: str) -> None:
    batch = read_json("metrics", with_points(kind))
    assert (batch.items, batch.rejected, batch.points) == (1, 1, [])


@pytest.mark.parametrize("kind", ["gauge", "summary", "exponentialHistogram"])
def test_unknown_metrics_of_any_kind_are_said(kind: str) -> None:
    body = with_points(kind)
    body["resourceMetrics"][0]["scopeMetrics"][0]["metrics"][0]["name"] = "copilot_chat.new"
    assert read_json("metrics", body).unknown == {"copilot_chat.new": 1}


@pytest.mark.parametrize("agent", AGENTS)
def test_a_service_that_the_user_named_is_still_the_agents(agent: str) -> None:
    for signal, body in samples(agent):
        own = read_json(signal, body)
        for name in ("my-service", "codex-wrapper"):
            renamed = deepcopy(body)
            for sent in next(iter(renamed.values())):
                for attribute in sent["resource"]["attributes"]:
                    if attribute["key"] == "service.name":
                        attribute["value"] = {"stringValue": name}
            batch = read_json(signal, renamed)
            assert {sender.agent for sender in batch.senders} <= {agent}
            assert len(batch.happenings) == len(own.happenings)
            assert len(batch.points) == len(own.points)


def test_a_session_that_is_resumed_is_no_new_one_and_no_other() -> None:
    def began(start_type: str) -> Batch:
        return read_json(
            "metrics", claude_metrics(point(1, 10, start_type=start_type), name="claude_code.session.count")
        )

    assert len(began("fresh").points) == len(began("").points) == 1
    for start_type in ("resume", "continue"):
        batch = began(start_type)
        assert (batch.points, batch.senders) == ([], {})


@pytest.mark.parametrize(
    ("endpoint", "requests"),
    [("/responses", 1), ("/v1/chat/completions", 1), ("/responses/compact", 1), ("", 1), ("/models", 0), ("/files", 0)],
)
def test_codex_asks_a_model_at_some_endpoints(endpoint: str, requests: int) -> None:
    labels: dict[str, Any] = {"http__response__status_code": "200"} | ({"endpoint": endpoint} if endpoint else {})
    batch = read_json("logs", event("codex.api_request", "codex_cli_rs", **labels))
    assert sum(one.measure == "requests" for each in batch.happenings for one in each.readings) == requests
    assert not batch.unknown


def test_codex_asks_over_a_websocket() -> None:
    body = event("codex.websocket_request", "codex_cli_rs", success="false", duration_ms="30")
    readings = read_json("logs", body).happenings[0].readings
    assert [(one.measure, one.words) for one in readings] == [("requests", ("error",)), ("latency_seconds", ())]


@pytest.mark.parametrize(
    ("name", "service"),
    [("codex.brand_new", "codex_exec"), ("claude_code.api_respawn", "claude-code"), ("gemini_cli.new", "gemini-cli")],
)
def test_a_new_event_is_shown_as_unknown(name: str, service: str) -> None:
    assert read_json("logs", event(name, service)).unknown == {name: 1}


def test_names_are_never_kept_whole() -> None:
    long = "claude_code." + "x" * 1_000_000
    batch = read_json("logs", event(long))
    assert max(map(len, batch.unknown)) <= 100
    found = read_json("metrics", claude_metrics(point(1, 10), name=long)).unknown
    assert max(map(len, found)) <= 100


@pytest.mark.parametrize("pid", [7, 999_999, 1_000_000, 1_234_567, 4_194_304])
def test_every_digit_of_a_number_counts(pid: int) -> None:
    for value in ({"intValue": str(pid)}, {"stringValue": str(pid)}, {"doubleValue": float(pid)}):
        body = event("tool_result", tool_name="Bash")
        body["resourceLogs"][0]["resource"]["attributes"] += [{"key": "process.pid", "value": value}]
        assert {sender.pid for sender in read_json("logs", body).senders} == {pid}


def test_numbers_as_text() -> None:
    assert [text({"a": value}, "a") for value in (7, 7.0, 0.1, 12345678, True)] == ["7", "7", "0.1", "12345678", "true"]
    assert number({"a": "12345678"}, "a") == 12345678


def test_ids_of_spans_are_hexadecimal_in_json() -> None:
    span = {"traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331", "name": "x"}
    body = {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}
    message = otlp.decode("traces", "json", json.dumps(body).encode())
    assert message.resource_spans[0].scope_spans[0].spans[0].trace_id.hex() == span["traceId"]


@pytest.mark.parametrize("wbits", [31, 15])
def test_both_compressions_are_known_by_their_head(wbits: int) -> None:
    for level in range(10):
        deflater = zlib.compressobj(level, zlib.DEFLATED, wbits)
        body = deflater.compress(b"\n\x02\x12\x00" * 50) + deflater.flush()
        assert otlp.is_compressed(body)
        assert otlp.inflate(body) == b"\n\x02\x12\x00" * 50


def test_no_request_looks_compressed() -> None:
    for agent in AGENTS:
        assert not any(otlp.is_compressed(binary(signal, body)) for signal, body in samples(agent))
