"""Violations in the ledger: newest first, filtered, with any name."""

from __future__ import annotations

from pathlib import Path

from obsd.facts import Fact, RuleBroken, RuleKept
from obsd.ledger import Ledger
from obsd.views.state import StateChanges
from tests.unit.recording import T0, added


def test_violations_are_listed_newest_first_and_by_filters(tmp_path: Path) -> None:
    odd = 'a"\n\udcff.pem'
    facts: list[Fact] = [
        *(added(), added("v", path="/srv/v")),
        RuleBroken(T0, "w", "commit_lines", "a" * 40, "long"),
        RuleKept(T0 + 1, "w", "commit_lines"),
        RuleBroken(T0 + 2, "v", "protected_paths", odd, "matches *.pem"),
        RuleBroken(T0 + 3, "w", "commit_lines", "b" * 40, "long again"),
    ]
    ledger = Ledger.open(tmp_path / "ledger")
    ledger.append(facts, StateChanges())
    found = ledger.violations()
    assert [(row.at - T0, row.workspace, row.rule) for row in found] == [
        *((3, "w", "commit_lines"), (2, "v", "protected_paths"), (0, "w", "commit_lines")),
    ]
    assert found[1].subject == odd
    assert [row.detail for row in ledger.violations("w", limit=1)] == ["long again"]
    assert [row.workspace for row in ledger.violations(rule="protected_paths")] == ["v"]
    assert len(ledger.violations(since=T0 + 2)) == 2
    assert ledger.violations("nowhere") == []
    ledger.close()
