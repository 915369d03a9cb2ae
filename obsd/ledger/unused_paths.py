"""Deletes the paths that nothing names any more, in short steps.

Owns what names a path. The record of changes has no index on paths; it is walked, a part in each step, by numbers of
changes, so that writers are served in between. Ledger thread only, inside the caller's transactions.
"""

from __future__ import annotations

import sqlite3
from typing import Final

STEP_CHANGES: Final = 100_000
DAY_SECONDS: Final = 86_400.0
MANY: Final = 1_000
"""Fewer than so many wait for the day's walk."""
_NAMED: Final = " UNION ".join(
    f"SELECT path FROM {table}"  # noqa: S608 - words of ours
    for table in ("file_days", "file_weeks", "contents", "known_files")
)
_CHANGES: Final = "FROM changes WHERE seq >= :first AND seq < :past"


def look_soon(connection: sqlite3.Connection) -> None:
    """Makes a walk due, because many paths may have lost what named them. Raises sqlite3.Error."""
    connection.execute("DELETE FROM meta WHERE key = 'paths_dropped'")


class UnusedPaths:
    """The walk of one connection: `step` until it returns False. One that ends with an error begins anew."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._walked: int | None = None
        """Number of the change at which the walk goes on."""

    def forget(self) -> None:
        """Begins anew."""
        self._walked = None

    def due(self, now: float) -> int:
        """Returns how many unused paths are worth a walk: any after a day, many after a workspace was removed; 0: it is
        not time for a walk. Raises sqlite3.Error."""
        row = self._connection.execute("SELECT value FROM meta WHERE key = 'paths_dropped'").fetchone()
        if row is None:
            return MANY
        return 0 if abs(now - row[0]) < DAY_SECONDS else 1

    def step(self, now: float, least: int) -> bool:
        """Takes a step towards deleting `least` paths or more; returns whether another is needed. Raises
        sqlite3.Error."""
        more = self._begin(least) if self._walked is None else self._walk(self._walked)
        if more:
            return True
        self._connection.execute("INSERT OR REPLACE INTO meta VALUES ('paths_dropped', ?)", (now,))
        self._walked = None
        return False

    def _walk(self, first: int) -> bool:
        """Takes a part of the record; returns whether there is more of it."""
        past = first + STEP_CHANGES
        newest = self._connection.execute("SELECT COALESCE(MAX(seq), 0) FROM changes").fetchone()[0]
        for column in ("path", "previous"):
            self._connection.execute(
                f"DELETE FROM unused_paths WHERE id IN (SELECT {column} {_CHANGES})",  # noqa: S608 - words of ours
                {"first": first, "past": past},
            )
        if past <= newest:
            self._walked = past
            return True
        # What came since the walk began is in the last part of the record, or among the others.
        self._connection.execute(
            f"DELETE FROM paths WHERE id IN (SELECT id FROM unused_paths) AND id NOT IN ({_NAMED})"  # noqa: S608
        )
        return False

    def _begin(self, least: int) -> bool:
        """Finds what may be unused; returns whether the record has to be walked."""
        self._connection.execute("CREATE TEMP TABLE IF NOT EXISTS unused_paths (id INTEGER PRIMARY KEY)")
        self._connection.execute("DELETE FROM unused_paths")
        self._connection.execute(f"INSERT INTO unused_paths SELECT id FROM paths WHERE id NOT IN ({_NAMED})")  # noqa: S608
        if self._connection.execute("SELECT COUNT(*) FROM unused_paths").fetchone()[0] < least:
            return False
        self._walked = self._connection.execute("SELECT COALESCE(MIN(seq), 0) FROM changes").fetchone()[0]
        return True
