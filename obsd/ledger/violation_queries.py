"""The query for violations, from the record of rare facts.

Owns the statement; it uses no index, because such facts are few and only people query them. Ledger thread only.
"""

from __future__ import annotations

import json
import sqlite3

from obsd.ledger.rows import ViolationRow

_ALL = -1
"""SQLite's LIMIT for no limit."""


def violations(
    connection: sqlite3.Connection,
    workspace: str,
    limit: int,
    rule: str,
    since: float | None,
    until: float | None = None,
) -> list[ViolationRow]:
    """Returns violations, the last recorded first. Raises sqlite3.Error."""
    rows = connection.execute(
        "SELECT e.at, w.name, e.fields FROM events e JOIN workspaces w ON w.id = e.workspace"
        " WHERE e.kind = 'RuleBroken' AND (:workspace = '' OR w.name = :workspace)"
        " AND (:since IS NULL OR e.at >= :since)"
        " AND (:until IS NULL OR e.at < :until) AND (:rule = '' OR json_extract(e.fields, '$.rule') = :rule)"
        " ORDER BY e.seq DESC LIMIT :limit",
        {"workspace": workspace, "since": since, "until": until, "rule": rule, "limit": limit or _ALL},
    )
    return [_row(at, name, json.loads(text)) for at, name, text in rows]


def _row(at: float, workspace: str, fields: dict[str, str]) -> ViolationRow:
    return ViolationRow(at, workspace, fields["rule"], fields["subject"], fields["detail"])
