"""Session features for the classifier: the sums of sessions, and the bursts of their changes.

Owns the statements that read them. Only a range of the record is read: the order of insertion replaces an index on
time. Ledger thread only.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from obsd.analysis.classifier import SessionFeatures
from obsd.ledger.codec import milliseconds
from obsd.ledger.positions import first_change_at
from obsd.ledger.rows import SessionRow

BURST_MS: Final = 5000
"""Changes that are no further apart belong to one burst."""
_MOST_CHANGES: Final = 3000
"""Most changes that are read of one session: its start is representative."""


class SessionFeaturesReader:
    """Reads from one connection. Raises sqlite3.Error."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def of(self, sessions: Sequence[SessionRow]) -> list[SessionFeatures]:
        """Returns the features of sessions, in their order."""
        return [self._features(session) for session in sessions]

    def _features(self, session: SessionRow) -> SessionFeatures:
        changes, bursts = self._bursts(session)
        return SessionFeatures(
            seconds=max(0.0, session.last_at - session.started_at),
            changes=session.changes,
            files=session.files,
            lines_added=session.lines_added,
            lines_removed=session.lines_removed,
            # From a part of the changes when there are many: the feature is how many come at a time.
            bursts=round(bursts * session.changes / changes) if changes else 0,
            first_commit_seconds=session.first_commit_seconds,
        )

    def _bursts(self, session: SessionRow) -> tuple[int, int]:
        """Returns the number of changes read, and the number of their bursts."""
        begin, end = milliseconds(session.started_at), milliseconds(session.last_at)
        rows = self._connection.execute(
            "SELECT at FROM changes WHERE seq >= :first AND seq < :past AND at BETWEEN :begin AND :end"  # noqa: S608
            " AND workspace = (SELECT id FROM workspaces WHERE name = :workspace)"
            f" ORDER BY seq LIMIT {_MOST_CHANGES}",
            {
                "first": first_change_at(self._connection, begin),
                "past": first_change_at(self._connection, end + 1),
                "workspace": session.workspace,
                "begin": begin,
                "end": end,
            },
        )
        times = sorted(at for (at,) in rows)
        gaps = sum(later - earlier > BURST_MS for earlier, later in pairwise(times))
        return len(times), gaps + 1 if times else 0
