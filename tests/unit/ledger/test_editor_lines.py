"""What became of suggestions, and of lines that an editor reported: sums by hour, bounded, and gone with their time."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from obsd.analysis.report import Report, ReportedSums, Scope, SuggestionSums
from obsd.authorship.facts import ChangeAttributed
from obsd.facts import CommitOrigins, Evidence, Fact, LinesReplaced, OriginLines
from obsd.facts.editors import SuggestionEnded, SuggestionOutcome
from obsd.ledger import Ledger
from obsd.ledger.editor_lines import MAX_PROVIDERS, OTHER
from obsd.views.state import StateChanges
from tests.unit.recording import T0, OpenLedger, added, changed, commit, object_id, rows

HOUR = 3600.0


def ended(
    outcome: SuggestionOutcome, count: int, lines: int, provider: str = "github.copilot", hours: int = 0, of: str = "w"
) -> SuggestionEnded:
    """What became of suggestions, so many hours after the begin."""
    return SuggestionEnded(T0 + hours * HOUR, of, provider, outcome, count, lines)


def report(ledger: Ledger, since: float = T0, until: float = T0 + 99 * HOUR, workspace: str = "") -> Report:
    """The sections of a report that it is about."""
    found = Report(Scope(since, until, workspace))
    ledger.reporting.committed(found)
    ledger.reporting.editors(found)
    return found


@pytest.fixture
def ledger(tmp_path: Path) -> OpenLedger:
    opened = OpenLedger.open(tmp_path / "ledger.sqlite3")
    assert isinstance(opened, OpenLedger)
    opened.append([added(), added("other")], StateChanges())
    return opened


def test_suggestions_are_summed_up_by_hour_provider_and_outcome(ledger: OpenLedger) -> None:
    facts = [ended("accepted", 1, 3), ended("accepted", 0, 2), ended("undone", 1, 3), ended("accepted", 4, 9, hours=3)]
    ledger.append([*facts, ended("shown", 7, 0, "own.one"), ended("accepted", 2, 2, of="other")], StateChanges())
    assert report(ledger).suggestions == [
        SuggestionSums("github.copilot", {"accepted": 7, "undone": 1}, {"accepted": 16, "undone": 3}),
        SuggestionSums("own.one", {"shown": 7}, {"shown": 0}),
    ]
    later = report(ledger, since=T0 + HOUR, workspace="w").suggestions
    assert later == [SuggestionSums("github.copilot", {"accepted": 4}, {"accepted": 9})]
    assert report(ledger, workspace="none").suggestions == []


def test_providers_are_bounded_and_those_that_are_known_stay(ledger: OpenLedger) -> None:
    names = [f"own.number-{number:02}" for number in range(MAX_PROVIDERS + 5)]
    for hours in (0, 2):
        ledger.append([ended("accepted", 1, 1, name, hours) for name in names], StateChanges())
    found = {one.provider: one.suggestions["accepted"] for one in report(ledger).suggestions}
    assert found == dict.fromkeys(names[:MAX_PROVIDERS], 2) | {OTHER: 10}


def _attributed(change: int, agent: str, evidence: Evidence, lines: int) -> list[Fact]:
    return [
        changed(lines=(lines, 0), at=T0 + 1),
        ChangeAttributed(T0 + 2, "w", change, "a.py", agent, evidence, lines_added=lines, lines_removed=0),
    ]


def test_lines_that_an_editor_reported_are_written_committed_and_replaced(ledger: OpenLedger) -> None:
    origins = (
        OriginLines("copilot-vscode", "editor", 6),
        OriginLines("copilot-vscode", "record", 2),
        OriginLines("person", "editor", 1),
    )
    ledger.append(_attributed(1, "copilot-vscode", "editor", 10), StateChanges())
    ledger.append(_attributed(2, "copilot-vscode", "writer", 5), StateChanges())
    ledger.append(_attributed(3, "several", "editor", 4), StateChanges())
    ledger.append(
        [commit(1, figures=(9, 0, 1)), CommitOrigins(T0, "w", object_id(1), origins, origins)], StateChanges()
    )
    taken = LinesReplaced(T0 + 3, "w", 3, (("copilot-vscode", 3),), (), (("copilot-vscode", 3),))
    ledger.append([taken], StateChanges())
    assert report(ledger).reported == [
        ReportedSums("copilot-vscode", written=10, committed=6, replaced=3),
        ReportedSums("person", committed=1),
    ]
    assert report(ledger, workspace="other").reported == []


@pytest.mark.parametrize("ends", [lambda ledger: ledger.prune(T0 + 400 * 86_400, 90), lambda ledger: _forgets(ledger)])
def test_they_go_with_their_time_and_with_their_workspace(
    ledger: OpenLedger, ends: Callable[[OpenLedger], object]
) -> None:
    ledger.append([ended("accepted", 1, 3), LinesReplaced(T0, "w", 3, (), (), (("person", 3),))], StateChanges())
    ends(ledger)
    for table in ("suggestion_hours", "editor_hours"):
        assert ledger.connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone() == (0,), table


def _forgets(ledger: OpenLedger) -> None:
    while ledger.forget("w"):
        pass


def test_a_ledger_of_the_version_before_gets_the_tables(tmp_path: Path) -> None:
    path = tmp_path / "old"
    Ledger.open(path).close()
    connection = sqlite3.connect(path)
    connection.executescript("DROP TABLE suggestion_hours; DROP TABLE editor_hours; PRAGMA user_version = 15")
    connection.close()
    ledger = Ledger.open(path)
    ledger.append([added(), ended("accepted", 1, 3)], StateChanges())
    ledger.close()
    assert rows(path, "SELECT provider, suggestions, lines FROM suggestion_hours") == [("github.copilot", 1, 3)]
