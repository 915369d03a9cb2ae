"""Counting: whatever is resent, reordered, restarted or forgotten, each amount counts once. Adapters on the samples."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obsd.facts.telemetry import SeriesCount
from obsd.telemetry import otlp
from obsd.telemetry.accumulator import Accumulator
from obsd.telemetry.adapters import ADAPTERS
from obsd.telemetry.parsing import Happening, Point, read
from obsd.telemetry.senders import Sender
from obsd.telemetry.vocabulary import MEASURES, Reading, measured
from tests.otlp import AGENTS, attributes, binary, claude_metrics, point, samples

SENDER = Sender("claude-code", "s")
NOW = 1_800_000_000.0


def a_point(value: float, time_ns: int, start_ns: int = 1, *, cumulative: bool = False, key: bytes = b"k") -> Point:
    """A point of a series of tokens."""
    return Point(SENDER, key, cumulative, start_ns, time_ns, value, {}, measured("tokens", "input"))


def count(accumulator: Accumulator, points: Iterable[Point], now: float = NOW) -> float:
    """What a request adds, put in force."""
    staged = accumulator.stage(points, (), now)
    accumulator.apply(staged)
    return sum(amount for _, amount in staged.amounts)


class Kept:
    """An accumulator that can be restarted: what it was told to keep comes back."""

    def __init__(self) -> None:
        self.series: dict[bytes, SeriesCount] = {}
        self.seen: dict[bytes, None] = {}
        self.horizon_ns = 0
        self.now = Accumulator(max_series=50)

    def count(self, points: Iterable[Point], keep: bool = True) -> float:
        """What a request adds; one that is not kept is as if it had not been."""
        staged = self.now.stage(points, (), NOW)
        if not keep:
            return 0.0
        self.now.apply(staged)
        for key in staged.gone:
            self.series.pop(key, None)
        self.series.update(staged.series)
        self.horizon_ns = staged.horizon_ns
        return sum(amount for _, amount in staged.amounts)

    def restart(self) -> None:
        """As the daemon does it."""
        self.now = Accumulator(max_series=50)
        self.now.restore(self.series.values(), self.seen, self.horizon_ns)


STEPS = st.lists(st.integers(1, 50), min_size=1, max_size=20)
PLANS = st.lists(st.tuples(st.integers(0, 19), st.sampled_from(["send", "restart", "lose"])), max_size=60)


@settings(max_examples=200, deadline=None)
@given(steps=STEPS, plan=PLANS)
def test_deltas_count_once_in_any_order(steps: list[int], plan: list[tuple[int, str]]) -> None:
    kept, total = Kept(), 0.0
    points = [a_point(step, 10 * index + 10, 10 * index) for index, step in enumerate(steps)]
    sent: set[int] = set()
    for index, action in plan:
        if action == "restart":
            kept.restart()
            continue
        chosen = index % len(points)
        total += kept.count([points[chosen]], keep=action == "send")
        if action == "send":
            sent.add(chosen)
    assert total == sum(steps[index] for index in sent)


@settings(max_examples=200, deadline=None)
@given(steps=STEPS, plan=PLANS)
def test_cumulative_points_come_to_the_highest_that_was_seen(steps: list[int], plan: list[tuple[int, str]]) -> None:
    kept, total, value = Kept(), 0.0, 0
    points = []
    for index, step in enumerate(steps):
        value += step
        points.append(a_point(value, 10 * index + 10, 1, cumulative=True))
    highest = 0.0
    for index, action in plan:
        if action == "restart":
            kept.restart()
            continue
        chosen = points[index % len(points)]
        total += kept.count([chosen], keep=action == "send")
        if action == "send":
            highest = max(highest, chosen.value)
    assert total == highest


@settings(max_examples=100, deadline=None)
@given(runs=st.lists(STEPS, min_size=1, max_size=3), data=st.data())
def test_runs_of_an_agent_add_up_however_their_points_mix(runs: list[list[int]], data: st.DataObject) -> None:
    points = []
    for number, steps in enumerate(runs):
        value = 0
        for index, step in enumerate(steps):
            value += step
            points.append(a_point(value, 1000 * number + index + 2, 1000 * number + 1, cumulative=True))
    mixed = data.draw(st.permutations(points))
    accumulator = Accumulator()
    assert sum(count(accumulator, [one]) for one in [*mixed, *mixed]) == sum(map(sum, runs))


def test_a_fall_without_a_new_start_is_a_restart() -> None:
    accumulator = Accumulator()
    values = [(10, 1), (14, 2), (3, 3), (5, 4)]
    assert sum(count(accumulator, [a_point(v, t, cumulative=True)]) for v, t in values) == 14 + 5


def test_a_forgotten_series_is_not_counted_twice() -> None:
    accumulator = Accumulator(max_series=2)
    old = a_point(10, 100, 50, cumulative=True, key=b"old")
    assert count(accumulator, [old], NOW) == 10
    assert count(accumulator, [replace(old, key=b"two")], NOW + 2000) == 10
    assert count(accumulator, [replace(old, key=b"three", start_ns=60)], NOW + 2000) == 10
    again = replace(old, value=15, time_ns=200)
    assert count(accumulator, [again], NOW + 4000) == 0, "what of it is new cannot be told"
    assert count(accumulator, [replace(again, value=18, time_ns=300)], NOW + 4001) == 3


def test_busy_series_are_not_forgotten_for_new_ones() -> None:
    accumulator = Accumulator(max_series=3)
    for number in range(10):
        staged = accumulator.stage([a_point(1, 1, key=bytes([number]))], (), NOW)
        assert staged.rejected == (number >= 3)
        accumulator.apply(staged)
    assert len(accumulator) == 3


def test_an_event_counts_once() -> None:
    accumulator = Accumulator()
    event = Happening(SENDER, b"e", 0.0, 0.0, (Reading("requests", 1.0, ("ok",)),))
    staged = accumulator.stage((), [event, event], NOW)
    assert (len(staged.fresh), staged.resent) == (1, 1)
    accumulator.apply(staged)
    assert accumulator.stage((), [event], NOW).resent == 1


def test_what_is_staged_and_not_applied_changes_nothing() -> None:
    accumulator = Accumulator()
    for _ in range(3):
        staged = accumulator.stage([a_point(7, 10)], (), NOW)
        assert [amount for _, amount in staged.amounts] == [7]


@pytest.mark.parametrize("agent", AGENTS)
def test_every_word_is_of_the_vocabulary(agent: str) -> None:
    for signal, body in samples(agent):
        batch = read(otlp.SIGNALS[otlp.SIGNALS.index(signal)], otlp.decode(signal, "json", json.dumps(body).encode()))  # type: ignore[arg-type]
        readings = [one for point_ in batch.points for one in point_.readings(point_.value)]
        readings += [one for happening in batch.happenings for one in happening.readings]
        for reading in readings:
            known = MEASURES[reading.measure]
            assert len(known) == len(reading.words)
            assert all(word in words for word, words in zip(reading.words, known, strict=True))
        assert not batch.unknown, "every name that these agents sent is known"


def test_both_forms_of_a_request_are_one() -> None:
    for agent in AGENTS:
        for signal, body in samples(agent):
            as_json = read(signal, otlp.decode(signal, "json", json.dumps(body).encode()))  # type: ignore[arg-type]
            as_binary = read(signal, otlp.decode(signal, "protobuf", binary(signal, body)))  # type: ignore[arg-type]
            assert [one.key for one in as_json.points] == [one.key for one in as_binary.points]
            assert as_json.happenings == as_binary.happenings


def test_series_that_differ_in_what_is_not_kept_are_two() -> None:
    body = claude_metrics(point(1, 10, model="a"), point(2, 10, model="b"))
    batch = read("metrics", otlp.decode("metrics", "json", json.dumps(body).encode()))
    assert len({one.key for one in batch.points}) == 2
    assert all("model" not in one.attributes for one in batch.points)


def test_a_session_name_that_is_no_name_is_hashed() -> None:
    odd = claude_metrics(point(1, 10, session="my secret\nis this"))
    batch = read("metrics", otlp.decode("metrics", "json", json.dumps(odd).encode()))
    (sender,) = batch.senders
    assert len(sender.session) == 32
    assert "secret" not in sender.session


def test_vscode_is_read_as_documented() -> None:
    def metric(name: str, kind: str, **labels: str | bool) -> dict[str, object]:
        own = {"startTimeUnixNano": "1", "timeUnixNano": "2", "attributes": attributes(**labels)}
        value = {"asInt": "3"} if kind == "sum" else {"count": "2", "sum": 30.0}
        data = {"dataPoints": [own | value], "aggregationTemporality": 2}
        return {"name": name, kind: data | ({"isMonotonic": True} if kind == "sum" else {})}

    metrics = [
        metric("copilot_chat.lines_of_code.count", "sum", type="added"),
        metric("copilot_chat.edit.acceptance.count", "sum", copilot_chat__edit__outcome="rejected"),
        metric("copilot_chat.tool.call.count", "sum", gen_ai__tool__name="runCommand", success=True),
        metric("gen_ai.client.token.usage", "histogram", gen_ai__token__type="input"),
    ]
    resource = {"attributes": attributes(service__name="copilot-chat", session__id="w1")}
    body = {"resourceMetrics": [{"resource": resource, "scopeMetrics": [{"metrics": metrics}]}]}
    batch = read("metrics", otlp.decode("metrics", "json", json.dumps(body).encode()))
    found = {(one.measure, one.words): one.amount for p in batch.points for one in p.readings(p.value)}
    assert found == {
        ("lines", ("added",)): 3,
        ("edits", ("rejected",)): 3,
        ("tool_calls", ("shell", "ok")): 3,
        ("tokens", ("input",)): 30,
    }
    assert {sender.session for sender in batch.senders} == {"w1"}


def test_adapters_ask_for_nothing_that_holds_content() -> None:
    content = ("prompt", "response", "arguments", "output", "message", "path", "body", "content", "text", "command")
    for adapter in ADAPTERS:
        numbers = {name for name in adapter.wanted if "token" in name or name.startswith("http.response")}
        asked = adapter.wanted - numbers
        assert not [name for name in asked if any(word in name for word in content)], adapter.agent
