"""What authors wrote in ended sessions is remembered, and always what the ledger has."""

from __future__ import annotations

from pathlib import Path

from obsd.authorship.facts import ChangeAttributed
from obsd.facts import Fact
from obsd.ledger import Ledger
from obsd.views.state import SessionState, StateChanges
from tests.unit.recording import T0, OpenLedger, added, changed

HOUR = 3600.0


def attributed(change: int, agent: str, *, at: float = T0 + 2 * HOUR) -> Fact:
    """An author for a change, known long after it was made."""
    return ChangeAttributed(at, "w", change, "a.py", agent, "record")


def shares(ledger: Ledger) -> list[dict[str, int]]:
    """By session, the one begun first first, what each author changed."""
    rows = ledger.sessions(now=T0 + 3 * HOUR)
    return [{share.author: share.changes for share in row.authors} for row in reversed(rows)]


def filled(path: Path) -> OpenLedger:
    """Two sessions that have ended and one that runs, each with two changes of codex'."""
    ledger = OpenLedger.open(path)
    assert isinstance(ledger, OpenLedger)
    times = [T0, T0 + HOUR, T0 + 2 * HOUR]
    sessions = {n: SessionState(n, "w", at, at + 60, ended=n < 3, changes=2) for n, at in enumerate(times, 1)}
    facts = [changed(at=at + 60 * part) for at in times for part in range(2)]
    ledger.append([added(), *facts], StateChanges(sessions=sessions))
    ledger.append([attributed(change, "codex") for change in range(1, 7)], StateChanges())
    return ledger


def test_an_ended_session_is_read_once(tmp_path: Path) -> None:
    ledger = filled(tmp_path / "ledger.sqlite3")
    assert shares(ledger) == [{"codex": 2}] * 3
    read: list[str] = []
    ledger.connection.set_trace_callback(read.append)
    assert shares(ledger) == [{"codex": 2}] * 3
    assert len([text for text in read if "JOIN authors" in text]) == 1, "of the one that runs"
    ledger.close()


def test_an_author_that_comes_late_is_shown_where_it_belongs(tmp_path: Path) -> None:
    ledger = filled(tmp_path / "ledger.sqlite3")
    assert shares(ledger) == [{"codex": 2}] * 3
    ledger.append([attributed(4, "person")], StateChanges())
    assert shares(ledger) == [{"codex": 2}, {"codex": 1, "person": 1}, {"codex": 2}]
    ledger.append([attributed(1, "person"), attributed(6, "person")], StateChanges())
    assert shares(ledger) == [{"codex": 1, "person": 1}] * 3
    ledger.close()


def test_what_was_deleted_is_not_remembered(tmp_path: Path) -> None:
    ledger = filled(tmp_path / "ledger.sqlite3")
    assert shares(ledger) == [{"codex": 2}] * 3
    while ledger.prune(T0 + 2 * HOUR + 30, retention_days=(HOUR + 30) / 86_400):
        pass
    assert shares(ledger) == [{"codex": 2}, {"codex": 2}]
    ledger.append([], StateChanges(sessions={1: SessionState(1, "w", T0, T0 + 60, ended=True)}))
    assert shares(ledger)[0] == {}
    ledger.close()
