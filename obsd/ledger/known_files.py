"""What watchers know of files: by the number of the path, each state packed into one value.

Owns the table `known_files` and the form of a state: size, ctime and inode as eight bytes each, then the content id.
Ledger thread only; what is written is written inside the caller's transaction.
"""

from __future__ import annotations

import sqlite3
import struct
from typing import Final

from obsd.facts import KnownFile, TreeUpdated
from obsd.ledger.codec import loaded, signed, unsigned
from obsd.ledger.interning import Names

_NUMBERS: Final = struct.Struct("<qqq")


def packed(size: int, ctime_ns: int, inode: int, content_id: bytes) -> bytes:
    """Returns a state as it is stored; numbers are of 64 signed bits."""
    return _NUMBERS.pack(size, ctime_ns, inode) + content_id


def write(connection: sqlite3.Connection, names: Names, workspace: int, fact: TreeUpdated) -> None:
    """Writes what changed of a tree; forgotten files first. Raises sqlite3.Error."""
    if fact.begins:
        clear(connection, workspace)
    gone = (names.paths.find(path) for path in fact.forgotten)
    connection.executemany(
        "DELETE FROM known_files WHERE workspace = ? AND path = ?",
        [(workspace, path) for path in gone if path is not None],
    )
    numbers = names.paths.numbers([file.path for file in fact.known])
    connection.executemany(
        "INSERT OR REPLACE INTO known_files (workspace, path, state) VALUES (?, ?, ?)",
        [
            (workspace, path, packed(signed(size), signed(ctime_ns), signed(inode), bytes.fromhex(content_id)))
            for path, (_, size, ctime_ns, inode, content_id) in zip(numbers, fact.known, strict=True)
        ],
    )


def clear(connection: sqlite3.Connection, workspace: int) -> None:
    """Deletes all that is known of a workspace's files. Raises sqlite3.Error."""
    connection.execute("DELETE FROM known_files WHERE workspace = ?", (workspace,))


def read(connection: sqlite3.Connection, workspace: int | None) -> list[KnownFile]:
    """Returns all that is known of a workspace's files, in no order. Raises sqlite3.Error."""
    rows = connection.execute(
        "SELECT p.path, k.state FROM known_files k JOIN paths p ON p.id = k.path WHERE k.workspace = ?", (workspace,)
    )
    return [_file(path, state) for path, state in rows]


def _file(path: str | bytes, state: bytes) -> KnownFile:
    size, ctime_ns, inode = _NUMBERS.unpack_from(state)
    return KnownFile(loaded(path), size, ctime_ns, unsigned(inode), state[_NUMBERS.size :].hex())
