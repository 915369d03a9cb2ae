"""Vendors' days in the ledger: read again they are replaced, and a day that begins to be forgotten is gone."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from obsd.facts.usage import UsageFigure, VendorDayRead
from obsd.ledger import Ledger
from obsd.views.state import StateChanges
from tests.unit.recording import added, commit

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


def test_scopes_are_apart(ledger: Ledger) -> None:
    team = UsageFigure("ada", "commits", 7, "team")
    read(ledger, "2026-11-26", UsageFigure("ada", "commits", 1), team)
    assert [day.figures for day in ledger.usage.days("2026-11-01")] == [{"ada": {"commits": 1.0}}]
    assert [day.figures for day in ledger.usage.days("2026-11-01", "anthropic", "team")] == [{"ada": {"commits": 7.0}}]
    assert ledger.usage.known("anthropic") == {"2026-11-26"}


def test_the_last_day_that_is_over(ledger: Ledger) -> None:
    assert ledger.usage.last_day("anthropic", "2026-11-27") == ("", {})
    read(ledger, "2026-11-25", UsageFigure("ada", "commits", 1), settled=True)
    read(ledger, "2026-11-26", UsageFigure("core", "commits", 9, "team"), settled=True)
    assert ledger.usage.last_day("anthropic", "2026-11-27") == ("2026-11-25", {"commits": 1.0})
    read(ledger, "2026-11-26", UsageFigure("ada", "commits", 2), UsageFigure("bob", "commits", 5))
    read(ledger, "2026-11-27", UsageFigure("ada", "commits", 4))
    assert ledger.usage.last_day("anthropic", "2026-11-27") == ("2026-11-26", {"commits": 7.0})
    assert ledger.usage.last_day("anthropic", "2026-11-27", "ada") == ("2026-11-26", {"commits": 2.0})
    assert ledger.usage.last_day("anthropic", "2026-11-27", "eve") == ("2026-11-26", {})


def test_figures_of_people_of_an_older_ledger_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite3"
    old = Ledger.open(path)
    read(old, "2026-11-26", settled=True)
    old.close()
    connection = sqlite3.connect(path)
    connection.executescript(
        "DROP TABLE usage_figures;"
        " CREATE TABLE usage_figures (vendor TEXT NOT NULL, day TEXT NOT NULL, person NOT NULL,"
        " measure TEXT NOT NULL, amount REAL NOT NULL, PRIMARY KEY (vendor, day, person, measure)) WITHOUT ROWID;"
        " INSERT INTO usage_figures VALUES ('anthropic', '2026-11-26', 'ada', 'commits', 3); PRAGMA user_version = 14"
    )
    connection.close()
    new = Ledger.open(path)
    assert [day.figures for day in new.usage.days("2026-11-01")] == [{"ada": {"commits": 3.0}}]
    new.close()


def test_commits_are_found_by_the_ids_that_they_have_or_had(ledger: Ledger) -> None:
    made = commit(1)
    ledger.append([added(), made], StateChanges())
    found = ledger.usage.commits([made.commit_id, "f" * 40])
    assert {commit_id: (row.workspace, row.commit_id) for commit_id, row in found.items()} == {
        made.commit_id: ("w", made.commit_id)
    }
