"""Lines that changes took away: those that wait for their authors, and the sums of the others.

Owns the tables `replaced` and `replaced_hours`, and when changes were committed. Ledger thread only; what is written is
written inside the caller's transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from obsd.analysis.report import Scope
from obsd.facts import Fact, LinesCommitted, LinesReplaced
from obsd.ledger import editor_lines, kept_lines
from obsd.ledger.change_writer import HOUR_MS
from obsd.ledger.codec import loaded, milliseconds, stored, stored_id
from obsd.ledger.interning import Names
from obsd.ledger.origin_queries import FAMILY

EXPIRING: Final = "DELETE FROM replaced WHERE change < (SELECT COALESCE(MIN(seq), 0) FROM changes)"
"""Deletes what nobody can say anything of any more."""

_WAITING: Final = (
    "SELECT r.change, n.at, ta.agent, r.lines, o.seq IS NOT NULL, oa.agent,"
    " CASE WHEN r.origin <= COALESCE((SELECT value FROM meta WHERE key = 'replaced_since'), 0) THEN 0"
    " ELSE o.committed END, oa.evidence"
    " FROM changes n JOIN replaced r ON r.change = n.seq LEFT JOIN authors ta ON ta.id = n.author"
    " LEFT JOIN changes o ON o.seq = r.origin LEFT JOIN authors oa ON oa.id = o.author"
    " WHERE n.seq IN (SELECT DISTINCT change FROM replaced JOIN changes ON seq = change WHERE workspace = ?"
    " ORDER BY change LIMIT ?) ORDER BY r.change"
)
_MADE: Final = (
    "SELECT COALESCE((SELECT MAX(at) FROM rewrites r WHERE r.new_id = c.commit_id AND r.workspace = c.workspace), c.at)"
    " FROM commits c JOIN workspaces w ON w.id = c.workspace WHERE w.id = ? AND c.commit_id = ?"
)


class Replaced(NamedTuple):
    """Lines that a change took away, at a time in Unix seconds, and when their origin was committed.

    `taker` and `writer` are None while a change waits for its author; `writer` is empty where it is forgotten.
    `evidence` is how the writer is known, or empty.
    """

    change: int
    at: float
    taker: str | None
    lines: int
    writer: str | None
    committed_at: float | None
    evidence: str = ""


class ReplacedReader:
    """Reads from one connection. Raises sqlite3.Error."""

    def __init__(self, connection: sqlite3.Connection, names: Names) -> None:
        self._connection = connection
        self._names = names

    def waiting(self, workspace: str, limit: int) -> list[Replaced]:
        """Returns what waits in a workspace, of so many changes, the oldest first."""
        rows = self._connection.execute(_WAITING, (self._names.workspaces.find(workspace), limit))
        return [
            Replaced(
                change,
                at / 1000,
                None if taker is None else loaded(taker),
                lines,
                (None if writer is None else loaded(writer)) if known else "",
                None if committed is None else committed / 1000,
                evidence or "",
            )
            for change, at, taker, lines, known, writer, committed, evidence in rows
        ]

    def unclassified_since(self, workspace: str) -> float | None:
        """Returns when the oldest commit that waits was made; None where none does."""
        (at,) = self._connection.execute(
            f"SELECT MIN(at) FROM commits WHERE classified <> commit_id AND {FAMILY}",  # noqa: S608
            {"workspace": self._names.workspaces.find(workspace)},
        ).fetchone()
        return None if at is None else float(at)


def of_scope(connection: sqlite3.Connection, scope: Scope) -> Iterator[tuple[str, int, int]]:
    """Yields each author with its lines that were overridden and thrashed. Raises sqlite3.Error."""
    rows = connection.execute(
        "SELECT agent, SUM(overridden), SUM(thrashed) FROM replaced_hours h JOIN workspaces w ON w.id = h.workspace"
        " WHERE hour BETWEEN ? AND ? AND (? = '' OR w.name = ?) GROUP BY agent",
        (scope.first_hour, scope.last_hour, scope.workspace, scope.workspace),
    )
    for agent, overridden, thrashed in rows:
        yield loaded(agent), overridden, thrashed


def _committed(connection: sqlite3.Connection, workspace: int, fact: LinesCommitted) -> None:
    kept_lines.write(connection, workspace, fact)
    row = connection.execute(_MADE, (workspace, stored_id(fact.commit_id))).fetchone()
    made = milliseconds(fact.at if row is None else row[0])
    connection.executemany(
        "UPDATE changes SET committed = MAX(at, ?) WHERE seq = ? AND committed IS NULL",
        [(made, change) for change in fact.changes],
    )


def _replaced(connection: sqlite3.Connection, workspace: int, fact: LinesReplaced) -> None:
    connection.execute("DELETE FROM replaced WHERE change = ?", (fact.change,))
    hour = milliseconds(fact.at) // HOUR_MS
    sums = [(agent, lines, 0) for agent, lines in fact.overridden]
    sums += [(agent, 0, lines) for agent, lines in fact.thrashed]
    connection.executemany(
        "INSERT INTO replaced_hours VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
        " overridden = overridden + excluded.overridden, thrashed = thrashed + excluded.thrashed",
        [(hour, workspace, stored(agent), overridden, thrashed) for agent, overridden, thrashed in sums],
    )
    editor_lines.add_replaced(connection, workspace, fact)


HANDLERS: Final[Mapping[type[Fact], Callable[[sqlite3.Connection, int, Any], None]]] = {
    LinesCommitted: _committed,
    LinesReplaced: _replaced,
}
"""What each fact writes, given the number of its workspace."""
