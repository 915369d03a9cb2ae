"""Writes file changes and their roll-ups, many at a time.

Owns the tables of changes: the record, and its sums by hour and day, by author and hour, and by file and day.
Ledger thread only.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from obsd.authorship.facts import ChangeAttributed
from obsd.facts import FileChanged
from obsd.ledger import week_sums
from obsd.ledger.codec import OPERATION_NUMBERS, UNMEASURED_NUMBERS, milliseconds, signed, stored
from obsd.ledger.content_writer import ContentWriter
from obsd.ledger.interning import Names
from obsd.ledger.week_sums import WEEK_DAYS

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
DAY_HOURS = 24

_INSERT = (
    "INSERT INTO changes (seq, at, workspace, path, operation, file_type, added, removed, unmeasured, previous)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)

_Key = tuple[Any, ...]
_Row = tuple[Any, ...]


class ChangeWriter:
    """Writes into one connection."""

    def __init__(self, connection: sqlite3.Connection, names: Names) -> None:
        self._connection = connection
        self._names = names
        self._contents = ContentWriter(connection, names)

    def forget(self) -> None:
        """Clears what is in memory: it may not be in the ledger."""
        self._contents.forget()

    def write(self, facts: Sequence[FileChanged]) -> None:
        """Appends changes to the record and adds them to the roll-ups. Raises sqlite3.Error."""
        if not facts:
            return
        rows = self._rows(facts)
        self._connection.executemany(_INSERT, rows)
        self._contents.write(facts)
        hours, days = _sums(rows)
        self._sum_up("hours", hours)
        self._sum_up("days", _coarser(hours, DAY_HOURS))
        self._sum_up("file_days", days)
        self._sum_up("file_weeks", self._of_summed_weeks(days))

    def _rows(self, facts: Sequence[FileChanged]) -> list[_Row]:
        """Returns the rows of changes, as tuples in the order of the columns: names of columns cost as much again."""
        paths = self._names.paths.numbers([fact.path for fact in facts])
        earlier = [fact.previous_path for fact in facts if fact.previous_path]
        previous = dict(zip(earlier, self._names.paths.numbers(earlier), strict=True)) if earlier else {}
        workspaces, file_types = self._names.workspaces.number, self._names.file_types.number
        return [
            (
                fact.change or None,
                milliseconds(fact.at),
                workspaces(fact.workspace),
                path,
                OPERATION_NUMBERS[fact.operation],
                file_types(fact.file_type),
                None if fact.lines_added is None else signed(fact.lines_added),
                None if fact.lines_removed is None else signed(fact.lines_removed),
                UNMEASURED_NUMBERS[fact.unmeasured],
                previous.get(fact.previous_path),
            )
            for fact, path in zip(facts, paths, strict=True)
        ]

    def _of_summed_weeks(self, days: dict[_Key, list[int]]) -> dict[_Key, list[int]]:
        """Returns the sums by week of what comes after its week was summed up."""
        summed = week_sums.summed(self._connection)
        late = {key: cell for key, cell in days.items() if key[0] // WEEK_DAYS <= summed}
        return _coarser(late, WEEK_DAYS)

    def attribute(self, facts: Sequence[ChangeAttributed]) -> dict[str, tuple[int, int]]:
        """Writes the authors of changes; returns by workspace when the first and the last was made, in milliseconds.
        Raises sqlite3.Error."""
        numbers: dict[tuple[str, str, str, str], int] = {}
        rows: list[tuple[int, int]] = []
        for fact in facts:
            author = (fact.agent, fact.evidence, fact.session, fact.program)
            if author not in numbers:
                numbers[author] = self._author(author)
            rows.append((numbers[author], fact.change))
        times = self._sum_up_authors(facts)
        self._connection.executemany("UPDATE changes SET author = ? WHERE seq = ?", rows)
        return times

    def _sum_up_authors(self, facts: Sequence[ChangeAttributed]) -> dict[str, tuple[int, int]]:
        """Moves changes from their author so far, if they have one, to the one that they get."""
        hours: dict[_Key, list[int]] = {}
        times: dict[str, tuple[int, int]] = {}
        for fact in facts:
            row = self._connection.execute(
                "SELECT at, workspace, COALESCE(added, 0), COALESCE(removed, 0), agent, evidence"
                " FROM changes c LEFT JOIN authors a ON a.id = c.author WHERE seq = ?",
                (fact.change,),
            ).fetchone()
            if row is None:
                continue
            at, workspace, added, removed, *before = row
            first, last = times.get(fact.workspace, (at, at))
            times[fact.workspace] = (min(first, at), max(last, at))
            for author, sign in (((stored(fact.agent), fact.evidence), 1), (before, -1)):
                if author[1] is not None:
                    cell = hours.setdefault((at // HOUR_MS, workspace, *author), [0, 0, 0])
                    for place, number in enumerate((1, added, removed)):
                        cell[place] += sign * number
        self._sum_up("author_hours", hours)
        return times

    def _author(self, author: tuple[str, str, str, str]) -> int:
        values = tuple(stored(text) for text in author)
        self._connection.execute(
            "INSERT OR IGNORE INTO authors (agent, evidence, session, program) VALUES (?, ?, ?, ?)", values
        )
        row = self._connection.execute(
            "SELECT id FROM authors WHERE agent = ? AND evidence = ? AND session = ? AND program = ?", values
        ).fetchone()
        return int(row[0])

    def _sum_up(self, table: str, sums: dict[_Key, list[int]]) -> None:
        if not sums:
            return
        values = ", ".join("?" * len((*next(iter(sums)), *next(iter(sums.values())))))
        self._connection.executemany(
            f"INSERT INTO {table} VALUES ({values}) ON CONFLICT DO UPDATE SET"  # noqa: S608 - a table of this module
            " changes = changes + excluded.changes, added = added + excluded.added,"
            " removed = removed + excluded.removed",
            [(*key, *cell) for key, cell in sums.items()],
        )


def _sums(rows: Iterable[_Row]) -> tuple[dict[_Key, list[int]], dict[_Key, list[int]]]:
    """Returns the sums of changes by hour and kind, and by day and file."""
    hours: dict[_Key, list[int]] = {}
    days: dict[_Key, list[int]] = {}
    for _, at, workspace, path, operation, file_type, added, removed, _, _ in rows:
        _add(hours, (at // HOUR_MS, workspace, operation, file_type), added, removed)
        _add(days, (at // DAY_MS, workspace, path), added, removed)
    return hours, days


def _add(sums: dict[_Key, list[int]], key: _Key, added: int | None, removed: int | None) -> None:
    cell = sums.get(key)
    if cell is None:
        sums[key] = [1, added or 0, removed or 0]
    else:
        cell[0] += 1
        cell[1] += added or 0
        cell[2] += removed or 0


def _coarser(sums: dict[_Key, list[int]], length: int) -> dict[_Key, list[int]]:
    """Returns the same sums by periods that are `length` times as long."""
    coarse: dict[_Key, list[int]] = {}
    for (time, *rest), cell in sums.items():
        key = (time // length, *rest)
        known = coarse.get(key)
        coarse[key] = list(cell) if known is None else [a + b for a, b in zip(known, cell, strict=True)]
    return coarse
