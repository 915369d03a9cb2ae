"""Queries for who wrote what, from the record of changes, and for changes that still wait for their author.

Owns the statements that read authors. Ledger thread only.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator

from obsd.authorship.evidence import Change
from obsd.authorship.evidence_memory import MEMORY_SECONDS
from obsd.authorship.facts import WriteRecorded
from obsd.ledger.codec import OPERATION_WORDS, loaded, milliseconds
from obsd.ledger.positions import first_change_at
from obsd.ledger.rows import SessionRow, Share


class AuthorshipReader:
    """Reads from one connection. Raises sqlite3.Error."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def next_change(self) -> int:
        """Returns the number of the next change. Numbers only rise: a number deleted by retention is not used again."""
        newest = self._connection.execute("SELECT COALESCE(MAX(seq), 0) FROM changes").fetchone()[0]
        gone = self._connection.execute("SELECT value FROM meta WHERE key = 'newest_change'").fetchone()
        return max(int(newest), int(gone[0]) if gone else 0) + 1

    def waiting_changes(self) -> Iterator[Change]:
        """Yields the changes without an author, in the order of their numbers."""
        rows = self._connection.execute(
            "SELECT c.seq, c.at, w.name, p.path, operation, added, removed, q.path FROM changes c"
            " JOIN workspaces w ON w.id = c.workspace JOIN paths p ON p.id = c.path"
            " LEFT JOIN paths q ON q.id = c.previous WHERE c.author IS NULL ORDER BY c.seq"
        )
        for number, at, workspace, path, operation, added, removed, previous in rows:
            yield Change(
                number=number,
                at=at / 1000,
                workspace=workspace,
                path=loaded(path),
                operation=OPERATION_WORDS[operation],
                lines_added=added,
                lines_removed=removed,
                previous_path="" if previous is None else loaded(previous),
            )

    def recent_claims(self) -> Iterator[WriteRecorded]:
        """Yields what agents' records read last claim, without what an attributed change has used up."""
        rows = self._connection.execute(
            "SELECT e.at, w.name, fields FROM events e JOIN workspaces w ON w.id = e.workspace"
            " WHERE kind = ? AND e.at > (SELECT MAX(at) FROM events) - ? ORDER BY e.seq",
            (WriteRecorded.__name__, MEMORY_SECONDS),
        )
        claims = [WriteRecorded(at, workspace, **json.loads(text)) for at, workspace, text in rows]
        used = self._attributed_since(min(claim.ended_at for claim in claims)) if claims else {}
        for claim in claims:
            if claim.ended_at > used.get((claim.workspace, claim.path), 0.0):
                yield claim

    def _attributed_since(self, at: float) -> dict[tuple[str, str], float]:
        """Returns the last attributed change of each file from a time on."""
        rows = self._connection.execute(
            "SELECT w.name, p.path, MAX(c.at) FROM changes c JOIN workspaces w ON w.id = c.workspace"
            " JOIN paths p ON p.id = c.path WHERE c.seq >= ? AND c.author IS NOT NULL GROUP BY w.name, p.path",
            (first_change_at(self._connection, milliseconds(at)),),
        )
        return {(workspace, loaded(path)): at_ms / 1000 for workspace, path, at_ms in rows}

    def shares(self, session: SessionRow) -> tuple[Share, ...]:
        """Returns what each author wrote in a session, the author of most changes first."""
        begin, end = milliseconds(session.started_at), milliseconds(session.last_at)
        rows = self._connection.execute(
            "SELECT a.agent, COUNT(*), COALESCE(SUM(c.added), 0), COALESCE(SUM(c.removed), 0) FROM changes c"
            " JOIN authors a ON a.id = c.author WHERE c.seq >= :first AND c.seq < :past"
            " AND c.workspace = (SELECT id FROM workspaces WHERE name = :workspace) AND c.at BETWEEN :begin AND :end"
            " GROUP BY a.agent ORDER BY 2 DESC, 1",
            {
                "first": first_change_at(self._connection, begin),
                "past": first_change_at(self._connection, end + 1),
                "workspace": session.workspace,
                "begin": begin,
                "end": end,
            },
        )
        return tuple(Share(loaded(agent), *numbers) for agent, *numbers in rows)
