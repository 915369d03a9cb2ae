"""What hooks said, by the commit that they said it of: the join of reports with what the reflog has.

Owns the reports that were heard, over the API or from the spool, until they are old; bounded. On the event loop; the
spool is read by its caller in a worker thread (`Spool.fresh`).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path

from obsd.git import spool
from obsd.git.hook_report import PREPARE, Report

MAX_REPORTS = 20_000


class HookReportIndex:
    """Reports by worktree and commit."""

    def __init__(self) -> None:
        self._by_commit: OrderedDict[tuple[str, str], dict[str, Report]] = OrderedDict()
        self._prepared: OrderedDict[tuple[str, str], Report] = OrderedDict()

    def hear(self, reports: Iterable[tuple[str, Report]]) -> None:
        """Takes reports, each with the path of the workspace that it is of; the same report twice is one."""
        for folder, report in reports:
            if report.hook == PREPARE:
                self._prepared[folder, report.commit_id] = report
                self._prepared.move_to_end((folder, report.commit_id))
            elif report.commit_id:
                self._by_commit.setdefault((folder, report.commit_id), {})[report.id or report.hook] = report
        for kept in (self._by_commit, self._prepared):
            while len(kept) > MAX_REPORTS:
                kept.popitem(last=False)

    def follow(self, folder: str, before: str, commit_id: str) -> None:
        """HEAD went from one commit to another: what was reported before that is said of the new one."""
        prepared = self._prepared.pop((folder, before), None)
        if prepared is not None:
            self._by_commit.setdefault((folder, commit_id), {})[prepared.id or prepared.hook] = prepared

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
