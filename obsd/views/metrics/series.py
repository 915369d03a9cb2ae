"""Numbers by family, workspace and labels, changed in two steps: staged first, shown when they are durable.

Owns the values that metrics show; knows no metric's name and renders nothing. Event loop only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from obsd.views.state import Labels, StagedSeries

_NONE: Final[Mapping[Labels, float]] = {}


class SeriesStore:
    """The values in force."""

    def __init__(self) -> None:
        self._values: dict[str, dict[str, dict[Labels, float]]] = {}

    def rows(self, family: str, workspace: str) -> Mapping[Labels, float]:
        """A workspace's series of a family, in the order in which they came to be."""
        return self._values.get(family, {}).get(workspace, _NONE)

    def workspaces(self, family: str) -> Iterator[tuple[str, Mapping[Labels, float]]]:
        """Every workspace's series of a family."""
        yield from self._values.get(family, {}).items()

    def put(self, family: str, workspace: str, labels: Labels, value: float) -> None:
        """Put a value in force at once: for restored ones, and for those that no ledger keeps."""
        self._values.setdefault(family, {}).setdefault(workspace, {})[labels] = value

    def touch(self, family: str, workspace: str, labels: Labels) -> None:
        """Have the series exist, at 0."""
        self._values.setdefault(family, {}).setdefault(workspace, {}).setdefault(labels, 0.0)

    def forget(self, workspace: str) -> None:
        """Drop all series of a workspace."""
        for workspaces in self._values.values():
            workspaces.pop(workspace, None)

    def apply(self, removed: set[str], staged: StagedSeries) -> None:
        """Put staged values in force."""
        for workspace in removed:
            self.forget(workspace)
        for family, workspaces in staged.items():
            for workspace, rows in workspaces.items():
                self._apply_rows(family, workspace, rows)

    def _apply_rows(self, family: str, workspace: str, rows: Mapping[Labels, float | None]) -> None:
        values = self._values.setdefault(family, {}).setdefault(workspace, {})
        for labels, value in rows.items():
            if value is None:
                values.pop(labels, None)
            else:
                values[labels] = value


class SeriesStage:
    """New values on top of a store that stays as it is until they are applied."""

    def __init__(self, base: SeriesStore) -> None:
        self._base = base
        self.removed: set[str] = set()
        self.staged: StagedSeries = {}

    def get(self, family: str, workspace: str, labels: Labels) -> float | None:
        """The value as staged so far; None: no such series."""
        rows = self.staged.get(family, {}).get(workspace)
        if rows is not None and labels in rows:
            return rows[labels]
        return self._kept(family, workspace).get(labels)

    def add(self, family: str, workspace: str, labels: Labels, amount: float = 1.0) -> None:
        """Count up."""
        rows = self.staged.setdefault(family, {}).setdefault(workspace, {})
        value = rows[labels] if labels in rows else self._kept(family, workspace).get(labels)
        rows[labels] = (value or 0.0) + amount

    def set(self, family: str, workspace: str, labels: Labels, value: float | None) -> None:
        """Give the series a value; None ends it."""
        self.staged.setdefault(family, {}).setdefault(workspace, {})[labels] = value

    def touch(self, family: str, workspace: str, labels: Labels) -> None:
        """Have the series exist, at 0."""
        if self.get(family, workspace, labels) is None:
            self.set(family, workspace, labels, 0.0)

    def rows(self, family: str, workspace: str) -> dict[Labels, float]:
        """A workspace's series of a family as staged so far: a copy."""
        merged: dict[Labels, float | None] = {**self._kept(family, workspace)}
        merged.update(self.staged.get(family, {}).get(workspace, {}))
        return {labels: value for labels, value in merged.items() if value is not None}

    def remove(self, workspace: str) -> None:
        """End all series of a workspace."""
        self.removed.add(workspace)
        for workspaces in self.staged.values():
            workspaces.pop(workspace, None)

    def _kept(self, family: str, workspace: str) -> Mapping[Labels, float]:
        return _NONE if workspace in self.removed else self._base.rows(family, workspace)
