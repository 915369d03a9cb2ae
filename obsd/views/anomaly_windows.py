"""The running windows of a workspace, its open session and its last commit.

Owns the sums of a window. Copies are cheap, so that a batch can be undone: copies share the names of the window's
files, and new names are added when the copy is applied. Does no I/O, reads no clock. Event loop only.
"""

from __future__ import annotations

from collections.abc import Iterator

from obsd.analysis.anomalies import BY_WINDOW, COMMIT_SIZE, SESSION_LENGTH, Measure
from obsd.facts import AnomalyKind, AnomalySeen, FileChanged

_MOST_FILES = 20_000
"""Most names in a window: an unpacked tree must not fill the memory, and is an anomaly long before."""
_PAUSE_SECONDS = 5.0
"""An anomaly is reported after a pause of this length."""
_EPISODE_SECONDS = 900.0
"""Anomalies in windows that are no further apart are one episode, and are reported once."""


class Window:
    """Sums of the changes in `seconds` seconds from `start` on."""

    __slots__ = ("changes", "deletions", "end", "files", "fresh", "lines", "seconds", "start")

    def __init__(self, seconds: int, start: float, files: set[str] | None = None) -> None:
        self.seconds = seconds
        self.start = start
        self.end = start + seconds
        self.changes = 0
        self.deletions = 0
        self.lines = 0
        self.files: set[str] = set() if files is None else files
        self.fresh: set[str] = set()

    @classmethod
    def around(cls, at: float, seconds: int, offset: int) -> Window:
        """Returns the window around a time; windows start at multiples of their length plus `offset`."""
        return cls(seconds, (at - offset) // seconds * seconds + offset)

    def add(self, fact: FileChanged) -> None:
        """Counts a change."""
        self.changes += 1
        self.deletions += fact.operation == "deleted"
        self.lines += (fact.lines_added or 0) + (fact.lines_removed or 0)
        if fact.path not in self.files and len(self.files) + len(self.fresh) < _MOST_FILES:
            self.fresh.add(fact.path)

    def value(self, kind: AnomalyKind) -> float:
        """Returns the sum for a kind."""
        if kind == "changes":
            return self.changes
        if kind == "deletions":
            return self.deletions
        return self.lines if kind == "lines" else len(self.files) + len(self.fresh)

    def copy(self) -> Window:
        """Returns a copy that shares the names of files."""
        made = Window(self.seconds, self.start, self.files)
        made.changes, made.deletions, made.lines = self.changes, self.deletions, self.lines
        return made

    def settle(self) -> None:
        """Adds the new names of files to the shared ones."""
        self.files |= self.fresh
        self.fresh = set()


class Running:
    """The state of one workspace. Times are Unix seconds."""

    def __init__(self) -> None:
        self.windows: dict[tuple[int, int], Window] = {}
        """By length and offset."""
        self.session: tuple[str, float] | None = None
        """Id and begin of the open session."""
        self.session_reported = False
        self.last_commit: tuple[float, float] | None = None
        """When the last commit was seen, and its size in lines."""
        self._reported: dict[tuple[AnomalyKind, int], float] = {}
        self._pending: dict[AnomalyKind, tuple[float, AnomalySeen]] = {}
        self._pending_since = 0.0

    def news(self, kind: AnomalyKind, at: float, seconds: int) -> bool:
        """Returns whether an anomaly must be reported: it starts an episode and does not repeat a shorter window's, or
        its episode goes on and is not reported yet."""
        if (seen := self._pending.get(kind)) is not None and seen[1].window_seconds == seconds:
            self._reported[(kind, seconds)] = at
            return True
        last = self._reported.get((kind, seconds))
        other = max((reported_at for (known, _), reported_at in self._reported.items() if known == kind), default=None)
        self._reported[(kind, seconds)] = at
        if last is not None and 0 <= at - last < max(_EPISODE_SECONDS, seconds):
            return False
        return other is None or not 0 <= at - other < max(_EPISODE_SECONDS, seconds)

    def note(self, seen: AnomalySeen, beyond: float) -> None:
        """Keeps an anomaly until the activity pauses; `beyond` is its value divided by its threshold."""
        self._pending_since = self._pending_since if self._pending else seen.at
        known = self._pending.get(seen.kind)
        if known is None or seen.value >= known[1].value:
            self._pending[seen.kind] = (beyond, seen)

    def paused(self, at: float) -> bool:
        """Returns whether a pending anomaly is due: the activity pauses, or has lasted for the length of an episode."""
        last = max((seen.at for _, seen in self._pending.values()), default=None)
        if last is None:
            return False
        return not 0 <= at - last < _PAUSE_SECONDS or at - self._pending_since > _EPISODE_SECONDS

    def take_pending(self) -> list[AnomalySeen]:
        """Returns the anomaly to report, once: of the kinds that show one episode, the furthest above its threshold."""
        most = max(self._pending.values(), key=lambda one: one[0], default=None)
        self._pending = {}
        return [] if most is None else [most[1]]

    def values(self, now: float, commit_seconds: float) -> Iterator[tuple[Measure, float]]:
        """Yields the measures to compare with the history at a time, and their values."""
        for window in self.windows.values():
            if window.start <= now < window.end:
                yield from ((measure, window.value(measure.kind)) for measure in BY_WINDOW[window.seconds])
        if self.last_commit is not None and 0 <= now - self.last_commit[0] < commit_seconds:
            yield COMMIT_SIZE, self.last_commit[1]
        if self.session is not None:
            yield SESSION_LENGTH, max(0.0, now - self.session[1])

    def copy(self) -> Running:
        """Returns an independent copy."""
        made = Running()
        made.windows = {key: window.copy() for key, window in self.windows.items()}
        made.session, made.session_reported, made.last_commit = self.session, self.session_reported, self.last_commit
        made._reported = dict(self._reported)
        made._pending, made._pending_since = dict(self._pending), self._pending_since
        return made

    def settle(self) -> None:
        """Applies this copy."""
        for window in self.windows.values():
            window.settle()
