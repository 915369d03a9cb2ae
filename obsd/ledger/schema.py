"""Opens the ledger's file, makes it when there is none, and refuses one that must not be touched.

Owns the schema's version and the settings of the connection. A file of a newer obsd or of another program is left as
it is; a damaged one is reported, and set aside only when asked. Blocking; any one thread at a time.
"""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
import struct
import time
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Final

from obsd.errors import StoreError
from obsd.ledger import telemetry_writer
from obsd.ledger.failures import damaged, is_damage, unusable

VERSION: Final = 9
APPLICATION_ID: Final = 0x6F627364
"""`obsd` in ASCII: marks the file as ours (https://www.sqlite.org/fileformat2.html#application_id)."""

_MAGIC: Final = b"SQLite format 3\x00"
_VERSION_OFFSET: Final = 60
_HEADER_BYTES: Final = 100
_BUSY_SECONDS: Final = 5.0
_CHECKED_BYTES: Final = 32 * 1024 * 1024
"""A file of up to this size is checked at start; that takes under 0.1 s."""
_SALT_BYTES: Final = 32
_KEPT_ASIDE: Final = 5
"""On a disk that damages every ledger, no more than so many are kept, each with up to three files beside it."""


def connect(path: Path) -> sqlite3.Connection:
    """A connection to a ledger of this version.

    Raises StoreError: `ledger_newer`, `ledger_foreign`, `ledger_damaged`, `ledger_unusable`.
    """
    try:
        fresh = _prepare_file(path)
        connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    except (OSError, sqlite3.OperationalError) as error:
        raise unusable(path, error) from error
    try:
        if not fresh:
            _check(connection, path)
        _configure(connection)
        _bring_up_to_date(connection)
        telemetry_writer.prepare(connection)
    except sqlite3.DatabaseError as error:
        connection.close()
        # What the file alone cannot be blamed for is no reason to set it aside.
        useless = isinstance(error, sqlite3.OperationalError) and not is_damage(error)
        raise (unusable(path, error) if useless else damaged(path, str(error))) from error
    except StoreError:
        connection.close()
        raise
    return connection


def move_aside(path: Path) -> Path:
    """Rename a ledger with its side files; returns the new path. Raises OSError."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    names = (f"{path.name}.damaged-{stamp}{suffix}" for suffix in ("", *(f"-{n}" for n in range(2, 1000))))
    aside = next(path.with_name(name) for name in names if not path.with_name(name).exists())
    # The log first: left beside a new ledger it would be replayed into that one.
    for side in ("-wal", "-shm", "-journal"):
        side_file = path.with_name(path.name + side)
        if side_file.exists():
            side_file.rename(aside.with_name(aside.name + side))
    path.rename(aside)
    for old in sorted(path.parent.glob(f"{path.name}.damaged-*"))[: -_KEPT_ASIDE * 4]:
        old.unlink(missing_ok=True)
    return aside


def _prepare_file(path: Path) -> bool:
    """Make the file for its owner alone when there is none; True when there is nothing in it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with open(descriptor, "rb") as file:
        header = file.read(_HEADER_BYTES)
    if not header:
        return True
    if len(header) < _HEADER_BYTES or not header.startswith(_MAGIC):
        raise damaged(path, "it is no SQLite file")
    # From the file itself, because opening a database may already write beside it.
    _refuse_newer(path, struct.unpack_from(">i", header, _VERSION_OFFSET)[0])
    return False


def _check(connection: sqlite3.Connection, path: Path) -> None:
    _refuse_newer(path, _pragma(connection, "user_version"))
    empty = _pragma(connection, "schema_version") == 0
    if not empty and _pragma(connection, "application_id") != APPLICATION_ID:
        raise StoreError(
            "ledger_foreign",
            f"{path} is a database of another program",
            "move it away, or give obsd another state folder",
        )
    size = _pragma(connection, "page_count") * _pragma(connection, "page_size")
    if size > path.stat().st_size and not path.with_name(path.name + "-wal").exists():
        raise damaged(path, "its end is missing")
    if size <= _CHECKED_BYTES:
        found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise damaged(path, str(found))


