"""The index of hook reports by commit, to combine them with the entries of the reflog.

Owns the reports that were received, over the API or from the spool: many of commits that are not recorded yet, and few
of those that are, for what is said of them later. On the event loop; the caller reads the spool in a worker thread
(`FreshFiles.read`).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

from obsd.git import spool
from obsd.git.hook_report import PREPARE, Report

T = TypeVar("T")

MAX_REPORTS = 5_000
"""Of commits that are not recorded: their repository cannot be read now, or nobody has reported them over the API."""
MAX_DONE = 300
"""A rewrite that follows is reported within moments."""
MAX_PREPARED = 300

_Key = tuple[str, str]


class HookReportIndex:
    """Reports by worktree and commit."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[_Key, dict[str, Report]] = OrderedDict()
        self._done: OrderedDict[_Key, dict[str, Report]] = OrderedDict()
        self._prepared: OrderedDict[_Key, Report] = OrderedDict()

    def add(self, reports: Iterable[tuple[str, Report]]) -> None:
        """Adds reports, each with the path of its workspace; a report that is there is not added again."""
        for folder, report in reports:
            key = folder, report.commit_id
            if report.hook == PREPARE:
                self._prepared[key] = report
                self._prepared.move_to_end(key)
            elif report.commit_id:
                self._of(key)[report.id or report.hook] = report
        _bound(self._waiting, MAX_REPORTS)
        _bound(self._prepared, MAX_PREPARED)

    def follow(self, folder: str, before: str, commit_id: str) -> None:
        """Moves reports of `before`, which HEAD has left, to the new commit."""
        prepared = self._prepared.pop((folder, before), None)
        if prepared is not None:
            self._of((folder, commit_id))[prepared.id or prepared.hook] = prepared

    def of(self, folder: str, commit_id: str) -> tuple[Report, ...]:
        """Returns all reports of a commit, oldest first."""
        key = folder, commit_id
        return tuple((self._waiting.get(key) or self._done.get(key) or {}).values())

    def finish(self, folder: str, commit_id: str) -> bool:
        """All that follows from the reports of a commit is recorded; returns whether there are any."""
        key = folder, commit_id
        found = self._waiting.pop(key, None)
        if found is not None:
            self._done[key] = found
            _bound(self._done, MAX_DONE)
        return key in self._done

    def forget(self, folder: str) -> None:
        """The workspace at that path is none any more."""
        for kept in (self._waiting, self._done, self._prepared):
            for key in [key for key in kept if key[0] == folder]:
                del kept[key]

    def _of(self, key: _Key) -> dict[str, Report]:
        return self._done[key] if key in self._done else self._waiting.setdefault(key, {})


def _bound(kept: OrderedDict[_Key, T], most: int) -> None:
    while len(kept) > most:
        kept.popitem(last=False)


class FreshFiles:
    """Reads new files of the spool: a scan may come before the report over the API."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: frozenset[tuple[str, int]] = frozenset()

    def read(self) -> list[Report]:
        """Returns the complete reports that are new since the last read. Blocking; one thread at a time."""
        reports, self._known = spool.read_new(self._folder, self._known)
        return reports
