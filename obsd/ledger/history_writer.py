"""Writes what is known of the time before a workspace was watched.

Owns the tables `history_…`. Ledger thread only, inside the caller's transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from typing import Any, Final

from obsd.facts import Fact
from obsd.facts.history import HistoryRead
from obsd.ledger.codec import signed, stored, stored_id

EXPIRING: Final = (
    "DELETE FROM history_commits WHERE committed_at < ?",
    "DELETE FROM history_sessions WHERE last_at < ?",
)
"""The statements that delete rows older than a time in Unix seconds."""


def _read(connection: sqlite3.Connection, workspace: int, fact: HistoryRead) -> None:
    connection.executemany(
        "INSERT OR REPLACE INTO history_commits VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (
                *(workspace, stored_id(one.commit_id), stored(one.author_name), stored(one.author_email)),
                *(stored(one.subject), one.kind, stored(one.agent), one.evidence, one.committed_at),
                *(_number(one.lines_added), _number(one.lines_removed), _number(one.files_changed)),
            )
            for one in fact.commits
        ),
    )
    connection.executemany(
        "INSERT OR REPLACE INTO history_sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (
                *(workspace, one.agent, one.session, one.first_at, one.last_at, one.model),
                *(one.writes, one.files, signed(one.lines_added), signed(one.lines_removed)),
            )
            for one in fact.sessions
        ),
    )


def _number(value: int | None) -> int | None:
    return None if value is None else signed(value)


HANDLERS: Final[Mapping[type[Fact], Callable[[sqlite3.Connection, int, Any], None]]] = {HistoryRead: _read}
"""What each fact writes, given the number of its workspace."""
