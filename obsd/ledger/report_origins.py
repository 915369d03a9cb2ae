"""The part of reports that says whose lines were committed: the added lines of commits by author or class.

Owns the statements that add up `origins`. A commit that waits to be classified has lines of nobody yet. Ledger thread
only.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Final

from obsd.analysis.report import CommittedSums, Scope
from obsd.authorship.shares import OPEN_AUTHORS
from obsd.facts import BEFORE, IMPORTED, UNKNOWN_AGENT
from obsd.ledger.codec import loaded

_CLASSES: Final = (BEFORE, IMPORTED)

_CHOSEN: Final = (
    "FROM commits c JOIN workspaces w ON w.id = c.workspace WHERE {time} BETWEEN :since AND :until"
    " AND (:workspace = '' OR w.name = :workspace)"
)


def of_scope(connection: sqlite3.Connection, scope: Scope) -> list[CommittedSums]:
    """The lines of the commits that a report is about, of everybody. Raises sqlite3.Error."""
    chosen: dict[str, float | str] = {"since": scope.since, "until": scope.until, "workspace": scope.workspace}
    return _sums(connection, _CHOSEN.format(time="c.committed_at"), chosen)


def of_session(connection: sqlite3.Connection, workspace: str, since: float, until: float) -> list[CommittedSums]:
    """The lines of the commits that were recorded in a workspace within a time. Raises sqlite3.Error."""
    chosen: dict[str, float | str] = {"since": since, "until": until, "workspace": workspace}
    return _sums(connection, _CHOSEN.format(time="c.at"), chosen)


def in_order(rows: Sequence[CommittedSums]) -> list[CommittedSums]:
    """Returns authors before classes, and both before those of whom nothing is proved; the most first."""
    return sorted(rows, key=lambda one: (one.author in OPEN_AUTHORS, one.author in _CLASSES, -one.lines, one.author))


def _sums(connection: sqlite3.Connection, chosen: str, values: Mapping[str, float | str]) -> list[CommittedSums]:
    found: dict[str, CommittedSums] = {}
    rows = connection.execute(
        "SELECT o.agent, o.evidence, SUM(o.lines) FROM origins o JOIN"  # noqa: S608 - statements of this module
        f" (SELECT c.seq AS seq {chosen} AND c.classified IS c.commit_id) k ON k.seq = o.commit_seq"
        " GROUP BY 1, 2 HAVING SUM(o.lines) > 0",
        values,
    )
    for agent, evidence, lines in rows:
        _add(found, loaded(agent), evidence, lines)
    (everything,) = connection.execute(f"SELECT COALESCE(SUM(c.added), 0) {chosen}", values).fetchone()
    _add(found, UNKNOWN_AGENT, "none", everything - sum(one.lines for one in found.values()))
    return list(found.values())


def _add(found: dict[str, CommittedSums], author: str, evidence: str, lines: int) -> None:
    if lines > 0:
        sums = found.setdefault(author, CommittedSums(author))
        sums.lines += lines
        sums.evidence[evidence] = sums.evidence.get(evidence, 0) + lines
