"""Queries for the time before a workspace was watched.

Owns the statements that read the tables of `history_writer.py`. Ledger thread only.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from obsd.analysis.report import HistoryShare
from obsd.facts.history import PastSession
from obsd.ledger.codec import loaded, loaded_id, stored
from obsd.ledger.rows import CommitRow

SOURCE = "history"
"""The source of a commit that git's log alone has."""


_SCOPE = "(?1 = '' OR w.name = ?1) AND (?2 = '' OR h.agent = ?2)"
_NOT_COUNTED = "NOT EXISTS (SELECT 1 FROM counted c WHERE c.workspace = h.workspace AND c.commit_id = h.commit_id)"


class HistoryReader:
    """Reads from one connection. Raises sqlite3.Error."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def commits(self, workspace: str, limit: int, agent: str, since: float | None) -> list[CommitRow]:
        """Commits that are not counted, the one committed last first."""
        rows = self._connection.execute(
            "SELECT w.name, h.commit_id, author_name, author_email, subject, kind, agent, evidence, committed_at,"  # noqa: S608
            " added, removed, files FROM history_commits h JOIN workspaces w ON w.id = h.workspace"
            f" WHERE {_SCOPE} AND committed_at >= ?3 AND {_NOT_COUNTED}"
            " ORDER BY committed_at DESC, h.commit_id LIMIT ?4",
            (workspace, stored(agent), since or 0.0, limit or -1),
        )
        return [_commit(row) for row in rows]

    def sessions(self, workspace: str, limit: int, since: float | None) -> list[tuple[str, PastSession]]:
        """Agents' sessions with their workspaces, the one that ended last first."""
        rows = self._connection.execute(
            "SELECT w.name, agent, session, first_at, last_at, writes, files, added, removed, model"
            " FROM history_sessions h JOIN workspaces w ON w.id = h.workspace"
            " WHERE (?1 = '' OR w.name = ?1) AND last_at >= ?2 ORDER BY last_at DESC, session LIMIT ?3",
            (workspace, since or 0.0, limit or -1),
        )
        return [(str(name), PastSession(*rest)) for name, *rest in rows]

    def shares(self, workspace: str, agent: str, since: float, until: float) -> list[HistoryShare]:
        """What each agent did in a time, the one with the most commits first."""
        shares: dict[str, HistoryShare] = {}
        scope = (workspace, stored(agent), since, until)
        for name, *sums in self._connection.execute(
            "SELECT agent, COUNT(*), COALESCE(SUM(added), 0), COALESCE(SUM(removed), 0) FROM history_commits h"  # noqa: S608
            f" JOIN workspaces w ON w.id = h.workspace WHERE {_SCOPE} AND committed_at BETWEEN ?3 AND ?4"
            f" AND {_NOT_COUNTED} GROUP BY agent",
            scope,
        ):
            shares[loaded(name)] = HistoryShare(loaded(name), *sums)
        for name, *sums in self._connection.execute(
            "SELECT agent, COUNT(*), SUM(writes) FROM history_sessions h JOIN workspaces w ON w.id = h.workspace"  # noqa: S608
            f" WHERE {_SCOPE} AND last_at BETWEEN ?3 AND ?4 GROUP BY agent",
            scope,
        ):
            share = shares.setdefault(name, HistoryShare(name))
            share.sessions, share.writes = sums
        return sorted(shares.values(), key=lambda share: (-share.commits, share.agent))


def _commit(row: Any) -> CommitRow:
    name, commit_id, *texts = row[:8]
    author_name, author_email, subject, kind, agent, evidence = map(loaded, texts)
    committed_at, added, removed, files = row[8:]
    shown_by: Any = evidence
    return CommitRow(
        workspace=name,
        commit_id=loaded_id(commit_id),
        branch="",
        author_name=author_name,
        author_email=author_email,
        subject=subject,
        kind=kind,
        agent=agent,
        evidence=shown_by,
        lines_added=added,
        lines_removed=removed,
        files_changed=files,
        committed_at=committed_at,
        recorded_at=committed_at,
        source=SOURCE,
    )
