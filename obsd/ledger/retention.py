"""Keeps the ledger within its bounds of age and size, in small steps.

Owns what goes first: the record of changes, whose sums stay in the roll-ups, then other facts, then roll-ups. Ids of
counted commits and the views' state stay. Ledger thread only; each step is one short transaction of the caller's.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Final

from obsd.ledger import (
    editor_lines,
    history_writer,
    kept_lines,
    records_writer,
    replaced_lines,
    telemetry_writer,
    usage_writer,
)
from obsd.ledger.change_writer import DAY_MS, HOUR_MS
from obsd.ledger.codec import milliseconds
from obsd.ledger.week_sums import WEEK_DAYS

STEP_ROWS: Final = 20_000
_DAY_SECONDS: Final = 86_400.0
_ROLL_UP_RETENTIONS: Final = 4
"""Hourly sums stay for so many times as long as the record."""
_VACUUM_PAGES: Final = 2_000
_OLD_CONTENTS: Final = (
    "DELETE FROM contents WHERE change IN (SELECT change FROM contents"  # noqa: S608 - a number
    f" WHERE change < (SELECT COALESCE(MIN(seq), 0) FROM changes) ORDER BY change LIMIT {STEP_ROWS})"
)
"""A content whose first change is no longer in the record."""
_EXPIRING: Final = (
    *telemetry_writer.EXPIRING,
    *records_writer.EXPIRING,
    *history_writer.EXPIRING,
    *usage_writer.EXPIRING,
)


class Retention:
    """Bounds of one connection's file."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    def keep_numbers(self) -> None:
        """Note the number of the newest change before changes go: numbers are never given twice."""
        # A MAX that is alone in its query reads the end of the table; with a HAVING it reads every row.
        (newest,) = self._connection.execute("SELECT MAX(seq) FROM changes").fetchone()
        if newest is not None:
            self._connection.execute("INSERT OR REPLACE INTO meta VALUES ('newest_change', ?)", (newest,))

    def expire(self, now: float, retention_days: float) -> int:
        """Delete a step of what is too old; returns how many rows went."""
        cutoff = now - retention_days * _DAY_SECONDS
        cutoff_ms = milliseconds(cutoff)
        roll_up_ms = milliseconds(now - _ROLL_UP_RETENTIONS * retention_days * _DAY_SECONDS)
        return sum(
            self._connection.execute(statement, (value,)).rowcount
            for statement, value in (
                (_oldest("changes", "at < ?"), cutoff_ms),
                (_oldest("events", "at < ?"), cutoff),
                (_oldest("commits", "at < ?"), cutoff),
                (f"{_OLD_CONTENTS} AND ?", True),
                ("DELETE FROM origins WHERE ? AND commit_seq NOT IN (SELECT seq FROM commits)", True),
                ("DELETE FROM earlier_ids WHERE ? AND commit_seq NOT IN (SELECT seq FROM commits)", True),
                ("DELETE FROM rewrites WHERE at < ?", cutoff),
                ("DELETE FROM sessions WHERE ended AND last_at < ?", cutoff),
                ("DELETE FROM file_days WHERE day < ?", cutoff_ms // DAY_MS),
                ("DELETE FROM file_weeks WHERE week < ?", cutoff_ms // DAY_MS // WEEK_DAYS),
                ("DELETE FROM hours WHERE hour < ?", roll_up_ms // HOUR_MS),
                ("DELETE FROM days WHERE day < ?", roll_up_ms // DAY_MS),
                ("DELETE FROM author_hours WHERE hour < ?", roll_up_ms // HOUR_MS),
                ("DELETE FROM replaced_hours WHERE hour < ?", roll_up_ms // HOUR_MS),
                *((each, roll_up_ms // HOUR_MS) for each in editor_lines.EXPIRING),
                (f"{replaced_lines.EXPIRING} AND ?", True),
                (kept_lines.OLD, now - kept_lines.KEPT_SECONDS),
                *((each, cutoff) for each in _EXPIRING),
            )
        )

    def shrink(self, max_bytes: int) -> int:
        """Delete a step of the oldest when the ledger is too large; returns how many rows went."""
        if self.used_bytes() <= max_bytes:
            return 0
        for statement in (
            _oldest("changes", "TRUE"),
            _OLD_CONTENTS,
            _oldest("events", "TRUE"),
            "DELETE FROM file_days WHERE day <= (SELECT MIN(day) FROM file_days)",
            "DELETE FROM file_weeks WHERE week <= (SELECT MIN(week) FROM file_weeks)",
            "DELETE FROM hours WHERE hour <= (SELECT MIN(hour) + 24 FROM hours)",
            "DELETE FROM days WHERE day <= (SELECT MIN(day) + 7 FROM days)",
            "DELETE FROM author_hours WHERE hour <= (SELECT MIN(hour) + 24 FROM author_hours)",
            "DELETE FROM replaced_hours WHERE hour <= (SELECT MIN(hour) + 24 FROM replaced_hours)",
            *editor_lines.OLDEST,
            _oldest("commits", "TRUE"),
        ):
            gone = self._connection.execute(statement).rowcount
            if gone:
                return gone
        return 0

    def give_back(self) -> bool:
        """Give a step of free pages back to the file system; False when there are few."""
        if self._pragma("freelist_count") < _VACUUM_PAGES:
            return False
        # As a script, because it frees one page a step, and `execute` takes one step of what returns no columns.
        self._connection.executescript(f"PRAGMA incremental_vacuum({_VACUUM_PAGES})")
        return True

    def used_bytes(self) -> int:
        """Bytes of pages that hold something."""
        return (self._pragma("page_count") - self._pragma("freelist_count")) * self._pragma("page_size")

    def size_bytes(self) -> int:
        """Bytes on disk, the write-ahead log included."""
        sizes = 0
        for suffix in ("", "-wal"):
            try:
                sizes += os.stat(f"{self._path}{suffix}").st_size
            except FileNotFoundError:
                continue
        return sizes

    def _pragma(self, name: str) -> int:
        value: int = self._connection.execute(f"PRAGMA {name}").fetchone()[0]
        return value


def _oldest(table: str, condition: str) -> str:
    # The order of insertion is nearly that of time, and needs no index.
    return (
        f"DELETE FROM {table} WHERE seq IN (SELECT seq FROM {table} ORDER BY seq LIMIT {STEP_ROWS})"  # noqa: S608
        f" AND {condition}"
    )
