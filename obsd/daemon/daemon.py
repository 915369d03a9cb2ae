"""The daemon: all the parts, made, started and stopped in one order.

Owns every long-lived object and the order between them: folders, lock, ledger, fork server, workspaces, commits, API,
metrics; and shutdown in reverse. It knows no part's work. On the event loop, which owns all state.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from functools import partial

from obsd import __version__
from obsd.agents.process_scan import Scanner
from obsd.agents.table import AgentTable
from obsd.config import Config, load
from obsd.daemon.authors import Authors
from obsd.daemon.claims import claim
from obsd.daemon.ledger_damage import LedgerDamage
from obsd.daemon.options import Options
from obsd.daemon.outlets import Outlets
from obsd.daemon.patience import COMMITS_SECONDS, WATCHERS_SECONDS, patiently
from obsd.daemon.reload import effects, warn_of_waiting
from obsd.daemon.repositories import RepositoryTrouble
from obsd.daemon.runtime_folder import RuntimeFolder
from obsd.daemon.shutdown import ShutdownStack
from obsd.daemon.status import StatusLine
from obsd.daemon.timers import Timers
from obsd.errors import ConfigError, Unavailable
from obsd.facts import Fact, WorkspaceRemoved
from obsd.git import spool
from obsd.health import Health
from obsd.host import journald, paths
from obsd.host.clock import FactClock
from obsd.host.process_usage import usage_of
from obsd.host.sdnotify import Notifier
from obsd.ledger.recovery import keep_register
from obsd.readers.pool import GitPool
from obsd.recorder import Recorder
from obsd.sources.commit_tracker import CommitTracker
from obsd.sources.history import History
from obsd.sources.hook_checks import HookChecks
from obsd.sources.process_sampler import ProcessSampler
from obsd.sources.rule_evaluator import RuleEvaluator
from obsd.sources.supervisor import Supervisor
from obsd.tasks.coalescing_queue import CoalescingQueue
from obsd.tasks.supervision import start
from obsd.telemetry.counters import ReceiverCounters
from obsd.telemetry.service import Telemetry
from obsd.views import Views, ViewSettings
from obsd.workspaces.registry import Registry
from obsd.workspaces.workspace import Workspace
from obsd.workspaces.worktrees import Worktrees

log = logging.getLogger(__package__)


class Daemon:
    """All parts. `start` once, then `stop` once; the attributes without a leading underscore are for the API."""

    recorder: Recorder
    views: Views
    supervisor: Supervisor
    commits: CommitTracker
    telemetry: Telemetry
    authors: Authors
    _commit_scans: CoalescingQueue | None = None
    _outlets: Outlets | None = None

    def __init__(self, config: Config, options: Options) -> None:
        self.config = config
        self.version = __version__
        self.up_since = 0.0
        self.health = Health()
        self._agents = AgentTable.build(config.agents)
        self._telemetry_counts = ReceiverCounters()
        self._options = options
        self._at_start = config
        self._notifier = Notifier()
        self._shutdown = ShutdownStack()
        self._reloading = asyncio.Lock()
        self.registry = Registry(self._record, self._added, self._ending, os.geteuid() if options.owned_only else None)
        self.ledger_damage = LedgerDamage(paths.ledger_file(), self.health)
        self.git = GitPool(RepositoryTrouble(self.registry, self.health, self._head_moved).note)
        self._worktrees = Worktrees(self.registry, self.git)

    @property
    def metrics_url(self) -> str:
        """Where Prometheus scrapes; empty while nothing listens."""
        return self._outlets.metrics_url if self._outlets is not None else ""

    def page_address(self, user: int) -> tuple[str, float]:
        """Where a user of the machine finds the page, and for how many seconds. Errors: Unavailable."""
        if self._outlets is None:
            raise Unavailable("page_not_served", "obsd is starting", "try again in a moment")
        return self._outlets.page_address(user)

    async def start(self) -> None:
        """Returns when the API answers and every workspace is watched, degraded, failed or silent. Raises ObsdError."""
        self._notifier.status("starting")
        self._runtime_lock = claim(self._options.socket, self._shutdown)
        await self._start_ledger()
        await self._start_workspaces()
        await self._start_commits()
        await self.authors.read_records(self.registry.list, self.config.authors.records)
        await self._start_serving()
        ready = start("waiting for the watchers", self.supervisor.ready())
        if await patiently(self._notifier, ready, WATCHERS_SECONDS):
            ready.result()
        self.up_since = time.time()
        self.views.metrics.set_up_since(self.up_since)
        self._notifier.ready()
        served = self.metrics_url or "no address"
        log.info("ready: API at %s, metrics at %s", self._options.socket, served, extra=journald.fields("ready"))

    async def stop(self, *, again: bool = False) -> None:
        """Stops what was started, last first; `again`: to be started anew at once."""
        if not again:
            self._notifier.stopping()
        await self._shutdown.run()
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

    async def _record(self, facts: list[Fact]) -> None:
        await self.recorder.record(facts)
        if any(isinstance(fact, WorkspaceRemoved) for fact in facts):
            self._timers.prune_soon()
        registered = await self.recorder.query(lambda ledger: ledger.workspaces())
        await asyncio.to_thread(keep_register, paths.ledger_file(), registered)

    async def _start_ledger(self) -> None:
        ledger = self.ledger_damage.open_ledger()
        clock = FactClock()
        self.views = Views(
            clock.now,
            __version__,
            ViewSettings.of(self.config.metrics, self.config.sessions, self.config.authors),
            spool_reports=partial(spool.backlog, paths.spool_dir()),
            receiver=self._telemetry_counts,
            watcher_usage=lambda name: usage_of(self.supervisor.status(name).pid),
        )
        self._sampler = ProcessSampler(self.views, self.registry, Scanner(self._agents), self.health, clock)
        self.recorder = Recorder(ledger, self.views, sample=self._sampler, on_trouble=self.ledger_damage.troubled)
        await self.recorder.start()
        self._shutdown.push("the ledger", self.recorder.stop, must=True)
        self._timers = Timers(self.recorder, self.views.sessions, self.health, self._notifier, self._prune)
        self._timers.start()
        self._shutdown.push("the timers", self._timers.stop)

    async def _start_workspaces(self) -> None:
        shown, push = self.views.metrics.set_author_source, self._shutdown.push
        self.authors = Authors(self.config, self.health, shown, self.recorder, push)
        self.supervisor = Supervisor(
            self.recorder,
            self.config.watch,
            paths.runtime_dir(),
            self._head_moved,
            self._worktrees_changed,
            self.authors.folders if self.authors.asks_kernel else None,
        )
        # Before gRPC is imported: a process that is forked beside gRPC's threads cannot be trusted.
        await self.supervisor.start()
        self._shutdown.push("the watchers", self.supervisor.stop)
        self.authors.start(self.supervisor.run, self.supervisor.start_reader)
        self.git.start(self.supervisor.start_reader)
        self._shutdown.push("the readers", self.git.stop)
        self.registry.restore(await self.recorder.query(lambda ledger: ledger.workspaces()))
        await self._sampler.check(*self.registry.list())
        self._rules = RuleEvaluator(
            self.recorder, self.registry, lambda name: self.config.rules_for(name).limits(), self.git
        )
        self._rules.start()
        self._shutdown.push("the rules", self._rules.stop)
        status = StatusLine(
            self.recorder, self.registry, self.supervisor, self.health, self._notifier, self.views.metrics.set_degraded
        )
        status.start()
        self._shutdown.push("the status", status.stop)
        for workspace in self.registry.list():
            await self.supervisor.add(workspace)
            await self.authors.watch_head(workspace)

    async def _start_commits(self) -> None:
        self.telemetry = Telemetry(self.recorder, self.registry.list, self._agents, self.health, self._telemetry_counts)
        self.commits = CommitTracker(
            self.recorder,
            self.registry.list,
            self._agents,
            paths.spool_dir(),
            self.git,
            self.authors.heads,
            telemetry=self.telemetry.agent_at,
            verdicts=self._rules.verdicts,
        )
        self._shutdown.push("commits", self.commits.stop)
        self.authors.follow_lines(
            self.registry.list, self._agents, self.git, lambda: self.config.watch, self.supervisor.settle
        )
        self.history = History(self.recorder, self.registry.list, self._agents, self.git, self.authors.adapters)
        self._shutdown.push("the reading of history", self.history.stop)
        self._hooks = HookChecks(self.health, paths.spool_dir(), self.git)
        self._commit_scans = CoalescingQueue("the scan of its commits", self._scan_commits)
        self._shutdown.push("the scans of commits", self._commit_scans.stop)
        self._shutdown.push("the worktrees", self._worktrees.stop)
        starting = start("the first scan of commits", self.commits.start())
        self._shutdown.push_work("the first scan of commits", starting)
        # A repository on a mount that does not answer must not keep the others from being served.
        if await patiently(self._notifier, starting, COMMITS_SECONDS):
            starting.result()
        else:
            log.warning("the first scan of the repositories takes long and goes on beside the start")
        for workspace in self.registry.list():
            self._worktrees.check(workspace.name)
            self._commit_scans.ask(workspace.name)

    async def _start_serving(self) -> None:
        await RuntimeFolder(self, self._runtime_lock, self._options.socket).start(self._shutdown)
        self._outlets = Outlets(self, self.authors)
        await self._outlets.start(self.config, self._shutdown)
        warn_of_waiting(self.health, self._at_start, self.config)

    async def _added(self, workspace: Workspace) -> None:
        self._worktrees.added(workspace)
        await self.commits.workspace_added(workspace.name)
        await self.supervisor.add(workspace)
        await self.authors.watch_head(workspace)
        self.authors.added()
        self.history.ask(workspace.name)
        self._worktrees.check(workspace.name)
        await self._sampler.check(workspace)

    async def _ending(self, workspace: Workspace) -> None:
        self._worktrees.removed(workspace)
        await self.supervisor.remove(workspace.name)
        self.authors.forget(workspace)
        self.commits.forget(workspace)
        self.health.forget(workspace.name)
        self.git.forget(workspace.path)

    async def _scan_commits(self, workspace: str) -> None:
        await self.authors.watch_head(self.registry.get(workspace))
        await self.commits.scan(workspace)
        await self._hooks.check(self.registry.get(workspace))
        # HEAD moves without a commit as well: a pull may bring a branch up to date.
        self._rules.ask(workspace)

    # What a watcher says before the commits are started is found when they are: all is looked at then.
    def _head_moved(self, workspace: str) -> None:
        if self._commit_scans is not None:
            self._commit_scans.ask(workspace)

    def _worktrees_changed(self, workspace: str) -> None:
        if self._commit_scans is not None:
            self._worktrees.check(workspace)

    async def _prune(self) -> None:
        await self.recorder.prune(self.config.ledger.retention_days, self.config.ledger.max_bytes)

    async def _apply(self, old: Config, new: Config) -> tuple[list[str], list[str]]:
        changed, needs_restart = effects(old, new)
        self.views.reconfigure(ViewSettings.of(new.metrics, new.sessions, new.authors))
        if new.watch != old.watch:
            self.supervisor.reconfigure(new.watch)
        if new.ledger != old.ledger:
            self._timers.prune_soon()
        if (new.rules, new.workspaces) != (old.rules, old.workspaces):
            self._rules.ask_all()
        if new.authors.records != old.authors.records:
            await self.authors.read_records_of(new.authors.records)
        if self._outlets is not None:
            await self._outlets.apply(old, new)
        self.health.clear("config_reload_failed")
        warn_of_waiting(self.health, self._at_start, self.config)
        for line in changed:
            log.info("reloaded: %s", line, extra=journald.fields("reloaded"))
        return changed, needs_restart
