"""A ledger of version 13, made by its schema (`version_13.sql`) from what a ledger of this version holds."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path

from obsd.facts import KnownFile
from obsd.ledger import Ledger
from obsd.ledger.codec import signed, stored, stored_id
from obsd.ledger.schema import APPLICATION_ID

SCHEMA = Path(__file__).with_suffix(".sql")
UNPACKED = """
DROP TABLE known_files;
CREATE TABLE known_files (
    workspace INTEGER NOT NULL, path NOT NULL, size INTEGER NOT NULL, mtime INTEGER NOT NULL, inode INTEGER NOT NULL,
    content_id NOT NULL, PRIMARY KEY (workspace, path)
) WITHOUT ROWID;
CREATE TABLE session_files (session INTEGER NOT NULL, path INTEGER NOT NULL, PRIMARY KEY (session, path)) WITHOUT ROWID;
ALTER TABLE sessions DROP COLUMN first_change;
"""
"""Makes an empty ledger one without packed rows, for tests that go on to older versions."""
_CHANGED = ("known_files", "file_weeks")
WEEKS = (
    "INSERT INTO file_weeks SELECT day / 7, workspace, path, SUM(changes), SUM(added), SUM(removed) FROM file_days"
    " GROUP BY day / 7, workspace, path"
)


def made(source: Path, path: Path) -> Path:
    """Writes what the ledger `source` holds as version 13 did; `source` must be closed."""
    ledger = Ledger.open(source)
    known = {one.name: ledger.known_files(one.name) for one in ledger.workspaces()}
    files = {session.number: paths for session, paths in ledger.state().open_sessions}
    ledger.close()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.executescript(SCHEMA.read_text())
    connection.execute("ATTACH ? AS new", (str(source),))
    for (table,) in connection.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'").fetchall():
        columns = [row[1] for row in connection.execute(f"PRAGMA main.table_info({table})")]
        if table not in (*_CHANGED, "session_files", "usage_figures"):
            names = ", ".join(columns)
            connection.execute(f"INSERT INTO main.{table} ({names}) SELECT {names} FROM new.{table}")
    connection.execute("DELETE FROM meta WHERE key IN ('weeks_summed', 'paths_dropped')")
    connection.execute(WEEKS)
    _write(connection, known, files)
    connection.execute("DETACH new")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute("PRAGMA user_version = 13")
    connection.close()
    return path


def _write(
    connection: sqlite3.Connection, known: Mapping[str, Sequence[KnownFile]], files: Mapping[int, set[str]]
) -> None:
    for workspace, rows in known.items():
        connection.executemany(
            "INSERT INTO known_files SELECT id, ?, ?, ?, ?, ? FROM main.workspaces WHERE name = ?",
            [
                (stored(path), size, ctime, signed(inode), stored_id(content_id), workspace)
                for path, size, ctime, inode, content_id in rows
            ],
        )
    for number, paths in files.items():
        connection.executemany(
            "INSERT INTO session_files SELECT ?, id FROM main.paths WHERE path = ?",
            [(number, stored(path)) for path in paths],
        )
    # What is known of files that never changed has no number there.
    connection.execute(
        "DELETE FROM paths WHERE id NOT IN (SELECT path FROM changes UNION SELECT previous FROM changes"
        " WHERE previous IS NOT NULL UNION SELECT path FROM file_days)"
    )
