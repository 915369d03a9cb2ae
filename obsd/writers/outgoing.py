"""What was seen and not yet sent: one row a file and writer, however often it was written. Pure but for its clock."""

from __future__ import annotations

from obsd.writers import syscalls
from obsd.writers.seen import Row, Writer

PAUSE_SECONDS = 0.03
_MOST = 5_000
_REMEMBERED = 8_192
_MEMORY_SECONDS = 10.0


class Outgoing:
    """Collects rows for one frame. `since` is the monotonic time of the first one; None while there is none.

    Whoever only closes a file that another process has modified and not closed did not write it: a parent closes what
    its child wrote. That row is left out. Who closes and nobody modified has written through a mapping (mmap(2)).
    """

    def __init__(self) -> None:
        self.since: float | None = None
        self._rows: dict[tuple[str, str, int], int] = {}
        self._writers: dict[Writer, int] = {}
        self._modified: dict[tuple[str, str], tuple[int, float]] = {}

    def add(self, now: float, directory: str, name: str, bits: int, writer: Writer) -> None:
        """Adds what a writer did; bits of the same file are joined."""
        if self.since is None:
            self.since = now
        number = self._writers.setdefault(writer, len(self._writers))
        key = directory, name, number
        self._rows[key] = self._rows.get(key, 0) | bits
        if bits & syscalls.FAN_MODIFY:
            file = directory, name
            self._modified.pop(file, None)  # so that the oldest stay first
            if not bits & syscalls.FAN_CLOSE_WRITE:
                self._modified[file] = writer[0], now

    @property
    def due(self) -> float | None:
        """Returns when it must be sent."""
        if self.since is None or len(self._rows) >= _MOST:
            return self.since
        return self.since + PAUSE_SECONDS

    def take(self, now: float) -> tuple[list[Writer], list[Row]]:
        """All of it."""
        writers = list(self._writers)
        rows = [
            (directory, name, bits, number)
            for (directory, name, number), bits in self._rows.items()
            if bits != syscalls.FAN_CLOSE_WRITE or not self._by_another((directory, name), writers[number][0], now)
        ]
        self.since = None
        self._rows.clear()
        self._writers.clear()
        self._forget(now)
        return writers, rows

    def _by_another(self, file: tuple[str, str], pid: int, now: float) -> bool:
        modifier, at = self._modified.get(file, (pid, 0.0))
        return modifier != pid and now < at + _MEMORY_SECONDS

    def _forget(self, now: float) -> None:
        while self._modified:
            file, (_, at) = next(iter(self._modified.items()))
            if len(self._modified) <= _REMEMBERED and now < at + _MEMORY_SECONDS:
                return
            del self._modified[file]
