"""Samples running agents and clock changes when facts are recorded.

Owns when processes are scanned: at the first change of a burst, then every few seconds while changes come, and now and
then while a session runs; never when all is idle. What it finds is folded before the facts, in their transaction, so
that a change and its maker are never apart. On the event loop; /proc is read on a worker thread.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Sequence
from typing import Final, Protocol

from obsd.agents.process_scan import Seen
from obsd.facts import AgentsPresent, ClockStepped, CommitMade, Fact, FileChanged, Ticked
from obsd.health import Health
from obsd.host.clock import FactClock
from obsd.tasks.supervision import spawn, start
from obsd.views import Views
from obsd.workspaces.workspace import Workspace, Workspaces

log = logging.getLogger(__name__)

SCAN_SECONDS: Final = 5.0
QUIET_SCAN_SECONDS: Final = 15.0
"""How old a scan may be while a session runs and nothing changes."""
PATIENCE_SECONDS: Final = 0.5
"""How long facts wait for a scan; one that takes longer says nothing of them."""
STEP_SECONDS: Final = 2.0
"""Less than this is the clock being kept right."""
_ACTIVITY: Final = (FileChanged, CommitMade)


class Scan(Protocol):
    """A scan of all processes, on a worker thread."""

    def scan(self, folders: Collection[str], others: Collection[str] = ()) -> Seen:
        """The agents in each of `folders`, without those that work in one of `others` inside it."""

    def blind_spots(self, folder: str) -> str:
        """Why agents at work in a folder may not be visible; empty: they are. Asks the folder's disk."""


class ProcessSampler:
    """Called by the recorder with each batch of facts."""

    def __init__(self, views: Views, workspaces: Workspaces, scanner: Scan, health: Health, clock: FactClock) -> None:
        self._views = views
        self._workspaces = workspaces
        self._scanner = scanner
        self._health = health
        self._clock = clock
        self._scanned_at: dict[str, float] = {}
        self._silent: set[str] = set()
        """Workspaces whose disk has not answered yet: a scan must not wait for them."""
        self._running: asyncio.Future[Seen] | None = None

    async def __call__(self, facts: Sequence[Fact]) -> list[Fact]:
        """Returns what was sampled with `facts`: to be recorded before them."""
        sampled: list[Fact] = []
        step = self._clock.take_step()
        if abs(step) >= STEP_SECONDS:
            log.info("the clock was set by %+.1f s", step)
            sampled.append(ClockStepped(at=self._clock.now(), workspace="", seconds=step))
        due = self._due(facts)
        return sampled + await self._agents(due) if due else sampled

    def _due(self, facts: Sequence[Fact]) -> list[Workspace]:
        """The workspaces whose last scan is too old for what happens in them."""
        active = {fact.workspace for fact in facts if isinstance(fact, _ACTIVITY)}
        limits = dict.fromkeys(active, SCAN_SECONDS)
        if any(isinstance(fact, Ticked) for fact in facts):
            limits = dict.fromkeys(self._views.sessions.open, QUIET_SCAN_SECONDS) | limits
        if not limits:
            return []
        now = self._clock.steady()
        return [
            workspace
            for workspace in self._workspaces.list()
            if workspace.name in limits
            and workspace.name not in self._silent
            and now - self._scanned_at.get(workspace.name, -1e9) >= limits[workspace.name]
        ]

    async def _agents(self, due: Sequence[Workspace]) -> list[Fact]:
        everywhere = [workspace.path for workspace in self._workspaces.list()]
        seen = await self._scan([workspace.path for workspace in due], everywhere)
        now, at = self._clock.steady(), self._clock.now()
        self._scanned_at |= {workspace.name: now for workspace in due}
        return [
            AgentsPresent(at=at, workspace=workspace.name, agents=found)
            for workspace in due
            if (found := seen.agents.get(workspace.path, ())) != self._views.presence.of(workspace.name)
        ]

    async def _scan(self, folders: Sequence[str], everywhere: Sequence[str]) -> Seen:
        if self._running is not None and not self._running.done():
            return Seen({})
        self._running = start("the scan of processes", asyncio.to_thread(self._scanner.scan, folders, everywhere))
        done, _ = await asyncio.wait([self._running], timeout=PATIENCE_SECONDS)
        if not done:
            log.warning("the scan of processes takes long; who made these changes stays unknown")
            return Seen({})
        return self._running.result()

    async def check(self, *workspaces: Workspace) -> None:
        """Reports to the health in which workspaces agents may be at work and not be seen.

        Returns when that takes long: a disk that does not answer is waited for beside everything else.
        """
        looks = [spawn(f"the look at {workspace.name}", self._check(workspace)) for workspace in workspaces]
        if looks:
            await asyncio.wait(looks, timeout=PATIENCE_SECONDS)

    async def _check(self, workspace: Workspace) -> None:
        self._silent.add(workspace.name)
        reason = await asyncio.to_thread(self._scanner.blind_spots, workspace.path)
        self._silent.discard(workspace.name)
        if reason:
            self._health.raise_("agents_unseen", workspace.name, reason=reason)
        else:
            self._health.clear("agents_unseen", workspace.name)
