"""Commits: what hooks report and what reflogs have, each commit once.

Owns when a repository is looked at and how a report is joined with what the look finds. The reflog says what was
made; a report says that it is time to look, and who was there. On the event loop; git is read in worker threads of
its own, so that a large commit holds up nothing else, and one look at a time for each workspace.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from obsd.agents import presence
from obsd.agents.table import AgentTable
from obsd.commit_facts import Context, describe
from obsd.errors import NoSuchWorkspace, NotFound, ObsdError
from obsd.facts import CommitMade, CommitRewritten, Fact, HookReported, ReflogRead
from obsd.git import hooks, layout, reflog, spool
from obsd.git.joins import FreshFiles, Joins
from obsd.git.layout import Layout
from obsd.git.look import Look, Made, Rewritten, look
from obsd.git.report import PROBE, Process, Report, ReportOutcome
from obsd.git.repository import Repository
from obsd.git.unlogged import from_reports
from obsd.recorder import Recorder
from obsd.registry import Workspace
from obsd.text import printable

__all__ = ["CommitTracker", "Process", "Report", "ReportOutcome"]

T = TypeVar("T")

FRESH_SECONDS = 10.0
"""How long after it was made a commit may be given to an agent that is present."""

REPORT_WAIT_SECONDS = 1.0
"""How long a commit that was found by its log waits for its hook's report, where hooks report."""

_POLL_SECONDS = 0.015
_HOOKS_TTL_SECONDS = 30.0
_NO_HOOKS_TTL_SECONDS = 2.0
_REWRITE_WAIT_SECONDS = 0.2
_BATCH = 500

log = logging.getLogger(__name__)


