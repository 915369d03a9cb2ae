"""What became of suggestions in editors, and of lines whose author an editor reported: sums by hour, and their reports.

Owns the tables `suggestion_hours` and `editor_hours`. Ledger thread only; what is written is written inside the
caller's transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from typing import Any, Final

from obsd.analysis.report import Report, ReportedSums, Scope, SuggestionSums
from obsd.authorship.shares import OPEN_AUTHORS
from obsd.facts import Fact, LinesReplaced
from obsd.facts.editors import SuggestionEnded
from obsd.ledger.change_writer import HOUR_MS
from obsd.ledger.codec import loaded, milliseconds, stored

EVIDENCE: Final = "editor"
MAX_PROVIDERS: Final = 20
OTHER: Final = "__other__"
"""The providers of a workspace beyond the first `MAX_PROVIDERS`."""

_TABLES: Final = ("suggestion_hours", "editor_hours")
EXPIRING: Final = tuple(f"DELETE FROM {table} WHERE hour < ?" for table in _TABLES)  # noqa: S608 - tables of ours
OLDEST: Final = tuple(
    f"DELETE FROM {table} WHERE hour <= (SELECT MIN(hour) + 24 FROM {table})"  # noqa: S608 - tables of ours
    for table in _TABLES
)
"""Deletes the oldest day, for a ledger that is too large."""

_WITHIN: Final = "hour BETWEEN :first AND :last AND (:workspace = '' OR w.name = :workspace)"
_KNOWN: Final = "SELECT 1 FROM suggestion_hours WHERE workspace = ? AND provider = ? LIMIT 1"
_PLACES: Final = "SELECT COUNT(*) FROM (SELECT DISTINCT provider FROM suggestion_hours WHERE workspace = ?)"


def suggestions(connection: sqlite3.Connection, scope: Scope) -> list[SuggestionSums]:
    """Returns what became of the suggestions of each provider, the most accepted first. Raises sqlite3.Error."""
    found: dict[str, SuggestionSums] = {}
    rows = connection.execute(
        "SELECT provider, outcome, SUM(suggestions), SUM(lines) FROM suggestion_hours h"  # noqa: S608 - words of ours
        f" JOIN workspaces w ON w.id = h.workspace WHERE {_WITHIN} GROUP BY 1, 2",
        _chosen(scope),
    )
    for provider, outcome, count, lines in rows:
        sums = found.setdefault(provider, SuggestionSums(provider))
        sums.suggestions[outcome], sums.lines[outcome] = count, lines
    return sorted(found.values(), key=lambda one: (-one.suggestions.get("accepted", 0), one.provider))


def reported(connection: sqlite3.Connection, report: Report) -> list[ReportedSums]:
    """Returns the lines of each author that an editor reported; `committed` is read from the report.

    Nobody is named for what several did, or nobody known. Raises sqlite3.Error.
    """
    found: dict[str, ReportedSums] = {}
    rows = connection.execute(
        "SELECT agent, SUM(added) FROM author_hours h JOIN workspaces w ON w.id = h.workspace"  # noqa: S608 - likewise
        f" WHERE {_WITHIN} AND evidence = :evidence GROUP BY agent",
        _chosen(report.scope) | {"evidence": EVIDENCE},
    )
    for agent, lines in rows:
        _of(found, loaded(agent)).written = lines
    for sums in report.committed:
        _of(found, sums.author).committed = sums.evidence.get(EVIDENCE, 0)
    rows = connection.execute(
        "SELECT agent, SUM(replaced) FROM editor_hours h JOIN workspaces w ON w.id = h.workspace"  # noqa: S608 - likewise
        f" WHERE {_WITHIN} GROUP BY agent",
        _chosen(report.scope),
    )
    for agent, lines in rows:
        _of(found, loaded(agent)).replaced = lines
    some = (one for one in found.values() if one.written or one.committed or one.replaced)
    return sorted((one for one in some if one.author not in OPEN_AUTHORS), key=lambda one: (-one.written, one.author))


def add_replaced(connection: sqlite3.Connection, workspace: int, fact: LinesReplaced) -> None:
    """Adds the lines that were reported and taken away. Raises sqlite3.Error."""
    hour = milliseconds(fact.at) // HOUR_MS
    connection.executemany(
        "INSERT INTO editor_hours VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET replaced = replaced + excluded.replaced",
        [(hour, workspace, stored(agent), lines) for agent, lines in fact.reported],
    )


def _ended(connection: sqlite3.Connection, workspace: int, fact: SuggestionEnded) -> None:
    provider = fact.provider
    if connection.execute(_KNOWN, (workspace, provider)).fetchone() is None:
        (places,) = connection.execute(_PLACES, (workspace,)).fetchone()
        provider = provider if places < MAX_PROVIDERS else OTHER
    connection.execute(
        "INSERT INTO suggestion_hours VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
        " suggestions = suggestions + excluded.suggestions, lines = lines + excluded.lines",
        (workspace, provider, milliseconds(fact.at) // HOUR_MS, fact.outcome, fact.count, fact.lines or 0),
    )


def _of(found: dict[str, ReportedSums], author: str) -> ReportedSums:
    return found.setdefault(author, ReportedSums(author))


def _chosen(scope: Scope) -> dict[str, str | int]:
    return {"first": scope.first_hour, "last": scope.last_hour, "workspace": scope.workspace}


HANDLERS: Final[Mapping[type[Fact], Callable[[sqlite3.Connection, int, Any], None]]] = {SuggestionEnded: _ended}
"""What each fact writes, given the number of its workspace."""
