"""Limits of unbounded labels: which files, authors and branches get a series of their own.

A value that has a series keeps it, so that no counter ever goes down or moves; a value without one is counted under
`__other__`. Authors and branches get series in the order in which they come. A quarter of the files' series is reserved
for files that turn out to be edited often: the fewer are left, the more edits a file needs to get one. Its earlier
edits stay where they were counted. Owns no state: all of it is in persisted series. Event loop only.
"""

from __future__ import annotations

from typing import Final

from obsd.views.metrics.series import SeriesStage
from obsd.views.state import Labels

OTHER: Final = "__other__"

_RESERVE_FROM_LIMIT: Final = 20
_FIRST_THRESHOLD_EDITS: Final = 8
_CANDIDATES_PER_PLACE: Final = 10


def admit(stage: SeriesStage, members: str, workspace: str, value: str, limit: int) -> str:
    """Returns `value` if it has or gets one of `limit` places in the hidden family `members`, else `__other__`."""
    if stage.get(members, workspace, (value,)) is not None:
        return value
    if len(stage.rows(members, workspace)) >= limit:
        return OTHER
    stage.set(members, workspace, (value,), 1.0)
    return value


class FilePlaces:
    """The places of one workspace's files: series of `family`, and the edits so far of other files (`candidates`)."""

    def __init__(self, stage: SeriesStage, family: str, candidates: str, workspace: str, limit: int) -> None:
        self._stage = stage
        self._family = family
        self._candidates = candidates
        self._workspace = workspace
        self._limit = limit
        self._taken = sum(1 for labels in stage.rows(family, workspace) if labels != (OTHER,))
        self._waiting = len(stage.rows(candidates, workspace))

    def count(self, path: str) -> None:
        """Counts one edit of a file, in its own series or in `__other__`."""
        own: Labels = (path,)
        if self._stage.get(self._family, self._workspace, own) is None and not self._place(own):
            own = (OTHER,)
        self._stage.add(self._family, self._workspace, own)

    def _place(self, file: Labels) -> bool:
        edits = self._stage.get(self._candidates, self._workspace, file)
        if (edits or 0) + 1 >= self._edits_needed():
            self._taken += 1
            if edits is not None:
                self._stage.set(self._candidates, self._workspace, file, None)
                self._waiting -= 1
            return True
        self._wait(file, edits)
        return False

    def _edits_needed(self) -> float:
        reserve = self._limit // 4 if self._limit >= _RESERVE_FROM_LIMIT else 0
        free = self._limit - self._taken
        if free <= 0:
            return float("inf")
        if free > reserve:
            return 1.0
        return _FIRST_THRESHOLD_EDITS * 2 ** (8 * (reserve - free) / reserve)

    def _wait(self, file: Labels, edits: float | None) -> None:
        if self._taken >= self._limit:
            return
        if edits is None:
            if self._waiting >= self._limit * _CANDIDATES_PER_PLACE:
                self._thin_out()
            self._waiting += 1
        self._stage.set(self._candidates, self._workspace, file, (edits or 0) + 1)

    def _thin_out(self) -> None:
        """Halves the edits of every candidate, so that old candidates make room for new ones."""
        for file, edits in self._stage.rows(self._candidates, self._workspace).items():
            half = float(edits // 2)
            self._stage.set(self._candidates, self._workspace, file, half or None)
            self._waiting -= 0 if half else 1
