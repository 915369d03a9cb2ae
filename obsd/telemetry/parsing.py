"""From a request's message to readings: which agent sent it, of which session, and what its adapter finds in it.

Owns the door: of an item only the attributes that its adapter wants are looked at, and text is cut, so that no prompt,
answer or argument goes any further. Items that no adapter knows are counted by name. Pure; worker threads for large
requests.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b, sha256
from typing import Any, Final

from obsd.telemetry import adapters
from obsd.telemetry.adapters.copilot_cli import ERROR
from obsd.telemetry.otlp import Signal
from obsd.telemetry.vocabulary import Adapter, Attributes, Call, Reading, Rule, Value, text
from obsd.v1 import otlp_pb2 as pb

MAX_VALUE_CHARACTERS: Final = 128
MAX_NAME_CHARACTERS: Final = 100
_MAX_NAMES: Final = 200
_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_NANO: Final = 1e-9
_DELTA: Final = pb.AGGREGATION_TEMPORALITY_DELTA
_CUMULATIVE: Final = pb.AGGREGATION_TEMPORALITY_CUMULATIVE


@dataclass(frozen=True, slots=True)
class Sender:
    """Who speaks: an agent, in a session (empty: it does not say), in a process (0: it does not say)."""

    agent: str
    session: str
    pid: int = 0


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
    """An event or a span: `key` names it, so that it counts once; times are Unix seconds, 0 when it says none."""

    sender: Sender
    key: bytes
    started_at: float
    ended_at: float
    readings: tuple[Reading, ...]
    call: Call | None = None


@dataclass(slots=True)
class Batch:
    """What a request holds. `heard` are its senders, `unknown` the names that no adapter has, `items` all there was."""

    points: list[Point] = field(default_factory=list)
    happenings: list[Happening] = field(default_factory=list)
    heard: dict[Sender, float] = field(default_factory=dict)
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
        resource = _Resource(sent.resource.attributes)
        for scope in sent.scope_metrics:
            for metric in scope.metrics:
                _metric(batch, resource, metric)


def _metric(batch: Batch, resource: _Resource, metric: pb.Metric) -> None:
    kind = metric.WhichOneof("data")
    data = getattr(metric, kind) if kind else None
    points = data.data_points if data is not None else ()
    batch.items += len(points)
    adapter = adapters.find(resource.service, metric.name)
    rules = _rules(adapter, metric) if adapter else ()
    if adapter is None or not rules:
        _note_unread(batch, adapter, metric.name, len(points))
        if adapter and points:
            _hear(batch, resource.sender(adapter, {}), 0.0)
        return
    temporality = data.aggregation_temporality if data is not None else 0
    if temporality not in (_DELTA, _CUMULATIVE):
        batch.rejected += len(points)
        return
    for point in points:
        attributes = _picked(point.attributes, adapter.wanted)
        sender = resource.sender(adapter, attributes)
        _hear(batch, sender, point.time_unix_nano * _NANO)
        key = _series_key(sender, metric.name, point.attributes)
        for suffix, rule, amount in rules:
            batch.points.append(
                Point(
                    sender,
                    key + suffix,
                    temporality == _CUMULATIVE,
                    point.start_time_unix_nano,
                    point.time_unix_nano,
                    amount(point),
                    attributes,
                    rule,
                )
            )


def _rules(adapter: Adapter, metric: pb.Metric) -> list[tuple[bytes, Rule, Callable[[Any], float]]]:
    if metric.HasField("sum"):
        rule = adapter.metrics.get(metric.name)
        return [(b"", rule, _amount)] if rule and metric.sum.is_monotonic else []
    of_sum, of_count = adapter.histograms.get(metric.name), adapter.histograms.get(f"{metric.name}.count")
    found: list[tuple[bytes, Rule, Callable[[Any], float]]] = []
    if of_sum:
        found.append((b"", of_sum, lambda point: float(point.sum)))
    if of_count:
        found.append((b"#", of_count, lambda point: float(point.count)))
    return found if metric.HasField("histogram") else []


def _amount(point: pb.NumberDataPoint) -> float:
    return float(point.as_int) if point.WhichOneof("value") == "as_int" else point.as_double


def _logs(batch: Batch, message: pb.ExportLogsRequest) -> None:
    for sent in message.resource_logs:
        resource = _Resource(sent.resource.attributes)
        for scope in sent.scope_logs:
            for record in scope.log_records:
                _event(batch, resource, record)


def _event(batch: Batch, resource: _Resource, record: pb.LogRecord) -> None:
    batch.items += 1
    name = text(_picked(record.attributes, _EVENT_NAME), "event.name") or record.event_name
    adapter = adapters.find(resource.service, name)
    if adapter is None:
        return _note_unread(batch, None, name, 1)
    at = (record.time_unix_nano or record.observed_time_unix_nano) * _NANO
    attributes = _picked(record.attributes, adapter.wanted)
    sender = resource.sender(adapter, attributes)
    _hear(batch, sender, at)
    # The names of Claude Code's events have no prefix in this attribute.
    full = name if "." in name else f"{adapter.prefixes[0]}{name}"
    rule = adapter.events.get(full)
    if rule is None:
        return _note_unread(batch, adapter, full, 1)
    readings = rule(attributes, 0.0)
    call = adapter.calls(full, attributes, at, at) if adapter.calls and at else None
    if readings or call:
        key = _digest(sender.agent, sender.session, record.SerializeToString(deterministic=True))
        batch.happenings.append(Happening(sender, key, at, at, readings, call))
    return None


def _traces(batch: Batch, message: pb.ExportTraceRequest) -> None:
    for sent in message.resource_spans:
        resource = _Resource(sent.resource.attributes)
        for scope in sent.scope_spans:
            for span in scope.spans:
                _span(batch, resource, span)


def _span(batch: Batch, resource: _Resource, span: pb.Span) -> None:
    batch.items += 1
    adapter = adapters.find(resource.service, span.name)
    if adapter is None:
        return _note_unread(batch, None, span.name, 1)
    attributes = _picked(span.attributes, adapter.wanted)
    if span.status.code == pb.STATUS_CODE_ERROR:
        attributes[ERROR] = True
    sender = resource.sender(adapter, attributes)
    started_at, ended_at = span.start_time_unix_nano * _NANO, span.end_time_unix_nano * _NANO
    _hear(batch, sender, ended_at)
    readings = adapter.spans(span.name, attributes, max(0.0, ended_at - started_at)) if adapter.spans else None
    if readings is None:
        return _note_unread(batch, adapter, span.name, 1)
    call = adapter.calls(span.name, attributes, started_at, ended_at) if adapter.calls else None
    if readings or call:
        key = _digest(sender.agent, "span", span.trace_id, span.span_id)
        batch.happenings.append(Happening(sender, key, started_at, ended_at, readings, call))
    return None


def _hear(batch: Batch, sender: Sender, at: float) -> None:
    batch.heard[sender] = max(at, batch.heard.get(sender, 0.0))


def _note_unread(batch: Batch, adapter: Adapter | None, name: str, count: int) -> None:
    if adapter is not None and name.startswith(adapter.left_aside):
        return
    name = name[:MAX_NAME_CHARACTERS]
    if name in batch.unknown or len(batch.unknown) < _MAX_NAMES:
        batch.unknown[name] += count
    else:
        batch.unknown[""] += count


class _Resource:
    """A sender as its resource describes it, before an item says which session it speaks of."""

    def __init__(self, attributes: Iterable[pb.KeyValue]) -> None:
        self._attributes = list(attributes)
        own = _picked(self._attributes, adapters.RESOURCE_WANTED)
        self.service = text(own, "service.name")
        pid = text(own, "process.pid")
        self._pid = int(pid) if pid.isascii() and pid.isdigit() and len(pid) < 10 else 0
        self._senders: dict[tuple[str, str], Sender] = {}
        self._picked: dict[str, Attributes] = {}

    def sender(self, adapter: Adapter, attributes: Attributes) -> Sender:
        """The sender of an item with these attributes."""
        own = self._picked.get(adapter.agent)
        if own is None:
            own = self._picked[adapter.agent] = _picked(self._attributes, adapter.wanted)
        named = next((n for name in adapter.sessions if (n := text(attributes, name) or text(own, name))), "")
        key = (adapter.agent, named)
        sender = self._senders.get(key)
        if sender is None:
            sender = self._senders[key] = Sender(adapter.agent, _session_id(named), self._pid)
        return sender


def _session_id(named: str) -> str:
    """The session's name, or a hash of what does not look like one."""
    if not named or _ID.fullmatch(named):
        return named
    return sha256(named.encode("utf-8", "replace")).hexdigest()[:32]


