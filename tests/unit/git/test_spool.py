"""The spool's format and folder, without a hook: what is read, what waits, what is thrown away."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obsd.git import spool
from obsd.git.hook_report import Report

WHOLE = b"obsd-report 1\nhook 11\npost-commit\nworktree 2\n/w\nend\n"


def text(**fields: str) -> bytes:
    """A file with these fields, a length before each value as the hook writes it."""
    body = b"".join(
        f"{name} {len(os.fsencode(value))}\n".encode() + os.fsencode(value) + b"\n" for name, value in fields.items()
    )
    return b"obsd-report 1\n" + body + b"end\n"


def put(folder: Path, slot: int, data: bytes = WHOLE, age: float = 0.0) -> Path:
    path = folder / str(slot)
    path.write_bytes(data)
    moment = time.time() - age
    os.utime(path, (moment, moment))
    return path


def test_a_whole_report() -> None:
    data = text(
        hook="post-rewrite",
        worktree="/a\nb \udcff",
        git_dir=".git",
        branch="refs/heads/ü",
        hook_argument="amend",
    )
    data = data.removesuffix(b"end\n") + b"mark 14\nCLAUDECODE=1=2\nancestor 8\n12 g i t\nend\n"
    report = spool.parse(data, "id", 5.0)
    assert report is not None
    assert (report.id, report.reported_at, report.worktree) == ("id", 5.0, "/a\nb \udcff")
    assert (report.branch, report.hook_argument, dict(report.marks)) == (
        "refs/heads/ü",
        "amend",
        {"CLAUDECODE": "1=2"},
    )
    assert [(one.pid, one.name) for one in report.ancestors] == [(12, "g i t")]


def test_a_file_that_is_far_too_large_is_thrown_away_unread(tmp_path: Path) -> None:
    (tmp_path / "7").touch()
    os.truncate(tmp_path / "7", 1 << 40)  # more than there is memory
    put(tmp_path, 8)
    assert [item.path.name for item in spool.read(tmp_path)] == ["8"]
    assert not (tmp_path / "7").exists()


@pytest.mark.parametrize("length", range(len(WHOLE)))
def test_what_is_still_written_waits(length: int) -> None:
    assert spool.parse(WHOLE[:length], "", 0.0) is None


@pytest.mark.parametrize(
    "data",
    [
        b"something else\nend\n",
        text(hook="post-commit"),
        text(worktree="/w", hook="pre-push"),
        text(worktree="/w", hook="post-commit", unheard="of"),
        text(worktree="/w", hook="post-commit").replace(b"worktree 2", b"worktree 3"),
        text(worktree="/w", hook="post-commit").replace(b"worktree 2", b"worktree 99999999"),
        text(worktree="/w", hook="post-commit").replace(b"worktree 2", b"worktree -2"),
        text(worktree="/w", hook="post-commit", ancestor="x y"),
        b"obsd-report 1\n" + b"mark 1\nx\n" * 200 + b"end\n",
        WHOLE + b"x" * spool.MAX_FILE_BYTES + b"\nend\n",
    ],
)
def test_what_is_no_report_is_refused(data: bytes) -> None:
    with pytest.raises(spool.BadSpoolFile):
        spool.parse(data, "", 0.0)


@given(st.binary(max_size=200), st.integers(0, len(WHOLE)))
def test_no_bytes_break_the_reader(junk: bytes, position: int) -> None:
    for data in (junk, WHOLE[:position] + junk + WHOLE[position:]):
        try:
            report = spool.parse(data, "", 0.0)
        except spool.BadSpoolFile:
            continue
        assert report is None or isinstance(report, Report)


def test_reports_come_oldest_first_and_junk_goes(tmp_path: Path) -> None:
    put(tmp_path, 7, age=1)
    put(tmp_path, 3, age=2)
    junk, unfinished, old = (
        put(tmp_path, 1, b"junk\nend\n"),
        put(tmp_path, 2, b"obsd-re"),
        put(tmp_path, 4, b"", 100),
    )
    (tmp_path / "socket").write_text("/run/obsd.sock")
    (tmp_path / "9").symlink_to("/etc/passwd")
    assert [item.path.name for item in spool.read(tmp_path)] == ["3", "7"]
    assert (junk.exists(), unfinished.exists(), old.exists()) == (False, True, False)
    assert spool.read(tmp_path / "missing") == []


def test_a_slot_that_was_used_again_is_not_removed(tmp_path: Path) -> None:
    put(tmp_path, 1, age=5)
    taken = spool.read(tmp_path)
    put(tmp_path, 1)
    spool.remove(taken)
    assert len(spool.read(tmp_path)) == 1
    spool.remove(spool.read(tmp_path))
    assert spool.backlog(tmp_path) == 0


def test_what_was_read_once_is_not_new(tmp_path: Path) -> None:
    put(tmp_path, 1)
    put(tmp_path, 2, WHOLE[:-2])
    reports, known = spool.read_new(tmp_path, frozenset())
    assert len(reports) == 1
    put(tmp_path, 2)
    reports, known = spool.read_new(tmp_path, known)
    assert [report.id.split(".")[0] for report in reports] == ["2"]
    assert spool.read_new(tmp_path, known)[0] == []


def test_draining(tmp_path: Path) -> None:
    for slot in range(5):
        put(tmp_path, slot, age=10 - slot)
    sent: list[str] = []

    def send(reports: list[Report]) -> Sequence[bool]:
        assert (tmp_path / spool.DRAINER).read_text() == f"{os.getpid()}\n"
        sent.extend(report.id.split(".")[0] for report in reports)
        return [report.id.split(".")[0] != "3" for report in reports]

    assert spool.drain(tmp_path, send, batch=2, linger_seconds=0) == 4
    assert sent == ["0", "1", "2", "3", "4"]
    assert [item.path.name for item in spool.read(tmp_path)] == ["3"]
    assert not (tmp_path / spool.DRAINER).exists()


def test_a_drain_that_fails_loses_nothing(tmp_path: Path) -> None:
    put(tmp_path, 1)

    def send(reports: list[Report]) -> Sequence[bool]:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        spool.drain(tmp_path, send, linger_seconds=0)
    assert spool.backlog(tmp_path) == 1


def test_a_burst_has_one_drainer(tmp_path: Path) -> None:
    """What comes while one drains is sent by it; a second drainer that comes meanwhile sends what is left."""
    put(tmp_path, 1)
    sent: list[str] = []
    first_sends, go_on = threading.Event(), threading.Event()

    def send(reports: list[Report]) -> Sequence[bool]:
        sent.extend(report.id.split(".")[0] for report in reports)
        first_sends.set()
        go_on.wait(10)
        return [True] * len(reports)

    first = threading.Thread(target=spool.drain, args=(tmp_path, send), kwargs={"linger_seconds": 0})
    first.start()
    assert first_sends.wait(10)
    put(tmp_path, 2)
    second = threading.Thread(target=spool.drain, args=(tmp_path, send), kwargs={"linger_seconds": 0})
    second.start()
    go_on.set()
    first.join(10)
    second.join(10)
    assert sorted(sent) == ["1", "2"]
    assert spool.backlog(tmp_path) == 0
