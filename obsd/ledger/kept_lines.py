"""The lines of commits with their authors, file by file, and what of them was kept at the last measurement.

Owns the table `committed_files`. Ledger thread only; what is written is written inside the caller's transaction.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Final, NamedTuple

from obsd.analysis.report import KeptSums, Scope
from obsd.facts import KEPT_DAYS, CommittedFile, LinesCommitted, LinesKept, Written
from obsd.ledger.codec import loaded, loaded_id, stored, stored_id
from obsd.ledger.commit_writer import find

_DAY_SECONDS: Final = 86_400.0
_KIND: Final = LinesKept.__name__

OLD: Final = "DELETE FROM committed_files WHERE commit_seq NOT IN (SELECT seq FROM commits WHERE committed_at >= ?)"
"""Deletes the lines of commits that were made before a time in Unix seconds, or are gone."""
KEPT_SECONDS: Final = (max(KEPT_DAYS) + 2) * _DAY_SECONDS


class Cohort(NamedTuple):
    """A file of a commit that was made in the time that is asked for."""

    commit_id: str
    file: CommittedFile


class KeptReader:
    """Reads from one connection. Raises sqlite3.Error."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def last(self, workspace: str) -> LinesKept | None:
        """Returns the last measurement of a workspace."""
        row = self._connection.execute(
            "SELECT e.at, fields FROM events e JOIN workspaces w ON w.id = e.workspace"
            " WHERE kind = ? AND w.name = ? ORDER BY e.seq DESC LIMIT 1",
            (_KIND, workspace),
        ).fetchone()
        return None if row is None else _fact(row[0], workspace, row[1])

    def cohort(self, workspace: str, since: float, until: float, limit: int) -> list[Cohort]:
        """Returns files of the commits of a workspace that were made between two times, the newest commits first."""
        rows = self._connection.execute(
            "SELECT c.commit_id, f.path, f.content_id, f.lines FROM commits c JOIN workspaces w ON w.id = c.workspace"
            " JOIN committed_files f ON f.commit_seq = c.seq"
            " WHERE w.name = ? AND c.committed_at >= ? AND c.committed_at < ? ORDER BY c.seq DESC, f.path LIMIT ?",
            (workspace, since, until, limit),
        )
        return [
            Cohort(loaded_id(commit_id), CommittedFile(loaded(path), loaded_id(content_id), _lines(lines)))
            for commit_id, path, content_id, lines in rows
        ]


def of_scope(connection: sqlite3.Connection, scope: Scope) -> list[KeptSums]:
    """The last measurements of the workspaces of a report, added up. Raises sqlite3.Error."""
    rows = connection.execute(
        "SELECT e.at, w.name, e.fields FROM events e JOIN workspaces w ON w.id = e.workspace WHERE e.seq IN"
        " (SELECT MAX(seq) FROM events WHERE kind = :kind AND at <= :until GROUP BY workspace)"
        " AND w.present AND (:workspace = '' OR w.name = :workspace)",
        {"kind": _KIND, "until": scope.until, "workspace": scope.workspace},
    )
    sums: dict[tuple[int, str], KeptSums] = {}
    for at, name, fields in rows:
        for days, agent, committed, kept in _fact(at, name, fields).lines:
            one = sums.setdefault((days, agent), KeptSums(agent, days))
            one.committed += committed
            one.kept += kept
    return [one for one in sums.values() if one.committed]


def write(connection: sqlite3.Connection, workspace: int, fact: LinesCommitted) -> None:
    """Writes the lines of a commit, in place of those that it had. Raises sqlite3.Error."""
    seq = find(connection, workspace, fact.commit_id)
    connection.execute("DELETE FROM committed_files WHERE commit_seq = ?", (seq,))
    if seq is not None:
        connection.executemany(
            "INSERT OR REPLACE INTO committed_files VALUES (?, ?, ?, ?)",
            [(seq, stored(file.path), stored_id(file.content_id), json.dumps(file.lines)) for file in fact.files],
        )


def _fact(at: float, workspace: str, fields: str) -> LinesKept:
    lines = tuple((days, agent, of, kept) for days, agent, of, kept in json.loads(fields)["lines"])
    return LinesKept(at, workspace, lines)


def _lines(text: str) -> tuple[Written, ...]:
    return tuple(Written(start, lines, agent) for start, lines, agent in json.loads(text))
