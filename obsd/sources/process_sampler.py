"""The witness: what is to be seen beside facts at the moment at which they are recorded.

Owns when processes are looked at: at the first change of a burst, then every few seconds while changes come, and now
and then while a session runs; never when all is idle. It also sees that the wall clock was set. What it sees is folded
before the facts, in their transaction, so that a change and its maker are never apart. On the event loop; /proc is read
on a worker thread.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from obsd.agents.process_scan import Scanner, Seen, blind_spots
from obsd.agents.table import AgentTable
from obsd.facts import AgentsPresent, ClockStepped, CommitMade, Fact, FileChanged, Ticked
from obsd.health import Health
from obsd.tasks.supervision import start
from obsd.views import Views
from obsd.workspaces.workspace import Workspace

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 5.0
QUIET_LOOK_SECONDS: Final = 15.0
"""How old a look may be while a session runs and nothing changes."""
PATIENCE_SECONDS: Final = 0.5
"""How long facts wait for a look; one that takes longer says nothing of them."""
STEP_SECONDS: Final = 2.0
"""Less than this is the clock being kept right."""
_ACTIVITY: Final = (FileChanged, CommitMade)


class Clocks(Protocol):
    """The wall clock, and one that nobody sets and that goes on while the machine sleeps."""

    def wall(self) -> float: ...
    def steady(self) -> float: ...


class _SystemClocks:
    def wall(self) -> float:
        return time.time()

    def steady(self) -> float:
        return time.clock_gettime(time.CLOCK_BOOTTIME)


class ProcessSampler:
    """Asked by the recorder with each batch of facts. `workspaces` gives those that are registered."""

    def __init__(
        self,
        views: Views,
        workspaces: Callable[[], Sequence[Workspace]],
        table: AgentTable,
        health: Health,
        clocks: Clocks | None = None,
    ) -> None:
        self._views = views
        self._workspaces = workspaces
        self._scanner = Scanner(table)
        self._health = health
        self._clocks = clocks or _SystemClocks()
        self._offset = self._clocks.wall() - self._clocks.steady()
        self._looked_at: dict[str, float] = {}
        self._running: asyncio.Future[Seen] | None = None

    async def __call__(self, facts: Sequence[Fact]) -> list[Fact]:
        """What is seen beside `facts`: to be recorded before them."""
        seen: list[Fact] = [*self._stepped()]
        due = self._due(facts)
        return seen + await self._look(due) if due else seen

    def now(self) -> float:
        """Unix seconds by the clock as facts have it: one that was set counts from when it is told of."""
        return self._clocks.steady() + self._offset

    def _stepped(self) -> list[ClockStepped]:
        wall = self._clocks.wall()
        offset = wall - self._clocks.steady()
        step, self._offset = offset - self._offset, offset
        if abs(step) < STEP_SECONDS:
            return []
        log.info("the clock was set by %+.1f s", step)
        return [ClockStepped(at=wall, workspace="", seconds=step)]

    def _due(self, facts: Sequence[Fact]) -> list[Workspace]:
        """The workspaces whose last look is too old for what happens in them."""
        active = {fact.workspace for fact in facts if isinstance(fact, _ACTIVITY)}
        limits = dict.fromkeys(active, LOOK_SECONDS)
        if any(isinstance(fact, Ticked) for fact in facts):
            limits = dict.fromkeys(self._views.sessions.open, QUIET_LOOK_SECONDS) | limits
        if not limits:
            return []
        now = self._clocks.steady()
        return [
            workspace
            for workspace in self._workspaces()
            if workspace.name in limits and now - self._looked_at.get(workspace.name, -1e9) >= limits[workspace.name]
        ]

    async def _look(self, due: Sequence[Workspace]) -> list[Fact]:
        everywhere = [workspace.path for workspace in self._workspaces()]
        seen = await self._scan([workspace.path for workspace in due], everywhere)
        now, at = self._clocks.steady(), self._clocks.wall()
        self._looked_at |= {workspace.name: now for workspace in due}
        return [
            AgentsPresent(at=at, workspace=workspace.name, agents=found)
            for workspace in due
            if (found := seen.agents.get(workspace.path, ())) != self._views.presence.of(workspace.name)
        ]

    async def _scan(self, folders: Sequence[str], everywhere: Sequence[str]) -> Seen:
        if self._running is not None and not self._running.done():
            return Seen({})
        self._running = start("the scan of processes", asyncio.to_thread(self._scanner.look, folders, everywhere))
        done, _ = await asyncio.wait([self._running], timeout=PATIENCE_SECONDS)
        if not done:
            log.warning("looking at the processes takes long; who made these changes stays unknown")
            return Seen({})
        return self._running.result()

    async def check(self) -> None:
        """Says in the health in which workspaces agents may be at work and not be seen."""
        workspaces = list(self._workspaces())
        reasons = await asyncio.to_thread(lambda: [blind_spots(workspace.path) for workspace in workspaces])
        for workspace, reason in zip(workspaces, reasons, strict=True):
            if reason:
                self._health.raise_("agents_unseen", workspace.name, reason=reason)
            else:
                self._health.clear("agents_unseen", workspace.name)
