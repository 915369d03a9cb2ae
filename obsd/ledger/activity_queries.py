"""Queries for who was at work when, and who wrote which file, for the views of the page.

Owns its statements, each of which reads a bounded part of the record. Ledger thread only.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from obsd.analysis.report import HOUR_SECONDS
from obsd.facts import UNKNOWN_AGENT, is_agent
from obsd.ledger.codec import loaded, milliseconds
from obsd.ledger.positions import first_change_at

MAX_CHANGES: Final = 20_000
"""The newest of a time; what is left out is said."""

_MONTH_HOURS: Final = 30 * 24


@dataclass(frozen=True, slots=True)
class HourRow:
    """What an author did in an hour (since 1970)."""

    hour: int
    author: str
    changes: int
    lines_added: int
    lines_removed: int


@dataclass(frozen=True, slots=True)
class FileRow:
    """What an author did to a file; lines of changes that could not be measured are not in it."""

    workspace: str
    path: str
    author: str
    changes: int
    lines_added: int
    lines_removed: int
    last_at: float


class ActivityReader:
    """Reads from one connection. Raises sqlite3.Error."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def authors(self) -> list[str]:
        """Returns the agents that wrote in the last thirty days of the record, by id."""
        rows = self._connection.execute(
            "SELECT DISTINCT agent FROM author_hours WHERE hour > (SELECT MAX(hour) FROM author_hours) - ?",
            (_MONTH_HOURS,),
        )
        return sorted(agent for (value,) in rows if is_agent(agent := loaded(value)))

    def hours(self, since: float, until: float, workspace: str = "") -> Iterator[HourRow]:
        """Yields the hours that begin from `since` to before `until`, in the order of time."""
        rows = self._connection.execute(
            "SELECT hour, agent, SUM(changes), SUM(added), SUM(removed) FROM author_hours"
            " WHERE hour >= :first AND hour < :past"
            " AND (:workspace = '' OR workspace = (SELECT id FROM workspaces WHERE name = :workspace))"
            " GROUP BY 1, 2 HAVING SUM(changes) > 0 ORDER BY hour, agent",
            {
                "first": math.ceil(since / HOUR_SECONDS),
                "past": math.ceil(until / HOUR_SECONDS),
                "workspace": workspace,
            },
        )
        for hour, agent, *sums in rows:
            yield HourRow(hour, loaded(agent), *sums)

    def files(
        self, since: float, until: float, workspace: str = "", most: int = MAX_CHANGES
    ) -> tuple[list[FileRow], bool]:
        """Returns who wrote which file from `since` to before `until`; whether only the newest changes were read."""
        first = first_change_at(self._connection, milliseconds(since))
        past = first_change_at(self._connection, milliseconds(until))
        whole = past - first <= most
        rows = self._connection.execute(
            "SELECT w.name, p.path, a.agent, COUNT(*), COALESCE(SUM(c.added), 0), COALESCE(SUM(c.removed), 0),"
            " MAX(c.at)"
            " FROM changes c JOIN workspaces w ON w.id = c.workspace JOIN paths p ON p.id = c.path"
            " LEFT JOIN authors a ON a.id = c.author WHERE c.seq >= :first AND c.seq < :past"
            " AND (:workspace = '' OR w.name = :workspace) GROUP BY c.workspace, c.path, a.agent",
            {"first": first if whole else past - most, "past": past, "workspace": workspace},
        )
        return [_file_row(row) for row in rows], not whole


def _file_row(row: tuple[Any, ...]) -> FileRow:
    name, path, agent, changes, added, removed, at = row
    return FileRow(
        name, loaded(path), UNKNOWN_AGENT if agent is None else loaded(agent), changes, added, removed, at / 1000
    )
