"""Where a time lies in the record of changes. Ledger thread only."""

from __future__ import annotations

import sqlite3


def first_change_at(connection: sqlite3.Connection, at_ms: int) -> int:
    """The number of the first change at or after a time, in milliseconds: the order of insertion is nearly that of
    time, and no index is needed. Raises sqlite3.Error."""
    # Two questions in one statement: SQLite answers only each for itself from the ends of the table.
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
