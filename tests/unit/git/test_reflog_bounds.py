"""Reflogs of any length and kind: read in parts and searched from the end, in bounded memory."""

from __future__ import annotations

import os
import tempfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obsd.facts import ReflogRead
from obsd.git import reflog
from obsd.small_files import NotRegular
from tests.unit.git.test_reflog import NOW, line, numbers, oid, start


def test_a_long_log_is_read_in_parts_without_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reflog, "_PART_BYTES", 1000)
    monkeypatch.setattr(reflog, "_BLOCK_BYTES", 300)
    log = tmp_path / "HEAD"
    log.write_bytes(b"".join(line(n, 1000 + n) for n in range(1, 100)) + b"garbage " * 500 + b"\n" + line(100))
    cursor, seen, more = start(log), [], True
    while more:
        reading = reflog.read(log, cursor, NOW)
        assert reading is not None
        seen += numbers(reading)
        cursor, more = reading.cursor, reading.more
    # What is less than a block may be the line that git writes now.
    assert seen + numbers(reflog.read(log, cursor, NOW)) == list(range(1, 101))


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.integers(1, 12), min_size=1, max_size=40),
    st.integers(1000, 1013),
    st.integers(120, 700),
    st.sampled_from([b"", b"half a li", b"\n", b"x" * 2000, b"y" * 900 + b"\n"]),
)
def test_a_search_from_the_end_finds_what_one_from_the_start_does(
    times: list[int], time_wanted: int, block: int, rest: bytes
) -> None:
    times.sort()
    lines = [line(n, 1000 + at) for n, at in enumerate(times, 1)]
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(reflog, "_BLOCK_BYTES", block)
        log = Path(folder) / "HEAD"
        log.write_bytes(b"".join(lines) + rest)
        end = reflog.end_of(log, "w", NOW)
        assert end.offset == (b"".join(lines) + rest).rfind(b"\n") + 1
        older = [n for n, at in enumerate(times, 1) if 1000 + at < time_wanted]
        found = reflog.since(log, "w", float(time_wanted), NOW)
        if len(older) < len(times):
            assert found.offset == sum(len(lines[n - 1]) for n in older)
            assert found.last_id == (oid(older[-1]) if older else "")
        assert numbers(reflog.read(log, found, NOW)) == list(range(len(older) + 1, len(times) + 1))


def test_a_log_of_many_megabytes_takes_little_memory(tmp_path: Path) -> None:
    log = tmp_path / "HEAD"
    with log.open("wb") as file:
        for _ in range(40):
            file.write(line(1, 1000) * 10_000)
        file.write(line(2, 2000))
    tracemalloc.start()
    try:
        assert reflog.end_of(log, "w", NOW).last_id == oid(2)
        assert numbers(reflog.read(log, reflog.since(log, "w", 1500.0, NOW), NOW)) == [2]
        replaced = ReflogRead(at=1900.0, workspace="w", log=str(log), inode=1, offset=7, last_id=oid(1))
        assert numbers(reflog.read(log, replaced, NOW)) == [2]
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("plant", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
def test_a_log_that_is_no_file_is_refused_at_once(tmp_path: Path, plant: Callable[[Path], None]) -> None:
    log = tmp_path / "HEAD"
    plant(log)
    for read in (
        lambda: reflog.read(log, start(log), NOW),
        lambda: reflog.end_of(log, "w", NOW),
        lambda: reflog.since(log, "w", 1.0, NOW),
    ):
        with pytest.raises(NotRegular):
            read()
