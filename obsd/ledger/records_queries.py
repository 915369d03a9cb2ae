"""Queries for how far agents' records are read.

Owns the statements that read the tables of `records_writer.py`. Ledger thread only.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from obsd import __version__
from obsd.facts.records import Count
from obsd.ledger.records_writer import SINCE


@dataclass(frozen=True, slots=True)
class RecordsKept:
    """What reading goes on from: `since` is when it began, None where it never did; `marks` are texts of
    `obsd.records`, `counts` what this version of obsd understood. `salt` keys the hashes of lines."""

    salt: bytes
    since: float | None
    marks: tuple[str, ...] = ()
    tools: tuple[bytes, ...] = ()
    counts: tuple[Count, ...] = ()


class RecordsReader:
    """Reads from one connection. Raises sqlite3.Error."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def kept(self) -> RecordsKept:
        """How far records are read, as the last transaction left it."""
        meta = dict(self._connection.execute("SELECT key, value FROM meta WHERE key IN ('salt', ?)", (SINCE,)))
        marks = self._connection.execute("SELECT mark FROM record_files")
        tools = self._connection.execute("SELECT key FROM record_tools ORDER BY seq")
        counts = self._connection.execute(
            "SELECT agent, version, understood, misread, last_at FROM record_counts WHERE obsd = ?", (__version__,)
        )
        return RecordsKept(
            salt=meta["salt"],
            since=float(meta[SINCE]) if SINCE in meta else None,
            marks=tuple(mark for (mark,) in marks),
            tools=tuple(key for (key,) in tools),
            counts=tuple(Count(*row) for row in counts),
        )
