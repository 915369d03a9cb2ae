"""A ledger that cannot be written: everything goes on in memory, is said, and is written when there is room."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

import obsd.recorder
from obsd.facts import CommitMade, FileChanged, KnownFile, ReflogRead, TreeUpdated, WorkspaceRemoved
from obsd.ledger.backlog import Backlog
from obsd.views.state import SessionState, StateChanges
from tests.unit.recording import T0, added, changed, commit, limit_pages, number, object_id, recording, rows, run


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite3"


def test_a_full_disk_is_said_and_nothing_is_lost(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(obsd.recorder, "RETRY_SECONDS", 0.05)

    async def story(path: Path) -> None:
        told: list[str] = []
        back = asyncio.Event()

        def on_trouble(code: str, text: str) -> None:
            told.append(code)
            if not code:
                back.set()

        async with recording(path, on_trouble=on_trouble) as recorder:
            await recorder.record([added(), commit(1)])
            await limit_pages(recorder, 1)
            new = await recorder.record([changed(f"{n:0200}.py") for n in range(2000)] + [commit(2)])
            assert len(new) == 2001
            assert (told, recorder.durable) == (["ledger_full"], False)
            assert await recorder.record([commit(1), commit(2), commit(3)]) == [commit(3)]
            assert number(recorder.views, "git_commits_total", author="Ada", branch="main") == 3
            assert rows(path, "SELECT count(*) FROM commits") == [(1,)]
            await limit_pages(recorder, 0)
            await back.wait()
            assert (told, recorder.durable) == (["ledger_full", ""], True)
            assert rows(path, "SELECT count(*) FROM changes") == [(2000,)]
            assert await recorder.record([commit(2), commit(3)]) == []
        async with recording(path) as recorder:
            assert number(recorder.views, "git_commits_total", author="Ada", branch="main") == 3

    run(story, path)


def test_a_ledger_that_stays_broken_does_not_hold_up_the_end(path: Path) -> None:
    async def story(path: Path) -> None:
        async with recording(path) as recorder:
            await recorder.record([added()])
            await limit_pages(recorder, 1)
            await recorder.record([changed(f"{n:0200}.py") for n in range(2000)])
            assert not recorder.durable
        assert rows(path, "SELECT count(*) FROM changes") == [(0,)]

    run(story, path)


def test_a_backlog_keeps_what_state_rests_on_and_the_newest_of_the_record() -> None:
    backlog = Backlog(max_facts=10)
    for n in range(100):
        tree = TreeUpdated(T0, "w", known=(KnownFile("f", n, 0, 0, ""),))
        cursor = ReflogRead(T0, "w", "logs/HEAD", 1, n, object_id(n))
        backlog.add([changed(str(n)), commit(n), tree, cursor], StateChanges())
    commits = [fact for fact in backlog.facts if isinstance(fact, CommitMade)]
    changes = [fact.path for fact in backlog.facts if isinstance(fact, FileChanged)]
    trees = [fact for fact in backlog.facts if isinstance(fact, TreeUpdated)]
    assert len(commits) == 100
    assert changes == [str(n) for n in range(100 - len(changes), 100)]
    assert backlog.dropped == 100 - len(changes)
    assert trees[-1].known == (KnownFile("f", 99, 0, 0, ""),)
    assert len(trees) < 20


def test_a_backlog_forgets_the_tree_of_a_workspace_that_went() -> None:
    backlog = Backlog(max_facts=2)
    tree = TreeUpdated(T0, "w", known=(KnownFile("f", 1, 0, 0, ""),), begins=True, complete=True)
    backlog.add([added(), tree, WorkspaceRemoved(T0, "w"), *(changed(str(n)) for n in range(3))], StateChanges())
    assert not any(isinstance(fact, TreeUpdated) for fact in backlog.facts)


def test_changes_of_state_are_merged_in_order() -> None:
    first = StateChanges(series={"f": {"w": {("a",): 1.0}, "v": {("a",): 1.0}}})
    first.sessions[1] = SessionState(1, "w", T0, T0)
    first.merge(StateChanges(removed={"w"}, series={"f": {"w": {("b",): 2.0}}}))
    assert first.series == {"f": {"w": {("b",): 2.0}, "v": {("a",): 1.0}}}
    assert first.removed == {"w"}
    assert list(first.sessions) == [1]
