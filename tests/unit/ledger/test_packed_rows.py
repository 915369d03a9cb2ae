"""A ledger of version 13 keeps its whole record when its rows are packed, whatever ends that."""

from __future__ import annotations

import multiprocessing
import os
import resource
import shutil
import signal
import sqlite3
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from obsd.analysis.report import Report, Scope
from obsd.errors import StoreError
from obsd.facts import Fact, KnownFile, Ticked, TreeUpdated
from obsd.ledger import Ledger
from obsd.ledger.migrations import MIGRATIONS
from tests.unit.ledger.version_13 import made
from tests.unit.recording import T0, Clock, added, changed, commit, object_id, recording, rows, run

DAY = 86_400.0
DAYS = 20
END = T0 + (DAYS - 1) * DAY + 70
ODD = ["ünï", "a\udcff\nb", "\ud800 high", " ", "'; DROP TABLE paths; --"]


def work(day: int) -> list[Fact]:
    """A day of two workspaces, which share paths and differ in what they do to them."""
    at = T0 + day * DAY
    facts: list[Fact] = []
    for number in range(60):
        path = ODD[number] if number < len(ODD) else f"src/{number % 7}/{number * (day + 1) % 90}.py"
        for workspace in ("w", "v")[: 1 + number % 2]:
            lines = (number, day) if number % 9 else None
            facts.append(changed(path, "modified", lines, at=at + number, workspace=workspace))
    facts.append(changed("new name", "renamed", (1, 0), at=at + 61, previous_path=f"old name {day}"))
    facts.append(commit(day, at=at + 62))
    return facts if day == DAYS - 1 else [*facts, Ticked(at + 4_000, "")]


def known(workspace: str) -> tuple[KnownFile, ...]:
    """What a watcher knows: files that changed, and many that never did."""
    names = [*ODD, *(f"src/{n % 7}/{n}.py" for n in range(300)), f"{workspace} alone"]
    return tuple(
        KnownFile(name, 2**40 + n, 10**18 + n, 2**64 - 1 - n, object_id(n) if n % 5 else "")
        for n, name in enumerate(names)
    )


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the same record as it is now and as it was."""
    folder = tmp_path_factory.mktemp("versions")

    async def story(path: Path) -> None:
        async with recording(path, Clock(END)) as recorder:
            await recorder.record([added("w"), added("v", path="/srv/v")])
            for workspace in ("w", "v"):
                tree = TreeUpdated(T0, workspace, known=known(workspace), begins=True, complete=True)
                await recorder.record([tree])
            for day in range(DAYS):
                await recorder.record(work(day))

    run(story, folder / "new")
    made(folder / "new", folder / "old")
    return folder


@pytest.fixture
def old(stored: Path, tmp_path: Path) -> Path:
    for name in ("new", "old"):
        shutil.copy(stored / name, tmp_path / name)
    return tmp_path / "old"


def edited(ledger: Ledger, scope: Scope) -> list[object]:
    """The most edited files of a report, and how many there were."""
    report = Report(scope)
    ledger.reporting.files(report)
    return [sorted(map(repr, report.files)), report.files_changed]


def contents(path: Path) -> dict[str, object]:
    """All that the ledger answers."""
    ledger = Ledger.open(path)
    try:
        times = [(T0 + first * DAY, T0 + last * DAY) for first, last in ((0, 20), (3, 19))]
        scopes = [Scope(*time, name) for time in times for name in ("", "v")]
        return {
            "changes": ledger.changes(),
            "commits": ledger.commits(),
            "sessions": ledger.sessions(now=END),
            "open": [(session.number, files) for session, files in ledger.state().open_sessions],
            "known": {name: sorted(ledger.known_files(name), key=repr) for name in ("w", "v")},
            "trees": [ledger.has_tree("w"), ledger.has_tree("v")],
            "files": [edited(ledger, scope) for scope in scopes],
            "next": (ledger.state().next_session, ledger.state().next_change),
            "workspaces": [asdict(one) for one in ledger.workspaces()],
        }
    finally:
        ledger.close()


def sums(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Rows and sums of the tables that both versions have, as SQLite counts them."""
    connection = sqlite3.connect(path)
    tables = ("changes", "hours", "days", "file_days", "author_hours")
    found: dict[str, list[tuple[object, ...]]] = {
        table: connection.execute(f"SELECT COUNT(*), SUM(added), SUM(removed) FROM {table}").fetchall()
        for table in tables
    }
    found |= {
        table: connection.execute(f"SELECT COUNT(*) FROM {table}").fetchall()
        for table in ("known_files", "sessions", "commits", "events", "series", "workspaces", "authors", "counted")
    }
    connection.close()
    return found


def version(path: Path) -> object:
    return rows(path, "PRAGMA user_version")[0][0]


def test_the_whole_record_is_kept(old: Path, tmp_path: Path) -> None:
    before = sums(old)
    weeks = rows(old, "SELECT path, SUM(changes), SUM(added) FROM file_weeks GROUP BY 1 ORDER BY 1")
    after, expected = contents(old), contents(tmp_path / "new")
    assert after == expected
    assert len(after["known"]["w"]) == 306  # type: ignore[index]
    assert sorted(len(files) for _, files in after["open"]) == [30, 61]  # type: ignore[attr-defined]
    assert sums(old) == before
    assert version(old) == 16
    days = rows(old, "SELECT path, SUM(changes), SUM(added) FROM file_days GROUP BY 1 ORDER BY 1")
    assert days == weeks, "the weeks that are taken back are in the days"
    assert rows(old, "SELECT COUNT(*) FROM sqlite_master WHERE name IN ('session_files', 'old_known_files')") == [(0,)]


def test_a_session_goes_on_with_its_files(old: Path) -> None:
    async def story(path: Path) -> None:
        async with recording(path, Clock(END)) as recorder:
            before = {row.session_id: row.files for row in await recorder.query(lambda one: one.sessions(now=END))}
            await recorder.record([changed("new name", at=END), changed("another", at=END)])
            after = {row.session_id: row.files for row in await recorder.query(lambda one: one.sessions(now=END))}
            more = {number: after[number] - before[number] for number in before}
            assert sorted(more.values()) == [*[0] * (len(more) - 1), 1]

    run(story, old)


def in_a_child(work: Callable[[], None]) -> int | None:
    """The exit code of a process that does some work; negative: the signal that ended it."""
    child = multiprocessing.get_context("fork").Process(target=work)
    child.start()
    child.join()
    return child.exitcode


def test_one_that_is_ended_midway_is_done_again(old: Path, tmp_path: Path) -> None:
    before, step = sums(old), MIGRATIONS[13]

    def ended() -> None:
        def run_and_end(connection: sqlite3.Connection) -> None:
            step(connection)
            os.kill(os.getpid(), signal.SIGKILL)

        MIGRATIONS[13] = run_and_end
        Ledger.open(old)

    assert in_a_child(ended) == -signal.SIGKILL
    assert (version(old), sums(old)) == (13, before)
    assert contents(old) == contents(tmp_path / "new")


@pytest.mark.parametrize("room", [0, 8_192, 65_536])
def test_one_on_a_full_disk_leaves_the_ledger_as_it_was(old: Path, tmp_path: Path, room: int) -> None:
    before = sums(old)

    def full() -> None:
        # Every file may grow to so many bytes: what is more fails as on a full disk.
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
        try:
            Ledger.open(old)
        except StoreError as error:
            sys.exit(7 if error.reason == "ledger_unusable" else 8)

    assert in_a_child(full) == 7
    assert (version(old), sums(old)) == (13, before)
    assert contents(old) == contents(tmp_path / "new")
