"""Which files have to be compared, and when: after some quiet, but not put off for ever.

Pending paths lie in buckets by the time of their last event. A further event notes its time and nothing more: a path is
put into the bucket of that time when its own comes to the front. One that is older than `max_delay` keeps its time when
further events come: that is all it takes to bound the wait.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

_QUIET_SECONDS_A_PATH = 0.00002
"""A flood is compared in larger steps: with n files waiting, the quiet time grows by so much for each."""

_DEFER_SECONDS = 1.0
_LONGEST_DEFER_SECONDS = 10.0
"""libgit2, dulwich and isomorphic-git write the files first and the index afterwards."""


_FEW = 64
_MOST_OPEN = 1024
_AT_ONCE = float("-inf")
_GRAIN_SECONDS = 0.001


class PendingPath:
    """Why and since when the file at `path` has to be compared; `mask` collects inotify's bits.

    `git` is what git held when the last event came (`git_dir.Lock`), `git_began` that it held anything at the first
    one; `deed` that a known file was moved there, or from there; `cleaned` that `git clean` seems to have removed
    the file; `deferred` since when it waits for the index, `dropped` since when the index has it no more; `rescan`
    that no event shows what happened; `open` that somebody wrote and has not closed the file since; `number` grows
    from path to path, for cookies; `waiting` ends with the comparison; `aside` that it waits for more than quiet.
    """

    __slots__ = (
        "aside",
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
        self.aside = False


class DebounceQueue:
    """The pending paths. Times are of the monotonic clock, in seconds."""

    def __init__(self, settle_seconds: float, max_delay_seconds: float) -> None:
        self.settle_seconds = settle_seconds
        self.max_delay_seconds = max_delay_seconds
        self.numbers = 0
        self._paths: dict[str, PendingPath] = {}
        self._buckets: dict[float, list[PendingPath]] = {}
        self._ready: deque[PendingPath] = deque()
        self._newest = float("-inf")
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
            pending = self._put_aside(path) or self._new(path, now, git)
            self._place(pending, pending.last)
        pending.mask |= mask
        pending.deed = False
        if git is not None:
            pending.git = git
        if pending.last != now:
            self.again(pending, now)
        return pending

    def _new(self, path: str, now: float, git: int | None) -> PendingPath:
        self.numbers += 1
        pending = PendingPath(path, self.bucket(now), self.numbers)
        pending.git_began = bool(git)
        return pending

    def bucket(self, now: float) -> float:
        """Makes room for what happens at `now`; returns the time to note for it, which never goes back."""
        if now - self._newest > _GRAIN_SECONDS:
            self._newest = now
        if self._newest not in self._buckets:
            self._buckets[self._newest] = []
        return self._newest

    def again(self, pending: PendingPath, now: float) -> None:
        """A pending path has to wait longer, if it has not waited too long already."""
        if self._opened.pop(pending.path, None) is not None:
            self._place(pending, self.bucket(now))
        if not pending.aside and now - pending.first < self.max_delay_seconds:
            pending.last = self.bucket(now)

    def _place(self, pending: PendingPath, last: float) -> None:
        """Puts a path into the queue, as one whose last event was then."""
        pending.aside = False
        pending.last = last
        self._paths[pending.path] = pending
        if last not in self._buckets:
            self._buckets[last] = []
            self._buckets = dict(sorted(self._buckets.items()))
        self._buckets[last].append(pending)

    def hold(self, pending: PendingPath) -> None:
        """Puts a path that was due aside until `release`."""
        self._set_aside(pending, self._held)

    def wait_for_close(self, pending: PendingPath, now: float) -> bool:
        """Puts a path that was due aside until the file is closed; False when it has waited for long enough, or too
        many wait."""
        if now - pending.first >= self.max_delay_seconds or len(self._opened) >= _MOST_OPEN:
            return False
        self._set_aside(pending, self._opened)
        return True

    @staticmethod
    def _set_aside(pending: PendingPath, where: dict[str, PendingPath]) -> None:
        pending.waiting = pending.aside = True
        where[pending.path] = pending

    def _end_wait_for_close(self, now: float) -> None:
        for pending in list(self._opened.values()):
            if now - pending.first >= self.max_delay_seconds:
                self._place(self._opened.pop(pending.path), _AT_ONCE)

    def defer(self, pending: PendingPath, now: float) -> None:
        """Puts a path that was due aside until the index changes: for a short while after the last one, once."""
        pending.deferred = pending.deferred or now
        self._set_aside(pending, self._deferred)
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
            self._place(pending, _AT_ONCE)
        self._deferred.clear()

    def release(self, now: float) -> None:
        """What git wrote is due after the shortest quiet: git is done with it, however many there are. So is what
        waited for the index: HEAD may move after it."""
        last = now - self.quiet_seconds() + self.settle_seconds
        by_git = [pending for pending in self._paths.values() if pending.git]
        for pending in [*self._deferred.values(), *self._held.values(), *by_git]:
            self._place(pending, last)
        self._held.clear()
        self._deferred.clear()

    @property
    def holds(self) -> bool:
        return bool(self._held)

    def due(self, now: float) -> Iterator[PendingPath]:
        """Takes out, one by one, what is due, of many those of a folder together. Touching while it runs is allowed."""
        if self.deferral_ends(now):
            self._end_deferral()
        if self._opened:
            self._end_wait_for_close(now)
        before = now - self.quiet_seconds()
        while self._ready or self._over(before):
            pending = self._ready.popleft()
            if self._paths.get(pending.path) is not pending:
                continue
            if pending.last > before:
                self._place(pending, pending.last)
                continue
            del self._paths[pending.path]
            pending.waiting = False
            yield pending

    def _over(self, before: float) -> bool:
        """Empties the buckets up to that time into what is ready; False when there are none."""
        while self._buckets and (at := next(iter(self._buckets))) <= before:
            self._ready.extend(self._buckets.pop(at))
        if len(self._ready) > _FEW:
            self._ready = deque(sorted(self._ready, key=_folder))
        return bool(self._ready)

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
            dues.append(_AT_ONCE if self._ready else next(iter(self._buckets)) + self.quiet_seconds())
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


def _folder(pending: PendingPath) -> str:
    return pending.path[: pending.path.rfind("/") + 1]