def _picked(attributes: Iterable[pb.KeyValue], wanted: frozenset[str]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for attribute in attributes:
        if attribute.key in wanted:
            kind = attribute.value.WhichOneof("value")
            if kind == "string_value":
                found[attribute.key] = attribute.value.string_value[:MAX_VALUE_CHARACTERS]
            elif kind:
                found[attribute.key] = getattr(attribute.value, kind)
    return found


def _series_key(sender: Sender, metric: str, attributes: Iterable[pb.KeyValue]) -> bytes:
    # All attributes, also those that are not kept: they tell one series from another.
    parts = sorted(attribute.SerializeToString(deterministic=True) for attribute in attributes)
    return _digest(sender.agent, sender.session, str(sender.pid), metric, *parts)


def _digest(*parts: str | bytes) -> bytes:
    whole = blake2b(digest_size=12)
    for part in parts:
        raw = part.encode("utf-8", "replace") if isinstance(part, str) else part
        whole.update(len(raw).to_bytes(4, "big") + raw)
    return whole.digest()


_EVENT_NAME: Final = frozenset({"event.name"})
_READERS: Final[Mapping[str, Callable[[Batch, Any], None]]] = {"metrics": _metrics, "logs": _logs, "traces": _traces}


def amounts(happening: Happening) -> Iterator[Reading]:
    """The readings of a happening that say something."""
    return (reading for reading in happening.readings if reading.amount > 0)
