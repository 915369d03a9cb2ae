"""How far agents' records are read is read back, also when it waited in the backlog."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from obsd.authorship.facts import RecordsRead, SessionRecorded
from obsd.facts import Fact
from obsd.facts.records import Count
from obsd.ledger import Ledger
from obsd.ledger.backlog import Backlog
from obsd.views.state import StateChanges
from tests.unit.recording import T0, changed, rows

READS = (
    RecordsRead(T0, "", since=T0),
    RecordsRead(T0 + 1, "", 0.0, (("/a", "one"), ("/b\udcff", "two")), (b"1", b"2"), (Count("codex", "1", 3, 1, T0),)),
    RecordsRead(
        T0 + 2, "", 0.0, (("/a", ""), ("/b\udcff", "three")), (b"2", b"3"), (Count("codex", "1", 2, 0, T0 + 2),)
    ),
    RecordsRead(T0 + 3, "", since=T0 + 3),
)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger.open(tmp_path / "ledger.sqlite3")
    yield opened
    opened.close()


def as_read(ledger: Ledger) -> bool:
    """Whether all of `READS` is kept."""
    kept = ledger.records.kept()
    counts = (Count("codex", "1", 5, 1, T0 + 2),)
    return (kept.since, kept.marks, kept.tools, kept.counts) == (T0, ("three",), (b"1", b"2", b"3"), counts)


def test_what_was_read_is_read_back(ledger: Ledger) -> None:
    for read in READS:
        ledger.append([read], StateChanges())
    assert as_read(ledger)


def test_nothing_of_it_is_lost_in_the_backlog_however_much_waits(ledger: Ledger) -> None:
    backlog = Backlog(max_facts=4)
    facts: list[Fact] = [fact for read in READS for fact in (changed(), read, changed())]
    for fact in facts:
        backlog.add([fact], StateChanges())
    assert backlog.dropped > 0
    assert len(backlog.facts) < len(facts)
    ledger.append(backlog.facts, StateChanges())
    assert as_read(ledger)


def test_tokens_of_a_session_add_up(ledger: Ledger, tmp_path: Path) -> None:
    for at, model, tokens in ((T0, "m1", (1, 2, 3, 4, 5)), (T0 + 9, "", (10, 20, 30, 40, 50))):
        ledger.append([SessionRecorded(at, "w", "codex", "s", at, at + 1, model, tokens=tokens)], StateChanges())
    found = rows(tmp_path / "ledger.sqlite3", "SELECT first_at, last_at, model, input, reasoning FROM record_sessions")
    assert found == [(T0, T0 + 10, "m1", 11, 55)]
