"""What runs in a workspace at a time: windows of activity, the open session, the last commit.

Owns the sums of a window. Copies are cheap, so that a batch can be taken back: the names of files that a window has
seen are shared, and new ones are added when the copy is put in force. Does no I/O, reads no clock. Event loop only.
"""

from __future__ import annotations

from collections.abc import Iterator

from obsd.analysis.anomalies import BY_WINDOW, COMMIT_SIZE, SESSION_LENGTH, Measure
from obsd.facts import AnomalyKind, AnomalySeen, FileChanged

_MOST_FILES = 20_000
"""Names that a window holds: a tree that is unpacked must not be held in memory, and is unusual long before."""
_PAUSE_SECONDS = 5.0
"""What is out of the usual is said when nothing was added to it for so long."""
_EPISODE_SECONDS = 900.0
"""What is out of the usual in windows that are no further apart goes on, and is said once."""


class Window:
    """Sums of the changes of so many `seconds` from `start` on."""

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
        """The window that a time lies in; windows begin at multiples of their length, and `offset` later."""
        return cls(seconds, (at - offset) // seconds * seconds + offset)

    def add(self, fact: FileChanged) -> None:
        """Count a change."""
        self.changes += 1
        self.deletions += fact.operation == "deleted"
        self.lines += (fact.lines_added or 0) + (fact.lines_removed or 0)
        if fact.path not in self.files and len(self.files) + len(self.fresh) < _MOST_FILES:
            self.fresh.add(fact.path)

    def value(self, kind: AnomalyKind) -> float:
        """The sum that a kind speaks of."""
        if kind == "changes":
            return self.changes
        if kind == "deletions":
            return self.deletions
        return self.lines if kind == "lines" else len(self.files) + len(self.fresh)

    def copy(self) -> Window:
        """Another with the same sums, which shares the names of files."""
        made = Window(self.seconds, self.start, self.files)
        made.changes, made.deletions, made.lines = self.changes, self.deletions, self.lines
        return made

    def settle(self) -> None:
        """Take the new names of files over, now that they are in force."""
        self.files |= self.fresh
        self.fresh = set()


class Running:
    """All that runs in one workspace. Times are Unix seconds."""

    def __init__(self) -> None:
        self.windows: dict[tuple[int, int], Window] = {}
        """By length and offset."""
        self.session: tuple[str, float] | None = None
        """Id and begin of the open session."""
        self.session_told = False
        self.last_commit: tuple[float, float] | None = None
        """When the last commit was seen, and its size in lines."""
        self._told: dict[tuple[AnomalyKind, int], float] = {}
        self._pending: dict[AnomalyKind, tuple[float, AnomalySeen]] = {}
        self._pending_since = 0.0

    def news(self, kind: AnomalyKind, at: float, seconds: int) -> bool:
        """Whether something out of the usual is to be said: it begins at a time, and does not go on or repeat a shorter
        window's; or it goes on, and is not said yet."""
        if (seen := self._pending.get(kind)) is not None and seen[1].window_seconds == seconds:
            self._told[(kind, seconds)] = at
            return True
        last = self._told.get((kind, seconds))
        other = max((told for (known, _), told in self._told.items() if known == kind), default=None)
        self._told[(kind, seconds)] = at
        if last is not None and 0 <= at - last < max(_EPISODE_SECONDS, seconds):
            return False
        return other is None or not 0 <= at - other < max(_EPISODE_SECONDS, seconds)

    def note(self, seen: AnomalySeen, beyond: float) -> None:
        """Keep what is to be said when it pauses; `beyond` is how many times its limit it is."""
        self._pending_since = self._pending_since if self._pending else seen.at
        known = self._pending.get(seen.kind)
        if known is None or seen.value >= known[1].value:
            self._pending[seen.kind] = (beyond, seen)

    def paused(self, at: float) -> bool:
        """Whether something is to be said, and nothing was added to it for a moment, or it does not end."""
        last = max((seen.at for _, seen in self._pending.values()), default=None)
        if last is None:
            return False
        return not 0 <= at - last < _PAUSE_SECONDS or at - self._pending_since > _EPISODE_SECONDS

    def told(self) -> list[AnomalySeen]:
        """What is to be said, once: of the kinds that show one event the one that is furthest beyond its limit."""
        most = max(self._pending.values(), key=lambda one: one[0], default=None)
        self._pending = {}
        return [] if most is None else [most[1]]

    def values(self, now: float, commit_seconds: float) -> Iterator[tuple[Measure, float]]:
        """What can be held against the history at a time."""
        for window in self.windows.values():
            if window.start <= now < window.end:
                yield from ((measure, window.value(measure.kind)) for measure in BY_WINDOW[window.seconds])
        if self.last_commit is not None and 0 <= now - self.last_commit[0] < commit_seconds:
            yield COMMIT_SIZE, self.last_commit[1]
        if self.session is not None:
            yield SESSION_LENGTH, max(0.0, now - self.session[1])

    def copy(self) -> Running:
        """Another that can be changed without changing this one."""
        made = Running()
        made.windows = {key: window.copy() for key, window in self.windows.items()}
        made.session, made.session_told, made.last_commit = self.session, self.session_told, self.last_commit
        made._told = dict(self._told)
        made._pending, made._pending_since = dict(self._pending), self._pending_since
        return made

    def settle(self) -> None:
        """Put this copy in force."""
        for window in self.windows.values():
            window.settle()
