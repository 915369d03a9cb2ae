"""Attribution: which workspace an agent's own session belongs to, and how that is known.

Owns the sessions that sent something lately and the order of evidence: the environment of the hook of one of its
commits, the process that sent the telemetry, the process that the telemetry names, the only agent of that kind that is
present; else none. Better evidence replaces worse. On the event loop; /proc is read in worker threads.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from obsd.agents.presence import inside
from obsd.agents.process_scan import Scanner
from obsd.agents.table import AgentTable
from obsd.facts.telemetry import JOINED_BY, JoinedBy
from obsd.ledger.telemetry_queries import AgentSessionRow
from obsd.telemetry.peers import Peer, folder_of
from obsd.telemetry.senders import Sender
from obsd.workspaces.workspace import Workspace

MAX_SESSIONS: Final = 2_000
MAX_NEW_OF_PROCESS: Final = 100
"""New sessions that one process may speak of in an hour."""
LIVE_SECONDS: Final = 60.0
LOCATED_SECONDS: Final = 120.0
"""What came to be within so much time says when the agent was at work; most export each minute."""
_LONGEST_SECONDS: Final = 7 * 86_400.0
_MAX_ACTIVE: Final = 32
_HOUR: Final = 3_600.0
_PRESENCE_SECONDS: Final = 15.0

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Joined:
    """A session of an agent: its workspace (empty: none), how that is known, and when it was at work first and last.

    `active` are the times in between at which it is known to have been at work, the last ones.
    """

    workspace: str
    joined_by: JoinedBy
    started_at: float
    last_at: float
    active: tuple[tuple[float, float], ...] = ()

    @property
    def worked(self) -> bool:
        """False while it only exports again what it did before it was known."""
        return self.last_at > 0

    def at_work(self, spans: Sequence[tuple[float, float]]) -> Joined:
        """This one, with times at which it was at work too."""
        if not spans:
            return self
        started_at = min(start if end - start < _LONGEST_SECONDS else end for start, end in spans)
        last_at = max(end for _, end in spans)
        active: list[tuple[float, float]] = []
        for start, end in sorted((*self.active, *(one for one in spans if one[1] - one[0] <= LOCATED_SECONDS))):
            if active and start <= active[-1][1] + LIVE_SECONDS:
                active[-1] = (active[-1][0], max(end, active[-1][1]))
            else:
                active.append((start, end))
        return replace(
            self,
            started_at=min(self.started_at, started_at),
            last_at=max(self.last_at, last_at),
            active=tuple(active[-_MAX_ACTIVE:]),
        )

    def better(self, workspace: str, joined_by: JoinedBy) -> Joined:
        """This one, or with that workspace if its evidence is better."""
        if workspace and JOINED_BY.index(joined_by) < JOINED_BY.index(self.joined_by):
            return replace(self, workspace=workspace, joined_by=joined_by)
        return self


class Joining:
    """All sessions. `workspaces` gives those that are registered now."""

    def __init__(self, workspaces: Callable[[], Sequence[Workspace]], agents: AgentTable) -> None:
        self._workspaces = workspaces
        self._scanner = Scanner(agents)
        self._sessions: OrderedDict[Key, Joined] = OrderedDict()
        self._new: Counter[int] = Counter()
        self._new_since = 0.0
        self._present: dict[str, tuple[float, str]] = {}

    def restore(self, rows: Iterable[AgentSessionRow]) -> None:
        """Take over what the ledger kept, the latest first."""
        for row in reversed(list(rows)):
            joined_by: JoinedBy = next((by for by in JOINED_BY if by == row.joined_by), "none")
            active = ((row.last_at, row.last_at),)
            self.put((row.agent, row.session), Joined(row.workspace, joined_by, row.started_at, row.last_at, active))

    def get(self, key: Key) -> Joined | None:
        """What is known of a session."""
        return self._sessions.get(key)

    def put(self, key: Key, joined: Joined) -> None:
        """Have it known; the one seen longest ago makes room."""
        self._sessions[key] = joined
        self._sessions.move_to_end(key)
        if len(self._sessions) > MAX_SESSIONS:
            self._sessions.popitem(last=False)

    def admit(self, peer: Peer, now: float) -> bool:
        """Whether a process may speak of one more session that nobody knows."""
        if not 0 <= now - self._new_since < _HOUR:
            self._new.clear()
            self._new_since = now
        self._new[peer.pid] += 1
        return self._new[peer.pid] <= MAX_NEW_OF_PROCESS

    def forget_workspace(self, name: str) -> None:
        """Have the sessions of a workspace that is gone belong to none."""
        for key, joined in self._sessions.items():
            if joined.workspace == name:
                self._sessions[key] = replace(joined, workspace="", joined_by="none")

    def workspace_of(self, folder: str) -> str:
        """The innermost workspace that a folder lies in; empty: none."""
        found = [one for one in self._workspaces() if folder and inside(folder, one.path)]
        return max(found, key=lambda one: len(one.path)).name if found else ""

    async def join(self, joined: Joined, sender: Sender, peer: Peer) -> Joined:
        """A session with the best evidence that the processes give now."""
        if joined.joined_by in ("environment", "connection"):
            return joined
        joined = joined.better(self.workspace_of(peer.folder), "connection")
        if peer.elsewhere:
            return joined
        if not joined.workspace and sender.pid:
            folder = await asyncio.to_thread(folder_of, sender.pid)
            joined = joined.better(self.workspace_of(folder), "process")
        if not joined.workspace:
            joined = joined.better(await self._only_present(sender.agent), "presence")
        return joined

    def agent_at(self, workspace: str, at: float) -> str:
        """The agent of the sessions that were at work in a workspace at a time; empty: none, or several agents.

        A session that is open and idle is not at work, nor is one that exports its totals again. Sessions that are
        joined by presence alone are no evidence.
        """
        agents = {
            agent
            for (agent, _), joined in self._sessions.items()
            if joined.workspace == workspace
            and joined.joined_by in ("environment", "connection", "process")
            and any(start - LIVE_SECONDS <= at <= end + LIVE_SECONDS for start, end in joined.active)
        }
        return agents.pop() if len(agents) == 1 else ""

    async def _only_present(self, agent: str) -> str:
        until, workspace = self._present.get(agent, (0.0, ""))
        if time.monotonic() >= until:
            names = {one.path: one.name for one in self._workspaces()}
            seen = await asyncio.to_thread(self._scanner.scan, names)
            found = [names[path] for path, agents in seen.agents.items() if agent in agents]
            workspace = found[0] if len(found) == 1 else ""
            self._present[agent] = (time.monotonic() + _PRESENCE_SECONDS, workspace)
        return workspace
