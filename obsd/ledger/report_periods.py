"""The part of reports that compares: the same sums of the time and of the one before, with declared cost and tokens.

Owns the statement that counts sessions. Ledger thread only.
"""

from __future__ import annotations

import json
import sqlite3

from obsd.analysis.day import Figures, Period
from obsd.analysis.report import HOUR_SECONDS, Scope
from obsd.facts import UNKNOWN_AGENT
from obsd.ledger.day_queries import DayReader


def periods(scope: Scope) -> tuple[Period, Period]:
    """Returns the time of a report, which begins with an hour, and the one before, which is as long."""
    since = float(scope.first_hour * HOUR_SECONDS)
    return Period(since, scope.until), Period(2 * since - scope.until, since)


def figures(connection: sqlite3.Connection, scope: Scope, period: Period) -> Figures:
    """Returns the sums of a period, of the workspace and the agent of a scope. Raises sqlite3.Error."""
    reader, found, agent = DayReader(connection), Figures(), scope.agent
    for one in reader.written(period, scope.workspace):
        if agent in ("", one.author):
            found.changes += one.changes
            found.lines_added += one.lines_added
            found.lines_removed += one.lines_removed
    found.commits = sum(own for author, own in reader.commits(period, scope.workspace) if agent in ("", author))
    for author, measure, amount in reader.declared(period, scope.workspace):
        if agent in ("", author):
            found.declare(measure, amount)
    rows = connection.execute(
        "SELECT started_at, last_at, agents FROM sessions s JOIN workspaces w ON w.id = s.workspace"
        " WHERE s.last_at >= ? AND s.started_at < ? AND (? = '' OR w.name = ?)",
        (period.since, period.until, scope.workspace, scope.workspace),
    )
    for started_at, last_at, text in rows:
        if not agent or agent in ([name for name, _ in json.loads(text)] or [UNKNOWN_AGENT]):
            found.sessions += 1
            found.session_seconds += period.seconds_within(started_at, last_at)
    return found
