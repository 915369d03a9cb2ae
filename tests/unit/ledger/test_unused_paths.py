"""Paths that nothing names go, in steps between which the ledger is written; all others stay."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from obsd.facts import Fact, KnownFile, TreeUpdated, WorkspaceRemoved
from obsd.ledger import Ledger, unused_paths
from obsd.views.state import StateChanges
from tests.unit.recording import T0, Clock, added, changed, recording, rows, run

DAY = 86_400.0


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger.open(tmp_path / "ledger.sqlite3")
    yield opened
    opened.close()


def write(ledger: Ledger, *facts: Fact) -> None:
    ledger.append(facts, StateChanges())


def tree(*names: str, workspace: str = "w") -> TreeUpdated:
    return TreeUpdated(T0, workspace, known=tuple(KnownFile(name, 1, 2, 3, "") for name in names))


def paths(ledger: Ledger) -> set[object]:
    return {path for (path,) in rows(ledger.path, "SELECT path FROM paths")}


def test_what_is_known_or_was_changed_or_renamed_stays(ledger: Ledger) -> None:
    write(ledger, added(), tree("known", "gone"), changed("new", "renamed", previous_path="old"), changed("changed"))
    write(ledger, TreeUpdated(T0, "w", forgotten=("gone",)))
    while ledger.drop_unused_paths(T0):
        pass
    assert paths(ledger) == {"known", "new", "old", "changed"}
    assert {file.path for file in ledger.known_files("w")} == {"known"}


def test_what_is_written_between_the_steps_keeps_its_path(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unused_paths, "STEP_CHANGES", 2)
    write(ledger, added(), tree("a", "b", "c", "d"), *(changed(f"{n}") for n in range(9)))
    write(ledger, TreeUpdated(T0, "w", forgotten=("a", "b", "c", "d")))
    steps = 0
    while ledger.drop_unused_paths(T0):
        steps += 1
        if steps == 2:
            write(ledger, changed("a"), changed("0", "renamed", previous_path="b"), tree("c"))
    assert steps > 3
    assert paths(ledger) == {"a", "b", "c", *(f"{n}" for n in range(9))}
    write(ledger, changed("d"))
    assert ledger.changes(limit=1)[0].path == "d"


def test_few_wait_for_a_day(ledger: Ledger) -> None:
    write(ledger, added(), tree("a"))
    while ledger.drop_unused_paths(T0):
        pass
    assert ledger.paths_due(T0 + 60) == 0
    assert ledger.paths_due(T0 + 2 * DAY) == 1
    write(ledger, WorkspaceRemoved(T0 + 60, "w"))
    least = ledger.paths_due(T0 + 60)
    assert least == unused_paths.MANY
    assert not ledger.drop_unused_paths(T0 + 60, least)
    assert paths(ledger) == {"a"}
    assert ledger.paths_due(T0 + 60) == 0


def test_a_removed_workspace_gives_its_room_back(tmp_path: Path) -> None:
    async def story(path: Path) -> None:
        async with recording(path, Clock(T0)) as recorder:
            names = [f"folder {n % 90}/file with a long enough name {n}" for n in range(100_000)]
            await recorder.record([added(), tree(*names)])
            await recorder.query(lambda ledger: ledger.log_frames())
            large = path.stat().st_size
            await recorder.record([WorkspaceRemoved(T0 + 60, "w")])
            await recorder.prune(retention_days=90, max_bytes=1 << 30)
            await recorder.query(lambda ledger: ledger.log_frames())
            assert rows(path, "SELECT COUNT(*) FROM paths") == [(0,)]
        assert large > 10_000_000
        assert path.stat().st_size < large / 2

    run(story, tmp_path / "ledger.sqlite3")
