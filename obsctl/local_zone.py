"""The reader's time zone, as the C library knows it (TZ, /etc/localtime): its offsets from UTC, and since when.

Owns no rules of zones: it reads the offset from UTC at a time, and searches for the second at which it changes.
"""

from __future__ import annotations

import time

_STEP_SECONDS = 86_400


def offsets(since: float, until: float) -> list[tuple[float, int]]:
    """Returns (time, seconds ahead of UTC from then on), from `since` (Unix seconds) to `until`, oldest first."""
    found = [(since, _offset(since))]
    at = int(since)
    while at < until:
        later = at + _STEP_SECONDS
        if _offset(later) != found[-1][1]:
            found.append(_change(at, later))
        at = later
    return found


def _change(before: int, after: int) -> tuple[float, int]:
    old, new = _offset(before), _offset(after)
    while after - before > 1:
        middle = (before + after) // 2
        if _offset(middle) == old:
            before = middle
        else:
            after = middle
    return float(after), new


def _offset(at: float) -> int:
    return time.localtime(at).tm_gmtoff
