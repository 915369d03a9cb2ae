"""Pruning costs what it deletes: a long record is not read to find that there is nothing to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

from obsd.views.state import StateChanges
from tests.unit.recording import T0, OpenLedger, added, changed

CHANGES = 40_000


def instructions(connection: sqlite3.Connection, work: Callable[[], object]) -> int:
    """How many instructions SQLite's machine runs for some work, in hundreds rounded down."""
    hundreds = 0

    def count() -> int:
        nonlocal hundreds
        hundreds += 1
        return 0

    connection.set_progress_handler(count, 100)
    try:
        work()
    finally:
        connection.set_progress_handler(None, 0)
    return 100 * hundreds


def test_to_find_that_nothing_has_to_go_takes_no_longer_in_a_longer_record(tmp_path: Path) -> None:
    ledger = OpenLedger.open(tmp_path / "ledger.sqlite3")
    assert isinstance(ledger, OpenLedger)
    ledger.append([added()], StateChanges())
    pruned, read = [], []
    for part in range(2):
        first = part * CHANGES
        numbers = range(first, first + CHANGES)
        ledger.append([changed(f"{n % 50}.py", at=T0 + n / 1000) for n in numbers], StateChanges())
        while ledger.prune(T0 + 60):
            pass
        pruned.append(instructions(ledger.connection, lambda: ledger.prune(T0 + 60)))
        read.append(
            instructions(ledger.connection, lambda: ledger.connection.execute("SELECT SUM(at) FROM changes").fetchone())
        )
    assert read[1] > read[0] + CHANGES, "a read of the whole record is seen"
    assert pruned[1] < pruned[0] + 1_000
    ledger.close()
