"""Repositories that somebody commits to and that are no workspace: found by the hooks of every repository.

Owns which were found since the start, what becomes of them (`workspaces.found`), and the list of working trees that
those hooks read: it follows the register. On the event loop; the disk is read and written in a worker thread.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Final

from obsd import amounts
from obsd.config import FoundConfig
from obsd.errors import ObsdError
from obsd.git import hook_everywhere, layout
from obsd.git.hook_everywhere import Listed
from obsd.tasks.coalescing_queue import CoalescingQueue
from obsd.text import printable

if TYPE_CHECKING:
    from obsd.api.daemon_protocol import DaemonPort

log = logging.getLogger(__name__)

MAX_FOUND: Final = 200
"""More are not kept: their hooks go on to report, and are refused."""
_SHOWN: Final = 5
_LIST: Final = "list"


class FoundRepositories:
    """Those of one daemon; `spool` is where its hooks report to."""

    def __init__(self, daemon: DaemonPort, spool: Path) -> None:
        self._daemon = daemon
        self._spool = spool
        self._config = FoundConfig()
        self._found: dict[str, None] = {}
        self._writes = CoalescingQueue("the list of workspaces for hooks", self._write)
        self._looks = CoalescingQueue("the look at a repository that was found", self._look)
        daemon.registry.listen(self._changed)
        daemon.commits.reports.on_unknown.append(self._reported)

    def apply(self, config: FoundConfig) -> None:
        """Takes settings; what was found below other folders is forgotten."""
        self._config = config
        self._found = {path: None for path in self._found if self._wanted(path)}
        self._changed()

    async def stop(self) -> None:
        """Ends what runs."""
        await self._writes.stop()
        await self._looks.stop()

    def _reported(self, worktree: str) -> None:
        path = os.path.normpath(worktree)
        if self._wanted(path) and path not in self._found and len(self._found) < MAX_FOUND:
            self._looks.ask(path)

    async def _look(self, path: str) -> None:
        if not self._wanted(path) or await asyncio.to_thread(layout.find, path) is None:
            return
        if self._config.found == "add":
            try:
                added, _ = await self._daemon.registry.add(path)
            except ObsdError as error:
                self._daemon.health.raise_("found_not_added", error=error.message)
            else:
                log.info("%s was found and is a workspace now: %s", printable(path), added.name)
                self._daemon.health.clear("found_not_added")
                return
        self._found[path] = None
        self._changed()

    def _wanted(self, path: str) -> bool:
        return self._config.found != "ignore" and any(path.startswith(f"{folder}/") for folder in self._folders())

    def _folders(self) -> list[str]:
        return [os.path.realpath(os.path.expanduser(folder)).rstrip("/") for folder in self._config.found_in]

    def _changed(self) -> None:
        for workspace in self._daemon.registry.list():
            self._found.pop(workspace.path, None)
        self._show()
        self._writes.ask(_LIST)

    def _show(self) -> None:
        if not self._found:
            self._daemon.health.clear("repositories_found")
            return
        paths = list(self._found)
        names = ", ".join(paths[:_SHOWN]) + (f", and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else "")
        what = f"{amounts.count(len(paths), 'repository', 'repositories')} {'is' if len(paths) == 1 else 'are'}"
        self._daemon.health.raise_("repositories_found", what=what, names=names, first=shlex.quote(paths[0]))

    async def _write(self, key: str) -> None:
        below = self._folders() if self._config.found != "ignore" else []
        reporting = [workspace.path for workspace in self._daemon.registry.list()]
        listed = Listed(reporting, list(self._found), below)
        try:
            await asyncio.to_thread(hook_everywhere.write_list, self._spool, listed)
        except OSError as error:
            log.warning("the list of workspaces for hooks cannot be written: %s", error.strerror)
