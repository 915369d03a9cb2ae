"""Who writes the files of workspaces, as the kernel says it: from the reader's words to facts.

Owns which workspace a directory belongs to, and who moved each HEAD lately. Directories come and go with the watches;
what the reader says of them is recorded in batches, in order. Where there is no helper nothing comes, and the state
says what would bring it. On the event loop.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from obsd.authorship.facts import WriterSeen, WritersLost
from obsd.facts import UNKNOWN_AGENT, Fact
from obsd.git import layout
from obsd.recorder import Recorder
from obsd.tasks.supervision import cancel, supervise
from obsd.workspaces.workspace import Workspace
from obsd.writers import seen as kernel
from obsd.writers.source import Hooks, Settings, Start, WritersSource

log = logging.getLogger(__name__)

_HEAD: Final = "HEAD"
_HEAD_MOVES: Final = 200
_HEAD_SECONDS: Final = 5.0
"""A commit is found by its hook or its reflog within this time of the move of HEAD."""
_WRITES: Final = frozenset({"modified", "created", "deleted", "moved_from", "moved_to", "found"})


class FileWriters:
    """The kernel as a source. `changed` is called with the source's state when it becomes another one."""

    def __init__(
        self, recorder: Recorder, start: Start, settings: Settings, changed: Callable[[kernel.WritersState], None]
    ) -> None:
        self._recorder = recorder
        self._source = WritersSource(start, settings, Hooks(self._seen, self._lost, changed))
        self._places: dict[str, tuple[str, str]] = {}
        self._logs: dict[str, str] = {}
        self._head_moves: deque[tuple[str, kernel.WriterSeen]] = deque(maxlen=_HEAD_MOVES)
        self._waiting: list[Fact] = []
        self._wake = asyncio.Event()
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
        if self._waiting:
            await self._recorder.record(self._waiting)

    async def watch_head(self, workspace: Workspace) -> None:
        """Has it noticed who moves a workspace's HEAD, from the first move on that its log has: before, git has no
        folder for it."""
        if workspace.name in self._logs.values():
            return
        logs = await asyncio.to_thread(_log_folder, workspace.path)
        if logs:
            self._logs[logs] = workspace.name
            self._source.add([logs])

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
        for places in (self._places, self._logs):
            gone = [directory for directory, place in places.items() if workspace.name in (place, place[0])]
            for directory in gone:
                del places[directory]
            self._source.remove(gone)

    def who_moved_head(self, workspace: str, at: float) -> tuple[str, str]:
        """The agent or person whose git moved HEAD just before a time, and the agent's session; two empty: nobody
        is known."""
        for name, move in reversed(self._head_moves):
            if name == workspace and 0 <= at - move.at + 1.0 <= _HEAD_SECONDS and move.agent != UNKNOWN_AGENT:
                return move.agent, move.session
        return "", ""

    def _seen(self, seen: list[kernel.WriterSeen]) -> None:
        facts: dict[tuple[str, ...], WriterSeen] = {}
        for one in seen:
            if one.folder:
                continue
            if one.name == _HEAD and one.directory in self._logs:
                self._head_moves.append((self._logs[one.directory], one))
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
        log.warning("the kernel dropped what it said of writers: changes of that time stay unknown")
        self._publish([WritersLost(lost.until, "", lost.since)])

    def _publish(self, facts: Iterable[Fact]) -> None:
        self._waiting += facts
        if self._waiting:
            self._wake.set()

    async def _record(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            facts, self._waiting = self._waiting, []
            await self._recorder.record(facts)


def _log_folder(worktree: str) -> str:
    """The folder of HEAD's log; empty where there is none yet."""
    found = layout.find(worktree)
    folder = "" if found is None else str(found.head_log.parent)
    return folder if os.path.isdir(folder) else ""
