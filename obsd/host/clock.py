"""The wall clock as facts have it, and how far it was set.

Owns the distance between the wall clock and a clock that nobody sets. Event loop only.
"""

from __future__ import annotations

import time
from typing import Protocol


class Clocks(Protocol):
    """The wall clock, and one that nobody sets and that goes on while the machine sleeps. Both in seconds."""

    def wall(self) -> float: ...
    def steady(self) -> float: ...


class SystemClocks:
    """Those of this machine."""

    def wall(self) -> float:
        return time.time()

    def steady(self) -> float:
        return time.clock_gettime(time.CLOCK_BOOTTIME)


class FactClock:
    """Unix seconds that do not jump between the setting of the wall clock and the fact that records it."""

    def __init__(self, clocks: Clocks | None = None) -> None:
        self._clocks = clocks or SystemClocks()
        self._offset = self._clocks.wall() - self._clocks.steady()

    def now(self) -> float:
        """The wall clock, without what it was set by since the last `take_step`."""
        return self._clocks.steady() + self._offset

    def steady(self) -> float:
        """Seconds by the clock that nobody sets."""
        return self._clocks.steady()

    def take_step(self) -> float:
        """Returns by how many seconds the wall clock was set since the last call; `now` has them from here on."""
        before, self._offset = self._offset, self._clocks.wall() - self._clocks.steady()
        return self._offset - before
