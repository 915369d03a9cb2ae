"""Interning: small numbers for repeated names of workspaces, paths and file types.

Owns the caches of those numbers. `forget` drops the numbers that a failed transaction assigned. Ledger thread only.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Final

from obsd.ledger.codec import stored

_CACHED: Final = 20_000
_AT_ONCE: Final = 500
"""Fewer than the 999 parameters that the oldest SQLite takes."""


class Interned:
    """The numbers of one table of names."""

    def __init__(self, connection: sqlite3.Connection, table: str, column: str) -> None:
        self._connection = connection
        self._select = f"SELECT id FROM {table} WHERE {column} = ?"  # noqa: S608 - the names are this package's own
        self._insert = f"INSERT INTO {table} ({column}) VALUES (?)"  # noqa: S608
        self._insert_new = f"INSERT OR IGNORE INTO {table} ({column}) VALUES (?)"  # noqa: S608
        self._select_many = f"SELECT id, {column} FROM {table} WHERE {column} IN ({{}})"  # noqa: S608
        self._cache: dict[str, int] = {}

    def find(self, name: str) -> int | None:
        """Returns the name's number, or None."""
        number = self._cache.get(name)
        if number is None:
            row = self._connection.execute(self._select, (stored(name),)).fetchone()
            if row is None:
                return None
            number = self._remember(name, row[0])
        return number

    def number(self, name: str) -> int:
        """Returns the name's number; assigns one if it has none."""
        number = self._cache.get(name)
        if number is None:
            number = self.find(name)
        if number is None:
            cursor = self._connection.execute(self._insert, (stored(name),))
            number = self._remember(name, int(cursor.lastrowid or 0))
        return number

    def prepare(self, names: Iterable[str]) -> None:
        """Assigns numbers to many names at once, at a third of the cost of single calls."""
        missing = [name for name in dict.fromkeys(names) if name not in self._cache]
        if len(self._cache) + len(missing) > _CACHED:
            self._cache.clear()
        for start in range(0, len(missing), _AT_ONCE):
            part = {stored(name): name for name in missing[start : start + _AT_ONCE]}
            self._connection.executemany(self._insert_new, ((key,) for key in part))
            marks = ",".join("?" * len(part))
            for number, key in self._connection.execute(self._select_many.format(marks), list(part)):
                self._cache[part[key]] = number

    def forget(self) -> None:
        """Clears the cache: its numbers may no longer be in the table."""
        self._cache.clear()

    def _remember(self, name: str, number: int) -> int:
        if len(self._cache) >= _CACHED:
            self._cache.clear()
        self._cache[name] = number
        return number


class Names:
    """The three tables of names."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.workspaces = Interned(connection, "workspaces", "name")
        self.paths = Interned(connection, "paths", "path")
        self.file_types = Interned(connection, "file_types", "name")

    def forget(self) -> None:
        """Drop all caches."""
        self.workspaces.forget()
        self.paths.forget()
        self.file_types.forget()
