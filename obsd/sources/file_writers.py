"""Who writes the files of workspaces, as the kernel says it: from the reader's words to facts.

Owns which workspace a directory belongs to. Directories come and go with the watches; what the reader says of them is
recorded in batches, in order. Where there is no helper nothing comes, and the state says what would bring it. On the
event loop.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

from obsd.authorship.facts import WriterSeen, WritersLost
from obsd.errors import Unavailable
from obsd.facts import Fact
from obsd.recorder import Recorder
from obsd.sources.head_logs import HeadLogs
from obsd.sources.head_movers import Move
from obsd.tasks.supervision import cancel, supervise
from obsd.workspaces.workspace import Workspace
from obsd.writers import seen as kernel
from obsd.writers.source import Hooks, Settings, Start, WritersSource

_SETTLE_SECONDS: Final = 2.0
"""A reader that does not answer for so long has nothing to tell now: the machine is too busy for it."""

_WRITES: Final = frozenset({"modified", "created", "deleted", "moved_from", "moved_to", "found"})


class FileWriters:
    """The kernel as a source. `changed` gets the state when it becomes another one, `lost` what was dropped."""

    def __init__(
        self,
        recorder: Recorder,
        start: Start,
        settings: Settings,
        changed: Callable[[kernel.WritersState], None],
        lost: Callable[[kernel.WritersLost], None],
    ) -> None:
        self._recorder = recorder
        self._source = WritersSource(start, settings, Hooks(self._seen, self._lost, self._changed))
        self._changed_to = changed
        self._lost_at = lost
        self._was_up = False
        self._heads = HeadLogs(self._source)
        self._places: dict[str, tuple[str, str]] = {}
        self._waiting: list[Fact] = []
        self._wake = asyncio.Event()
        self._recording = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    @property
    def state(self) -> kernel.WritersState:
        """How the source is now."""
        return self._source.state

    def start(self) -> None:
        """Begins to listen."""
        self._source.start()
        self._task = supervise("what the kernel says of writers", self._record)

    async def stop(self) -> None:
        """Stops receiving; what was received is recorded."""
        await self._source.stop()
        await cancel(self._task)
        await self._record_waiting()

    async def watch_head(self, workspace: Workspace) -> None:
        """Has it noticed who moves a workspace's HEAD, from the return on if the kernel names writers at all."""
        if self._heads.expects(workspace):
            await self.settle()  # whoever made the log is known by then, or went unseen
        await self._heads.watch(workspace)
        if workspace.name in self._heads.unmarked():
            await self.settle()

    def watched(self, workspace: Workspace, prefixes: Iterable[str]) -> None:
        """Folders of a workspace that have a watch now; each prefix is "" for the root, else "a/b/"."""
        new = {str(Path(workspace.path, prefix)): (workspace.name, prefix) for prefix in prefixes}
        self._places |= new
        self._source.add(new)

    def unwatched(self, workspace: Workspace, prefixes: Iterable[str]) -> None:
        """Folders that have none any more."""
        gone = [str(Path(workspace.path, prefix)) for prefix in prefixes]
        for directory in gone:
            self._places.pop(directory, None)
        self._source.remove(gone)

    def forget(self, workspace: Workspace) -> None:
        """A workspace is removed."""
        gone = [directory for directory, place in self._places.items() if place[0] == workspace.name]
        for directory in gone:
            del self._places[directory]
        self._source.remove(gone)
        self._heads.forget(workspace)

    async def settle(self) -> bool:
        """Returns when what the kernel has to say of all earlier writes is recorded; False: it says nothing now."""
        unmarked = self._heads.unmarked()
        try:
            async with asyncio.timeout(_SETTLE_SECONDS):
                await self._source.settle()
        except (Unavailable, TimeoutError):
            return False
        self._heads.marked(unmarked)
        await self._record_waiting()
        return self.state.up

    async def moves(self, workspace: str) -> Sequence[Move]:
        """The moves of a HEAD that its log has not explained, all that happened before the call among them."""
        return self._heads.moves(workspace) if await self.settle() else ()

    def explained(self, workspace: str, moves: Sequence[Move]) -> None:
        """The log was read to its end after these moves were reported."""
        self._heads.explained(workspace, moves)

    def _seen(self, seen: list[kernel.WriterSeen]) -> None:
        facts: dict[tuple[str, ...], WriterSeen] = {}
        for one in seen:
            if one.folder or self._heads.take(one):
                continue
            place = self._places.get(one.directory)
            if place is not None:
                workspace, prefix = place
                weak = not one.operations & _WRITES
                fact = WriterSeen(one.at, workspace, prefix + one.name, one.agent, one.session, one.program, weak)
                # The first and the last word of a writer say all: a scan may lie between them.
                key = (workspace, fact.path, one.agent, one.session, one.program, str(weak))
                facts[(*key, "last") if key in facts else key] = fact
        self._publish(facts.values())

    def _lost(self, lost: kernel.WritersLost) -> None:
        self._lost_at(lost)
        self._heads.unseen(lost.until)
        self._publish([WritersLost(lost.until, "", lost.since)])

    def _changed(self, state: kernel.WritersState) -> None:
        if state.up and not self._was_up:
            self._heads.unseen(time.time())
        self._was_up = state.up
        self._changed_to(state)

    def _publish(self, facts: Iterable[Fact]) -> None:
        self._waiting += facts
        if self._waiting:
            self._wake.set()

    async def _record(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            await self._record_waiting()

    async def _record_waiting(self) -> None:
        async with self._recording:
            facts, self._waiting = self._waiting, []
            await self._recorder.record(facts)
