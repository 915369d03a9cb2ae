"""Which files have to be looked at, and when: after some quiet, but not put off for ever.

Marks stand in the order of their last event, so what is due stands in front. A mark older than `max_delay` keeps
its place when further events come: that is all it takes to bound the wait.
"""

from __future__ import annotations

from collections.abc import Iterator

_SETTLE_SECONDS_A_MARK = 0.00002
"""A flood is looked at in larger steps: with n files waiting, the quiet time grows by so much for each."""


class Mark:
    """Why and since when a file has to be looked at; `mask` collects inotify's bits.

    `git` tells that the last event came while git held the index's lock; `rescan` that no event tells what
    happened; `number` grows from mark to mark, for probes.
    """

    __slots__ = ("first", "git", "last", "mask", "number", "rescan")

    def __init__(self, now: float, number: int) -> None:
        self.first = now
        self.last = now
        self.mask = 0
        self.git = False
        self.rescan = False
        self.number = number


class Unsettled:
    """The marks. Times are of the monotonic clock, in seconds."""

    def __init__(self, settle_seconds: float, max_delay_seconds: float) -> None:
        self.settle_seconds = settle_seconds
        self.max_delay_seconds = max_delay_seconds
        self.numbers = 0
        self._marks: dict[str, Mark] = {}
        self._held: dict[str, Mark] = {}

    def __len__(self) -> int:
        return len(self._marks) + len(self._held)

    def __contains__(self, path: str) -> bool:
        return path in self._marks or path in self._held

    def touch(self, path: str, mask: int, now: float, git: bool | None = None) -> Mark:
        """Notes an event at `path`; a `git` of None leaves open who did it."""
        marks = self._marks
        mark = marks.get(path)
        if mark is None:
            held = self._held.pop(path, None)
            mark = marks[path] = self._new(now) if held is None else held
            mark.last = now
        elif now - mark.first < self.max_delay_seconds:
            mark.last = now
            del marks[path]
            marks[path] = mark
        mark.mask |= mask
        if git is not None:
            mark.git = git
        return mark

    def hold(self, path: str, mark: Mark) -> None:
        """Puts a mark that was due aside until `release`."""
        self._held[path] = mark

    def release(self, now: float) -> None:
        """What was held is due after the quiet time."""
        for path, mark in self._held.items():
            mark.last = now
            self._marks.setdefault(path, mark)
        self._held.clear()

    @property
    def holds(self) -> bool:
        return bool(self._held)

    def due(self, now: float) -> Iterator[tuple[str, Mark]]:
        """Takes out, one by one, what is due. Touching while it runs is allowed."""
        quiet = self.quiet_seconds()
        while self._marks:
            path, mark = next(iter(self._marks.items()))
            if mark.last + quiet > now:
                return
            del self._marks[path]
            yield path, mark

    def take(self, path: str) -> Mark | None:
        """Takes out one mark, due or not."""
        return self._marks.pop(path, None) or self._held.pop(path, None)

    def deadline(self) -> float | None:
        """When the next one is due."""
        for mark in self._marks.values():
            return mark.last + self.quiet_seconds()
        return None

    def quiet_seconds(self) -> float:
        stretched = self.settle_seconds + len(self._marks) * _SETTLE_SECONDS_A_MARK
        return min(stretched, max(self.settle_seconds, self.max_delay_seconds))

    def oldest_number(self) -> int:
        """The lowest number of a waiting mark; beyond all numbers when none waits."""
        numbers = [mark.number for marks in (self._marks, self._held) for mark in marks.values()]
        return min(numbers, default=self.numbers + 1)

    def _new(self, now: float) -> Mark:
        self.numbers += 1
        return Mark(now, self.numbers)
