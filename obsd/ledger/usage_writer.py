"""Writes the days that vendors' usage interfaces give.

Owns the tables `usage_…`. Ledger thread only, inside the caller's transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from typing import Any, Final

from obsd.facts import Fact
from obsd.facts.usage import VendorDayRead
from obsd.ledger.codec import stored

EXPIRING: Final = (
    "DELETE FROM usage_figures WHERE day <= date(?, 'unixepoch')",
    "DELETE FROM usage_days WHERE day <= date(?, 'unixepoch')",
)
"""The statements that delete the days up to a time in Unix seconds: what obsd counted on its own day is not whole."""


def _read(connection: sqlite3.Connection, _workspace: int, fact: VendorDayRead) -> None:
    connection.execute("DELETE FROM usage_figures WHERE vendor = ? AND day = ?", (fact.vendor, fact.day))
    connection.execute(
        "INSERT OR REPLACE INTO usage_days VALUES (?, ?, ?, ?)", (fact.vendor, fact.day, int(fact.settled), fact.at)
    )
    connection.executemany(
        "INSERT OR REPLACE INTO usage_figures VALUES (?, ?, ?, ?, ?, ?)",
        ((fact.vendor, fact.day, one.scope, stored(one.subject), one.measure, one.amount) for one in fact.figures),
    )


HANDLERS: Final[Mapping[type[Fact], Callable[[sqlite3.Connection, int, Any], None]]] = {VendorDayRead: _read}
"""What each fact writes, given the number of its workspace."""
