"""What hooks said, by the commit that they said it of: the join of reports with what the reflog has.

Owns the reports that were heard, over the API or from the spool, until they are old; bounded. On the event loop; the
spool is read by its caller in a worker thread (`Spool.fresh`).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path

from obsd.git import spool
from obsd.git.hook_report import Report

MAX_REPORTS = 20_000


class HookReportIndex:
    """Reports by worktree and commit."""

    def __init__(self) -> None:
        self._by_commit: OrderedDict[tuple[str, str], dict[str, Report]] = OrderedDict()

    def hear(self, reports: Iterable[tuple[str, Report]]) -> None:
        """Takes reports, each with the path of the workspace that it is of; the same report twice is one."""
        for folder, report in reports:
            if report.commit_id:
                self._by_commit.setdefault((folder, report.commit_id), {})[report.id or report.hook] = report
        while len(self._by_commit) > MAX_REPORTS:
            self._by_commit.popitem(last=False)

    def of(self, folder: str, commit_id: str) -> tuple[Report, ...]:
        """All that was heard of a commit, oldest first."""
        return tuple(self._by_commit.get((folder, commit_id), {}).values())


class FreshFiles:
    """Reads of the spool what it has not read before: a look may come before the report over the API does."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: frozenset[tuple[str, int]] = frozenset()

    def read(self) -> list[Report]:
        """The complete reports that are new since the last read. Blocking; one thread at a time."""
        reports, self._known = spool.read_new(self._folder, self._known)
        return reports
