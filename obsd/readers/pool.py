"""The daemon's readers: a few processes that do all work with repositories, each with a deadline.

Owns the processes, and what is known of repositories that did harm to one. On the event loop. Work that hangs or
crashes its process is done again by lesser means (`obsd/git/means.py`): by the git program, then from files alone; what
fails by all of them is refused for a while. Who else waits for a reader notices nothing: one that is stuck is killed
and forgotten, and there may be a few more than are needed.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

from obsd.errors import Unavailable
from obsd.git.means import MEANS, Means
from obsd.readers import values
from obsd.readers.reader import Answer, Lost, Reader, StartReader
from obsd.tasks.supervision import start
from obsd.text import printable

T = TypeVar("T")

KEPT: Final = 1
MOST: Final = 8
"""Readers that stay while there is no work, and the most at once."""
MOST_FOR_ONE: Final = 2
"""Readers that work for one repository at a time: they are never all waiting for the same disk."""
FIRST_PAUSE_SECONDS: Final = 60.0
LONGEST_PAUSE_SECONDS: Final = 3600.0
"""How long the better means are left alone for a repository that did harm; doubled each time."""
_RESTARTS: Final = 3

log = logging.getLogger(__name__)


class Git(Protocol):
    """Runs functions over a repository somewhere else."""

    def run(self, repository: str, fn: Callable[..., T], *arguments: Any) -> Awaitable[T]:
        """The result of a module's function; what it raises is raised, as the nearest kind in `obsd.errors`."""


@dataclass(slots=True)
class _Record:
    """What is known of one repository: `level` counts the means that failed, at the work named `by`."""

    turns: asyncio.Semaphore
    level: int = 0
    by: str = ""
    again_at: float = 0.0
    pause: float = FIRST_PAUSE_SECONDS / 2
    trouble: str = ""


class GitPool:
    """`troubled` is called with a repository's path and what is the matter with it; empty when it is well again."""

    def __init__(self, troubled: Callable[[str, str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._troubled = troubled
        self._clock = clock
        self._start: StartReader | None = None
        self._idle: list[Reader] = []
        self._alive: set[Reader] = set()
        self._changed = asyncio.Condition()
        self._records: defaultdict[str, _Record] = defaultdict(lambda: _Record(asyncio.Semaphore(MOST_FOR_ONE)))

    def start(self, start_reader: StartReader) -> None:
        """Work can be done from now on; `start_reader` starts a process on its end of a connection."""
        self._start = start_reader

    async def stop(self) -> None:
        """Kills all readers: what they were at is found again at the next start."""
        self._start = None
        for reader in tuple(self._alive):
            reader.kill()
        async with self._changed:
            self._changed.notify_all()

    def forget(self, repository: str) -> None:
        """The repository is not asked for any more."""
        self._records.pop(repository, None)

    async def run(self, repository: str, fn: Callable[..., T], *arguments: Any) -> T:
        """The result of a function over a repository, by the best means that work.

        Raises what the function raises, as the nearest kind in `obsd.errors`; Unavailable (`git_unreadable`,
        `stopping`); RuntimeError for a fault of the function.
        """
        work = start(f"reading {repository}", self._run(repository, fn, *arguments))
        # Who asked may go: a reader that hangs is waited for to the end, so that it is known and not tried each time.
        work.add_done_callback(lambda done: done.cancelled() or done.exception())
        result: T = await asyncio.shield(work)
        return result

    async def _run(self, repository: str, fn: Callable[..., T], *arguments: Any) -> T:
        name, sent = values.name_of(fn), [values.encode(one) for one in arguments]
        record = self._records[repository]
        async with record.turns:
            level = self._level(record)
            while level < len(MEANS):
                try:
                    answer = await self._once(name, MEANS[level], sent)
                except Lost as lost:
                    level += 1
                    self._worse(repository, record, level, name, str(lost))
                    continue
                self._better(repository, record, level, name, answer.fault or answer.unreadable)
                return answer.result()  # type: ignore[no-any-return]
        raise Unavailable(
            "git_unreadable",
            f"{printable(repository)} cannot be read: {record.trouble}",
            "it is tried again by itself; `git fsck` there shows whether it is sound",
        )

    def _level(self, record: _Record) -> int:
        return record.level if self._clock() < record.again_at else 0

    def _worse(self, repository: str, record: _Record, level: int, name: str, how: str) -> None:
        if level == 1:
            record.pause = min(2 * record.pause, LONGEST_PAUSE_SECONDS)
        record.level, record.by, record.again_at = level, name, self._clock() + record.pause
        self._note(repository, record, how)

    def _better(self, repository: str, record: _Record, level: int, name: str, fault: str) -> None:
        if fault:
            record.by = name
            self._note(repository, record, fault)
        elif level == 0 and record.by == name:
            # Only what failed before proves that it is well: other work may not have come near the trouble.
            record.level, record.by, record.pause = 0, "", FIRST_PAUSE_SECONDS / 2
            self._note(repository, record, "")

    def _note(self, repository: str, record: _Record, trouble: str) -> None:
        if trouble != record.trouble:
            record.trouble = trouble
            self._troubled(repository, trouble)

    async def _once(self, name: str, means: Means, arguments: list[Any]) -> Answer:
        last: Lost | None = None
        for _ in range(_RESTARTS):
            reader = await self._take()
            try:
                return await reader.ask(name, means, arguments)
            except Lost as lost:
                # The fork server ended, and its readers with it; or somebody killed this one.
                if not lost.blameless:
                    raise
                last = lost
            finally:
                await self._give_back(reader)
        if last is not None and last.killed:
            raise last
        raise Unavailable("stopping", "no process reads repositories now", "try again in a moment")

    async def _take(self) -> Reader:
        async with self._changed:
            await self._changed.wait_for(lambda: self._idle or len(self._alive) < MOST or self._start is None)
            while self._idle:
                reader = self._idle.pop()
                if not reader.ended:
                    return reader
                self._alive.discard(reader)
            if self._start is None:
                raise Unavailable("stopping", "obsd is starting or stopping", "try again in a moment")
            reader = Reader(self._start)
            self._alive.add(reader)
        return reader

    async def _give_back(self, reader: Reader) -> None:
        async with self._changed:
            if reader.ended or len(self._idle) >= KEPT or self._start is None:
                reader.close()
                self._alive.discard(reader)
            else:
                self._idle.append(reader)
            self._changed.notify()
