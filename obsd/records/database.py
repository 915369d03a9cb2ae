"""opencode's database, read without ever standing in its writer's way.

Owns the connection (read-only, no waiting, ended after each look) and the order of rows. While a database is in use in
WAL mode, readers and its writer go on side by side. In any other mode they would not, and where nobody has it open a
reader would leave new files: then it is read as if nobody could write to it, without locks, and retried when it comes
out torn. Blocking, worker threads.
"""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from obsd.records.record import word

ROWS_A_LOOK = 400
MAX_ROW_CHARACTERS = 8 << 20
_WAL = 2
_WRITE_VERSION_OFFSET = 18
_COLUMNS = (
    "p.rowid, p.id, p.session_id, p.time_updated,"
    f" CASE WHEN length(p.data) <= {MAX_ROW_CHARACTERS} THEN p.data END,"
    " s.directory, s.parent_id, s.version, s.model"
)
_FROM = f"SELECT {_COLUMNS} FROM part p LEFT JOIN session s ON s.id = p.session_id"  # noqa: S608 - no value is in it


class Unreadable(Exception):
    """The database cannot be read now, or has not the tables that are known."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of `part` with its session, as the object that the adapter reads; None: it is no JSON, or too large.

    `unfinished`: a call that will be written again.
    """

    number: int
    id: str
    record: dict[str, Any] | None
    unfinished: bool


def rows_after(path: str, number: int, last_id: str) -> list[Row]:
    """The next rows after the last one read, at most `ROWS_A_LOOK`. Raises Unreadable."""
    with _opened(path) as connection:
        try:
            start = _position(connection, number, last_id)
            found = connection.execute(f"{_FROM} WHERE p.rowid > ? ORDER BY p.rowid LIMIT ?", (start, ROWS_A_LOOK))
            return [_row(values) for values in found.fetchall()]
        except sqlite3.Error as error:
            raise Unreadable(str(error)) from None


def rows_of(path: str, ids: list[str]) -> list[Row]:
    """The rows with these ids, as they are now. Raises Unreadable."""
    with _opened(path) as connection:
        try:
            asked = ",".join("?" * len(ids))
            return [
                _row(values) for values in connection.execute(f"{_FROM} WHERE p.id IN ({asked}) ORDER BY p.rowid", ids)
            ]
        except sqlite3.Error as error:
            raise Unreadable(str(error)) from None


def last_before(path: str, milliseconds: float) -> tuple[int, str]:
    """Number and id of the last row that was made before a time; (0, "") when there is none. Raises Unreadable."""
    query = "SELECT rowid, id FROM part WHERE time_created < ? ORDER BY rowid DESC LIMIT 1"
    with _opened(path) as connection:
        try:
            return connection.execute(query, (milliseconds,)).fetchone() or (0, "")
        except sqlite3.Error as error:
            raise Unreadable(str(error)) from None


def _position(connection: sqlite3.Connection, number: int, last_id: str) -> int:
    """The number of the last row read; VACUUM gives rows new numbers in the old order, and ids grow with time."""
    if not number or not last_id:
        return number
    row = connection.execute("SELECT id FROM part WHERE rowid = ?", (number,)).fetchone()
    if row is not None and row[0] == last_id:
        return number
    row = connection.execute("SELECT rowid FROM part WHERE id <= ? ORDER BY id DESC LIMIT 1", (last_id,)).fetchone()
    return int(row[0]) if row else 0


def _opened(path: str) -> closing[sqlite3.Connection]:
    mode = "mode=ro" if _is_in_use(path) else "mode=ro&immutable=1"
    try:
        connection = sqlite3.connect(f"file:{quote(path)}?{mode}", uri=True, timeout=0, isolation_level=None)
    except sqlite3.Error as error:
        raise Unreadable(str(error)) from None
    return closing(connection)


def _is_in_use(path: str) -> bool:
    """Whether somebody has it open in WAL mode: who ends last takes the log away (sqlite.org/wal.html)."""
    if not os.path.exists(f"{path}-wal"):
        return False
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise Unreadable(str(error)) from None
    try:
        return os.pread(descriptor, 1, _WRITE_VERSION_OFFSET) == bytes([_WAL])
    finally:
        os.close(descriptor)


def _row(values: tuple[Any, ...]) -> Row:
    number, row_id, session, updated, data, directory, parent, version, model = values
    try:
        part = json.loads(data) if isinstance(data, str) else None
    except (ValueError, RecursionError):
        part = None
    about = {"directory": directory, "parent_id": parent, "version": version, "model": model}
    record = {"id": row_id, "session_id": session, "time_updated": updated, "data": part, "session": about}
    return Row(int(number), word(row_id), record if isinstance(part, dict) else None, _is_unfinished(part))


def _is_unfinished(part: object) -> bool:
    state = part.get("state") if isinstance(part, dict) and part.get("type") == "tool" else None
    return isinstance(state, dict) and state.get("status") in ("pending", "running")
