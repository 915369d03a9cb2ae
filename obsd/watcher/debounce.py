"""Which files have to be compared, and when: after some quiet, but not put off for ever.

Pending paths are in the order of their last event, so what is due comes first. One that is older than `max_delay` keeps
its place when further events come: that is all it takes to bound the wait.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

_QUIET_SECONDS_A_PATH = 0.00002
"""A flood is compared in larger steps: with n files waiting, the quiet time grows by so much for each."""

_DEFER_SECONDS = 1.0
_LONGEST_DEFER_SECONDS = 10.0
"""libgit2, dulwich and isomorphic-git write the files first and the index afterwards."""


_MOST_OPEN = 1024


class PendingPath:
    """Why and since when the file at `path` has to be compared; `mask` collects inotify's bits.

    `git` is what git held when the last event came (`git_dir.Lock`), `git_began` that it held anything at the first
    one; `deed` that a known file was moved there, or from there; `cleaned` that `git clean` seems to have removed
    the file; `deferred` since when it waits for the index, `dropped` since when the index has it no more; `rescan`
    that no event shows what happened; `open` that somebody wrote and has not closed the file since; `number` grows
    from path to path, for cookies; `waiting` ends with the comparison.
    """

    __slots__ = (
        "cleaned",
        "deed",
        "deferred",
        "dropped",
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
        self.deed = False
        self.deferred = 0.0
        self.dropped = 0.0
        self.git_began = False
        self.rescan = False
        self.open = False
        self.number = number
        self.waiting = True


class DebounceQueue:
    """The pending paths. Times are of the monotonic clock, in seconds."""

    def __init__(self, settle_seconds: float, max_delay_seconds: float) -> None:
        self.settle_seconds = settle_seconds
        self.max_delay_seconds = max_delay_seconds
        self.numbers = 0
        self._paths: OrderedDict[str, PendingPath] = OrderedDict()
        self._held: dict[str, PendingPath] = {}
        self._opened: dict[str, PendingPath] = {}
        self._deferred: dict[str, PendingPath] = {}
        self._deferred_due = 0.0

    def __len__(self) -> int:
        return sum(map(len, self._all()))

    def __contains__(self, path: str) -> bool:
        return any(path in paths for paths in self._all())

    def touch(self, path: str, mask: int, now: float, git: int | None = None) -> PendingPath:
        """Notes an event at `path`; a `git` of None leaves open who did it."""
        pending = self._paths.get(path)
        if pending is None:
            pending = self._put_aside(path)
            if pending is None:
                self.numbers += 1
                pending = PendingPath(path, now, self.numbers)
                pending.git_began = bool(git)
            self._paths[path] = pending
        pending.mask |= mask
        pending.deed = False
        if git is not None:
            pending.git = git
        self.again(pending, now)
        return pending

    def again(self, pending: PendingPath, now: float) -> None:
        """A pending path has to wait longer, if it has not waited too long already."""
        if self._opened.pop(pending.path, None) is not None:
            self._paths[pending.path] = pending
        if pending.last != now and now - pending.first < self.max_delay_seconds and pending.path in self._paths:
            pending.last = now
            self._paths.move_to_end(pending.path)

    def hold(self, pending: PendingPath) -> None:
        """Puts a path that was due aside until `release`."""
        pending.waiting = True
        self._held[pending.path] = pending

    def wait_for_close(self, pending: PendingPath, now: float) -> bool:
        """Puts a path that was due aside until the file is closed; False when it has waited for long enough, or too
        many wait."""
        if now - pending.first >= self.max_delay_seconds or len(self._opened) >= _MOST_OPEN:
            return False
        pending.waiting = True
        self._opened[pending.path] = pending
        return True

    def _end_wait_for_close(self, now: float) -> None:
        for pending in list(self._opened.values()):
            if now - pending.first >= self.max_delay_seconds:
                self._compare_first(self._opened.pop(pending.path))

    def _compare_first(self, pending: PendingPath) -> None:
        pending.last = float("-inf")
        self._paths[pending.path] = pending
        self._paths.move_to_end(pending.path, last=False)

    def defer(self, pending: PendingPath, now: float) -> None:
        """Puts a path that was due aside until the index changes: for a short while after the last one, once."""
        pending.waiting = True
        pending.deferred = pending.deferred or now
        self._deferred[pending.path] = pending
        self.defer_longer(now)

    @property
    def defers(self) -> bool:
        return bool(self._deferred)

    def deferral_ends(self, now: float) -> bool:
        """Whether the paths that wait for the index have waited for long enough."""
        return self.defers and now >= self._deferred_due

    def defer_longer(self, now: float) -> None:
        """Whoever writes the index is still at work: the paths wait on, up to the longest time."""
        oldest = next(iter(self._deferred.values())).deferred
        self._deferred_due = min(now + _DEFER_SECONDS, oldest + _LONGEST_DEFER_SECONDS)

    def _end_deferral(self) -> None:
        for pending in self._deferred.values():
            self._compare_first(pending)
        self._deferred.clear()

    def release(self, now: float) -> None:
        """What git wrote is due after the shortest quiet: git is done with it, however many there are. So is what
        waited for the index: HEAD may move after it."""
        last = now - self.quiet_seconds() + self.settle_seconds
        by_git = [pending for pending in self._paths.values() if pending.git]
        for pending in [*self._deferred.values(), *self._held.values(), *by_git]:
            pending.last = last
            self._paths[pending.path] = pending
            self._paths.move_to_end(pending.path, last=False)
        self._held.clear()
        self._deferred.clear()

    @property
    def holds(self) -> bool:
        return bool(self._held)

    def due(self, now: float) -> Iterator[PendingPath]:
        """Takes out, one by one, what is due. Touching while it runs is allowed."""
        if self.deferral_ends(now):
            self._end_deferral()
        if self._opened:
            self._end_wait_for_close(now)
        before = now - self.quiet_seconds()
        paths = self._paths
        while paths:
            path, pending = paths.popitem(last=False)
            if pending.last > before:
                paths[path] = pending
                paths.move_to_end(path, last=False)
                return
            pending.waiting = False
            yield pending

    def get(self, path: str) -> PendingPath | None:
        """The pending path, if it is one."""
        return next((paths[path] for paths in self._all() if path in paths), None)

    def take(self, path: str) -> PendingPath | None:
        """Takes out one path, due or not."""
        pending = self._paths.pop(path, None) or self._put_aside(path)
        if pending is not None:
            pending.waiting = False
        return pending

    def deadline(self) -> float | None:
        """When the next one is due."""
        dues = [pending.first + self.max_delay_seconds for pending in self._opened.values()]
        if self._deferred:
            dues.append(self._deferred_due)
        if self._paths:
            dues.append(next(iter(self._paths.values())).last + self.quiet_seconds())
        return min(dues, default=None)

    def quiet_seconds(self) -> float:
        stretched = self.settle_seconds + len(self._paths) * _QUIET_SECONDS_A_PATH
        return min(stretched, max(self.settle_seconds, self.max_delay_seconds))

    def waits_up_to(self, number: int) -> bool:
        """Whether a path waits that is not newer than that one."""
        return any(pending.number <= number for paths in self._all() for pending in paths.values())

    def _all(self) -> tuple[dict[str, PendingPath], ...]:
        return self._paths, self._held, self._opened, self._deferred

    def _put_aside(self, path: str) -> PendingPath | None:
        return self._held.pop(path, None) or self._opened.pop(path, None) or self._deferred.pop(path, None)
