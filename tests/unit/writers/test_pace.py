"""How hot the reader is: at once while it costs little, rarely and much while there is much."""

from __future__ import annotations

import pytest

from obsd.writers import pace
from obsd.writers.pace import Pace


class Clock:
    """Both clocks of a reader, in the module's place of `time`."""

    def __init__(self) -> None:
        self.now = 100.0
        self.used = 0.0

    def monotonic(self) -> float:
        return self.now

    def thread_time(self) -> float:
        return self.used


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(pace, "time", made)
    return made


def pauses(clock: Clock, count: int, cost_seconds: float, every_seconds: float = 0.0) -> list[float]:
    """The pauses of a reader that finds something whenever it looks, or every so often."""
    made, found = Pace(), []
    for _ in range(count):
        clock.used += cost_seconds
        clock.now += cost_seconds
        found.append(made.pause_seconds())
        clock.now += max(found[-1], every_seconds)
    return found


def test_what_is_rare_is_always_read_at_once(clock: Clock) -> None:
    assert max(pauses(clock, 500, 0.0001, every_seconds=0.05)) < 0.001


def test_a_burst_is_read_at_once_and_a_build_rarely(clock: Clock) -> None:
    found = pauses(clock, 10_000, 0.0001)
    assert max(found[:50]) < 0.001
    assert min(found[200:]) > 0.005
    # Whatever comes: a small share of one core, and no queue is left alone for longer than it holds.
    assert clock.used / (clock.now - 100.0) < 0.02
    assert max(found) <= 0.015


def test_a_long_task_is_not_paid_for_by_blindness(clock: Clock) -> None:
    made = Pace()
    clock.used += 2.0
    clock.now += 2.0
    assert made.pause_seconds() <= 0.015
    clock.now += 0.2
    assert made.pause_seconds() < 0.001
