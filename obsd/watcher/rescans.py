"""The crawls that wait or run, one after the other, in slices; and the backoff between rescans."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from obsd.facts import RescanReason
from obsd.watcher.crawl import Crawl, CrawlOptions
from obsd.watcher.events import Arrived
from obsd.watcher.workspace_state import WorkspaceState

_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 60.0


@dataclass(slots=True)
class Done:
    """A whole rescan that is over."""

    reason: RescanReason
    seconds: float
    differences: int


@dataclass(slots=True)
class _Job:
    crawl: Crawl
    steps: Iterator[None]
    reason: RescanReason | None = None
    started: float = 0.0


class Crawls:
    """A queue of crawls. Those of the whole workspace have a reason; those of one folder have none."""

    def __init__(self, state: WorkspaceState) -> None:
        self.folders = 0
        self._state = state
        self._jobs: deque[_Job] = deque()

    def __bool__(self) -> bool:
        return bool(self._jobs)

    def whole(self, reason: RescanReason, options: CrawlOptions) -> None:
        """Adds a crawl of everything, unless one with the same reason waits already."""
        if any(job.reason == reason and not job.started for job in self._jobs):
            return
        self._state.tree.try_again()
        crawl = Crawl(self._state, options)
        self._jobs.append(_Job(crawl, crawl.run(None, ""), reason))

    def folder(self, arrived: Arrived) -> None:
        """Adds a crawl of a folder that came."""
        new = f"{arrived.folder.prefix}{arrived.name}/"
        moved = (tuple(f"{place}/" for place in arrived.moved_from), new)
        crawl = Crawl(self._state, CrawlOptions(adopt=arrived.adopt, git=arrived.git, moved=moved))
        self._jobs.append(_Job(crawl, crawl.run(arrived.folder, arrived.name)))

    def step(self, until: float, pump: Callable[[], None]) -> Done | None:
        """Works until the monotonic time `until`; stops at the end of a whole rescan. Raises OSError: no root."""
        self._state.fresh_rules()
        while self._jobs:
            job = self._jobs[0]
            job.started = job.started or time.monotonic()
            for _ in job.steps:
                self.folders = job.crawl.folders
                pump()
                if time.monotonic() >= until:
                    return None
            self._jobs.popleft()
            self.folders = 0
            if job.reason is not None:
                return Done(job.reason, time.monotonic() - job.started, job.crawl.differences)
        return None

    def clear(self) -> None:
        self._jobs.clear()


class RescanBackoff:
    """Rescans that events made necessary: each soon after the last waits twice as long, up to a minute."""

    def __init__(self) -> None:
        self.due: float | None = None
        self.reason: RescanReason = "overflow"
        self._pause = _FIRST_PAUSE_SECONDS
        self._last = float("-inf")

    def arise(self, reason: RescanReason, now: float) -> None:
        if self.due is None:
            if now - self._last > 2 * _LONGEST_PAUSE_SECONDS:
                self._pause = _FIRST_PAUSE_SECONDS
            self.due = max(now, self._last + self._pause)
            self.reason = reason

    def take(self, now: float) -> RescanReason | None:
        """The reason for a rescan that is due."""
        if self.due is None or self.due > now:
            return None
        self.due = None
        self._last = now
        self._pause = min(2 * self._pause, _LONGEST_PAUSE_SECONDS)
        return self.reason
