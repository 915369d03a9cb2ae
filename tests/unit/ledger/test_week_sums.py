"""Weeks are summed up when they are over; whatever comes late, weeks and days have the same sums."""

from __future__ import annotations

from pathlib import Path

from obsd.analysis.report import Report, Scope
from obsd.facts import Fact
from obsd.ledger import Ledger
from obsd.views.state import StateChanges
from tests.unit.recording import added, changed, rows

DAY = 86_400.0
BEGIN = 2_000 * 7 * DAY
"""A week begins."""


def write(ledger: Ledger, *facts: Fact) -> None:
    ledger.append(facts, StateChanges())


def day(number: int, name: str = "a") -> Fact:
    return changed(name, lines=(number + 1, 1), at=BEGIN + number * DAY + 60)


def weeks(ledger: Ledger) -> list[tuple[object, ...]]:
    return rows(ledger.path, "SELECT week - 2000, SUM(changes), SUM(added) FROM file_weeks GROUP BY week ORDER BY week")


def reported(ledger: Ledger, days: int) -> list[tuple[str, int, int]]:
    report = Report(Scope(BEGIN, BEGIN + days * DAY))
    ledger.reporting.files(report)
    return [(one.path, one.changes, one.lines_added) for one in report.files]


def sum_up(ledger: Ledger, now: float) -> None:
    while ledger.prune(now, retention_days=1000):
        pass


def test_a_week_is_summed_up_when_it_is_over_and_reports_say_the_same(tmp_path: Path) -> None:
    ledger = Ledger.open(tmp_path / "ledger.sqlite3")
    write(ledger, added(), *(day(number) for number in range(17)), day(3, "b"))
    expected = reported(ledger, 17)
    assert expected == [("a", 17, 153), ("b", 1, 4)]
    assert weeks(ledger) == []
    sum_up(ledger, BEGIN + 13.9 * DAY)
    assert weeks(ledger) == [(0, 8, 32)]
    assert reported(ledger, 17) == expected
    sum_up(ledger, BEGIN + 17 * DAY)
    assert weeks(ledger) == [(0, 8, 32), (1, 7, 77)]
    assert reported(ledger, 17) == expected
    ledger.close()


def test_what_comes_late_is_added_to_a_week_that_is_summed_up(tmp_path: Path) -> None:
    ledger = Ledger.open(tmp_path / "ledger.sqlite3")
    write(ledger, added(), *(day(number) for number in range(14)))
    sum_up(ledger, BEGIN + 14 * DAY)
    write(ledger, day(2), day(2, "late"), day(15))
    assert weeks(ledger) == [(0, 9, 34), (1, 7, 77)]
    assert reported(ledger, 21) == [("a", 16, 124), ("late", 1, 3)]
    sum_up(ledger, BEGIN + 21 * DAY)
    assert weeks(ledger) == [(0, 9, 34), (1, 7, 77), (2, 1, 16)]
    assert reported(ledger, 21) == [("a", 16, 124), ("late", 1, 3)]
    ledger.close()
