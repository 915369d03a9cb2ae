"""The index of hook reports by commit, to combine them with the entries of the reflog.

Owns the reports that were received, over the API or from the spool, until they are old; bounded. On the event loop; the
caller reads the spool in a worker thread (`FreshFiles.read`).
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

    def add(self, reports: Iterable[tuple[str, Report]]) -> None:
        """Adds reports, each with the path of its workspace; a report that is there is not added again."""
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
        """Moves reports of `before`, which HEAD has left, to the new commit."""
        prepared = self._prepared.pop((folder, before), None)
        if prepared is not None:
            self._by_commit.setdefault((folder, commit_id), {})[prepared.id or prepared.hook] = prepared

    def of(self, folder: str, commit_id: str) -> tuple[Report, ...]:
        """Returns all reports of a commit, oldest first."""
        return tuple(self._by_commit.get((folder, commit_id), {}).values())


class FreshFiles:
    """Reads new files of the spool: a scan may come before the report over the API."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: frozenset[tuple[str, int]] = frozenset()

    def read(self) -> list[Report]:
        """Returns the complete reports that are new since the last read. Blocking; one thread at a time."""
        reports, self._known = spool.read_new(self._folder, self._known)
        return reports
