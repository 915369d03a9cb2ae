"""The part of reports that says who wrote: sums by author and hour.

Owns the statements that read `author_hours`. Ledger thread only.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from obsd.analysis.report import AuthorSums, Scope
from obsd.ledger.codec import loaded, stored


class AuthorHours:
    """Reads from one connection. Raises sqlite3.Error."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def totals(self, scope: Scope) -> Iterator[tuple[str, str, str, int, int, int]]:
        """Yields workspace, author, evidence, changes, lines added and removed; of everybody, also for one agent."""
        rows = self._connection.execute(
            "SELECT w.name, agent, evidence, SUM(changes), SUM(added), SUM(removed) FROM author_hours h"
            " JOIN workspaces w ON w.id = h.workspace WHERE hour BETWEEN ? AND ? AND (? = '' OR w.name = ?)"
            " GROUP BY 1, 2, 3 HAVING SUM(changes) > 0",
            (scope.first_hour, scope.last_hour, scope.workspace, scope.workspace),
        )
        for workspace, agent, *others in rows:
            yield workspace, loaded(agent), *others

    def hours(self, scope: Scope) -> Iterator[tuple[int, int, int, int]]:
        """Yields the sums of each hour of the agent of a scope, in the order of time."""
        yield from self._connection.execute(
            "SELECT hour, SUM(changes), SUM(added), SUM(removed) FROM author_hours WHERE hour BETWEEN ? AND ?"
            " AND (? = '' OR workspace = (SELECT id FROM workspaces WHERE name = ?)) AND agent = ? GROUP BY hour",
            (scope.first_hour, scope.last_hour, scope.workspace, scope.workspace, stored(scope.agent)),
        )


def of(authors: list[AuthorSums], author: str) -> AuthorSums:
    """Returns the sums of an author, who is put among the others when there are none."""
    sums = next((one for one in authors if one.author == author), None)
    if sums is None:
        sums = AuthorSums(author)
        authors.append(sums)
    return sums


def count(authors: list[AuthorSums], author: str, evidence: str, changes: int, added: int, removed: int) -> None:
    """Adds to the sums of an author; nothing where there are no changes."""
    if changes <= 0:
        return
    sums = of(authors, author)
    sums.changes += changes
    # A sum of the time before there were authors may be gone while its changes are not.
    sums.lines_added += max(0, added)
    sums.lines_removed += max(0, removed)
    sums.evidence[evidence] = sums.evidence.get(evidence, 0) + changes
