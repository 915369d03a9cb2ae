"""Which files have to be looked at, and when: after some quiet, but not put off for ever.

Marks stand in the order of their last event, so what is due stands in front. A mark older than `max_delay` keeps
its place when further events come: that is all it takes to bound the wait.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

_SETTLE_SECONDS_A_MARK = 0.00002
"""A flood is looked at in larger steps: with n files waiting, the quiet time grows by so much for each."""

_DEFER_SECONDS = 0.5
_LONGEST_DEFER_SECONDS = 10.0
"""libgit2, dulwich and isomorphic-git write the files first and the index that tells of it afterwards."""


_MOST_OPEN = 1024


class Mark:
    """Why and since when the file at `path` has to be looked at; `mask` collects inotify's bits.

    `git` tells what git held when the last event came (`git_dir.Lock`), `git_began` that it held anything at the first
    one; `cleaned` that `git clean` seems to have removed the file; `deferred` since when it waits for the index;
    `rescan` that no event tells what happened; `open` that somebody wrote and has not closed the file since; `number`
    grows from mark to mark, for probes; `waiting` ends with the look.
    """

    __slots__ = (
        "cleaned",
        "deferred",
        "first",
        "git",
        "git_began",
        "last",
        "mask",
        "number",
        "open",
        "path",
        "rescan",
        "waiting",
    )

    def __init__(self, path: str, now: float, number: int) -> None:
        self.path = path
        self.first = now
        self.last = now
        self.mask = 0
        self.git = 0
        self.cleaned = False
        self.deferred = 0.0
        self.git_began = False
        self.rescan = False
        self.open = False
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
        self._opened: dict[str, Mark] = {}
        self._deferred: dict[str, Mark] = {}
        self._deferred_due = 0.0

    def __len__(self) -> int:
        return sum(map(len, self._all()))

    def __contains__(self, path: str) -> bool:
        return any(path in marks for marks in self._all())

    def touch(self, path: str, mask: int, now: float, git: int | None = None) -> Mark:
        """Notes an event at `path`; a `git` of None leaves open who did it."""
        mark = self._marks.get(path)
        if mark is None:
            mark = self._put_aside(path)
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
        if self._opened.pop(mark.path, None) is not None:
            self._marks[mark.path] = mark
        if mark.last != now and now - mark.first < self.max_delay_seconds and mark.path in self._marks:
            mark.last = now
            self._marks.move_to_end(mark.path)

    def hold(self, mark: Mark) -> None:
        """Puts a mark that was due aside until `release`."""
        mark.waiting = True
        self._held[mark.path] = mark

    def wait_for_close(self, mark: Mark, now: float) -> bool:
        """Puts a mark that was due aside until the file is closed; False when it has waited for long enough, or too
        many wait."""
        if now - mark.first >= self.max_delay_seconds or len(self._opened) >= _MOST_OPEN:
            return False
        mark.waiting = True
        self._opened[mark.path] = mark
        return True

    def _end_wait_for_close(self, now: float) -> None:
        for mark in list(self._opened.values()):
            if now - mark.first >= self.max_delay_seconds:
                self._look_first(self._opened.pop(mark.path))

    def _look_first(self, mark: Mark) -> None:
        mark.last = float("-inf")
        self._marks[mark.path] = mark
        self._marks.move_to_end(mark.path, last=False)

    def defer(self, mark: Mark, now: float) -> None:
        """Puts a mark that was due aside until the index changes: for a short while after the last one, once."""
        mark.waiting = True
        mark.deferred = now
        self._deferred[mark.path] = mark
        self.defer_longer(now)

    @property
    def defers(self) -> bool:
        return bool(self._deferred)

    def deferral_ends(self, now: float) -> bool:
        """Whether what waits for the index has waited for long enough."""
        return self.defers and now >= self._deferred_due

    def defer_longer(self, now: float) -> None:
        """Whoever writes the index is still at work: what waits for it waits on, up to the longest time."""
        oldest = next(iter(self._deferred.values())).deferred
        self._deferred_due = min(now + _DEFER_SECONDS, oldest + _LONGEST_DEFER_SECONDS)

    def _end_deferral(self) -> None:
        for mark in self._deferred.values():
            self._look_first(mark)
        self._deferred.clear()

    def release(self, now: float) -> None:
        """What git wrote is due after the shortest quiet: git is done with it, however many there are. So is what
        waited for the index: HEAD may move after it."""
        last = now - self.quiet_seconds() + self.settle_seconds
        by_git = [mark for mark in self._marks.values() if mark.git]
        for mark in [*self._deferred.values(), *self._held.values(), *by_git]:
            mark.last = last
            self._marks[mark.path] = mark
            self._marks.move_to_end(mark.path, last=False)
        self._held.clear()
        self._deferred.clear()

    @property
    def holds(self) -> bool:
        return bool(self._held)

    def due(self, now: float) -> Iterator[Mark]:
        """Takes out, one by one, what is due. Touching while it runs is allowed."""
        if self.deferral_ends(now):
            self._end_deferral()
        if self._opened:
            self._end_wait_for_close(now)
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
        mark = self._marks.pop(path, None) or self._put_aside(path)
        if mark is not None:
            mark.waiting = False
        return mark

    def deadline(self) -> float | None:
        """When the next one is due."""
        dues = [mark.first + self.max_delay_seconds for mark in self._opened.values()]
        if self._deferred:
            dues.append(self._deferred_due)
        if self._marks:
            dues.append(next(iter(self._marks.values())).last + self.quiet_seconds())
        return min(dues, default=None)

    def quiet_seconds(self) -> float:
        stretched = self.settle_seconds + len(self._marks) * _SETTLE_SECONDS_A_MARK
        return min(stretched, max(self.settle_seconds, self.max_delay_seconds))

    def waits_up_to(self, number: int) -> bool:
        """Whether a mark waits that is not newer than that one."""
        return any(mark.number <= number for marks in self._all() for mark in marks.values())

    def _all(self) -> tuple[dict[str, Mark], ...]:
        return self._marks, self._held, self._opened, self._deferred

    def _put_aside(self, path: str) -> Mark | None:
        return self._held.pop(path, None) or self._opened.pop(path, None) or self._deferred.pop(path, None)
