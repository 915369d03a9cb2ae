"""The part of reports that says which files were edited most: sums by file of the same hours as all other sums.

Owns the statements that read `file_days`, `file_weeks` and, for days that are not whole, the record of changes. Where
the record of such a day is gone, the day is in it as a whole. Ledger thread only.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Final

from obsd.analysis.report import TOP_FILES, FileShare, Scope, whole_and_rest
from obsd.ledger import week_sums
from obsd.ledger.change_writer import DAY_HOURS, HOUR_MS
from obsd.ledger.codec import loaded
from obsd.ledger.positions import first_change_at
from obsd.ledger.week_sums import WEEK_DAYS

_COLUMNS: Final = "workspace, path, changes, added, removed"
_RECORD: Final = "SELECT workspace, path, 1 AS changes, COALESCE(added, 0) AS added, COALESCE(removed, 0) AS removed"
_SLACK_MS: Final = 900_000
"""By which the order of recorded changes may differ from the order of their times."""


def most_edited(connection: sqlite3.Connection, scope: Scope) -> tuple[list[FileShare], int]:
    """Returns the most edited files, and how many there were. Raises sqlite3.Error."""
    source = " UNION ALL ".join(_pieces(connection, scope))
    rows = connection.execute(
        "SELECT w.name, p.path, f.changes, f.added, f.removed, f.everything FROM (SELECT workspace, path,"  # noqa: S608
        " SUM(changes) AS changes, SUM(added) AS added, SUM(removed) AS removed, COUNT(*) OVER () AS everything"
        f" FROM ({source})"
        " WHERE (:workspace = '' OR workspace = (SELECT id FROM workspaces WHERE name = :workspace))"
        f" GROUP BY workspace, path ORDER BY 3 DESC, 4 + 5 DESC LIMIT {TOP_FILES}) f"
        " JOIN workspaces w ON w.id = f.workspace JOIN paths p ON p.id = f.path",
        {"workspace": scope.workspace},
    ).fetchall()
    files = [FileShare(name, loaded(path), *sums) for name, path, *sums, _ in rows]
    return files, rows[0][-1] if rows else 0


def _pieces(connection: sqlite3.Connection, scope: Scope) -> Iterator[str]:
    """Yields statements for all rows of a scope: weeks and days where they are whole, and the record."""
    (first, last), rest = whole_and_rest(scope.first_hour, scope.last_hour, DAY_HOURS)
    days = set(range(first, last + 1))
    for begin, end in rest:
        if end < begin:
            continue
        if _is_recorded(connection, begin, end):
            yield f"{_RECORD} {_record(connection, begin, end)}"
        else:
            days.update(range(begin // DAY_HOURS, end // DAY_HOURS + 1))
    first, last = min(days, default=0), max(days, default=-1)
    weeks, single = whole_and_rest(first, last, WEEK_DAYS)
    summed = week_sums.summed(connection)
    yield f"SELECT {_COLUMNS} FROM file_weeks WHERE week BETWEEN {weeks[0]:d} AND {min(weeks[1], summed):d}"  # noqa: S608
    unsummed = (max(weeks[0], summed + 1) * WEEK_DAYS, weeks[1] * WEEK_DAYS + WEEK_DAYS - 1)
    for begin, end in (unsummed, *single):
        yield f"SELECT {_COLUMNS} FROM file_days WHERE day BETWEEN {begin:d} AND {end:d}"  # noqa: S608


def _record(connection: sqlite3.Connection, begin: int, end: int) -> str:
    """Returns the record of the hours from `begin` to `end`, as the rest of a statement."""
    since, until = begin * HOUR_MS, (end + 1) * HOUR_MS
    first, past = first_change_at(connection, since - _SLACK_MS), first_change_at(connection, until + _SLACK_MS)
    return f"FROM changes WHERE seq BETWEEN {first:d} AND {past:d} AND at >= {since:d} AND at < {until:d}"


def _is_recorded(connection: sqlite3.Connection, begin: int, end: int) -> bool:
    """Returns whether the record has all changes of some hours."""
    kept = connection.execute(f"SELECT COUNT(*) {_record(connection, begin, end)}").fetchone()[0]
    summed = connection.execute("SELECT COALESCE(SUM(changes), 0) FROM hours WHERE hour BETWEEN ? AND ?", (begin, end))
    return bool(kept == summed.fetchone()[0])