class CommitTracker:
    """Finds the commits of all workspaces. `workspaces` gives those that are registered now."""

    def __init__(
        self,
        recorder: Recorder,
        workspaces: Callable[[], Sequence[Workspace]],
        agents: AgentTable,
        spool: Path,
    ) -> None:
        self._recorder = recorder
        self._workspaces = workspaces
        self._agents = agents
        self._spool = spool
        self._git = ThreadPoolExecutor(max_workers=2, thread_name_prefix="git")
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._joins = Joins()
        self._fresh_files = FreshFiles(spool)
        self._reading_spool = asyncio.Lock()
        self._counted: set[tuple[str, str]] = set()
        self._hooks: dict[str, tuple[float, bool]] = {}

    async def start(self) -> None:
        """Takes what waits in the spool, then looks at every workspace. A repository that cannot be read is logged."""
        await self._run(spool.prepare, self._spool)
        await self._drain()
        for workspace in self._workspaces():
            with suppress(NoSuchWorkspace):
                await self._look_logged(workspace)

    async def look(self, workspace: str) -> None:
        """Records what is new in a workspace's reflog. Raises NoSuchWorkspace, ObsdError."""
        found = self._named(workspace)
        async with self._locks[found.name]:
            await self._look(found)

    async def workspace_added(self, workspace: str) -> None:
        """Puts the cursor behind what the log has: earlier history does not count.

        A linked worktree that was found by itself was made after its repository was added, so its log counts from then.
        """
        found = self._named(workspace)
        parent = self._parent(found)
        async with self._locks[found.name]:
            where = await self._run(layout.find, found.path)
            if where is not None:
                await self._recorder.record(
                    [await self._run(_first_cursor, where, found, parent, parent is None)]
                )

    async def report(self, reports: Sequence[Report]) -> list[ReportOutcome]:
        """Takes reports, oldest first; returns when all that follows from them is durable."""
        places = {os.path.normpath(one.path): one for one in self._workspaces()}
        spoken = [places.get(os.path.normpath(report.worktree)) for report in reports]
        self._joins.hear((one.path, report) for one, report in zip(spoken, reports, strict=True) if one)
        for workspace in {one.name: one for one in spoken if one}.values():
            commits = [r for w, r in zip(spoken, reports, strict=True) if w is workspace and r.hook != PROBE]
            if commits:
                async with self._locks[workspace.name]:
                    await self._look(workspace, commits)
        outcomes = [await self._outcome(one, report) for one, report in zip(spoken, reports, strict=True)]
        await self._recorder.record([_taken(*each) for each in zip(spoken, reports, outcomes, strict=True)])
        return outcomes

    async def stop(self) -> None:
        """Waits for what runs in the threads."""
        await asyncio.to_thread(self._git.shutdown, wait=True, cancel_futures=True)

    async def _drain(self) -> None:
        waiting = await self._run(spool.read, self._spool)
        for start in range(0, len(waiting), _BATCH):
            batch = waiting[start : start + _BATCH]
            try:
                await self.report([item.report for item in batch])
            except ObsdError as error:
                log.warning("%d reports of hooks stay in the spool: %s", len(batch), error.message)
            else:
                await self._run(spool.remove, batch)

    async def _look_logged(self, workspace: Workspace) -> None:
        try:
            await self.look(workspace.name)
        except ObsdError as error:
            log.warning("%s: its commits could not be read: %s", workspace.name, error.message)
        except Exception:
            log.exception("%s: its commits could not be read", workspace.name)

    async def _look(self, workspace: Workspace, reports: Sequence[Report] = ()) -> None:
        where = await self._run(layout.find, workspace.path)
        if where is None:
            return
        cursor = await self._cursor(workspace, where)
        seen = await self._run(look, where, cursor, time.time())
        found = seen.found if seen.log else await self._unlogged(workspace, where, reports)
        unknown = await self._unknown(workspace, found)
        process = await self._hear(workspace, where, unknown)
        context = Context(
            workspace=workspace.name,
            layout=where,
            agents=self._agents,
            since=cursor.at,
            now=time.time(),
            reports=lambda commit_id: self._joins.of(workspace.path, commit_id),
            process=process,
        )
        facts: list[Fact] = await self._run(describe, context, unknown, FRESH_SECONDS) if unknown else []
        await self._record(workspace, facts, seen, cursor)

    async def _record(self, workspace: Workspace, facts: list[Fact], seen: Look, before: ReflogRead) -> None:
        now = seen.cursor
        if now is not None and (now.inode, now.offset, now.last_id) != (
            before.inode,
            before.offset,
            before.last_id,
        ):
            facts.append(now)
        for fact in await self._recorder.record(facts):
            if isinstance(fact, (CommitMade, CommitRewritten)):
                commit_id = fact.commit_id if isinstance(fact, CommitMade) else fact.new_id
                if self._joins.of(workspace.path, commit_id):
                    self._counted.add((workspace.name, commit_id))

    async def _cursor(self, workspace: Workspace, where: Layout) -> ReflogRead:
        cursors = await self._recorder.query(lambda ledger: ledger.reflog_cursors(workspace.name))
        known = cursors.get(os.fspath(where.head_log))
        if known is not None:
            return known
        return await self._run(_first_cursor, where, workspace, self._parent(workspace))

    async def _unknown(
        self, workspace: Workspace, found: Sequence[Made | Rewritten]
    ) -> list[Made | Rewritten]:
        ids = [item.commit_id for item in found if isinstance(item, Made)]
        if not ids:
            return list(found)
        known = await self._recorder.query(lambda ledger: ledger.known_commits(workspace.name, ids))
        return [item for item in found if not (isinstance(item, Made) and item.commit_id in known)]

    async def _unlogged(
        self, workspace: Workspace, where: Layout, reports: Sequence[Report]
    ) -> Sequence[Made | Rewritten]:
        if not reports:
            return ()
        # The post-rewrite of an amend comes some milliseconds behind its post-commit.
        await asyncio.sleep(_REWRITE_WAIT_SECONDS)
        await self._hear_spool()
        heard = [one for report in reports for one in self._joins.of(workspace.path, report.commit_id)]
        return await self._run(from_reports, where, [*heard, *(r for r in reports if not r.commit_id)])

    async def _hear(self, workspace: Workspace, where: Layout, found: Sequence[Made | Rewritten]) -> str:
        """Waits for the reports of new commits where hooks report; returns the agent that was present meanwhile."""
        made = [item.commit_id for item in found if isinstance(item, Made)]

        def unheard() -> bool:
            return any(not self._joins.of(workspace.path, commit_id) for commit_id in made)

        if not unheard():
            return ""
        await self._hear_spool()
        if not unheard() or not await self._run(_just_written, where):
            return ""
        others = [one.path for one in self._workspaces()]
        process = presence.only_one(await self._run(presence.present, self._agents, workspace.path, others))
        end = time.monotonic() + REPORT_WAIT_SECONDS
        while unheard() and time.monotonic() < end and await self._hooks_report(workspace):
            await asyncio.sleep(_POLL_SECONDS)
            await self._hear_spool()
        return process

    async def _hear_spool(self) -> None:
        async with self._reading_spool:
            reports = await self._run(self._fresh_files.read)
        paths = {os.path.normpath(one.path): one.path for one in self._workspaces()}
        spoken = ((paths.get(os.path.normpath(report.worktree)), report) for report in reports)
        self._joins.hear((path, report) for path, report in spoken if path is not None)

    async def _hooks_report(self, workspace: Workspace) -> bool:
        """Whether hooks are installed, as seen some seconds ago at most."""
        known = self._hooks.get(workspace.name)
        if known is None or time.monotonic() > known[0]:
            installed = (await self._run(hooks.state, Path(workspace.path))).state == "installed"
            known = (
                time.monotonic() + (_HOOKS_TTL_SECONDS if installed else _NO_HOOKS_TTL_SECONDS),
                installed,
            )
            self._hooks[workspace.name] = known
        return known[1]

    async def _outcome(self, workspace: Workspace | None, report: Report) -> ReportOutcome:
        if workspace is None:
            return ReportOutcome(
                "refused",
                "unknown_repository",
                f"no workspace is the repository {printable(report.worktree)}",
                "`obsctl workspaces` lists them; `obsctl add-workspace PATH` adds one",
            )
        key = (workspace.name, report.commit_id)
        if key in self._counted:
            self._counted.discard(key)
            return ReportOutcome("counted")
        if report.hook == PROBE or not report.commit_id or await self._is_known(workspace, report.commit_id):
            return ReportOutcome("known")
        error = await self._run(_check_commit, workspace.path, report.commit_id)
        return (
            ReportOutcome("refused", error.reason, error.message, error.hint)
            if error
            else ReportOutcome("known")
        )

    async def _is_known(self, workspace: Workspace, commit_id: str) -> bool:
        return await self._recorder.query(lambda ledger: ledger.has_commit(workspace.name, commit_id))

    def _parent(self, workspace: Workspace) -> Workspace | None:
        return next((one for one in self._workspaces() if one.name == workspace.parent), None)

    def _named(self, name: str) -> Workspace:
        for workspace in self._workspaces():
            if workspace.name == name:
                return workspace
        raise NoSuchWorkspace("no_such_workspace", f"no workspace is named {printable(name)}")

    async def _run(self, fn: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._git, fn, *arguments)


def _first_cursor(
    where: Layout, workspace: Workspace, parent: Workspace | None, at_end: bool = False
) -> ReflogRead:
    """The cursor of a log that was never read: at its end when the workspace is added now, else where it was added."""
    if at_end:
        return reflog.end_of(where.head_log, workspace.name, time.time())
    since = (parent or workspace).added_at
    return reflog.since(where.head_log, workspace.name, since, min(since, time.time()))


def _just_written(where: Layout) -> bool:
    try:
        return time.time() - where.head_log.stat().st_mtime < FRESH_SECONDS
    except OSError:
        return False


def _check_commit(path: str, commit_id: str) -> ObsdError | None:
    """Why a commit that nobody knows cannot be meant; None when the repository has it (it was fetched, say)."""
    where = layout.find(path)
    try:
        if where is not None and Repository(where).commit(commit_id) is not None:
            return None
    except ObsdError as error:
        return error
    return NotFound("unknown_commit", f"the repository has no commit {commit_id}")


def _taken(workspace: Workspace | None, report: Report, outcome: ReportOutcome) -> HookReported:
    return HookReported(
        at=time.time(), workspace=workspace.name if workspace else "", result=outcome.result, hook=report.hook
    )
