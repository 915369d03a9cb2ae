"""Writes what agents declared: their sessions, the sums of their measures, and how far they are counted.

Owns its tables, which are created if they are missing, without a new schema version. Ledger thread only,
inside the caller's transaction.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from typing import Any, Final

from obsd.facts import Fact
from obsd.facts.telemetry import (
    AgentCommitted,
    AgentDeclared,
    AgentHeard,
    AgentSessionSeen,
    AgentToolRan,
    TelemetryCounted,
)

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS agent_sessions (
    agent TEXT, session TEXT, workspace INTEGER NOT NULL, joined_by TEXT NOT NULL,
    started_at REAL NOT NULL, last_at REAL NOT NULL, PRIMARY KEY (agent, session)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS agent_sessions_by_time ON agent_sessions (last_at);
CREATE TABLE IF NOT EXISTS agent_sums (
    agent TEXT, session TEXT, measure TEXT, words TEXT, at REAL NOT NULL, amount REAL NOT NULL,
    PRIMARY KEY (agent, session, measure, words)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS agent_hours (
    hour INTEGER, agent TEXT, session TEXT, measure TEXT, amount REAL NOT NULL,
    PRIMARY KEY (hour, agent, session, measure)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS agent_tool_runs (
    agent TEXT, session TEXT, started_at REAL, ended_at REAL, tool TEXT, ok INTEGER NOT NULL,
    PRIMARY KEY (agent, session, started_at, ended_at, tool)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS agent_commits (
    workspace INTEGER, commit_id TEXT, agent TEXT NOT NULL, session TEXT NOT NULL, at REAL NOT NULL,
    PRIMARY KEY (workspace, commit_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS telemetry_series (
    key BLOB PRIMARY KEY, session TEXT NOT NULL, cumulative INTEGER NOT NULL, touched_at REAL NOT NULL,
    runs TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS telemetry_seen (seq INTEGER PRIMARY KEY, key BLOB NOT NULL);
"""
SEEN_KEPT: Final = 50_000
BY_HOUR: Final = ("cost_usd", "tokens")
"""Measures that are also summed by the hour in which they were received, for days and reports."""
HORIZON: Final = "telemetry_horizon_ns"

EXPIRING: Final = (
    "DELETE FROM agent_sessions WHERE last_at < ?",
    "DELETE FROM agent_sums WHERE at < ?",
    "DELETE FROM agent_hours WHERE hour < ? / 3600",
    "DELETE FROM agent_tool_runs WHERE ended_at < ?",
    "DELETE FROM agent_commits WHERE at < ?",
)
"""The statements that delete rows older than a time in Unix seconds."""


def prepare(connection: sqlite3.Connection) -> None:
    """Creates missing tables. Raises sqlite3.Error."""
    for statement in _TABLES.split(";"):
        connection.execute(statement)


def _session_seen(connection: sqlite3.Connection, workspace: int, fact: AgentSessionSeen) -> None:
    connection.execute(
        "INSERT INTO agent_sessions (agent, session, workspace, joined_by, started_at, last_at)"
        " VALUES (:agent, :session, :workspace, :joined_by, :started_at, :last_at) ON CONFLICT DO UPDATE SET"
        " workspace = :workspace, joined_by = :joined_by, started_at = MIN(started_at, :started_at),"
        " last_at = MAX(last_at, :last_at)",
        {
            "agent": fact.agent,
            "session": fact.session,
            "workspace": workspace,
            "joined_by": fact.joined_by,
            "started_at": fact.started_at,
            "last_at": fact.last_at,
        },
    )


def _declared(connection: sqlite3.Connection, workspace: int, fact: AgentDeclared) -> None:
    connection.execute(
        "INSERT INTO agent_sums (agent, session, measure, words, at, amount)"
        " VALUES (:agent, :session, :measure, :words, :at, :amount)"
        " ON CONFLICT DO UPDATE SET amount = amount + excluded.amount, at = excluded.at",
        {
            "agent": fact.agent,
            "session": fact.session,
            "measure": fact.measure,
            "words": json.dumps(fact.words),
            "at": fact.at,
            "amount": fact.amount,
        },
    )
    if fact.measure in BY_HOUR:
        connection.execute(
            "INSERT INTO agent_hours (hour, agent, session, measure, amount)"
            " VALUES (:hour, :agent, :session, :measure, :amount)"
            " ON CONFLICT DO UPDATE SET amount = amount + excluded.amount",
            {
                "hour": int(fact.at // 3600),
                "agent": fact.agent,
                "session": fact.session,
                "measure": fact.measure,
                "amount": fact.amount,
            },
        )


def _last_report(connection: sqlite3.Connection, workspace: int, fact: AgentHeard) -> None:
    connection.execute(
        "UPDATE agent_sessions SET last_at = :last_at"
        " WHERE agent = :agent AND session = :session AND last_at < :last_at",
        {"agent": fact.agent, "session": fact.session, "last_at": fact.last_at},
    )


def _tool_ran(connection: sqlite3.Connection, workspace: int, fact: AgentToolRan) -> None:
    connection.execute(
        "INSERT OR IGNORE INTO agent_tool_runs (agent, session, started_at, ended_at, tool, ok)"
        " VALUES (:agent, :session, :started_at, :ended_at, :tool, :ok)",
        {
            "agent": fact.agent,
            "session": fact.session,
            "started_at": fact.started_at,
            "ended_at": fact.ended_at,
            "tool": fact.tool,
            "ok": fact.ok,
        },
    )


def _committed(connection: sqlite3.Connection, workspace: int, fact: AgentCommitted) -> None:
    connection.execute(
        "INSERT OR IGNORE INTO agent_commits (workspace, commit_id, agent, session, at)"
        " VALUES (:workspace, :commit_id, :agent, :session, :at)",
        {
            "workspace": workspace,
            "commit_id": fact.commit_id,
            "agent": fact.agent,
            "session": fact.session,
            "at": fact.at,
        },
    )


def _counted(connection: sqlite3.Connection, workspace: int, fact: TelemetryCounted) -> None:
    connection.executemany("DELETE FROM telemetry_series WHERE key = ?", ((key,) for key in fact.gone))
    connection.executemany(
        "INSERT OR REPLACE INTO telemetry_series (key, session, cumulative, touched_at, runs)"
        " VALUES (:key, :session, :cumulative, :touched_at, :runs)",
        (
            {
                "key": one.key,
                "session": one.session,
                "cumulative": one.cumulative,
                "touched_at": one.touched_at,
                "runs": json.dumps(one.runs),
            }
            for one in fact.series
        ),
    )
    if fact.seen:
        connection.executemany("INSERT INTO telemetry_seen (key) VALUES (?)", ((key,) for key in fact.seen))
        connection.execute(
            "DELETE FROM telemetry_seen WHERE seq <= (SELECT MAX(seq) FROM telemetry_seen) - ?", (SEEN_KEPT,)
        )
    if fact.gone:
        connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (HORIZON, str(fact.horizon_ns)))


HANDLERS: Final[Mapping[type[Fact], Callable[[sqlite3.Connection, int, Any], None]]] = {
    AgentSessionSeen: _session_seen,
    AgentHeard: _last_report,
    AgentDeclared: _declared,
    AgentToolRan: _tool_ran,
    AgentCommitted: _committed,
    TelemetryCounted: _counted,
}
"""What each fact writes, given the number of its workspace."""
