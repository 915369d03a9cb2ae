"""Local days: when each begins, by the offset from UTC that was in force at the time (summer and winter differ).

Owns the arithmetic between Unix seconds and numbers of local days. Pure, any thread.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from operator import itemgetter

DAY_SECONDS = 86_400

Offsets = Sequence[tuple[float, int]]
"""The time from which clocks were ahead of UTC by so many seconds, oldest first; the first also applies before it."""

UTC: Offsets = ((0.0, 0),)


class Days:
    """The days of one zone; a day's number is that of its date, counted from 1970."""

    def __init__(self, offsets: Offsets = UTC) -> None:
        self._offsets = offsets or UTC

    def number(self, at: float) -> int:
        """Returns the number of the day at a time in Unix seconds."""
        return int((at + self._offset(at)) // DAY_SECONDS)

    def start(self, number: int) -> int:
        """Returns when a day begins; where clocks jump over midnight, or back over it, its first moment."""
        candidates = {number * DAY_SECONDS - offset for _, offset in self._offsets}
        return min((at for at in candidates if self.number(at) == number), default=max(candidates))

    def _offset(self, at: float) -> int:
        return self._offsets[max(0, bisect_right(self._offsets, at, key=itemgetter(0)) - 1)][1]
