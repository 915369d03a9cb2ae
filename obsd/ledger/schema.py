"""Opens the ledger's file, makes it when there is none, and refuses one that must not be touched.

Owns the schema's version and the settings of the connection. A file of a newer obsd or of another program is left as
it is; a damaged one is reported, and set aside only when asked. Blocking; any one thread at a time.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import struct
import time
from pathlib import Path
from typing import Final

from obsd.errors import StoreError
from obsd.ledger import telemetry_writer
from obsd.ledger.failures import damaged, is_damage, unusable
from obsd.ledger.migrations import MIGRATIONS, statements

VERSION: Final = 16
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
                MIGRATIONS[step](connection)
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _create(connection: sqlite3.Connection) -> None:
    # Not executescript: it commits, and half a schema must never be seen.
    for statement in statements():
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute("INSERT INTO meta VALUES ('salt', ?)", (secrets.token_bytes(_SALT_BYTES),))


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    value: int = connection.execute(f"PRAGMA {name}").fetchone()[0]
    return value
