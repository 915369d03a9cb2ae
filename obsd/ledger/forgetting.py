"""Deletes the record of one workspace: everything that speaks of it, in steps. Owns the statements. Ledger thread only,
inside the caller's transaction."""

from __future__ import annotations

import sqlite3
from typing import Final

STEP_ROWS: Final = 20_000

_WORKSPACE: Final = "workspace = (SELECT id FROM workspaces WHERE name = :name)"
_SESSIONS: Final = (
    "SELECT agent, session FROM agent_sessions WHERE workspace = (SELECT id FROM workspaces WHERE name = :name)"
)
_STEPS: Final = (
    f"DELETE FROM replaced WHERE change IN (SELECT seq FROM changes WHERE {_WORKSPACE})",  # noqa: S608 - words of ours
    f"DELETE FROM changes WHERE seq IN (SELECT seq FROM changes WHERE {_WORKSPACE} LIMIT :rows)",  # noqa: S608 - words of ours
    f"DELETE FROM origins WHERE commit_seq IN (SELECT seq FROM commits WHERE {_WORKSPACE})",  # noqa: S608 - words of ours
    *(
        f"DELETE FROM {table} WHERE (agent, session) IN ({_SESSIONS})"  # noqa: S608 - words of ours
        for table in ("agent_sums", "agent_hours", "agent_tool_runs")
    ),
    *(
        f"DELETE FROM {table} WHERE {_WORKSPACE}"  # noqa: S608 - words of ours
        for table in (
            *("contents", "hours", "days", "author_hours", "replaced_hours", "file_days", "file_weeks"),
            *("suggestion_hours", "editor_hours"),
            *("earlier_ids", "commits", "counted", "rewrites", "events", "sessions", "known_files", "reflog_cursors"),
            *("series", "record_sessions", "history_commits", "history_sessions", "agent_sessions", "agent_commits"),
        )
    ),
)
"""In this order: what names a session or a commit goes before it."""


def forget(connection: sqlite3.Connection, name: str) -> bool:
    """Deletes a step of the record of a workspace; returns whether another is needed. Raises sqlite3.Error."""
    for statement in _STEPS:
        if connection.execute(statement, {"name": name, "rows": STEP_ROWS}).rowcount > 0:
            return True
    connection.execute("DELETE FROM workspaces WHERE name = ? AND NOT present", (name,))
    return False
