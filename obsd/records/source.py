"""The source of agents' records: reads them as they are written, and hands batches to whoever keeps them.

Owns when to look: after inotify spoke, and at long intervals for what it cannot see. Runs on the event loop; all
reading is in one worker thread, so the loop never waits for a disk.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from obsd.errors import ObsdError
from obsd.records.adapter import Adapter
from obsd.records.adapters import ADAPTERS
from obsd.records.folder_watch import FolderWatch
from obsd.records.reader import Reader
from obsd.records.sessions import ProcessSession, ProcessSessions
from obsd.records.state import Batch, State
from obsd.records.understanding import AgentRecords
from obsd.records.user import User
from obsd.tasks.supervision import cancel, supervise

GATHER_SECONDS = 0.03
"""Events of one flush come in a burst: what comes within this time is one look."""

SCAN_SECONDS = 900.0
HURRIED_SCAN_SECONDS = 30.0
"""Where there is no inotify, or not enough watches for all folders."""

_MAX_BUFFERS = 256
_RETRY_SECONDS = (1.0, 5.0, 30.0)

_log = logging.getLogger(__name__)

_T = TypeVar("_T")

Sink = Callable[[Batch], Awaitable[None]]
"""Keeps a batch with the state in it, in one transaction; an ObsdError has it offered again later."""

Resolve = Callable[[str], Coroutine[Any, Any, str]]
"""A folder without links; an ObsdError where that is not to be known now."""


class RecordsSource:
    """Agents' records of one user, as a source.

    `sink` is awaited with each batch before more is read. `workspaces` gives the folders of the registered workspaces
    now. `state` is what earlier batches add up to; a first start gives `State(since=now)`. `salt` keys the hashes of
    lines: the same for the watchers, kept with the state. `adapters.chosen` has the `adapters` of a setting. Without
    `resolve` the paths that records name are resolved on the thread that reads, which then waits for any disk.
    """

    def __init__(
        self,
        sink: Sink,
        workspaces: Callable[[], Iterable[str]],
        state: State,
        salt: bytes,
        user: User | None = None,
        now: Callable[[], float] = time.time,
        adapters: tuple[Adapter, ...] = ADAPTERS,
        resolve: Resolve | None = None,
    ) -> None:
        self._adapters = adapters
        self._resolve = resolve
        self._sink, self._state = sink, state
        self._user = user or User.current()
        self._workspaces, self._salt, self._now = workspaces, salt, now
        self._buffers: list[bytes] = []
        self._wake = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, "records")
        self._sessions = ProcessSessions(self._user)
        self._reader: Reader | None = None
        self._watch: FolderWatch | None = None
        self._task: asyncio.Task[None] | None = None
        self._lost = False
        self._untaken: Batch | None = None
        self._ready = asyncio.Event()

    async def start(self) -> None:
        """Begins; returns at once, and what was written while nobody read comes in batches."""
        try:
            self._watch = FolderWatch()
            asyncio.get_running_loop().add_reader(self._watch.descriptor, self._on_events)
        except OSError as error:
            _log.warning(
                "no inotify for the agents' records (%s): they are read every %d s", error, HURRIED_SCAN_SECONDS
            )
        self._task = supervise("the agents' records", self._run)

    async def ready(self) -> None:
        """Waits until what was there at the start has been read."""
        await self._ready.wait()

    async def stop(self) -> None:
        """Ends reading; what was taken by the sink is all that happened."""
        if self._watch is not None:
            asyncio.get_running_loop().remove_reader(self._watch.descriptor)
        await cancel(self._task)
        await asyncio.to_thread(self._thread.shutdown)
        if self._watch is not None:
            self._watch.close()

    def rescan(self) -> None:
        """Has everything scanned again: workspaces changed, or the machine slept."""
        self._lost = True
        self._wake.set()

    async def status(self) -> tuple[AgentRecords, ...]:
        """How it is with each agent's records."""
        reader = self._reader
        return await self._in_thread(reader.status) if reader else ()

    async def session_of(self, pid: int) -> ProcessSession | None:
        """The session that a process of an agent works for, by the agent's own files; None when they do not have it."""
        return await self._in_thread(lambda: self._sessions.find(pid))

    def _on_events(self) -> None:
        if self._watch is None:
            return
        if buffer := self._watch.read():
            if len(self._buffers) < _MAX_BUFFERS:
                self._buffers.append(buffer)
            else:
                self._lost = True
            self._wake.set()

    async def _run(self) -> None:
        if self._untaken:
            await self._offer(self._untaken)
        if self._reader is None:
            self._reader = await self._in_thread(self._maker())
        reader = self._reader
        await self._take(reader, await self._in_thread(reader.learn))
        await self._pass(reader, [], everything=True)
        self._ready.set()
        while True:
            await self._wait()
            buffers, lost = self._buffers, self._lost
            self._buffers, self._lost = [], False
            await self._pass(reader, buffers, lost)

    async def _pass(self, reader: Reader, buffers: list[bytes], everything: bool) -> None:
        paths = await self._in_thread(partial(self._changed, reader, buffers, everything))
        await self._take(reader, reader.read(paths))

    async def _wait(self) -> None:
        """Waits for events, and a little for more of the same; at long intervals for nothing at all."""
        hurried = self._watch is None or not self._watch.complete
        try:
            async with asyncio.timeout(HURRIED_SCAN_SECONDS if hurried else SCAN_SECONDS):
                await self._wake.wait()
            await asyncio.sleep(GATHER_SECONDS)
        except TimeoutError:
            self._lost = True
        self._wake.clear()

    async def _take(self, reader: Reader, batches: Iterator[Batch]) -> None:
        # The thread rests now: the folders are handed over, so that it never looks at what the loop owns.
        reader.workspaces = tuple(self._workspaces())
        while batch := await self._in_thread(lambda: next(batches, None)):
            await self._offer(batch)

    async def _offer(self, batch: Batch) -> None:
        """Offers a batch until it is taken: the state in it must not be lost, and nothing is read meanwhile."""
        self._untaken = batch
        delays = iter(_RETRY_SECONDS)
        while True:
            try:
                await self._sink(batch)
                self._untaken = None
                return
            except ObsdError as error:
                delay = next(delays, _RETRY_SECONDS[-1])
                _log.warning("agents' records could not be kept (%s); retrying in %d s", error.message, delay)
                await asyncio.sleep(delay)

    def _maker(self) -> Callable[[], Reader]:
        resolve: Callable[[str], str] = os.path.realpath
        if self._resolve is not None:
            resolve = partial(_wait_for, asyncio.get_running_loop(), self._resolve)
        return partial(Reader, self._user, (), self._state, self._salt, self._now, self._adapters, resolve)

    def _changed(self, reader: Reader, buffers: list[bytes], lost: bool) -> list[str]:
        changes = self._watch.decode(buffers) if self._watch else None
        if lost or changes is None or changes.scan:
            return self._scanned(reader)
        return list(changes.paths)

    def _scanned(self, reader: Reader) -> list[str]:
        folders: list[tuple[float, str]] = []
        found = reader.scan(lambda path, state: folders.append((state.st_mtime, path)))
        if self._watch is not None:
            self._watch.watch(folders, [place.folder for place in reader.places])
            # What was written between the scan and the watch has no event.
            found = list(dict.fromkeys([*found, *reader.scan()]))
        return found

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _wait_for(loop: asyncio.AbstractEventLoop, resolve: Resolve, folder: str) -> str:
    """What the loop finds out, on the thread that waits for it."""
    return asyncio.run_coroutine_threadsafe(resolve(folder), loop).result()