def _refuse_newer(path: Path, version: int) -> None:
    if version > VERSION:
        raise StoreError(
            "ledger_newer",
            f"the ledger {path} has format {version}; this obsd knows up to {VERSION}",
            "install the obsd that wrote it or a later one, or give this one another state folder",
        )


def _configure(connection: sqlite3.Connection) -> None:
    if _pragma(connection, "schema_version") == 0:
        # Works before the first table alone; it lets a ledger give room back (retention.py).
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        raise sqlite3.OperationalError(f"write-ahead logging is not to be had, only {mode}")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA journal_size_limit = 16777216")
    connection.execute("PRAGMA cache_size = -8192")
    connection.execute("PRAGMA temp_store = MEMORY")


def _bring_up_to_date(connection: sqlite3.Connection) -> None:
    version = _pragma(connection, "user_version")
    if version == VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        if version == 0:
            _create(connection)
        else:
            for step in range(version, VERSION):
                _MIGRATIONS[step](connection)
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _create(connection: sqlite3.Connection) -> None:
    # Not executescript: it commits, and half a schema must never be seen.
    for statement in _statements():
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute("INSERT INTO meta VALUES ('salt', ?)", (secrets.token_bytes(_SALT_BYTES),))


def _statements() -> list[str]:
    text = resources.files("obsd.ledger").joinpath("schema.sql").read_text("utf-8")
    bare = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    return [statement for statement in bare.split(";") if statement.strip()]


