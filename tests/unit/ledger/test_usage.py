"""Vendors' days in the ledger: read again they are replaced, and a day that begins to be forgotten is gone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from obsd.facts.usage import UsageFigure, VendorDayRead
from obsd.ledger import Ledger
from obsd.views.state import StateChanges

NOON = 1_795_780_800.0
"""2026-11-27, 12:00 UTC."""


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger.open(tmp_path / "ledger.sqlite3")
    yield opened
    opened.close()


def read(ledger: Ledger, day: str, *figures: UsageFigure, settled: bool = False) -> None:
    ledger.append([VendorDayRead(NOON, "", "anthropic", day, settled, figures)], StateChanges())


def test_a_day_that_is_read_again_is_replaced(ledger: Ledger) -> None:
    read(ledger, "2026-11-26", UsageFigure("ada", "commits", 1), UsageFigure("bob", "commits", 5))
    assert ledger.usage.settled("anthropic") == set()
    read(ledger, "2026-11-26", UsageFigure("ada", "commits", 2), settled=True)
    [day] = ledger.usage.days("2026-11-01")
    assert (day.figures, day.settled, day.read_at) == ({"ada": {"commits": 2.0}}, True, NOON)
    assert ledger.usage.settled("anthropic") == {"2026-11-26"}
    assert ledger.usage.days("2026-11-27") == ledger.usage.days("2026-11-01", "another") == []


def test_what_is_forgotten_in_part_is_forgotten(ledger: Ledger) -> None:
    for day in ("2026-11-24", "2026-11-25", "2026-11-26"):
        read(ledger, day, UsageFigure("ada", "commits", 1), settled=True)
    while ledger.prune(NOON, retention_days=2):
        pass
    assert [one.day for one in ledger.usage.days("2026-11-01")] == ["2026-11-26"]
