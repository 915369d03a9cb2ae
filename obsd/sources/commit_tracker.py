"""Commits: what hooks report and what reflogs have, each commit once.

Owns when a reflog is scanned and how a report is combined with what the scan finds. The reflog has what was made; a
report starts a scan, and has who was there. On the event loop; repositories are read by readers, so that one holds up
nothing else, and one scan at a time for each workspace.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from obsd.agents.table import AgentTable
from obsd.errors import NoSuchWorkspace, ObsdError, Unavailable
from obsd.facts import CommitMade, CommitRewritten, Fact, ReflogRead
from obsd.git import layout, reflog, spool
from obsd.git.commit_contents import NOTHING, Contents, read_contents, require_commit
from obsd.git.hook_report import PREPARE, PROBE, Process, Report, ReportOutcome
from obsd.git.layout import Layout
from obsd.git.reflog_scan import Made, ReflogScan, Rewritten, end_cursor, scan_reflog
from obsd.git.without_reflog import from_reports
from obsd.readers.pool import Git
from obsd.recorder import Recorder
from obsd.sources.commit_description import Context, Known, before_and_after, describe, needed
from obsd.sources.head_movers import Heads
from obsd.sources.hook_reports import FRESH_SECONDS, HookReports, of_nobody, taken
from obsd.text import printable
from obsd.workspaces.workspace import Workspace

__all__ = ["CommitTracker", "Process", "Report", "ReportOutcome"]

T = TypeVar("T")

_REWRITE_WAIT_SECONDS = 0.2
_BATCH = 500
_MOST_COUNTED = 5_000

log = logging.getLogger(__name__)


class CommitTracker:
    """Finds the commits of all workspaces. `workspaces` gives those that are registered now.

    `heads` has who moved each HEAD, as far as the kernel is asked. `telemetry` returns the agent whose telemetry shows
    activity in a workspace at a time, or "". `verdicts` returns what the workflow rules say of commits that are about
    to be recorded; that is recorded with them.
    """

    def __init__(
        self,
        recorder: Recorder,
        workspaces: Callable[[], Sequence[Workspace]],
        agents: AgentTable,
        spool: Path,
        git: Git,
        heads: Heads,
        *,
        telemetry: Callable[[str, float], str] | None = None,
        verdicts: Callable[[Workspace, Sequence[Fact]], Awaitable[list[Fact]]] | None = None,
    ) -> None:
        self._recorder = recorder
        self._workspaces = workspaces
        self._agents = agents
        self._spool = spool
        self._git = git
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="commits")
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self.reports = self._hook_reports = HookReports(workspaces, spool, self._run, git)
        self._counted: dict[tuple[str, str], None] = {}
        self._heads = heads
        self._telemetry = telemetry or (lambda workspace, at: "")
        self._verdicts = verdicts

    async def start(self) -> None:
        """Takes what waits in the spool, then scans every workspace. A repository that cannot be read is logged."""
        await self._run(spool.prepare, self._spool)
        await self._drain()
        for workspace in self._workspaces():
            with suppress(NoSuchWorkspace):
                await self._scan_logged(workspace)

    async def scan(self, workspace: str) -> None:
        """Records what is new in a workspace's reflog. Raises NoSuchWorkspace, ObsdError."""
        found = self._named(workspace)
        async with self._lock(found.name):
            await self._scan(found)

    async def workspace_added(self, workspace: str) -> None:
        """Puts the cursor behind what the log has: earlier history does not count.

        A linked worktree that was found by itself was made after its repository was added, so its log counts from then.
        """
        found = self._named(workspace)
        parent = self._parent(found)
        async with self._lock(found.name):
            try:
                where = await self._git.run(found.path, layout.find, found.path)
                if where is not None:
                    cursor = await self._first_cursor(where, found, parent, at_end=parent is None)
                    await self._recorder.record([cursor])
            except Unavailable as error:
                # Its files are watched all the same.
                log.warning("%s: its commits cannot be read: %s", found.name, error.message)

    async def report(self, reports: Sequence[Report]) -> list[ReportOutcome]:
        """Takes reports, oldest first; returns when all that follows from them is durable."""
        owners = self._hook_reports.receive(reports)
        for workspace in {one.name: one for one in owners if one}.values():
            own = [report for of, report in zip(owners, reports, strict=True) if of is workspace]
            if commits := [report for report in own if report.hook not in (PROBE, PREPARE)]:
                async with self._lock(workspace.name):
                    await self._scan(workspace, commits)
        outcomes = [await self._outcome(one, report) for one, report in zip(owners, reports, strict=True)]
        await self._recorder.record([taken(*each) for each in zip(owners, reports, outcomes, strict=True)])
        for owner, report in zip(owners, reports, strict=True):
            if owner is not None:
                self._hook_reports.finish(owner, report.commit_id)
        return outcomes

    def forget(self, workspace: Workspace) -> None:
        """The workspace is none any more."""
        self._hook_reports.forget(workspace)

    async def stop(self) -> None:
        """Ends what runs in the threads."""
        await asyncio.to_thread(self._threads.shutdown, wait=True, cancel_futures=True)

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

    async def _scan_logged(self, workspace: Workspace) -> None:
        try:
            await self.scan(workspace.name)
        except ObsdError as error:
            log.warning("%s: its commits could not be read: %s", workspace.name, error.message)
        except Exception:
            log.exception("%s: its commits could not be read", workspace.name)

    async def _scan(self, workspace: Workspace, reports: Sequence[Report] = ()) -> None:
        where = await self._git.run(workspace.path, layout.find, workspace.path)
        if where is None:
            return
        await self._hook_reports.await_rebase(workspace, where)
        while await self._scan_part(workspace, where, reports):
            reports = ()

    async def _scan_part(self, workspace: Workspace, where: Layout, reports: Sequence[Report]) -> bool:
        """Scans a part of the log; returns whether there is more of it."""
        cursor = await self._cursor(workspace, where)
        explained = await self._heads.moves(workspace.name)
        seen = await self._git.run(workspace.path, scan_reflog, where, cursor, time.time())
        found = seen.found if seen.log else await self._unlogged(workspace, where, reports, seen.found)
        unknown = await self._unknown(workspace, found)
        before = await self._before(workspace, unknown)
        await self._hook_reports.await_reports(workspace, where, before_and_after(unknown))
        context = Context(
            workspace=workspace.name,
            layout=where,
            agents=self._agents,
            since=cursor.at,
            now=time.time(),
            reports=lambda commit_id: self._hook_reports.of(workspace, commit_id),
            fresh_seconds=FRESH_SECONDS,
            moves=await self._heads.moves(workspace.name) if unknown else (),
            telemetry=self._telemetry,
            before=before,
        )
        contents = await self._contents(workspace, where, needed(unknown, before))
        facts = await self._run(describe, context, unknown, contents) if unknown else []
        if facts and self._verdicts is not None:
            facts += await self._verdicts(workspace, facts)
        await self._record(workspace, facts, seen, cursor)
        if not seen.more:
            self._heads.explained(workspace.name, explained)
        return seen.more

    async def _contents(self, workspace: Workspace, where: Layout, ids: Sequence[str]) -> dict[str, Contents]:
        """What there is of commits; nothing of those that cannot be read by any means."""
        found: dict[str, Contents] = {}
        for start in range(0, len(ids), _BATCH):
            batch = ids[start : start + _BATCH]
            try:
                found |= zip(batch, await self._git.run(workspace.path, read_contents, where, batch), strict=True)
            except Unavailable as error:
                if error.reason != "git_unreadable":
                    raise
                found |= {commit_id: replace(NOTHING, problem=error.message) for commit_id in batch}
        return found

    async def _record(self, workspace: Workspace, facts: list[Fact], seen: ReflogScan, before: ReflogRead) -> None:
        if replace(seen.cursor, at=before.at) != before:
            facts.append(seen.cursor)
        for fact in await self._recorder.record(facts):
            if isinstance(fact, (CommitMade, CommitRewritten)):
                commit_id = fact.commit_id if isinstance(fact, CommitMade) else fact.new_id
                if self._hook_reports.finish(workspace, commit_id):
                    self._counted[workspace.name, commit_id] = None
        while len(self._counted) > _MOST_COUNTED:
            del self._counted[next(iter(self._counted))]

    async def _cursor(self, workspace: Workspace, where: Layout) -> ReflogRead:
        cursors = await self._recorder.query(lambda ledger: ledger.reflog_cursors(workspace.name))
        known = cursors.get(os.fspath(where.head_log))
        return known or await self._first_cursor(where, workspace, self._parent(workspace))

    async def _first_cursor(
        self, where: Layout, workspace: Workspace, parent: Workspace | None, *, at_end: bool = False
    ) -> ReflogRead:
        """The cursor of a log that was never read: at its end, or else where the workspace was added."""
        now = time.time()
        if at_end:
            return await self._git.run(workspace.path, end_cursor, where, workspace.name, now)
        since = (parent or workspace).added_at
        return await self._git.run(workspace.path, reflog.since, where.head_log, workspace.name, since, min(since, now))

    async def _unknown(self, workspace: Workspace, found: Sequence[Made | Rewritten]) -> list[Made | Rewritten]:
        ids = {
            item: item.commit_id if isinstance(item, Made) else item.new_id
            for item in found
            if isinstance(item, Made) or item.inferred
        }
        if not ids:
            return list(found)
        known = await self._recorder.query(lambda ledger: ledger.known_commits(workspace.name, ids.values()))
        return [item for item in found if ids.get(item, "") not in known]

    async def _before(self, workspace: Workspace, found: Sequence[Made | Rewritten]) -> dict[str, Known]:
        """How the commits that were rewritten were until now, by the ids that they had."""
        ids = [old for item in found if isinstance(item, Rewritten) for old in (item.old_id, *item.melded_ids) if old]
        if not ids:
            return {}
        rows = await self._recorder.query(lambda ledger: ledger.commits_by_id(workspace.name, ids))
        return {old: Known(row.agent, row.evidence, row.lines_added, row.lines_removed) for old, row in rows.items()}

    async def _unlogged(
        self, workspace: Workspace, where: Layout, reports: Sequence[Report], moved: Sequence[Made | Rewritten]
    ) -> Sequence[Made | Rewritten]:
        if not reports:
            return moved
        # The post-rewrite of an amend comes some milliseconds behind its post-commit.
        await asyncio.sleep(_REWRITE_WAIT_SECONDS)
        await self._hook_reports.receive_spool()
        final = [report for report in reports if report.hook != PREPARE]
        known = [one for report in final for one in self._hook_reports.of(workspace, report.commit_id)]
        without_id = [report for report in final if not report.commit_id]
        return await self._git.run(workspace.path, from_reports, where, [*known, *without_id], moved)

    async def _outcome(self, workspace: Workspace | None, report: Report) -> ReportOutcome:
        if workspace is None:
            return of_nobody(report)
        key = (workspace.name, report.commit_id)
        if key in self._counted:
            del self._counted[key]
            return ReportOutcome("counted")
        if (
            report.hook in (PROBE, PREPARE)
            or not report.commit_id
            or await self._recorder.query(lambda ledger: ledger.has_commit(workspace.name, report.commit_id))
        ):
            return ReportOutcome("known")
        try:
            await self._git.run(workspace.path, require_commit, workspace.path, report.commit_id)
        except ObsdError as error:
            return ReportOutcome("refused", error.reason, error.message, error.hint)
        return ReportOutcome("known")

    def _lock(self, workspace: str) -> asyncio.Lock:
        return self._locks.setdefault(workspace, asyncio.Lock())

    def _parent(self, workspace: Workspace) -> Workspace | None:
        return next((one for one in self._workspaces() if one.name == workspace.parent), None)

    def _named(self, name: str) -> Workspace:
        for workspace in self._workspaces():
            if workspace.name == name:
                return workspace
        raise NoSuchWorkspace(
            "no_such_workspace", f"no workspace is named {printable(name)}", "`obsctl workspaces` lists them"
        )

    async def _run(self, fn: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, fn, *arguments)
