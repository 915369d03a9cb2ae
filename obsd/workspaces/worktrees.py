"""The linked worktrees of registered repositories: workspaces that come and go by themselves.

Owns the rule which of them are registered; git's own folder says which there are, a watcher when to check, and the
registry has the names and the checks. On the event loop; git's folder is read by a reader.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress

from obsd.errors import NoSuchWorkspace, ObsdError
from obsd.git.linked_worktrees import linked
from obsd.readers.pool import Git
from obsd.tasks.coalescing_queue import CoalescingQueue
from obsd.text import printable
from obsd.workspaces.registry import Registry
from obsd.workspaces.workspace import Workspace

log = logging.getLogger(__name__)


class Worktrees:
    """Keeps the register true to what git lists."""

    def __init__(self, registry: Registry, git: Git) -> None:
        self._registry = registry
        self._git = git
        self._refused: set[str] = set()
        self._dismissed: dict[str, str] = {}
        self._scans = CoalescingQueue("the scan of its worktrees", self._follow)

    def check(self, workspace: str) -> None:
        """Has the worktrees of a workspace's repository checked soon. Never waits."""
        self._scans.ask(workspace)

    def added(self, workspace: Workspace) -> None:
        """A repository was registered: what was removed with it before may come back."""
        for path in [path for path, parent in self._dismissed.items() if parent == workspace.name]:
            del self._dismissed[path]

    def removed(self, workspace: Workspace) -> None:
        """A worktree that was removed by its owner's wish does not come back by itself while this daemon runs."""
        if workspace.parent:
            self._dismissed[workspace.path] = workspace.parent

    async def stop(self) -> None:
        """Ends what is under way; the next start finds it again."""
        await self._scans.stop()

    async def _follow(self, workspace: str) -> None:
        with suppress(NoSuchWorkspace):  # it was removed meanwhile
            parent = self._registry.get(workspace)
            # A worktree that was registered by itself does not bring its siblings.
            if not parent.parent:
                worktrees = await self._git.run(parent.path, linked, parent.path)
                await self._drop(parent, worktrees)
                await self._adopt(parent, worktrees)

    async def _adopt(self, parent: Workspace, worktrees: Mapping[str, str]) -> None:
        for name, path in worktrees.items():
            if path in self._dismissed:
                continue
            try:
                await self._registry.adopt(parent, path, name)
                self._refused.discard(path)
            except ObsdError as error:
                if path not in self._refused:
                    log.warning("%s: its worktree %s is not watched: %s", parent.name, printable(name), error.message)
                self._refused.add(path)

    async def _drop(self, parent: Workspace, worktrees: Mapping[str, str]) -> None:
        present = set(worktrees.values())
        for child in self._registry.list():
            if child.parent == parent.name and child.path not in present:
                await self._registry.remove(child.name)
        for path in [path for path, owner in self._dismissed.items() if owner == parent.name and path not in present]:
            del self._dismissed[path]
