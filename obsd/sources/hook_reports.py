"""Reports from git hooks, and waiting for one that is late: the reflog often shows a commit before its report comes.

Owns the reports that were received over the API and from the spool's files, and whether a workspace's hooks report at
all. On the event loop; the spool and /proc are read in the threads of `run`, the repository in a reader.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

from obsd.facts import HookReported
from obsd.git import hook_install
from obsd.git.hook_report import PROBE, Report, ReportOutcome
from obsd.git.hook_report_index import FreshFiles, HookReportIndex
from obsd.git.layout import Layout, log_age_seconds, rebase_runs
from obsd.readers.pool import Git
from obsd.text import printable
from obsd.workspaces.workspace import Workspace

FRESH_SECONDS = 10.0
"""How long after a commit was made the processes above its hook are looked at, and a report of it is waited for."""

REPORT_WAIT_SECONDS = 1.0
"""How long a commit that was found by its log waits for its hook's report, where hooks report."""

ELSEWHERE_WAIT_SECONDS = 8.0
"""The same where they may report from a container or another machine: no spool shows at once what is on its way."""

_POLL_SECONDS = 0.015
_REBASE_POLL_SECONDS = 0.2
_REBASE_WAIT_SECONDS = 5.0
_HOOKS_TTL_SECONDS = 30.0
_NO_HOOKS_TTL_SECONDS = 2.0


class Run(Protocol):
    """Calls a function in a worker thread."""

    def __call__(self, fn: Callable[..., Any], *arguments: Any) -> Awaitable[Any]: ...


class HookReports:
    """Reports of the workspaces that `workspaces` gives, from calls of `receive` and from the files in `spool`."""

    def __init__(self, workspaces: Callable[[], Sequence[Workspace]], spool: Path, run: Run, git: Git) -> None:
        self._workspaces = workspaces
        self._run = run
        self._git = git
        self._index = HookReportIndex()
        self._files = FreshFiles(spool)
        self._reading = asyncio.Lock()
        self._hooks: dict[str, tuple[float, bool]] = {}
        self.wait_seconds = REPORT_WAIT_SECONDS
        self.on_unknown: list[Callable[[str], None]] = []
        """Called with the working tree of each report of a repository that is no workspace."""

    def receive(self, reports: Iterable[Report]) -> list[Workspace | None]:
        """Takes reports; returns the workspace that each is of, None for a repository that is none."""
        places = {os.path.normpath(one.path): one for one in self._workspaces()}
        owned = [(places.get(os.path.normpath(report.worktree)), report) for report in reports]
        for worktree in {report.worktree for workspace, report in owned if workspace is None and report.hook != PROBE}:
            for listener in self.on_unknown:
                listener(worktree)
        self._index.add((workspace.path, report) for workspace, report in owned if workspace)
        return [workspace for workspace, _ in owned]

    def of(self, workspace: Workspace, commit_id: str) -> tuple[Report, ...]:
        """All reports of a commit, oldest first."""
        return self._index.of(workspace.path, commit_id)

    def follow(self, workspace: Workspace, moves: Iterable[tuple[str, str]]) -> None:
        """Combines what was reported before commits with them: `moves` are HEAD's ids before and after."""
        for before, commit_id in moves:
            self._index.follow(workspace.path, before, commit_id)

    def finish(self, workspace: Workspace, commit_id: str) -> bool:
        """All that follows from the reports of a commit is recorded; returns whether there are any."""
        return self._index.finish(workspace.path, commit_id)

    def forget(self, workspace: Workspace) -> None:
        """The workspace is none any more."""
        self._index.forget(workspace.path)
        self._hooks.pop(workspace.path, None)

    async def receive_spool(self) -> None:
        """Takes the reports in the spool; they stay there for their reporter."""
        async with self._reading:
            self.receive(await self._run(self._files.read))

    async def await_reports(self, workspace: Workspace, where: Layout, moves: Sequence[tuple[str, str]]) -> None:
        """Returns when there is a report of each commit that HEAD moved to, or none can be expected."""
        if self._all_reported(workspace, moves):
            return
        await self.receive_spool()
        if self._all_reported(workspace, moves):
            return
        # The entries' own times are the committer's, who may set them.
        if await self._git.run(workspace.path, log_age_seconds, where) > FRESH_SECONDS:
            return
        end = time.monotonic() + self.wait_seconds
        while time.monotonic() < end and await self._hooks_report(workspace):
            await asyncio.sleep(_POLL_SECONDS)
            await self.receive_spool()
            if self._all_reported(workspace, moves):
                return

    async def await_rebase(self, workspace: Workspace, where: Layout) -> None:
        """Returns when no rebase runs by itself, or it takes long: its log is read once, not at each of its picks."""
        end = time.monotonic() + _REBASE_WAIT_SECONDS
        while await self._git.run(workspace.path, rebase_runs, where):
            if time.monotonic() > end:
                return
            await asyncio.sleep(_REBASE_POLL_SECONDS)

    def _all_reported(self, workspace: Workspace, moves: Sequence[tuple[str, str]]) -> bool:
        self.follow(workspace, moves)
        return all(self.of(workspace, commit_id) for _, commit_id in moves)

    async def _hooks_report(self, workspace: Workspace) -> bool:
        """Whether hooks are installed, as seen some seconds ago at most."""
        known = self._hooks.get(workspace.path)
        if known is None or time.monotonic() > known[0]:
            installed = (
                await self._git.run(workspace.path, hook_install.state, Path(workspace.path))
            ).state == "installed"
            ttl = _HOOKS_TTL_SECONDS if installed else _NO_HOOKS_TTL_SECONDS
            known = (time.monotonic() + ttl, installed)
            self._hooks[workspace.path] = known
        return known[1]


def taken(workspace: Workspace | None, report: Report, outcome: ReportOutcome) -> HookReported:
    """The fact of a report that was taken."""
    return HookReported(
        at=time.time(), workspace=workspace.name if workspace else "", result=outcome.result, hook=report.hook
    )


def of_nobody(report: Report) -> ReportOutcome:
    """The outcome of a report of a repository that is no workspace."""
    return ReportOutcome(
        "refused",
        "unknown_repository",
        f"no workspace is the repository {printable(report.worktree)}",
        "`obsctl workspaces` lists them; `obsctl add-workspace PATH` adds one",
    )
