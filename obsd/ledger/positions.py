"""Finds the position of a time in the record of changes, and where the record begins. Ledger thread only."""

from __future__ import annotations

import sqlite3


def first_change_at(connection: sqlite3.Connection, at_ms: int) -> int:
    """Returns the number of the first change at or after a time in milliseconds. Changes are inserted nearly in the
    order of time, so that no index is needed. Raises sqlite3.Error."""
    # Two subqueries: SQLite reads the ends of the table only for a MIN or a MAX that is alone in its query.
    bounds = "SELECT (SELECT COALESCE(MIN(seq), 0) FROM changes), (SELECT COALESCE(MAX(seq), 0) + 1 FROM changes)"
    low, high = connection.execute(bounds).fetchone()
    while low < high:
        middle = (low + high) // 2
        row = connection.execute(
            "SELECT seq, at FROM changes WHERE seq >= ? ORDER BY seq LIMIT 1", (middle,)
        ).fetchone()
        if row is None or row[1] >= at_ms:
            high = middle
        else:
            low = row[0] + 1
    return int(low)


def first_record(connection: sqlite3.Connection) -> float:
    """Returns since when there is anything to report on, in Unix seconds; 0: there is nothing. Raises sqlite3.Error."""
    row = connection.execute(
        "SELECT MIN(at) FROM (SELECT MIN(hour) * 3600.0 AS at FROM hours"
        " UNION ALL SELECT MIN(committed_at) FROM commits UNION ALL SELECT MIN(started_at) FROM sessions)"
    ).fetchone()
    return float(row[0] or 0.0)
