"""Answers which commits workflow rules have still to be held against.

Owns the statements; the place of a commit in the record is its number there. Ledger thread only.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from obsd.ledger.codec import stored_id
from obsd.ledger.reading import COMMIT_COLUMNS, commit_row
from obsd.ledger.rows import CommitRow

_FROM = "FROM commits c JOIN workspaces w ON w.id = c.workspace WHERE w.name = ?"


def commits_after(
    connection: sqlite3.Connection, workspace: str, place: int, limit: int
) -> tuple[list[CommitRow], int]:
    """The last `limit` commits recorded after a place, oldest first, and the place of the last of all."""
    rows = connection.execute(
        f"SELECT c.seq, {COMMIT_COLUMNS} {_FROM} AND c.seq > ? ORDER BY c.seq DESC LIMIT ?",
        (workspace, place, limit),
    ).fetchall()
    return [commit_row(row[1:]) for row in reversed(rows)], rows[0][0] if rows else place


def amended(connection: sqlite3.Connection, workspace: str, new_ids: Iterable[str]) -> list[CommitRow]:
    """The commits that now have these ids, as they were first recorded."""
    statement = f"SELECT {COMMIT_COLUMNS} {_FROM} AND rewritten_as = ?"
    found = (connection.execute(statement, (workspace, stored_id(new_id))).fetchone() for new_id in new_ids)
    return [commit_row(row) for row in found if row is not None]