def _know_first_commits(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE sessions ADD COLUMN first_commit REAL")
    connection.execute("ALTER TABLE sessions ADD COLUMN stepped REAL NOT NULL DEFAULT 0")


def _sum_up_longer(connection: sqlite3.Connection) -> None:
    sums = "changes INTEGER NOT NULL, added INTEGER NOT NULL, removed INTEGER NOT NULL"
    for table, length, rest, source, shorter in (
        ("days", 24, ("workspace", "operation", "file_type"), "hours", "hour"),
        ("file_weeks", 7, ("workspace", "path"), "file_days", "day"),
    ):
        key = (table.removeprefix("file_").removesuffix("s"), *rest)
        columns = ", ".join(f"{name} INTEGER NOT NULL" for name in key)
        connection.execute(f"CREATE TABLE {table} ({columns}, {sums}, PRIMARY KEY ({', '.join(key)})) WITHOUT ROWID")
        connection.execute(
            f"INSERT INTO {table} SELECT {shorter} / {length}, {', '.join(rest)}, SUM(changes), SUM(added),"  # noqa: S608
            f" SUM(removed) FROM {source} GROUP BY 1, {', '.join(rest)}"
        )


def _know_authors(connection: sqlite3.Connection) -> None:
    connection.execute(
        "CREATE TABLE authors (id INTEGER PRIMARY KEY, agent NOT NULL, evidence TEXT NOT NULL, session NOT NULL,"
        " program NOT NULL, UNIQUE (agent, evidence, session, program))"
    )
    connection.execute("ALTER TABLE changes ADD COLUMN author INTEGER")
    # Of what was recorded before, nobody knows the author; and nothing is to wait for one.
    connection.execute("INSERT INTO authors VALUES (1, 'unknown', 'none', '', '')")
    connection.execute("UPDATE changes SET author = 1")
    connection.execute("CREATE INDEX changes_waiting ON changes (seq) WHERE author IS NULL")
    connection.execute("ALTER TABLE sessions ADD COLUMN present TEXT NOT NULL DEFAULT '[]'")


def _show_commits_as_they_are(connection: sqlite3.Connection) -> None:
    # What was rewritten before has its new id from now on; how it was changed then is not known.
    columns = "at, workspace, branch, author_name, author_email, subject, kind, agent, evidence"
    figures = "added, removed, files, committed_at, source"
    connection.execute("DROP TABLE IF EXISTS earlier_ids")
    connection.execute("DROP INDEX IF EXISTS commits_by_rewrite")
    connection.execute("DROP INDEX IF EXISTS commits_by_id")
    connection.execute("DROP INDEX IF EXISTS commits_by_time")
    connection.execute("ALTER TABLE commits RENAME TO old_commits")
    for statement in _statements():
        if "TABLE commits " in statement or " ON commits " in statement or "earlier_ids" in statement:
            connection.execute(statement)
    connection.execute(
        f"INSERT OR IGNORE INTO commits (seq, commit_id, {columns}, {figures})"  # noqa: S608
        f" SELECT seq, CASE WHEN rewritten_as = x'' THEN commit_id ELSE rewritten_as END, {columns}, {figures}"
        " FROM old_commits"
    )
    connection.execute(
        "INSERT OR IGNORE INTO earlier_ids (workspace, commit_id, commit_seq)"
        " SELECT workspace, commit_id, seq FROM old_commits WHERE rewritten_as <> x''"
    )
    connection.execute("DROP TABLE old_commits")
    connection.execute("ALTER TABLE reflog_cursors ADD COLUMN head_id NOT NULL DEFAULT ''")


def _read_records(connection: sqlite3.Connection) -> None:
    _create_tables(connection, "record_")


def _read_history(connection: sqlite3.Connection) -> None:
    _create_tables(connection, "history_")


def _create_tables(connection: sqlite3.Connection, prefix: str) -> None:
    for statement in _statements():
        if f"TABLE {prefix}" in statement:
            connection.execute(statement)


def _sum_up_by_author(connection: sqlite3.Connection) -> None:
    for statement in _statements():
        if "TABLE author_hours " in statement:
            connection.execute(statement)
    connection.execute(
        "INSERT INTO author_hours SELECT c.at / 3600000, c.workspace, a.agent, a.evidence, COUNT(*),"
        " COALESCE(SUM(c.added), 0), COALESCE(SUM(c.removed), 0)"
        " FROM changes c JOIN authors a ON a.id = c.author GROUP BY 1, 2, 3, 4"
    )


def _forget_who_was_present(connection: sqlite3.Connection) -> None:
    # `process` was both: the agent above a commit's hook, and one that was merely there.
    connection.execute("UPDATE commits SET evidence = 'writer' WHERE evidence = 'process' AND source = 'hook'")
    connection.execute("UPDATE commits SET evidence = 'none', agent = 'unknown' WHERE evidence = 'process'")
    rows = connection.execute("SELECT number, agents, present FROM sessions WHERE agents LIKE '%\"process\"%'")
    for number, agents, present in rows.fetchall():
        known = json.loads(agents)
        there = [agent for agent, evidence in known if evidence == "process"]
        left = [each for each in known if each[1] != "process"]
        seen = list(dict.fromkeys([*json.loads(present), *there]))
        connection.execute(
            "UPDATE sessions SET agents = ?, present = ? WHERE number = ?", (json.dumps(left), json.dumps(seen), number)
        )
    rows = connection.execute(
        "SELECT id, family, workspace, labels, value FROM series WHERE labels LIKE '%\"process\"%'"
    )
    for row, family, workspace, labels, value in rows.fetchall():
        known = json.loads(labels)
        if known[1:2] != ["process"]:
            continue
        connection.execute("DELETE FROM series WHERE id = ?", (row,))
        connection.execute(
            "INSERT INTO series (family, workspace, labels, value) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (workspace, family, labels) DO UPDATE SET value = value + excluded.value",
            (family, workspace, json.dumps(["unknown", "none", *known[2:]]), value),
        )


_MIGRATIONS: Final[dict[int, Callable[[sqlite3.Connection], None]]] = {
    1: _know_first_commits,
    2: _sum_up_longer,
    3: _know_authors,
    4: _show_commits_as_they_are,
    5: _read_records,
    6: _sum_up_by_author,
    7: _forget_who_was_present,
    8: _read_history,
}
"""From each older version to the next."""


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    value: int = connection.execute(f"PRAGMA {name}").fetchone()[0]
    return value
