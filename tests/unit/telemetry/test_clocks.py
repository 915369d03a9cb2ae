"""Clocks that are set, resends of any age, and several processes on one series: each amount still counts once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obsd.facts.telemetry import SeriesCount
from obsd.telemetry.accumulator import Accumulator
from obsd.telemetry.attribution import LIVE_SECONDS, Joined
from obsd.telemetry.parsing import Happening
from tests.unit.telemetry.test_counting import NOW, SENDER, Kept, a_point, count

SECOND = 1_000_000_000
JUMPS = st.lists(st.sampled_from([0, 0, 0, -3_600, 3_600, -1, 86_400, -86_400]), min_size=1, max_size=120)


def clock_readings(jumps: list[int]) -> list[int]:
    """The sender's clock at each of its exports, in nanoseconds: ten seconds on, and what it was set by."""
    clock, readings = 10**18, []
    for number, jump in enumerate(jumps):
        # No clock shows the same nanosecond twice.
        clock += (10 + jump) * SECOND + number
        readings.append(clock)
    return readings


@settings(max_examples=200, deadline=None)
@given(jumps=JUMPS, data=st.data())
def test_deltas_count_once_however_the_clock_is_set(jumps: list[int], data: st.DataObject) -> None:
    kept, total = Kept(), 0.0
    points = [a_point(1, time, time - 10 * SECOND) for time in clock_readings(jumps)]
    for number, one in enumerate(points):
        total += kept.count([one])
        again = data.draw(st.integers(-1, number))
        if again >= 0:
            total += kept.count([points[again]])
        if again == number:
            kept.restart()
    assert total == len(points)


@settings(max_examples=200, deadline=None)
@given(jumps=JUMPS, data=st.data())
def test_a_cumulative_series_comes_to_its_last_value_however_the_clock_is_set(
    jumps: list[int], data: st.DataObject
) -> None:
    kept, total = Kept(), 0.0
    points = [a_point(number + 1, time, 5, cumulative=True) for number, time in enumerate(clock_readings(jumps))]
    for number, one in enumerate(points):
        total += kept.count([one])
        if data.draw(st.booleans()):
            total += kept.count([one])
        if number % 7 == 3:
            kept.restart()
    assert total == len(points)


@settings(max_examples=100, deadline=None)
@given(processes=st.integers(1, 60), data=st.data())
def test_any_number_of_processes_share_a_series(processes: int, data: st.DataObject) -> None:
    kept, total = Kept(), 0.0
    values = dict.fromkeys(range(processes), 0)
    turns = [*range(processes), *data.draw(st.lists(st.integers(0, processes - 1), max_size=80))]
    for time, process in enumerate(turns):
        values[process] += 3
        total += kept.count([a_point(values[process], 1_000 + time, process + 1, cumulative=True)])
    assert total == sum(values.values())


def test_more_processes_than_are_remembered_count_on_when_they_come_back() -> None:
    accumulator = Accumulator()
    for start in range(1, 101):
        assert count(accumulator, [a_point(5, 1_000, start, cumulative=True)]) == 5
    assert count(accumulator, [a_point(8, 2_000, 1, cumulative=True)]) == 0, "what of it is new cannot be told"
    assert count(accumulator, [a_point(9, 3_000, 1, cumulative=True)]) == 1


def test_points_of_before_an_unsaid_restart_stay_counted() -> None:
    accumulator = Accumulator()
    values = [(10, 1), (14, 2), (3, 3), (5, 4), (14, 2), (10, 1), (3, 3), (9, 5)]
    assert sum(count(accumulator, [a_point(v, t, cumulative=True)]) for v, t in values) == 14 + 9


def test_a_clock_that_is_ahead_makes_nothing_old() -> None:
    accumulator = Accumulator(max_series=1)
    ahead = a_point(1, 9 * 10**18, 9 * 10**18 - 5, cumulative=True, key=b"ahead")
    assert count(accumulator, [ahead], NOW) == 1
    began = int((NOW + 5_000) * SECOND)
    later = a_point(7, began + 5, began, cumulative=True, key=b"later")
    assert count(accumulator, [later], NOW + 5_001) == 7


@pytest.mark.parametrize("own_clock", [NOW + 1_000, NOW + 30 * 86_400, NOW - 86_400])
def test_idle_series_of_a_full_session_make_room(own_clock: float) -> None:
    accumulator = Accumulator(max_of_session=5)
    count(accumulator, [a_point(1, 10, key=bytes([number])) for number in range(5)], NOW)
    assert accumulator.stage([a_point(1, 10, key=b"new")], (), NOW + 1).rejected == 1
    assert count(accumulator, [a_point(1, 10, key=b"new")], own_clock) == 1
    assert len(accumulator) <= 5


def test_updates_of_known_series_take_no_room() -> None:
    accumulator = Accumulator(max_series=4)
    points = [a_point(1, 10, key=bytes([number])) for number in range(3)]
    count(accumulator, points)
    again = [replace(one, time_ns=20, start_ns=10) for one in points]
    assert count(accumulator, [*again, a_point(1, 10, key=b"fourth")]) == 4


def test_series_of_an_older_form_are_not_counted_again() -> None:
    accumulator = Accumulator()
    accumulator.restore([SeriesCount(b"x" * 12, "s", True, NOW, ((50, 100, 9.0),))], (), 0)
    assert count(accumulator, [a_point(9, 200, 50, cumulative=True)]) == 0
    assert count(accumulator, [a_point(12, 300, 50, cumulative=True)]) == 3
    assert count(accumulator, [a_point(4, 300, 60, cumulative=True, key=b"new")]) == 4


def worked(accumulator: Accumulator, value: float, at: float) -> list[tuple[float, float]]:
    """When an export of a total shows its agent at work."""
    staged = accumulator.stage([a_point(value, int(at * SECOND), int((NOW - 9_000) * SECOND), cumulative=True)], (), at)
    accumulator.apply(staged)
    return [(start, end) for _, start, end in staged.work]


def test_totals_that_are_exported_again_are_no_work() -> None:
    accumulator = Accumulator()
    joined = Joined("shop", "connection", NOW, 0.0).at_work(worked(accumulator, 500, NOW))
    assert joined.active == (), "when in the hours before, the first total cannot tell"
    for minute in range(1, 60):
        joined = joined.at_work(worked(accumulator, 500, NOW + 60 * minute))
    assert joined.last_at == pytest.approx(NOW)
    assert not joined.active
    joined = joined.at_work(worked(accumulator, 501, NOW + 3_600))
    assert joined.active[0] == pytest.approx((NOW + 3_540, NOW + 3_600))


def test_an_event_is_work_and_its_resend_is_none() -> None:
    accumulator = Accumulator()
    event = Happening(SENDER, b"e", NOW, NOW, ())
    staged = accumulator.stage((), [event], NOW + 1)
    assert staged.work == [(SENDER, NOW, NOW)]
    accumulator.apply(staged)
    assert accumulator.stage((), [event], NOW + 500).work == []


def test_times_at_work_are_kept_apart_and_bounded() -> None:
    joined = Joined("shop", "connection", NOW, 0.0)
    at = NOW
    for _ in range(100):
        at += 10 * LIVE_SECONDS
        joined = joined.at_work([(at, at + 1), (at + 30, at + 40)])
    assert len(joined.active) == 32
    assert joined.active[-1] == (at, at + 40)
