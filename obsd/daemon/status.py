"""The state of the whole, in one line and in warnings.

Owns the way from the watchers' states to the health, and from there to the service manager's status line and
`obsd_degraded`. It acts on facts and changes; by the clock only to find a workspace that goes on starting. On the event
loop.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

from obsd.health import Health
from obsd.host.sdnotify import Notifier
from obsd.recorder import Recorder
from obsd.sources.supervisor import Supervisor
from obsd.tasks.supervision import cancel, supervise
from obsd.workspaces.registry import Registry

_KINDS = frozenset({"WorkspaceAdded", "WorkspaceRemoved", "WatcherReported", "WatcherRestarted"})
_CODES = {"failed": "workspace_failed", "degraded": "workspace_degraded"}

STARTING_SECONDS: Final = 60.0
"""The first scan of a million files takes less."""


class StatusLine:
    """Keeps health and status line true to the watchers while it runs."""

    def __init__(
        self,
        recorder: Recorder,
        registry: Registry,
        supervisor: Supervisor,
        health: Health,
        notifier: Notifier,
        show_degraded: Callable[[bool], None],
    ) -> None:
        self._recorder = recorder
        self._registry = registry
        self._supervisor = supervisor
        self._health = health
        self._notifier = notifier
        self._show_degraded = show_degraded
        self._following: asyncio.Task[None] | None = None
        self._starting: dict[str, float] = {}
        health.listen(self._show)

    def start(self) -> None:
        """Begins to follow the facts."""
        self._following = supervise("the status", self._follow)

    async def stop(self) -> None:
        """Ends it."""
        await cancel(self._following)

    async def _follow(self) -> None:
        facts = self._recorder.subscribe(kinds=_KINDS)
        try:
            self.refresh()
            async for _ in facts:
                self.refresh()
        finally:
            facts.close()

    def refresh(self) -> None:
        """Looks at every watcher's state, whatever the fact said: one that was dropped does no harm so."""
        for workspace in self._registry.list():
            status = self._supervisor.status(workspace.name)
            for state, code in _CODES.items():
                if status.state == state:
                    self._health.raise_(code, workspace.name, detail=status.detail or "no reason given")
                else:
                    self._health.clear(code, workspace.name)
            self._note_start(workspace.name, status.state == "starting")
        self._show()

    def _note_start(self, name: str, starting: bool) -> None:
        loop = asyncio.get_running_loop()
        if not starting:
            self._starting.pop(name, None)
            self._health.clear("workspace_starting", name)
            return
        if name not in self._starting:
            self._starting[name] = loop.time()
            loop.call_later(STARTING_SECONDS, self.refresh)
        elif loop.time() - self._starting[name] >= STARTING_SECONDS:
            self._health.raise_("workspace_starting", name, seconds=STARTING_SECONDS)

    def _show(self) -> None:
        self._show_degraded(self._health.degraded)
        states = (self._supervisor.status(workspace.name).state for workspace in self._registry.list())
        self._notifier.status(summary(states, [held.severity for held in self._health.list()]))


def summary(states: Iterable[str], severities: Iterable[str]) -> str:
    """`3 workspaces: 2 watching, 1 failed; 1 error, 2 warnings`."""
    counted = Counter(states)
    total = sum(counted.values())
    text = f"{total} workspace{'' if total == 1 else 's'}"
    if total:
        text += ": " + ", ".join(f"{counted[state]} {state}" for state in sorted(counted, reverse=True))
    held = Counter(severities)
    said = [f"{held[name]} {name}{'' if held[name] == 1 else 's'}" for name in ("error", "warning") if held[name]]
    return f"{text}; {', '.join(said)}" if said else text
