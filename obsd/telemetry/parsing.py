"""From a request's message to readings: which agent sent it, of which session, and what its adapter finds in it.

Owns the keys of series and events. Items that no adapter knows are counted by name. Pure; worker threads for large
requests.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Final

from obsd.telemetry import editor_reports
from obsd.telemetry.adapters.copilot_cli import ERROR
from obsd.telemetry.editor_reports import Report
from obsd.telemetry.otlp import Signal
from obsd.telemetry.senders import Resource, Scope, Sender, picked, shown
from obsd.telemetry.vocabulary import Adapter, Attributes, Call, Reading, Rule
from obsd.v1 import otlp_pb2 as pb

SERIES_KEY_BYTES: Final = 16
_MAX_NAMES: Final = 200
_NO_RECORDED_VALUE: Final = 1
_NANO: Final = 1e-9
_DELTA: Final = pb.AGGREGATION_TEMPORALITY_DELTA
_CUMULATIVE: Final = pb.AGGREGATION_TEMPORALITY_CUMULATIVE


@dataclass(frozen=True, slots=True)
class Point:
    """A point of a series: `key` names the series, times are in nanoseconds, `read` says what an amount means."""

    sender: Sender
    key: bytes
    cumulative: bool
    start_ns: int
    time_ns: int
    value: float
    attributes: Attributes
    read: Rule

    def readings(self, amount: float) -> tuple[Reading, ...]:
        """What so much more of this series means."""
        return self.read(self.attributes, amount)


@dataclass(frozen=True, slots=True)
class Happening:
    """An event or a span: `key` names it, so that it counts once; times are Unix seconds, 0 when it says none.

    `report` is an editor's, and its sender nobody's session.
    """

    sender: Sender
    key: bytes
    started_at: float
    ended_at: float
    readings: tuple[Reading, ...]
    call: Call | None = None
    report: Report | None = None


@dataclass(slots=True)
class Batch:
    """What a request holds: `unknown` are the names that no adapter has, `items` all there was.

    `senders` have the time of the last event or span of each; 0 where there are points alone, which are
    exported again and again while nothing happens.
    """

    points: list[Point] = field(default_factory=list)
    happenings: list[Happening] = field(default_factory=list)
    senders: dict[Sender, float] = field(default_factory=dict)
    unknown: Counter[str] = field(default_factory=Counter)
    items: int = 0
    rejected: int = 0


def read(signal: Signal, message: Any) -> Batch:
    """All that can be made of a request."""
    batch = Batch()
    _READERS[signal](batch, message)
    return batch


def _metrics(batch: Batch, message: pb.ExportMetricsRequest) -> None:
    for sent in message.resource_metrics:
        resource = Resource(sent.resource)
        for scope in sent.scope_metrics:
            identity = resource.raw + scope.scope.SerializeToString(deterministic=True)
            for metric in scope.metrics:
                if scope.scope.name == editor_reports.SCOPE:
                    batch.items += 1  # the reports have it all
                    continue
                _metric(batch, resource, Scope(resource, scope.scope), identity, metric)


def _metric(batch: Batch, resource: Resource, scope: Scope, identity: bytes, metric: pb.Metric) -> None:
    kind = metric.WhichOneof("data")
    data = getattr(metric, kind) if kind else None
    points = data.data_points if data is not None else ()
    batch.items += len(points)
    name = shown(metric.name)
    adapter = scope.adapter(name)
    if adapter is None or not adapter.knows_metric(name):
        _note_unread(batch, adapter.metrics_aside if adapter else (), name, len(points))
        if adapter and points:
            _note_sender(batch, resource.sender(adapter, {}))
        return
    rules, temporality = _rules(adapter, name, metric), getattr(data, "aggregation_temporality", 0)
    if not rules or temporality not in (_DELTA, _CUMULATIVE):
        batch.rejected += len(points)
        return
    for point in points:
        if point.flags & _NO_RECORDED_VALUE:
            continue
        attributes = picked(point.attributes, adapter)
        sender = resource.sender(adapter, attributes)
        key = _series_key(sender, identity, metric.name, point.attributes)
        times = (point.start_time_unix_nano, point.time_unix_nano)
        for suffix, rule, amount in rules:
            value = amount(point)
            if value is None or not rule(attributes, 1.0):
                continue
            _note_sender(batch, sender)
            batch.points.append(
                Point(sender, key + suffix, temporality == _CUMULATIVE, *times, value, attributes, rule)
            )


def _rules(adapter: Adapter, name: str, metric: pb.Metric) -> list[tuple[bytes, Rule, Callable[[Any], float | None]]]:
    """What reads the points of a known metric; nothing where it is of another kind than is known of it."""
    if metric.HasField("sum"):
        rule = adapter.metrics.get(name)
        return [(b"", rule, _amount)] if rule and metric.sum.is_monotonic else []
    if not (metric.HasField("histogram") or metric.HasField("exponential_histogram")):
        return []
    of_sum, of_count = adapter.histograms.get(name), adapter.histograms.get(f"{name}.count")
    found: list[tuple[bytes, Rule, Callable[[Any], float | None]]] = []
    if of_sum:
        found.append((b"", of_sum, lambda point: float(point.sum) if point.HasField("sum") else None))
    if of_count:
        found.append((b"#", of_count, lambda point: float(point.count)))
    return found


def _amount(point: pb.NumberDataPoint) -> float | None:
    kind = point.WhichOneof("value")
    return float(getattr(point, kind)) if kind else None


def _logs(batch: Batch, message: pb.ExportLogsRequest) -> None:
    for sent in message.resource_logs:
        resource = Resource(sent.resource)
        for scope in sent.scope_logs:
            for record in scope.log_records:
                if scope.scope.name == editor_reports.SCOPE:
                    _report(batch, record)
                    continue
                _event(batch, resource, Scope(resource, scope.scope), record)


def _event(batch: Batch, resource: Resource, scope: Scope, record: pb.LogRecord) -> None:
    batch.items += 1
    name = _event_name(record)
    adapter = scope.adapter(name)
    if adapter is None:
        return _note_unread(batch, (), name, 1)
    at = (record.time_unix_nano or record.observed_time_unix_nano) * _NANO
    attributes = picked(record.attributes, adapter)
    sender = resource.sender(adapter, attributes)
    _note_sender(batch, sender, at)
    # The names of Claude Code's events have no prefix in this attribute.
    full = name if "." in name else f"{adapter.prefixes[0]}{name}"
    rule = adapter.events.get(full)
    if rule is None:
        return _note_unread(batch, adapter.events_aside, full, 1)
    readings = rule(attributes, 0.0)
    call = adapter.calls(full, attributes, at, at) if adapter.calls and at else None
    if readings or call:
        key = _digest(sender.agent, sender.session, record.SerializeToString(deterministic=True))
        batch.happenings.append(Happening(sender, key, at, at, readings, call))
    return None


def _report(batch: Batch, record: pb.LogRecord) -> None:
    batch.items += 1
    report = editor_reports.read(record)
    if report is None:
        return _note_unread(batch, (), _event_name(record), 1)
    key, at = _digest("editor", record.SerializeToString(deterministic=True)), record.time_unix_nano * _NANO
    batch.happenings.append(Happening(Sender("", ""), key, at, at, (), report=report))
    return None


def _event_name(record: pb.LogRecord) -> str:
    for attribute in record.attributes:
        if attribute.key == "event.name" and attribute.value.string_value:
            return shown(attribute.value.string_value)
    return shown(record.event_name)


def _traces(batch: Batch, message: pb.ExportTraceRequest) -> None:
    for sent in message.resource_spans:
        resource = Resource(sent.resource)
        for scope in sent.scope_spans:
            for span in scope.spans:
                _span(batch, resource, Scope(resource, scope.scope), span)


def _span(batch: Batch, resource: Resource, scope: Scope, span: pb.Span) -> None:
    batch.items += 1
    name = shown(span.name)
    adapter = scope.adapter(name)
    if adapter is None:
        return _note_unread(batch, (), name, 1)
    attributes = picked(span.attributes, adapter)
    if span.status.code == pb.STATUS_CODE_ERROR:
        attributes[ERROR] = True
    sender = resource.sender(adapter, attributes)
    started_at, ended_at = span.start_time_unix_nano * _NANO, span.end_time_unix_nano * _NANO
    _note_sender(batch, sender, ended_at)
    readings = adapter.spans(name, attributes, max(0.0, ended_at - started_at)) if adapter.spans else None
    if readings is None:
        return _note_unread(batch, adapter.spans_aside, name, 1)
    call = adapter.calls(name, attributes, started_at, ended_at) if adapter.calls else None
    if readings or call:
        key = _digest(sender.agent, "span", span.trace_id, span.span_id)
        batch.happenings.append(Happening(sender, key, started_at, ended_at, readings, call))
    return None


def _note_sender(batch: Batch, sender: Sender, at: float = 0.0) -> None:
    batch.senders[sender] = max(at, batch.senders.get(sender, 0.0))


def _note_unread(batch: Batch, aside: tuple[str, ...], name: str, count: int) -> None:
    if any(name.startswith(one[:-1]) if one.endswith("*") else name == one for one in aside):
        return
    if name in batch.unknown or len(batch.unknown) < _MAX_NAMES:
        batch.unknown[name] += count
    else:
        batch.unknown[""] += count


def _series_key(sender: Sender, identity: bytes, metric: str, attributes: Iterable[pb.KeyValue]) -> bytes:
    # All attributes, also those that are not kept: they tell one series from another, as do the resource and the scope.
    parts = sorted(attribute.SerializeToString(deterministic=True) for attribute in attributes)
    return _digest(sender.agent, sender.session, str(sender.pid), identity, metric, *parts, size=SERIES_KEY_BYTES)


def session_key(sender: Sender) -> bytes:
    """What stands for the beginning of a session among the keys of events."""
    return _digest(sender.agent, "session", sender.session)


def _digest(*parts: str | bytes, size: int = 12) -> bytes:
    whole = blake2b(digest_size=size)
    for part in parts:
        raw = part.encode("utf-8", "replace") if isinstance(part, str) else part
        whole.update(len(raw).to_bytes(4, "big") + raw)
    return whole.digest()


_READERS: Final[Mapping[str, Callable[[Batch, Any], None]]] = {"metrics": _metrics, "logs": _logs, "traces": _traces}
