"""Sums of files by week: made of the sums by day when a week is over, so that a change costs no row of its own.

Owns the table `file_weeks` and up to which week it is filled (`weeks_summed` in `meta`). What comes later for such a
week (the clock was set back) is added to it. Ledger thread only, inside the caller's transaction.
"""

from __future__ import annotations

import sqlite3
from typing import Final

WEEK_DAYS: Final = 7
_DAY_SECONDS: Final = 86_400.0
_NONE: Final = -(1 << 40)
"""Before every week."""


def summed(connection: sqlite3.Connection) -> int:
    """Returns the last week that is summed up, in sevens of days since 1970. Raises sqlite3.Error."""
    row = connection.execute("SELECT value FROM meta WHERE key = 'weeks_summed'").fetchone()
    return _NONE if row is None else int(row[0])


def sum_up(connection: sqlite3.Connection, now: float) -> bool:
    """Sums up the oldest week that is over, if it is not yet; returns whether there was one. Raises sqlite3.Error."""
    begin = (summed(connection) + 1) * WEEK_DAYS
    day = connection.execute("SELECT MIN(day) FROM file_days WHERE day >= ?", (begin,)).fetchone()[0]
    if day is None or (day // WEEK_DAYS + 1) * WEEK_DAYS * _DAY_SECONDS > now:
        return False
    week = day // WEEK_DAYS
    connection.execute(
        "INSERT OR REPLACE INTO file_weeks (week, workspace, path, changes, added, removed)"
        " SELECT ?, workspace, path, SUM(changes), SUM(added), SUM(removed) FROM file_days WHERE day BETWEEN ? AND ?"
        " GROUP BY workspace, path",
        (week, week * WEEK_DAYS, week * WEEK_DAYS + WEEK_DAYS - 1),
    )
    note(connection, week)
    return True


def note(connection: sqlite3.Connection, week: int) -> None:
    """Notes that the weeks up to one are summed up. Raises sqlite3.Error."""
    connection.execute("INSERT OR REPLACE INTO meta VALUES ('weeks_summed', ?)", (week,))
