"""What was seen and not yet told: one row a file and writer, however often it was written. Pure but for its clock."""

from __future__ import annotations

from obsd.writers import syscalls
from obsd.writers.seen import Row, Writer

PAUSE_SECONDS = 0.03
_MOST = 5_000


class Outgoing:
    """Collects rows for one frame. `since` is the monotonic time of the first one; None while there is none."""

    def __init__(self) -> None:
        self.since: float | None = None
        self._rows: dict[tuple[str, str, int], int] = {}
        self._writers: dict[Writer, int] = {}

    def add(self, now: float, directory: str, name: str, bits: int, writer: Writer) -> None:
        """Adds what a writer did; bits of the same file are joined."""
        if self.since is None:
            self.since = now
        number = self._writers.setdefault(writer, len(self._writers))
        key = directory, name, number
        self._rows[key] = self._rows.get(key, 0) | bits

    @property
    def due(self) -> float | None:
        """When it is to be sent."""
        if self.since is None or len(self._rows) >= _MOST:
            return self.since
        return self.since + PAUSE_SECONDS

    def take(self) -> tuple[list[Writer], list[Row]]:
        """All of it, without those who only closed what another process modified."""
        modified = {
            (directory, name) for (directory, name, _), bits in self._rows.items() if bits & syscalls.FAN_MODIFY
        }
        rows = [
            (directory, name, bits, writer)
            for (directory, name, writer), bits in self._rows.items()
            if bits != syscalls.FAN_CLOSE_WRITE or (directory, name) not in modified
        ]
        writers = list(self._writers)
        self.since = None
        self._rows.clear()
        self._writers.clear()
        return writers, rows
