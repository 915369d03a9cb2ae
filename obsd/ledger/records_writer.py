"""Writes how far agents' records are read, and what they say of sessions.

Owns the tables `record_…`. Ledger thread only, inside the caller's transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from typing import Any, Final

from obsd import __version__
from obsd.authorship.facts import RecordsRead, SessionRecorded
from obsd.facts import Fact
from obsd.ledger.codec import signed, stored

TOOLS_KEPT: Final = 20_000
SINCE: Final = "records_since"

EXPIRING: Final = (
    "DELETE FROM record_sessions WHERE last_at < ?",
    "DELETE FROM record_counts WHERE last_at < ?",
)
"""The statements that delete rows older than a time in Unix seconds."""

_ADD_SESSION: Final = (
    "INSERT INTO record_sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
    " workspace = excluded.workspace, first_at = MIN(first_at, excluded.first_at),"
    " last_at = MAX(last_at, excluded.last_at), model = COALESCE(NULLIF(excluded.model, ''), model),"
    " version = COALESCE(NULLIF(excluded.version, ''), version),"
    " parent = COALESCE(NULLIF(excluded.parent, ''), parent),"
    " input = input + excluded.input, output = output + excluded.output, cache_read = cache_read + excluded.cache_read,"
    " cache_creation = cache_creation + excluded.cache_creation, reasoning = reasoning + excluded.reasoning"
)


def _read(connection: sqlite3.Connection, workspace: int, fact: RecordsRead) -> None:
    if fact.since:
        connection.execute("INSERT OR IGNORE INTO meta VALUES (?, ?)", (SINCE, str(fact.since)))
    connection.executemany(
        "DELETE FROM record_files WHERE path = ?", ((stored(path),) for path, mark in fact.marks if not mark)
    )
    connection.executemany(
        "INSERT OR REPLACE INTO record_files VALUES (?, ?)", ((stored(path), mark) for path, mark in fact.marks if mark)
    )
    if fact.tools:
        connection.executemany("INSERT OR IGNORE INTO record_tools (key) VALUES (?)", ((key,) for key in fact.tools))
        connection.execute(
            "DELETE FROM record_tools WHERE seq <= (SELECT MAX(seq) FROM record_tools) - ?", (TOOLS_KEPT,)
        )
    connection.executemany(
        "INSERT INTO record_counts VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
        " understood = understood + excluded.understood, misread = misread + excluded.misread,"
        " last_at = MAX(last_at, excluded.last_at)",
        ((one.agent, one.version, __version__, one.understood, one.misread, one.last_at) for one in fact.counts),
    )


def _session(connection: sqlite3.Connection, workspace: int, fact: SessionRecorded) -> None:
    words = (fact.agent, fact.session, workspace, fact.first_at, fact.last_at, fact.model, fact.version, fact.parent)
    connection.execute(_ADD_SESSION, (*words, *map(signed, fact.tokens)))


HANDLERS: Final[Mapping[type[Fact], Callable[[sqlite3.Connection, int, Any], None]]] = {
    RecordsRead: _read,
    SessionRecorded: _session,
}
"""What each fact writes, given the number of its workspace."""
