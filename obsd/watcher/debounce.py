"""Which files have to be looked at, and when: after some quiet, but not put off for ever.

Marks stand in the order of their last event, so what is due stands in front. A mark older than `max_delay` keeps
its place when further events come: that is all it takes to bound the wait.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

_SETTLE_SECONDS_A_MARK = 0.00002
"""A flood is looked at in larger steps: with n files waiting, the quiet time grows by so much for each."""


class Mark:
    """Why and since when the file at `path` has to be looked at; `mask` collects inotify's bits.

    `git` tells that the last event came while git held the index's lock, `git_began` that the first one did;
    `rescan` that no event tells what happened; `number` grows from mark to mark, for probes; `waiting` ends with the
    look.
    """

    __slots__ = ("first", "git", "git_began", "last", "mask", "number", "path", "rescan", "waiting")

    def __init__(self, path: str, now: float, number: int) -> None:
        self.path = path
        self.first = now
        self.last = now
        self.mask = 0
        self.git = False
        self.git_began = False
        self.rescan = False
        self.number = number
        self.waiting = True


class Unsettled:
    """The marks. Times are of the monotonic clock, in seconds."""

    def __init__(self, settle_seconds: float, max_delay_seconds: float) -> None:
        self.settle_seconds = settle_seconds
        self.max_delay_seconds = max_delay_seconds
        self.numbers = 0
        self._marks: OrderedDict[str, Mark] = OrderedDict()
        self._held: dict[str, Mark] = {}

    def __len__(self) -> int:
        return len(self._marks) + len(self._held)

    def __contains__(self, path: str) -> bool:
        return path in self._marks or path in self._held

    def touch(self, path: str, mask: int, now: float, git: bool | None = None) -> Mark:
        """Notes an event at `path`; a `git` of None leaves open who did it."""
        mark = self._marks.get(path)
        if mark is None:
            mark = self._held.pop(path, None)
            if mark is None:
                self.numbers += 1
                mark = Mark(path, now, self.numbers)
                mark.git_began = bool(git)
            self._marks[path] = mark
        mark.mask |= mask
        if git is not None:
            mark.git = git
        self.again(mark, now)
        return mark

    def again(self, mark: Mark, now: float) -> None:
        """A mark that waits has to wait longer, if it has not waited too long already."""
        if mark.last != now and now - mark.first < self.max_delay_seconds and mark.path in self._marks:
            mark.last = now
            self._marks.move_to_end(mark.path)

    def hold(self, mark: Mark) -> None:
        """Puts a mark that was due aside until `release`."""
        mark.waiting = True
        self._held[mark.path] = mark

    def release(self, now: float) -> None:
        """What git wrote is due after the shortest quiet: git is done with it, however many there are."""
        last = now - self.quiet_seconds() + self.settle_seconds
        for mark in [*self._held.values(), *(mark for mark in self._marks.values() if mark.git)]:
            mark.last = last
            self._marks[mark.path] = mark
            self._marks.move_to_end(mark.path, last=False)
        self._held.clear()

    @property
    def holds(self) -> bool:
        return bool(self._held)

    def due(self, now: float) -> Iterator[Mark]:
        """Takes out, one by one, what is due. Touching while it runs is allowed."""
        before = now - self.quiet_seconds()
        marks = self._marks
        while marks:
            path, mark = marks.popitem(last=False)
            if mark.last > before:
                marks[path] = mark
                marks.move_to_end(path, last=False)
                return
            mark.waiting = False
            yield mark

    def take(self, path: str) -> Mark | None:
        """Takes out one mark, due or not."""
        mark = self._marks.pop(path, None) or self._held.pop(path, None)
        if mark is not None:
            mark.waiting = False
        return mark

    def deadline(self) -> float | None:
        """When the next one is due."""
        for mark in self._marks.values():
            return mark.last + self.quiet_seconds()
        return None

    def quiet_seconds(self) -> float:
        stretched = self.settle_seconds + len(self._marks) * _SETTLE_SECONDS_A_MARK
        return min(stretched, max(self.settle_seconds, self.max_delay_seconds))

    def waits_up_to(self, number: int) -> bool:
        """Whether a mark waits that is not newer than that one."""
        return any(mark.number <= number for marks in (self._marks, self._held) for mark in marks.values())
