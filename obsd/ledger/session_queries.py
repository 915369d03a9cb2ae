"""One session in detail: its files with their authors, and its time line.

Owns the statements; they read the record of changes between the session's first and last. Ledger thread only.
"""

from __future__ import annotations

import sqlite3
from typing import Any, Final

from obsd.analysis.day import Lane
from obsd.facts import UNKNOWN_AGENT
from obsd.ledger.codec import loaded, milliseconds
from obsd.ledger.positions import first_change_at
from obsd.ledger.rows import FileRow, SessionRow, Share

MOST_FILES: Final = 500
_MOST_SLOTS: Final = 120
_SLOTS_SECONDS: Final = (5, 15, 60, 300, 900, 3600)
_RANGE: Final = (
    "c.seq >= :first AND c.seq < :past AND c.at BETWEEN :begin AND :end"
    " AND c.workspace = (SELECT id FROM workspaces WHERE name = :workspace)"
)


def slot_seconds(session: SessionRow) -> int:
    """Returns the length of the slots of a session's time line."""
    length = session.last_at - session.started_at
    return next((each for each in _SLOTS_SECONDS if length / each <= _MOST_SLOTS), _SLOTS_SECONDS[-1])


class SessionReader:
    """Reads from one connection. Raises sqlite3.Error."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def files(self, session: SessionRow) -> list[FileRow]:
        """Returns the files that were changed most, each with what its authors wrote, the most changed first."""
        found: dict[str, list[Share]] = {}
        rows = self._connection.execute(
            "SELECT p.path, a.agent, COUNT(*), COALESCE(SUM(c.added), 0), COALESCE(SUM(c.removed), 0) FROM changes c"  # noqa: S608
            f" JOIN paths p ON p.id = c.path LEFT JOIN authors a ON a.id = c.author WHERE {_RANGE} GROUP BY 1, 2",
            self._range(session),
        )
        for path, agent, *sums in rows:
            found.setdefault(loaded(path), []).append(Share(loaded(agent or UNKNOWN_AGENT), *sums))
        files = [FileRow(path, tuple(sorted(authors, key=_most))) for path, authors in found.items()]
        return sorted(files, key=lambda one: (-one.lines_added - one.lines_removed, -one.changes, one.path))[
            :MOST_FILES
        ]

    def lane(self, session: SessionRow) -> Lane:
        """Returns the time line of a session."""
        lane, seconds = Lane(session.workspace), slot_seconds(session)
        rows = self._connection.execute(
            "SELECT c.at / :slot, a.agent, COUNT(*), COALESCE(SUM(added), 0) + COALESCE(SUM(removed), 0) FROM changes c"  # noqa: S608
            f" LEFT JOIN authors a ON a.id = c.author WHERE {_RANGE} GROUP BY 1, 2",
            {"slot": seconds * 1000, **self._range(session)},
        )
        for number, agent, changes, lines in rows:
            slot, author = lane.slot(number, seconds), loaded(agent or UNKNOWN_AGENT)
            slot.changes += changes
            slot.lines += lines
            slot.authors[author] = slot.authors.get(author, 0) + changes
        return lane

    def _range(self, session: SessionRow) -> dict[str, Any]:
        begin, end = milliseconds(session.started_at), milliseconds(session.last_at)
        return {
            "first": first_change_at(self._connection, begin),
            "past": first_change_at(self._connection, end + 1),
            "begin": begin,
            "end": end,
            "workspace": session.workspace,
        }


def _most(share: Share) -> tuple[int, int, str]:
    return -share.lines_added - share.lines_removed, -share.changes, share.author
