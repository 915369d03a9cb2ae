"""The time before a workspace was watched, from git's log and agents' own records: read when it is asked for.

Owns how far back is read, and up to when: the time at which watching began. What is read is in no counter. On the
event loop; git is read by readers, records on a worker thread.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from obsd.agents import evidence
from obsd.agents.table import AgentTable
from obsd.errors import TimedOut, Unavailable
from obsd.facts.history import HistoryRead, PastCommit, PastSession
from obsd.facts.records import SessionSeen, ToolRan
from obsd.git import history as git_history
from obsd.git import layout
from obsd.git.commit_contents import Contents, read_contents
from obsd.git.numstat import UNKNOWN_FIGURES
from obsd.readers.pool import Git
from obsd.recorder import Recorder
from obsd.records.adapter import Adapter
from obsd.records.history import history
from obsd.tasks.coalescing_queue import CoalescingQueue
from obsd.workspaces.places import locate
from obsd.workspaces.workspace import Workspace

USUAL_SECONDS: Final = 30 * 86_400.0
AGAIN_SECONDS: Final = 900.0
_COMMITS_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class Imported:
    """How much was read: commits of git's log, agents' sessions, and their writes."""

    commits: int = 0
    sessions: int = 0
    writes: int = 0


class History:
    """Reads for one daemon; `adapters` gives the agents whose records are read."""

    def __init__(
        self,
        recorder: Recorder,
        workspaces: Callable[[], Sequence[Workspace]],
        agents: AgentTable,
        git: Git,
        adapters: Callable[[], tuple[Adapter, ...]],
    ) -> None:
        self._recorder, self._workspaces, self._agents, self._git = recorder, workspaces, agents, git
        self._adapters = adapters
        self._logs = CoalescingQueue("the log before it was watched", self._read_log)

    def ask(self, workspace: str) -> None:
        """Has the last 30 days of a workspace's log read, soon."""
        self._logs.ask(workspace)

    async def stop(self) -> None:
        """Ends what is being read."""
        await self._logs.stop()

    async def read(self, since: float) -> Imported:
        """Reads all that there is since a time, of all workspaces. Raises ObsdError."""
        commits = sum([await self._log(workspace, since) for workspace in self._workspaces()])
        found = await self._records(since)
        for workspace, sessions in found.items():
            await self._recorder.record([HistoryRead(time.time(), workspace, sessions=sessions)])
        all_sessions = [session for sessions in found.values() for session in sessions]
        return Imported(commits, len(all_sessions), sum(session.writes for session in all_sessions))

    async def _read_log(self, name: str) -> None:
        for workspace in self._workspaces():
            if workspace.name == name:
                try:
                    await self._log(workspace, workspace.added_at - USUAL_SECONDS)
                except (Unavailable, TimedOut):
                    # The health says what is the matter with a repository that cannot be read.
                    asyncio.get_running_loop().call_later(AGAIN_SECONDS, self._logs.ask, name)

    async def _log(self, workspace: Workspace, since: float) -> int:
        path = workspace.path
        where = await self._git.run(path, layout.find, path)
        ids = await self._git.run(path, git_history.recent, path, since, workspace.added_at) if where else []
        for start in range(0, len(ids), _COMMITS_AT_ONCE):
            # In parts, so that others are served in between.
            contents = await self._git.run(path, read_contents, where, ids[start : start + _COMMITS_AT_ONCE])
            commits = tuple(commit for one in contents for commit in self._commits(one))
            await self._recorder.record([HistoryRead(time.time(), workspace.name, commits)])
        return len(ids)

    def _commits(self, found: Contents) -> Iterator[PastCommit]:
        info, figures = found.info, found.figures or UNKNOWN_FIGURES
        if info is None:
            return
        agent, shown_by = evidence.by_contents(self._agents, info.message, info.author_name, info.author_email)
        yield PastCommit(
            commit_id=info.id,
            author_name=info.author_name,
            author_email=info.author_email,
            subject=info.subject,
            kind="merge" if len(info.parents) > 1 else "commit",
            agent=agent,
            evidence=shown_by,
            committed_at=float(info.committer_time),
            lines_added=figures.lines_added,
            lines_removed=figures.lines_removed,
            files_changed=figures.files_changed,
        )

    async def _records(self, since: float) -> dict[str, tuple[PastSession, ...]]:
        kept = await self._recorder.query(lambda ledger: ledger.records.kept())
        # What came after both began is seen live.
        until = {one.name: max(one.added_at, kept.since or 0.0) for one in self._workspaces()}
        paths = {one.path: one.name for one in self._workspaces()}
        adapters = self._adapters()
        if not until or not adapters:
            return {}
        return await asyncio.to_thread(_collected, paths, until, since, kept.salt, adapters)


@dataclass(slots=True)
class _Session:
    """What is known of one session so far."""

    first_at: float
    last_at: float
    writes: int = 0
    added: int = 0
    removed: int = 0
    files: set[str] = field(default_factory=set)


def _collected(
    paths: dict[str, str], until: dict[str, float], since: float, salt: bytes, adapters: tuple[Adapter, ...]
) -> dict[str, tuple[PastSession, ...]]:
    """The sessions that wrote, by workspace. Blocking, for seconds."""
    found: dict[tuple[str, str, str], _Session] = {}
    models: dict[tuple[str, str], str] = {}
    for item in history(paths, since, max(until.values()), salt, adapters=adapters):
        if isinstance(item, SessionSeen):
            models[item.agent, item.session] = item.model
        elif item.ok:
            _add(found, item, paths, until)
    sessions: dict[str, list[PastSession]] = {}
    for (workspace, agent, name), one in found.items():
        figures = (one.writes, len(one.files), one.added, one.removed)
        past = PastSession(agent, name, one.first_at, one.last_at, *figures, models.get((agent, name), ""))
        sessions.setdefault(workspace, []).append(past)
    return {workspace: tuple(of_it) for workspace, of_it in sessions.items()}


def _add(
    found: dict[tuple[str, str, str], _Session], tool: ToolRan, paths: dict[str, str], until: dict[str, float]
) -> None:
    ended = tool.started if tool.ended is None else tool.ended
    for file in tool.files:
        place = locate(paths, file.path)
        if place is None or ended >= until[place[0]]:
            continue
        one = found.setdefault((place[0], tool.agent, tool.session), _Session(tool.started, ended))
        one.first_at, one.last_at = min(one.first_at, tool.started), max(one.last_at, ended)
        one.writes += 1
        one.added += file.lines_added or 0
        one.removed += file.lines_removed or 0
        one.files.add(place[1])
