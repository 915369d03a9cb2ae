"""The daemon: all the parts, made, started and stopped in one order.

Owns every long-lived object and the order between them: folders, lock, ledger, fork server, workspaces, commits, API,
metrics, and the way back. What a part does is its own affair. On the event loop, which owns all state.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from obsd import __version__, api_socket
from obsd.agents.table import AgentTable
from obsd.config import Config, load
from obsd.daemon.conduct import Conduct
from obsd.daemon.reload import judge, without_effect
from obsd.daemon.shutdown import ShutdownStack
from obsd.daemon.status import StatusLine
from obsd.daemon.timers import Upkeep
from obsd.errors import ConfigError
from obsd.exporter.endpoint import MetricsEndpoint
from obsd.exporter.pushgateway import Pusher
from obsd.facts import Fact
from obsd.git import spool
from obsd.health import Health
from obsd.host import journald, paths
from obsd.host.lockfile import Lock
from obsd.host.sdnotify import Notifier
from obsd.ledger.recovery import keep_register, open_ledger
from obsd.recorder import Recorder
from obsd.sources.commit_tracker import CommitTracker
from obsd.sources.supervisor import Supervisor
from obsd.tasks.coalescing_queue import CoalescingQueue
from obsd.tasks.supervision import start
from obsd.telemetry.service import Telemetry
from obsd.views import Views, ViewSettings
from obsd.workspaces.registry import Registry
from obsd.workspaces.workspace import Workspace
from obsd.workspaces.worktrees import Worktrees

log = logging.getLogger(__package__)

EXTEND_SECONDS = 10.0
COMMITS_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line said: the API's socket, the configuration that was named (None: the usual place), and
    whether only folders of this user can be registered."""

    socket: Path
    config: str | None = None
    owned_only: bool = False


