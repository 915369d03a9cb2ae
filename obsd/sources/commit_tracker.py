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
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from obsd.agents.table import AgentTable
from obsd.errors import NoSuchWorkspace, NotFound, ObsdError
from obsd.facts import CommitMade, CommitRewritten, Fact, HookReported, ReflogRead
from obsd.git import layout, program, reflog, spool
from obsd.git.hook_report import PREPARE, PROBE, Process, Report, ReportOutcome
from obsd.git.layout import Layout
from obsd.git.reflog_scan import Look, Made, Rewritten, first_cursor, look
from obsd.git.repository import Repository
from obsd.git.without_reflog import from_reports
from obsd.recorder import Recorder
from obsd.sources.commit_description import Context, Known, describe
from obsd.sources.hook_reports import FRESH_SECONDS, HookReports
from obsd.text import printable
from obsd.workspaces.workspace import Workspace

__all__ = ["CommitTracker", "Process", "Report", "ReportOutcome"]

T = TypeVar("T")

_REWRITE_WAIT_SECONDS = 0.2
_BATCH = 500

log = logging.getLogger(__name__)


class CommitTracker:
    """Finds the commits of all workspaces. `workspaces` gives those that are registered now.

    `telemetry` returns the agent whose telemetry shows activity in a workspace at a time, or "". `verdicts` returns
    what the workflow rules say of commits that are about to be recorded; that is recorded with them.
    """

    def __init__(
        self,
        recorder: Recorder,
        workspaces: Callable[[], Sequence[Workspace]],
        agents: AgentTable,
        spool: Path,
        *,
        telemetry: Callable[[str, float], str] | None = None,
        verdicts: Callable[[Workspace, Sequence[Fact]], Awaitable[list[Fact]]] | None = None,
    ) -> None:
        self._recorder = recorder
        self._workspaces = workspaces
        self._agents = agents
        self._spool = spool
        self._git = ThreadPoolExecutor(max_workers=2, thread_name_prefix="git")
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._hearing = HookReports(workspaces, agents, spool, self._run)
        self._counted: set[tuple[str, str]] = set()
        self._telemetry = telemetry or (lambda workspace, at: "")
        self._verdicts = verdicts

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
                await self._recorder.record([await self._run(_first_cursor, where, found, parent, parent is None)])

    async def report(self, reports: Sequence[Report]) -> list[ReportOutcome]:
        """Takes reports, oldest first; returns when all that follows from them is durable."""
        spoken = self._hearing.hear(reports)
        for workspace in {one.name: one for one in spoken if one}.values():
            own = [report for of, report in zip(spoken, reports, strict=True) if of is workspace]
            commits = [report for report in own if report.hook not in (PROBE, PREPARE)]
            if commits:
                async with self._locks[workspace.name]:
                    await self._look(workspace, commits)
        outcomes = [await self._outcome(one, report) for one, report in zip(spoken, reports, strict=True)]
        await self._recorder.record([_taken(*each) for each in zip(spoken, reports, outcomes, strict=True)])
        return outcomes

    async def stop(self) -> None:
        """Ends what runs in the threads: what was not recorded is found again at the next start."""
        program.kill_all()
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
        await self._hearing.await_rebase(where)
        cursor = await self._cursor(workspace, where)
        seen = await self._run(look, where, cursor, time.time())
        found = seen.found if seen.log else await self._unlogged(workspace, where, reports, seen.found)
        unknown = await self._unknown(workspace, found)
        before = await self._before(workspace, unknown)
        made = [(item.before, item.commit_id) for item in unknown if isinstance(item, Made)]
        amends = (item for item in unknown if isinstance(item, Rewritten) and item.operation == "amend")
        made += [(item.old_id, item.new_id) for item in amends]
        process = await self._hearing.listen(workspace, where, made)
        context = Context(
            workspace=workspace.name,
            layout=where,
            agents=self._agents,
            since=cursor.at,
            now=time.time(),
            reports=lambda commit_id: self._hearing.of(workspace, commit_id),
            process=process,
            telemetry=self._telemetry,
            before=before,
        )
        facts: list[Fact] = await self._run(describe, context, unknown, FRESH_SECONDS) if unknown else []
        if facts and self._verdicts is not None:
            facts += await self._verdicts(workspace, facts)
        await self._record(workspace, facts, seen, cursor)

    async def _record(self, workspace: Workspace, facts: list[Fact], seen: Look, before: ReflogRead) -> None:
        if replace(seen.cursor, at=before.at) != before:
            facts.append(seen.cursor)
        for fact in await self._recorder.record(facts):
            if isinstance(fact, (CommitMade, CommitRewritten)):
                commit_id = fact.commit_id if isinstance(fact, CommitMade) else fact.new_id
                if self._hearing.of(workspace, commit_id):
                    self._counted.add((workspace.name, commit_id))

    async def _cursor(self, workspace: Workspace, where: Layout) -> ReflogRead:
        cursors = await self._recorder.query(lambda ledger: ledger.reflog_cursors(workspace.name))
        known = cursors.get(os.fspath(where.head_log))
        if known is not None:
            return known
        return await self._run(_first_cursor, where, workspace, self._parent(workspace))

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
        await self._hearing.hear_spool()
        told = [report for report in reports if report.hook != PREPARE]
        heard = [one for report in told for one in self._hearing.of(workspace, report.commit_id)]
        return await self._run(from_reports, where, [*heard, *(r for r in told if not r.commit_id)], moved)

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
        if report.hook in (PROBE, PREPARE) or not report.commit_id or await self._is_known(workspace, report.commit_id):
            return ReportOutcome("known")
        error = await self._run(_check_commit, workspace.path, report.commit_id)
        return ReportOutcome("refused", error.reason, error.message, error.hint) if error else ReportOutcome("known")

    async def _is_known(self, workspace: Workspace, commit_id: str) -> bool:
        return await self._recorder.query(lambda ledger: ledger.has_commit(workspace.name, commit_id))

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
        return await asyncio.get_running_loop().run_in_executor(self._git, fn, *arguments)


def _first_cursor(where: Layout, workspace: Workspace, parent: Workspace | None, at_end: bool = False) -> ReflogRead:
    """The cursor of a log that was never read: at its end when the workspace is added now, else where it was added."""
    if at_end:
        return first_cursor(where, reflog.end_of(where.head_log, workspace.name, time.time()))
    since = (parent or workspace).added_at
    return reflog.since(where.head_log, workspace.name, since, min(since, time.time()))


def _check_commit(path: str, commit_id: str) -> ObsdError | None:
    """Why a commit that nobody knows cannot be meant; None when the repository has it (it was fetched, say)."""
    where = layout.find(path)
    try:
        if where is not None and Repository(where).commit(commit_id) is not None:
            return None
    except ObsdError as error:
        return error
    return NotFound(
        "unknown_commit",
        f"the repository has no commit {commit_id}",
        "`git log` there shows the commits that it has",
    )


def _taken(workspace: Workspace | None, report: Report, outcome: ReportOutcome) -> HookReported:
    return HookReported(
        at=time.time(), workspace=workspace.name if workspace else "", result=outcome.result, hook=report.hook
    )
