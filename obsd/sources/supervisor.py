"""The watchers as the daemon has them: one child a workspace, started, listened to, restarted, ended.

On the event loop. It owns the children and what they last said of themselves; what they find goes to the recorder
as facts, in the order in which it came. A child that ends by itself is restarted after a pause that doubles from
a second to a minute; one that does not answer for long is killed first. None of that touches any other child.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path

from obsd.config import WatchConfig
from obsd.errors import Unavailable
from obsd.recorder import Recorder
from obsd.sources.child import Child, WatcherStatus
from obsd.sources.fork_client import ForkClient, Process
from obsd.tasks.supervision import cancel, supervise
from obsd.workspaces.workspace import Workspace
from obsd.writers.source import Start

log = logging.getLogger(__name__)

Ask = Callable[[str], None]
Folders = Callable[[Workspace, list[str], list[str]], None]
"""Called with a workspace and the prefixes of folders that have a watch now, and of those that have none any more."""

_STOP_SECONDS = 1.0
_NOT_YET = WatcherStatus("starting")


class Supervisor:
    """All children. `on_head_moved` and `on_worktrees_changed` are called with a workspace's name, on the loop.

    With `on_folders` watchers say which folders have a watch.
    """

    def __init__(
        self,
        recorder: Recorder,
        config: WatchConfig,
        runtime_dir: Path,
        on_head_moved: Ask,
        on_worktrees_changed: Ask = lambda workspace: None,
        on_folders: Folders | None = None,
    ) -> None:
        self._recorder = recorder
        self._config = config
        self._runtime_dir = runtime_dir
        self._on_head_moved = on_head_moved
        self._on_worktrees_changed = on_worktrees_changed
        self._on_folders = on_folders
        self._forks = ForkClient(self._fork_server_died)
        self._children: dict[str, Child] = {}
        self._stopping = False
        self._again: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Starts the fork server. This must come before gRPC is imported."""
        await self._forks.start()

    async def start_reader(self, connection: socket.socket) -> tuple[Process, Callable[[], None]]:
        """Has a reader started on its end of a connection; it comes with what kills it. Raises OSError."""
        return await self._forks.read(connection)

    async def add(self, workspace: Workspace) -> None:
        """Has a workspace watched; returns at once."""
        if workspace.name in self._children:
            return
        signals: dict[str, Callable[..., None]] = {
            "head": lambda: self._on_head_moved(workspace.name),
            "worktrees": lambda: self._on_worktrees_changed(workspace.name),
        }
        if self._on_folders is not None:
            signals["folders"] = partial(self._on_folders, workspace)
        child = Child(workspace, self._recorder, self._forks, self._config, self._runtime_dir, signals)
        self._children[workspace.name] = child
        child.start()

    async def remove(self, name: str) -> None:
        """Ends the watching of a workspace; what it found until now is recorded before this returns."""
        child = self._children.pop(name, None)
        if child is not None:
            await child.stop(_STOP_SECONDS)

    @property
    def run(self) -> Start:
        """Starts a process of the fork server on an end of a connection. Raises OSError."""
        return self._forks.run

    async def ready(self) -> None:
        """Returns when every workspace is watched, or it is known why not."""
        await asyncio.gather(*(child.ready() for child in self._children.values()))

    def status(self, name: str) -> WatcherStatus:
        """How the watcher of a workspace is; `starting` before it is added and after it is removed."""
        child = self._children.get(name)
        return _NOT_YET if child is None else child.status

    async def settle(self, name: str) -> float:
        """Sends a probe through a watcher; returns when all before it is recorded, with the seconds that it took.

        Raises Unavailable while the watcher does not run.
        """
        child = self._children.get(name)
        if child is None:
            raise Unavailable("not_watched", f"{name} is not watched", "`obsctl workspaces` lists what is")
        return await child.probe()

    def reconfigure(self, config: WatchConfig) -> None:
        """Takes new settings: times at once, the rest by a new watcher for each workspace, which catches up."""
        self._config = config
        for child in self._children.values():
            child.reconfigure(config)

    async def stop(self) -> None:
        """Ends all watchers, and records what they had found."""
        self._stopping = True
        await cancel(self._again)
        await asyncio.gather(*(child.stop(_STOP_SECONDS) for child in self._children.values()))
        await self._forks.stop()

    def _fork_server_died(self) -> None:
        """Its watchers end with it; a new one is started, and they are by their own backoff."""
        if self._stopping:
            return
        log.error("the fork server ended; a new one is started")
        self._again = supervise("the restart of the fork server", self._start_again)

    async def _start_again(self) -> None:
        await self._forks.stop()
        await self._forks.start()
