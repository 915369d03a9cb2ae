"""The sign of `git clean`, which takes no lock and leaves no trace but the order in which it reads git's files."""

from __future__ import annotations

import time

_CLEAN_SECONDS = 1.0
_FORCED_CLEAN_SECONDS = 0.06


class CleanSign:
    """Whether `git clean` seems to remove files: it takes no lock and leaves no trace. It reads `info/exclude` and then
    the index, in this order as no other command does, and removes at once; with `-x` it reads the index alone.
    """

    def __init__(self) -> None:
        self._own = False
        self._exclude = False
        self._until = float("-inf")

    def reads_index(self) -> None:
        """We are about to read the index ourselves: until all events are read, nobody can tell whose reads they are."""
        self._own = True

    def drained(self) -> None:
        """All events have been read."""
        self._own = False

    def exclude_read(self, read: bool) -> None:
        """What reads it after the index is `ls-files` or the like."""
        self._exclude = read
        self._until = float("-inf")

    def index_read(self) -> None:
        if self._own:
            return
        seconds = _CLEAN_SECONDS if self._exclude else _FORCED_CLEAN_SECONDS
        self._exclude = False
        self._until = time.monotonic() + seconds

    def reset(self) -> None:
        """Another command than `git clean` is at work: this one takes the lock."""
        self._exclude = False
        self._until = float("-inf")

    def removes(self) -> bool:
        """Whether a file that was removed now was removed by it; the next may come a little later."""
        now = time.monotonic()
        if now > self._until:
            return False
        self._until = max(self._until, now + _FORCED_CLEAN_SECONDS)
        return True
