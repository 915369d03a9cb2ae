"""The reflog's lines and the cursor, on files as git writes and rewrites them."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obsd.facts import ReflogRead
from obsd.git import reflog
from obsd.git.reflog import Entry, parse
from obsd.git.reflog_messages import classify, meaning

NOW = 2_000_000_000.0


def oid(number: int) -> str:
    return f"{number:040x}"


def line(number: int, at: int = 1000, message: str = "commit: x", old: int | None = None) -> bytes:
    before = number - 1 if old is None else old
    return f"{oid(before)} {oid(number)} A U <a@b> {at} +0100\t{message}\n".encode("utf-8", "surrogateescape")


def start(log: Path) -> ReflogRead:
    return ReflogRead(at=0.0, workspace="w", log=os.fspath(log), inode=0, offset=0, last_id="")


def numbers(reading: reflog.Reading | None) -> list[int]:
    assert reading is not None
    return [int(entry.new, 16) for entry in reading.entries]


def replace(log: Path, *lines: bytes) -> None:
    """As `git reflog expire` does it: another file with that name."""
    temporary = log.with_name("HEAD.lock")
    temporary.write_bytes(b"".join(lines))
    temporary.rename(log)


def test_lines() -> None:
    (entry,) = parse(line(7, 1234, "commit: a\tb é") + b"half a line")
    assert (entry.old, entry.new, entry.time, entry.ident) == (oid(6), oid(7), 1234, "A U <a@b>")
    assert entry.message == "commit: a\tb é"
    (first,) = parse(line(1, old=0))
    assert first.old == ""
    (silent,) = parse(line(1).split(b"\t")[0] + b"\n")
    assert silent.message == ""
    assert parse(b"\ngarbage\n" + line(1)[1:] + b"x" * 100) == ()
    assert [one.message for one in parse(line(1, message="commit: \udcff"))] == ["commit: \udcff"]


def test_what_is_appended_is_read_once(tmp_path: Path) -> None:
    log = tmp_path / "HEAD"
    assert reflog.read(log, start(log), NOW) is None
    log.write_bytes(line(1) + line(2) + line(3)[:50])
    reading = reflog.read(log, start(log), NOW)
    assert numbers(reading) == [1, 2]
    assert reading is not None
    assert reading.cursor.last_id == oid(2)
    with open(log, "ab") as file:
        file.write(line(3)[50:] + line(4))
    again = reflog.read(log, reading.cursor, NOW)
    assert numbers(again) == [3, 4]
    assert again is not None
    assert numbers(reflog.read(log, again.cursor, NOW)) == []


def test_an_expired_log_goes_on_behind_the_known_id(tmp_path: Path) -> None:
    log = tmp_path / "HEAD"
    log.write_bytes(b"".join(line(n, 1000 + n) for n in range(1, 6)))
    cursor = reflog.end_of(log, "w", 1005.0)
    replace(log, *(line(n, 1000 + n) for n in range(4, 9)))
    reading = reflog.read(log, cursor, NOW)
    assert numbers(reading) == [6, 7, 8]


def test_an_id_that_head_came_back_to(tmp_path: Path) -> None:
    """Of several lines with the known id, the one from before the last scan is where it was."""
    log = tmp_path / "HEAD"
    log.write_bytes(line(1, 1000) + line(2, 1001))
    cursor = reflog.end_of(log, "w", 1002.5)
    replace(
        log,
        line(2, 1001),
        line(3, 1010),
        line(2, 1011, "reset: moving to HEAD~1", old=3),
        line(4, 1012, old=2),
    )
    assert numbers(reflog.read(log, cursor, NOW)) == [3, 2, 4]


def test_an_expired_log_without_the_known_id(tmp_path: Path) -> None:
    log = tmp_path / "HEAD"
    log.write_bytes(b"".join(line(n, 1000 + n) for n in range(1, 6)))
    cursor = reflog.end_of(log, "w", 1005.2)
    replace(log, line(9, 1003), line(10, 1006), line(11, 1007))
    assert numbers(reflog.read(log, cursor, NOW)) == [10, 11]
    replace(log)
    assert numbers(reflog.read(log, cursor, NOW)) == []


def test_a_log_that_was_written_in_place(tmp_path: Path) -> None:
    """The same inode, and another line where the cursor stands."""
    log = tmp_path / "HEAD"
    log.write_bytes(line(1, 1001) + line(2, 1002))
    cursor = reflog.end_of(log, "w", 1002.5)
    log.write_bytes(line(2, 1002, old=0) + line(3, 1003) + line(4, 1004))
    assert numbers(reflog.read(log, cursor, NOW)) == [3, 4]


def test_a_line_longer_than_the_window(tmp_path: Path) -> None:
    log = tmp_path / "HEAD"
    log.write_bytes(line(1, message="commit: " + "x" * 10_000))
    cursor = reflog.end_of(log, "w", NOW)
    with open(log, "ab") as file:
        file.write(line(2))
    assert numbers(reflog.read(log, cursor, NOW)) == [2]


def test_a_cursor_by_time(tmp_path: Path) -> None:
    log = tmp_path / "HEAD"
    log.write_bytes(b"".join(line(n, 1000 + n) for n in range(1, 6)))
    assert numbers(reflog.read(log, reflog.since(log, "w", 1003.9, NOW), NOW)) == [3, 4, 5]
    assert numbers(reflog.read(log, reflog.since(log, "w", 5000.0, NOW), NOW)) == []
    assert reflog.since(tmp_path / "none", "w", 1.0, NOW).offset == 0


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(["append", "look", "expire", "partial"]), max_size=30))
def test_nothing_is_lost_and_nothing_twice(steps: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "HEAD"
        log.write_bytes(b"")
        cursor, moment, number = start(log), 1000, 0
        seen: list[int] = []
        rest = b""
        for step in steps:
            moment += 2
            if step in ("append", "partial"):
                with open(log, "ab") as file:
                    file.write(rest)
                    rest = b""
                    number += 1
                    new = line(number, moment)
                    cut = len(new) if step == "append" else len(new) // 2
                    file.write(new[:cut])
                    rest = new[cut:]
            elif step == "expire" and not rest:
                unseen = number - (seen[-1] if seen else 0)
                replace(log, *log.read_bytes().splitlines(keepends=True)[-unseen - 1 :])
            elif step == "look":
                reading = reflog.read(log, cursor, float(moment))
                assert reading is not None
                seen += numbers(reading)
                cursor = reading.cursor
        with open(log, "ab") as file:
            file.write(rest)
        seen += numbers(reflog.read(log, cursor, float(moment)))
        assert seen == list(range(1, number + 1))


def test_fifty_thousand_entries_are_quick(tmp_path: Path) -> None:
    """Generous: the benchmark has the figure; this only finds what has become quadratic."""
    log = tmp_path / "HEAD"
    log.write_bytes(b"".join(line(n, n) for n in range(1, 50_001)))
    begin = time.process_time()
    reading = reflog.read(log, start(log), NOW)
    assert reading is not None
    assert len(classify(reading.entries, "main", None)) == 50_000
    assert time.process_time() - begin < 10


@pytest.mark.parametrize(
    ("message", "what", "kind"),
    [
        ("commit: x", "commit", "commit"),
        ("commit (initial): x", "commit", "commit"),
        ("commit (amend): x", "amend", "commit"),
        ("commit (merge): x", "commit", "merge"),
        ("commit (cherry-pick): x", "commit", "cherry-pick"),
        ("merge t: Merge made by the 'ort' strategy.", "merge", "merge"),
        ("merge t: Fast-forward", "move", "merge"),
        ("merge t: fast-forward notes", "merge", "merge"),
        ("pull: Fast-forward", "move", "merge"),
        ("pull -q --no-rebase https://h/x: y: Merge made by the 'ort' strategy.", "merge", "merge"),
        ("pull --rebase (start): checkout 123", "start", "commit"),
        ("pull --rebase (pick): commit: x", "pick", "commit"),
        ("rebase (pick): x", "pick", "commit"),
        ("rebase -i (reword): x", "pick", "commit"),
        ("rebase (continue): x", "pick", "commit"),
        ("rebase (finish): returning to refs/heads/x", "finish", "commit"),
        ("rebase (abort): returning to refs/heads/x", "finish", "commit"),
        ("rebase (reset): 'onto'", "move", "commit"),
        ("rebase: checkout main", "start", "commit"),
        ("rebase: x", "pick", "commit"),
        ("rebase finished: returning to refs/heads/x", "finish", "commit"),
        ("cherry-pick: x", "commit", "cherry-pick"),
        ("cherry-pick: fast-forward", "move", "cherry-pick"),
        ("revert: Revert \"x\"", "commit", "revert"),
        ("am: x", "commit", "am"),
        ("reset: moving to HEAD~1", "set", "unknown"),
        ("checkout: moving from a to b", "switch", "unknown"),
        ("clone: from x", "move", "unknown"),
        ("Branch: renamed refs/heads/a to refs/heads/b", "switch", "unknown"),
        ("", "unclear", "unknown"),
        ("something else", "unclear", "unknown"),
        ("commitment: x", "unclear", "unknown"),
    ],
)  # fmt: skip
def test_messages(message: str, what: str, kind: str) -> None:
    assert meaning(Entry(oid(1), oid(2), "A <a@b>", 0, message)) == (what, kind)


def test_branches_are_followed_backwards() -> None:
    story = [
        ("commit: on main", "main"),
        ("checkout: moving from main to topic", "topic"),
        ("commit: on topic", "topic"),
        ("rebase (start): checkout main", "topic"),
        ("rebase (pick): x", "topic"),
        ("rebase (finish): returning to refs/heads/topic", "topic"),
        (f"checkout: moving from topic to {oid(5)}", "(detached)"),
        ("commit: detached", "(detached)"),
        (f"checkout: moving from {oid(6)} to odd name", "odd name"),
        ("commit: last", "odd name"),
    ]
    entries = [Entry(oid(n), oid(n + 1), "A <a@b>", n, message) for n, (message, _) in enumerate(story, 1)]
    moves = classify(entries, "odd name", None)
    assert [move.branch for move in moves] == [branch for _, branch in story]
    assert [move.rebase for move in moves] == [None] * 3 + [0] * 3 + [None] * 4
