"""Who was at work when, and who wrote which file, from a real ledger."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from obsd.authorship.facts import WriterSeen
from obsd.facts import Fact
from obsd.ledger import Ledger
from tests.unit.recording import T0, Clock, added, changed, recording

T = TypeVar("T")
HOUR = 3600.0


def written(path: str, agent: str, at: float, lines: tuple[int, int] | None, workspace: str = "w") -> list[Fact]:
    return [
        WriterSeen(at, workspace, path, agent, "s", "sed"),
        changed(path, lines=lines, at=at, workspace=workspace, unmeasured="" if lines else "binary"),
    ]


def asked(path: Path, facts: list[list[Fact]], question: Callable[[Ledger], T]) -> T:
    async def main() -> T:
        clock = Clock()
        async with recording(path / "ledger", clock) as recorder:
            await recorder.record([added("w"), added("v")])
            for batch in facts:
                clock.now = batch[0].at
                await recorder.record(batch)
            return await recorder.query(question)

    return asyncio.run(main())


STORY = [
    written("a.py", "codex", T0, (5, 1)),
    written("a.py", "person", T0 + HOUR, (2, 2)),
    written("a.py", "codex", T0 + HOUR + 600, None),
    written("b.py", "claude-code", T0 + 2 * HOUR, (7, 0), "v"),
]


def test_agents_are_listed_and_people_are_not(tmp_path: Path) -> None:
    assert asked(tmp_path, STORY, lambda ledger: ledger.activity.authors()) == ["claude-code", "codex"]


def test_hours_by_author(tmp_path: Path) -> None:
    rows = asked(tmp_path, STORY, lambda ledger: list(ledger.activity.hours(T0, T0 + 3 * HOUR)))
    assert [(row.hour - T0 // HOUR, row.author, row.changes, row.lines_added) for row in rows] == [
        (0, "codex", 1, 5),
        (1, "codex", 1, 0),
        (1, "person", 1, 2),
        (2, "claude-code", 1, 7),
    ]
    narrow = asked(tmp_path, [], lambda ledger: list(ledger.activity.hours(T0, T0 + 3 * HOUR, "v")))
    assert [row.author for row in narrow] == ["claude-code"]


def test_files_by_author(tmp_path: Path) -> None:
    rows, cut = asked(tmp_path, STORY, lambda ledger: ledger.activity.files(T0, T0 + 3 * HOUR))
    found = {(row.workspace, row.path, row.author): (row.changes, row.lines_added, row.lines_removed) for row in rows}
    assert found == {
        ("w", "a.py", "codex"): (2, 5, 1),
        ("w", "a.py", "person"): (1, 2, 2),
        ("v", "b.py", "claude-code"): (1, 7, 0),
    }
    assert not cut
    rows, _ = asked(tmp_path, [], lambda ledger: ledger.activity.files(T0 + HOUR, T0 + 2 * HOUR, "w"))
    assert {(row.author, row.changes) for row in rows} == {("person", 1), ("codex", 1)}


def test_a_change_without_an_author_is_nobodys(tmp_path: Path) -> None:
    rows, _ = asked(tmp_path, [[changed("c.py")]], lambda ledger: ledger.activity.files(T0 - 1, T0 + 1))
    assert [(row.path, row.author) for row in rows] == [("c.py", "unknown")]


def test_of_many_changes_the_newest_are_read(tmp_path: Path) -> None:
    def question(ledger: Ledger) -> tuple[list[str], bool]:
        rows, cut = ledger.activity.files(T0, T0 + 3 * HOUR, most=2)
        return sorted(row.path for row in rows), cut

    assert asked(tmp_path, STORY, question) == (["a.py", "b.py"], True)
