"""What is written into the ledger is read back the same, whatever names and numbers it holds."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obsd.facts import (
    CommitRewritten,
    Fact,
    GitChangedFiles,
    KnownFile,
    ReflogRead,
    Rescanned,
    Ticked,
    TreeUpdated,
    WatcherRestarted,
    WorkspaceRemoved,
)
from obsd.ledger import Ledger, codec
from obsd.views.state import SessionState, StateChanges
from tests.unit.recording import T0, added, changed, commit, object_id, rows

ODD_NAMES = ["plain", "ünï", "a\udcff\nb", "\ud800 high", " ", "'; DROP TABLE paths; --", "x" * 5000]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger.open(tmp_path / "ledger.sqlite3")
    yield opened
    opened.close()


def write(ledger: Ledger, *facts: Fact) -> None:
    ledger.append(facts, StateChanges())


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_is_stored_and_loaded(text: str) -> None:
    assert codec.loaded(codec.stored(text)) == text


@given(st.one_of(st.binary().map(bytes.hex), st.text(st.characters(exclude_categories=["Cs"]))))
def test_any_id_is_stored_and_loaded(object_id: str) -> None:
    assert codec.loaded_id(codec.stored_id(object_id)) == object_id


@given(st.integers(0, 2**64 - 1))
def test_any_inode_is_stored_and_loaded(inode: int) -> None:
    assert -(2**63) <= codec.signed(inode) < 2**63
    assert codec.unsigned(codec.signed(inode)) == inode


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_change_is_read_back(ledger: Ledger, name: str) -> None:
    write(ledger, changed(name, "renamed", None, unmeasured="binary", previous_path=name + "2", at=T0 + 0.125))
    (row,) = ledger.changes()
    assert (row.path, row.previous_path, row.operation) == (name, name + "2", "renamed")
    assert (row.at, row.lines_added, row.lines_removed, row.unmeasured) == (T0 + 0.125, None, None, "binary")


@pytest.mark.parametrize("name", ODD_NAMES)
def test_known_files_and_cursors_are_read_back(ledger: Ledger, name: str) -> None:
    file = KnownFile(name, 2**40, int(T0) * 10**9, 2**64 - 1, object_id(7))
    cursor = ReflogRead(T0, "w", name, inode=2**64 - 1, offset=12345, last_id=object_id(8))
    write(ledger, added(), TreeUpdated(T0, "w", known=(file,), begins=True, complete=True), cursor)
    assert ledger.known_files("w") == [file]
    assert ledger.reflog_cursors("w") == {name: cursor}


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_commit_is_read_back(ledger: Ledger, name: str) -> None:
    write(ledger, commit(5, branch=name, author=name, subject=name, agent="claude-code", evidence="trailer"))
    (row,) = ledger.commits()
    assert (row.commit_id, row.branch, row.author_name, row.subject) == (object_id(5), name, name, name)
    assert (row.agent, row.evidence, row.earlier_ids) == ("claude-code", "trailer", ())


def test_a_tree_is_updated_in_place_and_begun_anew(ledger: Ledger) -> None:
    one, two, three = (KnownFile(name, 1, 2, 3, "") for name in ("1", "2", "3"))
    write(ledger, added(), TreeUpdated(T0, "w", known=(one,), begins=True))
    assert not ledger.has_tree("w")
    write(ledger, TreeUpdated(T0, "w", known=(two,), complete=True))
    write(ledger, TreeUpdated(T0, "w", known=(three,), forgotten=("1",)))
    assert ledger.has_tree("w")
    assert ledger.known_files("w") == [two, three]
    write(ledger, TreeUpdated(T0, "w", known=(one,), begins=True))
    assert ledger.known_files("w") == [one]
    assert not ledger.has_tree("w")


def test_a_file_that_is_forgotten_and_known_in_one_fact_is_known(ledger: Ledger) -> None:
    file = KnownFile("f", 1, 2, 3, "")
    write(ledger, added(), TreeUpdated(T0, "w", known=(file,), forgotten=("f",)))
    assert ledger.known_files("w") == [file]


def test_a_removed_workspace_leaves_its_record_and_nothing_else(ledger: Ledger) -> None:
    tree = TreeUpdated(T0, "w", known=(KnownFile("f", 1, 2, 3, ""),), begins=True, complete=True)
    write(ledger, added(), tree, ReflogRead(T0, "w", "logs/HEAD", 1, 2, object_id(1)), changed(), commit())
    write(ledger, WorkspaceRemoved(T0 + 1, "w"))
    assert (ledger.workspaces(), ledger.known_files("w"), ledger.reflog_cursors("w")) == ([], [], {})
    assert not ledger.has_tree("w")
    assert len(ledger.changes("w")) == len(ledger.commits("w")) == 1
    assert ledger.has_commit("w", object_id(1))


def test_a_name_that_comes_again_is_the_new_folder(ledger: Ledger) -> None:
    write(ledger, added(path="/srv/old"), WorkspaceRemoved(T0, "w"), added(path="/srv/new", at=T0 + 5))
    (workspace,) = ledger.workspaces()
    assert (workspace.path, workspace.added_at) == ("/srv/new", T0 + 5)


def test_commits_are_known_by_workspace(ledger: Ledger) -> None:
    write(ledger, commit(1), commit(2, workspace="other"))
    assert ledger.known_commits("w", [object_id(1), object_id(2)]) == {object_id(1)}
    assert ledger.known_commits("never seen", [object_id(1)]) == set()


def test_a_rewrite_makes_its_new_id_known_and_is_followed_to_the_last(ledger: Ledger) -> None:
    write(ledger, commit(1))
    write(ledger, CommitRewritten(T0, "w", "amend", object_id(1), object_id(2)))
    write(ledger, CommitRewritten(T0, "w", "rebase", object_id(2), object_id(3)))
    assert ledger.known_commits("w", map(object_id, (1, 2, 3, 4))) == set(map(object_id, (1, 2, 3)))
    (row,) = ledger.commits()
    assert (row.commit_id, row.earlier_ids) == (object_id(3), (object_id(1), object_id(2)))
    pair = (object_id(1), object_id(2))
    assert ledger.known_rewrites("w", [pair, (object_id(1), object_id(3))]) == {pair}


def test_commits_come_newest_first_and_are_filtered(ledger: Ledger) -> None:
    write(ledger, commit(1, committed_at=T0 + 10), commit(2, committed_at=T0), commit(3, committed_at=T0))
    write(ledger, commit(4, workspace="other", agent="codex", committed_at=T0 + 20))

    def ids(**filters: object) -> list[int]:
        return [int(row.commit_id, 16) for row in ledger.commits(**filters)]  # type: ignore[arg-type]

    assert ids() == [4, 1, 3, 2]
    assert ids(limit=2) == [4, 1]
    assert ids(workspace="w") == [1, 3, 2]
    assert ids(agent="codex") == [4]
    assert ids(since=T0 + 10) == [4, 1]
    assert ids(workspace="nowhere") == []


def test_sessions_come_newest_first_and_are_filtered(ledger: Ledger) -> None:
    states = [
        SessionState(1, "w", T0, T0 + 60, ended=True, changes=3, agents={"codex": "trailer"}),
        SessionState(2, "other", T0 + 100, T0 + 160, ended=True),
        SessionState(3, "w", T0 + 200, T0 + 230),
    ]
    ledger.append([], StateChanges(sessions={state.number: state for state in states}))
    rows = ledger.sessions(now=T0 + 250)
    assert [row.session_id for row in rows] == ["3", "2", "1"]
    assert [row.duration_seconds for row in rows] == [50, 60, 60]
    assert [row.ended_at for row in rows] == [None, T0 + 160, T0 + 60]
    assert rows[2].agents == (("codex", "trailer"),)
    assert [row.session_id for row in ledger.sessions("w", limit=1)] == ["3"]
    assert [row.session_id for row in ledger.sessions(since=T0 + 160)] == ["3", "2"]


def test_other_kept_facts_are_in_the_record_with_their_fields(ledger: Ledger) -> None:
    write(ledger, added(), GitChangedFiles(T0 + 1, "w", "merge", 7), Ticked(T0 + 2, ""))
    write(ledger, Rescanned(T0 + 3, "w", "overflow", 0.5, 2), WatcherRestarted(T0 + 4, "w", "a\udc80"))
    rows = ledger.events()
    assert [row.kind for row in rows] == ["WatcherRestarted", "Rescanned", "GitChangedFiles", "WorkspaceAdded"]
    assert rows[0].fields == {"cause": "a\udc80"}
    assert rows[2].fields == {"operation": "merge", "files": 7}


def test_changes_are_rolled_up_by_hour_and_by_file_and_day(ledger: Ledger) -> None:
    hour = T0 // 3600
    write(ledger, changed("a", lines=(2, 1)), changed("a", lines=(5, 0)), changed("b", lines=None))
    write(ledger, changed("a", lines=(1, 1)), changed("a", "deleted", (0, 9), at=T0 + 3600))
    hours = rows(ledger.path, "SELECT hour, operation, changes, added, removed FROM hours")
    assert hours == [(hour, 1, 4, 8, 2), (hour + 1, 2, 1, 0, 9)]
    days = "SELECT p.path, changes, added, removed FROM file_days d JOIN paths p ON p.id = d.path ORDER BY p.path"
    assert rows(ledger.path, days) == [("a", 4, 8, 11), ("b", 1, 0, 0)]


def test_a_transaction_that_fails_leaves_nothing(ledger: Ledger) -> None:
    write(ledger, added())
    unwritable = StateChanges(series={"f": {"w": {("x",): object()}}})  # type: ignore[dict-item]
    with pytest.raises(sqlite3.Error):
        ledger.append([changed("new.py"), commit()], unwritable)
    assert (ledger.changes(), ledger.commits(), ledger.has_commit("w", object_id(1))) == ([], [], False)
    write(ledger, changed("new.py"))
    assert [row.path for row in ledger.changes()] == ["new.py"]
