"""Which workspace a report is of whose working tree is none here: a container has the folder at another path.

Owns the search for its commit in the logs of HEAD of the workspaces. The one that has it is meant; where none or
several have it, the report stays as it came, and is refused. On the event loop; the logs are read in readers.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from obsd.api.daemon_protocol import DaemonPort
from obsd.errors import ObsdError
from obsd.git.hook_report import Report
from obsd.git.logged import logged
from obsd.sources.hook_reports import ELSEWHERE_WAIT_SECONDS

MAX_SOUGHT: Final = 100
"""Commits that are looked for at a time."""


class ReportPlaces:
    """Finds them among the workspaces of one daemon."""

    def __init__(self, daemon: DaemonPort) -> None:
        self._daemon = daemon

    async def placed(self, reports: Sequence[Report]) -> list[Report]:
        """The reports, each with a workspace's path if one is meant.

        Pids of another place are none here, and names of processes remain.
        """
        known = {os.path.normpath(workspace.path) for workspace in self._daemon.registry.list()}
        elsewhere = [one for one in reports if os.path.normpath(one.worktree) not in known and one.commit_id]
        sought = list(dict.fromkeys(one.commit_id for one in elsewhere))[:MAX_SOUGHT]
        found = await self._having(sought) if sought else {}
        if found:
            self._daemon.commits.reports.wait_seconds = ELSEWHERE_WAIT_SECONDS
        return [
            replace(
                report,
                worktree=found[report.commit_id],
                git_dir="",
                ancestors=tuple(replace(process, pid=0) for process in report.ancestors),
            )
            if report in elsewhere and report.commit_id in found
            else report
            for report in reports
        ]

    async def _having(self, sought: Sequence[str]) -> dict[str, str]:
        """The paths of the workspaces that have commits, by commit; without those that several have."""
        having: dict[str, list[str]] = {}
        for workspace in self._daemon.registry.list():
            try:
                own = await self._daemon.git.run(workspace.path, logged, workspace.path, list(sought))
            except ObsdError:
                continue  # it is not known to have any
            for commit_id in own:
                having.setdefault(commit_id, []).append(workspace.path)
        return {commit_id: paths[0] for commit_id, paths in having.items() if len(paths) == 1}
