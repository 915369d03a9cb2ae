"""The time of facts, by how much the wall clock was set, and how long the machine slept.

Owns the difference between the wall clock and a clock that cannot be set. Event loop only.
"""

from __future__ import annotations

import time
from typing import Protocol


class Clocks(Protocol):
    """The wall clock, and one that cannot be set and that runs while the machine sleeps. Both in seconds."""

    def wall(self) -> float: ...
    def steady(self) -> float: ...


class SystemClocks:
    """Those of this machine."""

    def wall(self) -> float:
        return time.time()

    def steady(self) -> float:
        return time.clock_gettime(time.CLOCK_BOOTTIME)


def suspended_seconds() -> float:
    """Returns how long the machine has been suspended since it started (clock_gettime(2))."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC)


class FactClock:
    """Unix seconds that do not jump before the fact that records the setting of the clock."""

    def __init__(self, clocks: Clocks | None = None) -> None:
        self._clocks = clocks or SystemClocks()
        self._offset = self._clocks.wall() - self._clocks.steady()

    def now(self) -> float:
        """Returns the wall clock without the seconds by which it was set since the last `take_step`."""
        return self._clocks.steady() + self._offset

    def steady(self) -> float:
        """Returns seconds by the clock that cannot be set."""
        return self._clocks.steady()

    def take_step(self) -> float:
        """Returns by how many seconds the wall clock was set since the last call; `now` includes them from now on."""
        before, self._offset = self._offset, self._clocks.wall() - self._clocks.steady()
        return self._offset - before