class Daemon:
    """All parts. `start` once, then `stop` once; the attributes without a leading underscore are for the API."""

    recorder: Recorder
    views: Views
    supervisor: Supervisor
    commits: CommitTracker
    telemetry: Telemetry

    def __init__(self, config: Config, options: Options) -> None:
        self.config = config
        self.version = __version__
        self.up_since = 0.0
        self.health = Health()
        self._options = options
        self._at_start = config
        self._notifier = Notifier()
        self._stops = ShutdownStack()
        self._reloading = asyncio.Lock()
        self._looks: CoalescingQueue | None = None
        self._endpoint = MetricsEndpoint(self._exposition, self.health)
        self.registry = Registry(self._record, self._added, self._ending, os.geteuid() if options.owned_only else None)
        self._worktrees = Worktrees(self.registry)

    @property
    def metrics_url(self) -> str:
        """Where Prometheus scrapes; empty while nothing listens."""
        return self._endpoint.url

    async def start(self) -> None:
        """Returns when the API answers and every workspace is watched, degraded or failed. Raises ObsdError."""
        self._notifier.status("starting")
        self._lock()
        await self._start_ledger()
        await self._start_workspaces()
        await self._start_commits()
        await self._start_serving()
        ready = start("waiting for the watchers", self.supervisor.ready())
        await self._patiently(ready, float("inf"))
        ready.result()
        self.up_since = time.time()
        self.views.metrics.set_up_since(self.up_since)
        self._notifier.ready()
        served = self.metrics_url or "no address"
        log.info("ready: API at %s, metrics at %s", self._options.socket, served, extra=journald.fields("ready"))

    async def stop(self) -> None:
        """Stops what was started, last first."""
        self._notifier.stopping()
        await self._stops.run()
        if self.up_since:
            log.info("stopped", extra=journald.fields("stopped"))

    async def reload(self) -> tuple[list[str], list[str]]:
        """Reads the configuration again and applies what can be applied.

        A line for each key that changed, and the keys that wait for the next start. Raises ConfigError, and then
        the old configuration holds.
        """
        async with self._reloading:
            self._notifier.reloading()
            try:
                new = load(paths.config_file(self._options.config))
            except ConfigError as error:
                self.health.raise_("config_reload_failed", error=error.message)
                raise
            else:
                old, self.config = self.config, new
                return await self._apply(old, new)
            finally:
                self._notifier.ready()

    def _exposition(self) -> bytes:
        return self.views.metrics.exposition()

    async def _record(self, facts: list[Fact]) -> None:
        await self.recorder.record(facts)
        registered = await self.recorder.query(lambda ledger: ledger.workspaces())
        await asyncio.to_thread(keep_register, paths.ledger_file(), registered)

    def _lock(self) -> None:
        for folder in (paths.runtime_dir(), paths.state_dir()):
            paths.make_private(folder)
        # Two locks, because two daemons with other sockets could still share a ledger.
        for path in (paths.runtime_dir() / "obsd.lock", paths.ledger_file().with_suffix(".lock")):
            lock = Lock(path)
            lock.take()
            self._stops.push_release("a lock", lock.release)
        api_socket.refuse_live(self._options.socket)

    async def _start_ledger(self) -> None:
        opened = open_ledger(paths.ledger_file())
        if opened.aside is not None:
            self.health.raise_("ledger_moved_aside", path=str(opened.aside), count=len(opened.saved))
        self.views = Views(time.time, __version__, ViewSettings.of(self.config.metrics, self.config.sessions))
        self.views.metrics.spool_reports = partial(spool.backlog, paths.spool_dir())
        self.recorder = Recorder(opened.ledger, self.views)
        self.recorder.on_trouble = self._ledger_troubled
        await self.recorder.start()
        self._stops.push("the ledger", self.recorder.stop, must=True)
        self._upkeep = Upkeep(self.recorder, self.views.sessions, self.health, self._notifier, self._prune)
        self._upkeep.start()
        self._stops.push("upkeep", self._upkeep.stop)

    async def _start_workspaces(self) -> None:
        self.supervisor = Supervisor(
            self.recorder, self.config.watch, paths.runtime_dir(), self._head_moved, self._worktrees_changed
        )
        # Before gRPC is imported: a process that is forked beside gRPC's threads cannot be trusted.
        await self.supervisor.start()
        self._stops.push("the watchers", self.supervisor.stop)
        self.registry.restore(await self.recorder.query(lambda ledger: ledger.workspaces()))
        self._conduct = Conduct(self.recorder, self.registry.list, lambda: self.config, self.health)
        await self._conduct.start()
        self._stops.push("the rules", self._conduct.stop)
        status = StatusLine(
            self.recorder, self.registry, self.supervisor, self.health, self._notifier, self.views.metrics.set_degraded
        )
        status.start()
        self._stops.push("the status", status.stop)
        for workspace in self.registry.list():
            await self.supervisor.add(workspace)

    async def _start_commits(self) -> None:
        table = AgentTable.build(self.config.agents)
        self.commits = CommitTracker(self.recorder, self.registry.list, table, paths.spool_dir())
        self.commits.judge = self._conduct.judge
        self.telemetry = Telemetry(self.recorder, self.registry.list, table, self.health)
        self.telemetry.tally.show_in(self.views.metrics.telemetry)
        self.commits.telemetry = self.telemetry.agent_at
        self._stops.push("commits", self.commits.stop)
        self._looks = CoalescingQueue("the scan of its commits", self._look)
        self._stops.push("looks", self._looks.stop)
        self._stops.push("the worktrees", self._worktrees.stop)
        starting = start("the first scan of commits", self.commits.start())
        self._stops.push_work("the first look at commits", starting)
        # A repository on a mount that does not answer must not keep the others from being served.
        if await self._patiently(starting, COMMITS_SECONDS):
            starting.result()
        else:
            log.warning("the first look at the repositories takes long and goes on beside the start")
        for workspace in self.registry.list():
            self._worktrees.look(workspace.name)

    async def _start_serving(self) -> None:
        from obsd.api.server import serve  # imports gRPC

        server = await serve(self, self._options.socket)
        self._stops.push("the API", server.stop)
        self._stops.push("the metrics endpoint", self._endpoint.stop)
        await self._endpoint.apply(self.config.metrics)
        self._stops.push("telemetry", self.telemetry.stop)
        await self.telemetry.apply(self.config.telemetry)
        self._pusher = Pusher(self.views.metrics.registry, self.health)
        self._stops.push("the pushes", self._pusher.stop)
        self._pusher.apply(self.config.push)
        self._warn_of_settings()

    async def _patiently(self, work: asyncio.Future[None], seconds: float) -> bool:
        """Waits for `work`, and asks the service manager for more time meanwhile; whether it is done."""
        deadline = time.monotonic() + seconds
        while not work.done() and time.monotonic() < deadline:
            await asyncio.wait({work}, timeout=min(EXTEND_SECONDS, seconds))
            self._notifier.extend(3 * EXTEND_SECONDS)
        return work.done()

    async def _added(self, workspace: Workspace) -> None:
        self._worktrees.added(workspace)
        await self.commits.workspace_added(workspace.name)
        await self.supervisor.add(workspace)
        self._worktrees.look(workspace.name)
        await self._conduct.added()

    async def _ending(self, workspace: Workspace) -> None:
        self._worktrees.removed(workspace)
        await self.supervisor.remove(workspace.name)
        self.health.forget(workspace.name)

    async def _look(self, workspace: str) -> None:
        await self.commits.look(workspace)
        # HEAD moves without a commit as well: a pull may bring a branch up to date.
        self._conduct.look(workspace)

    # What a watcher says before the commits are started is found when they are: all is looked at then.
    def _head_moved(self, workspace: str) -> None:
        if self._looks is not None:
            self._looks.ask(workspace)

    def _worktrees_changed(self, workspace: str) -> None:
        if self._looks is not None:
            self._worktrees.look(workspace)

    def _ledger_troubled(self, code: str, text: str) -> None:
        if code:
            self.health.raise_("ledger_unwritable", error=text)
        else:
            self.health.clear("ledger_unwritable")

    async def _prune(self) -> None:
        kept = self.config.ledger
        await self.recorder.prune(kept.retention_days, kept.max_bytes)

    async def _apply(self, old: Config, new: Config) -> tuple[list[str], list[str]]:
        changed, needs_restart = judge(old, new)
        self.views.reconfigure(ViewSettings.of(new.metrics, new.sessions))
        if new.watch != old.watch:
            self.supervisor.reconfigure(new.watch)
        if new.ledger != old.ledger:
            self._upkeep.prune_soon()
        if (new.rules, new.workspaces) != (old.rules, old.workspaces):
            self._conduct.reconfigure()
        await self._endpoint.apply(new.metrics)
        await self.telemetry.apply(new.telemetry)
        if new.push != old.push:
            self._pusher.apply(new.push)
        self.health.clear("config_reload_failed")
        self._warn_of_settings()
        for line in changed:
            log.info("reloaded: %s", line, extra=journald.fields("reloaded"))
        return changed, needs_restart

    def _warn_of_settings(self) -> None:
        waiting = judge(self._at_start, self.config)[1]
        for code, keys in (("config_needs_restart", waiting), ("config_without_effect", without_effect(self.config))):
            if keys:
                self.health.raise_(code, keys=", ".join(keys))
            else:
                self.health.clear(code)
