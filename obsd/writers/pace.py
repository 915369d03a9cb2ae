"""How hot the reader is: at once while it costs little, rarely and much while there is much. One thread.

Owns an account of processor time. It grows by a small share of the time that passes, up to a burst; while something is
in it, what comes is read within a fraction of a millisecond, before short-lived processes are gone and their names
with them. A build empties it: then each pause pays for what was read before it, and the kernel's queues hold what comes
meanwhile (80 ms of nothing but writing).
"""

from __future__ import annotations

import time

_SHARE = 0.012
_BURST_SECONDS = 0.01
_SHORT_SECONDS = 0.00025
_LONG_SECONDS = 0.015


class Pace:
    """Says how long to pause after something was read."""

    def __init__(self) -> None:
        self._credit = _BURST_SECONDS
        self._at = time.monotonic()
        self._used = time.thread_time()

    def pause_seconds(self) -> float:
        """Accounts for what was used since the last call."""
        now, used = time.monotonic(), time.thread_time()
        earned, spent = _SHARE * (now - self._at), used - self._used
        self._at, self._used = now, used
        credit = min(_BURST_SECONDS, self._credit + earned) - spent
        # Debts are short: after a long list of directories to mark it need not be slow for seconds.
        self._credit = max(credit, -_SHARE * _LONG_SECONDS)
        return min(_LONG_SECONDS, max(_SHORT_SECONDS, -self._credit / _SHARE))
