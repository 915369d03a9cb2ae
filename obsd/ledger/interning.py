"""Interning: small numbers for repeated names of workspaces, paths and file types.

Owns the caches of those numbers. `forget` drops the numbers that a failed transaction assigned. Ledger thread only.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from obsd.ledger.codec import loaded, stored

_CACHED: Final = 20_000
_AT_ONCE: Final = 500
"""Fewer than the 999 parameters that the oldest SQLite takes."""


class Interned:
    """The numbers of one table of names, which this alone writes."""

    def __init__(self, connection: sqlite3.Connection, table: str, column: str) -> None:
        self._connection = connection
        self._select = f"SELECT id FROM {table} WHERE {column} = ?"  # noqa: S608 - the names are this package's own
        self._insert = f"INSERT INTO {table} (id, {column}) VALUES (?, ?)"  # noqa: S608
        self._select_many = f"SELECT id, {column} FROM {table} WHERE {column} IN ({{}})"  # noqa: S608
        self._select_all = f"SELECT id, {column} FROM {table}"  # noqa: S608
        self._last = f"SELECT COALESCE(MAX(id), 0) FROM {table}"  # noqa: S608
        self._cache: dict[str, int] = {}
        self._next = 0
        """The number of the next name; 0: not read yet."""
        self._whole = False
        """Whether the cache has every name: one that it does not know is new then, and is not looked up."""

    def find(self, name: str) -> int | None:
        """Returns the name's number, or None."""
        number = self._cache.get(name)
        if number is None and not self._whole:
            row = self._connection.execute(self._select, (stored(name),)).fetchone()
            if row is not None:
                number = self._remember(name, row[0])
        return number

    def number(self, name: str) -> int:
        """Returns the name's number; assigns one if it has none."""
        number = self._cache.get(name)
        return self.numbers((name,))[0] if number is None else number

    def numbers(self, names: Sequence[str]) -> list[int]:
        """Returns the numbers of names, in their order; assigns those that are missing, all at once."""
        cache = self._cache
        missing = [name for name in dict.fromkeys(names) if name not in cache]
        if missing:
            self._load()
            missing = [name for name in missing if name not in cache]
            # A copy, because what is asked for must not be dropped to make room for it.
            known = {name: cache[name] for name in names if name in cache}
            self._make_room(len(missing))
            cache.update(known)
            if not self._whole:
                missing = self._looked_up(missing)
            self._assign(missing)
        return [cache[name] for name in names]

    def forget(self) -> None:
        """Clears the cache: its numbers may no longer be in the table."""
        self._cache.clear()
        self._next = 0
        self._whole = False

    def _load(self) -> None:
        """Reads the whole table once if it is small."""
        if self._next:
            return
        self._next = self._connection.execute(self._last).fetchone()[0] + 1
        if self._next <= _CACHED:
            self._cache.update((loaded(name), number) for number, name in self._connection.execute(self._select_all))
            self._whole = True

    def _looked_up(self, names: Sequence[str]) -> list[str]:
        """Takes those that the table has into the cache; returns the others."""
        for start in range(0, len(names), _AT_ONCE):
            part = {stored(name): name for name in names[start : start + _AT_ONCE]}
            marks = ",".join("?" * len(part))
            for number, key in self._connection.execute(self._select_many.format(marks), list(part)):
                self._cache[part[key]] = number
        return [name for name in names if name not in self._cache]

    def _assign(self, names: Sequence[str]) -> None:
        # In their order, so that the index on names is written in order.
        rows = list(enumerate(sorted(names), self._next))
        self._connection.executemany(self._insert, [(number, stored(name)) for number, name in rows])
        self._next += len(rows)
        self._cache.update((name, number) for number, name in rows)

    def _make_room(self, count: int) -> None:
        if len(self._cache) + count > _CACHED:
            self._cache.clear()
            self._whole = False

    def _remember(self, name: str, number: int) -> int:
        self._make_room(1)
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
