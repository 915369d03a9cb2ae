"""Queries for vendors' days, and for what this machine counted on the same days.

Owns the statements that read the tables of `usage_writer.py`. Days are UTC, `YYYY-MM-DD`. Ledger thread only.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from obsd.ledger import commit_queries
from obsd.ledger.codec import loaded, stored
from obsd.ledger.rows import CommitRow

_LOCAL_LINES: Final = (
    "SELECT date(hour * 3600, 'unixepoch') AS day, SUM(added), SUM(removed) FROM author_hours"
    " WHERE agent = ? AND hour * 3600 >= CAST(strftime('%s', ?) AS INTEGER) GROUP BY 1"
)
_LOCAL_COMMITS: Final = (
    "SELECT date(committed_at, 'unixepoch') AS day, COUNT(*) FROM commits WHERE agent = ?"
    " AND committed_at >= CAST(strftime('%s', ?) AS INTEGER) GROUP BY 1"
)


@dataclass(frozen=True, slots=True)
class VendorDay:
    """A vendor's day; `figures` by subject (a person, a team…), then by measure."""

    vendor: str
    day: str
    settled: bool
    read_at: float
    figures: dict[str, dict[str, float]] = field(default_factory=dict)


class UsageReader:
    """Reads from one connection. Raises sqlite3.Error."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def days(self, since: str, vendor: str = "", scope: str = "person") -> list[VendorDay]:
        """The days from `since` on, of one vendor or of all, in order, with the figures of a scope."""
        rows = self._connection.execute(
            "SELECT vendor, day, settled, read_at FROM usage_days WHERE day >= ?1 AND (?2 = '' OR vendor = ?2)"
            " ORDER BY day, vendor",
            (since, vendor),
        )
        days = {(name, day): VendorDay(name, day, bool(settled), at) for name, day, settled, at in rows}
        for name, day, subject, measure, amount in self._connection.execute(
            "SELECT vendor, day, subject, measure, amount FROM usage_figures WHERE day >= ?1"
            " AND (?2 = '' OR vendor = ?2) AND scope = ?3",
            (since, vendor, scope),
        ):
            days[name, day].figures.setdefault(loaded(subject), {})[measure] = amount
        return list(days.values())

    def last_day(self, vendor: str, before: str, person: str = "") -> tuple[str, dict[str, float]]:
        """The last day before another of which there are figures of people, and its sums by measure, of one person or
        of all; "" where there is no such day."""
        row = self._connection.execute(
            "SELECT day FROM usage_figures WHERE vendor = ? AND day < ? AND scope = 'person' ORDER BY day DESC LIMIT 1",
            (vendor, before),
        ).fetchone()
        if row is None:
            return "", {}
        sums = self._connection.execute(
            "SELECT measure, SUM(amount) FROM usage_figures WHERE vendor = ?1 AND day = ?2 AND scope = 'person'"
            " AND (?3 = '' OR subject = ?3) GROUP BY measure",
            (vendor, row[0], stored(person)),
        )
        return str(row[0]), dict(sums.fetchall())

    def settled(self, vendor: str) -> set[str]:
        """The days that need not be read again."""
        rows = self._connection.execute("SELECT day FROM usage_days WHERE vendor = ? AND settled", (vendor,))
        return {str(day) for (day,) in rows}

    def known(self, vendor: str) -> set[str]:
        """The days that were read."""
        rows = self._connection.execute("SELECT day FROM usage_days WHERE vendor = ?", (vendor,))
        return {str(day) for (day,) in rows}

    def first_at(self) -> float:
        """When the first workspace of the register was added, in Unix seconds; 0 without one."""
        row = self._connection.execute("SELECT MIN(added_at) FROM workspaces WHERE present").fetchone()
        return float(row[0] or 0.0)

    def counted(self, agents: Sequence[str], since: str) -> dict[str, dict[str, float]]:
        """What obsd counted of agents on this machine, together, by day: the measures that it has."""
        found: dict[str, dict[str, float]] = {}
        for agent in agents:
            for day, added, removed in self._connection.execute(_LOCAL_LINES, (stored(agent), since)):
                _add(found.setdefault(day, {}), lines_added=float(added), lines_removed=float(removed))
            for day, commits in self._connection.execute(_LOCAL_COMMITS, (stored(agent), since)):
                _add(found.setdefault(day, {}), commits=float(commits))
        return found

    def commits(self, ids: Iterable[str]) -> dict[str, CommitRow]:
        """The commits of this machine that have, or had, some ids."""
        wanted, found = set(ids), dict[str, CommitRow]()
        for (workspace,) in self._connection.execute("SELECT id FROM workspaces").fetchall():
            found |= commit_queries.by_id(self._connection, workspace, wanted - found.keys())
        return found


def _add(sums: dict[str, float], **amounts: float) -> None:
    for measure, amount in amounts.items():
        sums[measure] = sums.get(measure, 0.0) + amount
