"""The logs of HEADs, as the kernel is asked about them: who wrote to which, and since when that is seen.

Owns which folder has each workspace's log, and that what may have gone unseen is said to the moves. git makes the
folder with the first entry, so until then the git directory is looked at. On the event loop; the disk is looked at in a
thread.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from obsd.git import layout
from obsd.sources.head_movers import HeadMovers, Move
from obsd.workspaces.workspace import Workspace
from obsd.writers.seen import WriterSeen

_LOG: Final = "HEAD"
_APPENDS: Final = frozenset({"modified", "created", "found"})
_MARK_SECONDS: Final = 8.0
"""A new folder is marked on its own for a little longer."""


class Marks(Protocol):
    """What has the writers in directories named."""

    def add(self, directories: Iterable[str]) -> None: ...

    def remove(self, directories: Iterable[str]) -> None: ...


class HeadLogs:
    """The logs of all workspaces."""

    def __init__(self, marks: Marks) -> None:
        self._marks = marks
        self._movers = HeadMovers()
        self._workspaces: dict[str, str] = {}
        """By the folder of the log."""
        self._expected: dict[str, str] = {}
        """Git directories without that folder, by the workspace."""
        self._unmarked: set[str] = set()

    def expects(self, workspace: Workspace) -> bool:
        """Whether the log has still to come."""
        return workspace.name in self._expected

    async def watch(self, workspace: Workspace) -> None:
        """Has it noticed who moves a workspace's HEAD from now on."""
        name = workspace.name
        if name in self._workspaces.values() and name not in self._expected:
            return
        folder, there = await asyncio.to_thread(_log_folder, workspace.path)
        if not folder or (name in self._expected and not there):
            return
        self._workspaces[folder] = name
        if not there:
            self._expected[name] = os.path.dirname(folder)
            self._unmarked.add(name)
            self._marks.add([self._expected[name]])
            return
        self._marks.add([folder])
        expected = self._expected.pop(name, "")
        if expected:
            self._marks.remove([expected])
        moves = self._movers.of(name)
        if not expected or not any(move.pid and move.at > time.time() - _MARK_SECONDS for move in moves):
            self._unmarked.add(name)

    def forget(self, workspace: Workspace) -> None:
        """A workspace is removed."""
        gone = [folder for folder, name in self._workspaces.items() if name == workspace.name]
        for folder in gone:
            del self._workspaces[folder]
        expected = self._expected.pop(workspace.name, "")
        self._marks.remove([*gone, expected] if expected else gone)
        self._unmarked.discard(workspace.name)
        self._movers.forget(workspace.name)

    def take(self, seen: WriterSeen) -> bool:
        """Takes what was seen of a log; whether it was of one."""
        workspace = self._workspaces.get(seen.directory)
        if workspace is None or seen.name != _LOG:
            return False
        if seen.operations & _APPENDS:
            self._movers.moved(workspace, Move(seen.at, seen.pid, seen.agent, seen.session))
        return True

    def unseen(self, until: float) -> None:
        """Whoever moved a HEAD until then may have gone unseen."""
        self._movers.unseen(self._workspaces.values(), until)

    def unmarked(self) -> frozenset[str]:
        """The workspaces whose log is not sure to be marked yet."""
        return frozenset(self._unmarked)

    def marked(self, workspaces: frozenset[str]) -> None:
        """Their logs are marked now: what moved them before went unseen."""
        self._movers.unseen(workspaces & self._unmarked, time.time())
        self._unmarked -= workspaces

    def moves(self, workspace: str) -> Sequence[Move]:
        """The moves that a log has not explained."""
        return self._movers.of(workspace)

    def explained(self, workspace: str, moves: Sequence[Move]) -> None:
        """The log was read to its end after these moves were reported."""
        self._movers.explained(workspace, moves)


def _log_folder(worktree: str) -> tuple[str, bool]:
    """The folder of HEAD's log, and whether it is there; empty without a repository."""
    found = layout.find(worktree)
    folder = "" if found is None else str(found.head_log.parent)
    return folder, os.path.isdir(folder)
