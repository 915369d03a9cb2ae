"""Lines that are taken away wait for their authors, and what was written before they were followed is never one."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

from obsd.authorship.facts import WriterSeen
from obsd.facts import FileChanged, LineEdit, LinesReplaced
from obsd.ledger.replaced_lines import Replaced
from tests.unit.ledger.version_13 import UNPACKED
from tests.unit.recording import T0, added, changed, recording, rows, run

IDS = ("aa" * 20, "bb" * 20, "cc" * 20)


def edited(number: int, hunks: tuple[int, ...], lines: int) -> FileChanged:
    """The change that left content `number`, of so many lines."""
    base = IDS[number - 1] if number else ""
    fact = changed(at=T0 + 10 * number, lines=(hunks[2], hunks[1]))
    return replace(fact, content_id=IDS[number], edit=LineEdit(base, lines, hunks))


def test_what_an_edit_takes_away_waits_until_it_is_recorded(tmp_path: Path) -> None:
    async def story(path: Path) -> None:
        async with recording(path) as recorder:
            await recorder.record([added(), WriterSeen(T0, "w", "a.py", "codex"), edited(0, (0, 0, 5), 5)])
            await recorder.record([edited(1, (1, 2, 0), 3)])
            [one] = await recorder.query(lambda ledger: ledger.replaced.waiting("w", 9))
            assert one == Replaced(2, T0 + 10, None, 2, "codex", None, "writer")
            await recorder.record([LinesReplaced(T0 + 10, "w", 2, (("codex", 2),))])
            assert await recorder.query(lambda ledger: ledger.replaced.waiting("w", 9)) == []
        assert rows(path, "SELECT agent, overridden, thrashed FROM replaced_hours") == [("codex", 2, 0)]

    run(story, tmp_path / "ledger.sqlite3")


def test_what_an_older_obsd_recorded_is_taken_for_committed(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"

    async def before(path: Path) -> None:
        async with recording(path) as recorder:
            await recorder.record([added(), WriterSeen(T0, "w", "a.py", "codex"), edited(0, (0, 0, 5), 5)])

    async def after(path: Path) -> None:
        async with recording(path) as recorder:
            await recorder.record([edited(1, (0, 1, 2), 6)])
            await recorder.record([edited(2, (0, 3, 0), 3)])
            waiting = await recorder.query(lambda ledger: ledger.replaced.waiting("w", 9))
        assert [(one.change, one.lines, one.committed_at) for one in waiting] == [
            (2, 1, 0.0),
            (3, 1, 0.0),
            (3, 2, None),
        ]

    run(before, path)
    connection = sqlite3.connect(path)
    connection.executescript(UNPACKED)
    connection.executescript("DROP TABLE committed_files; DROP TABLE replaced; DROP TABLE replaced_hours")
    connection.execute("ALTER TABLE changes DROP COLUMN committed")
    connection.executescript("DROP TABLE usage_days; DROP TABLE usage_figures")
    connection.execute("PRAGMA user_version = 10")
    connection.commit()
    connection.close()
    run(after, path)
