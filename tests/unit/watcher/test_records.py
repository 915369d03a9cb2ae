"""The records of a buffer are told apart whatever their names are."""

from __future__ import annotations

import pytest

from obsd.watcher.records import HEADER, name_of, split


def record(name: bytes, mask: int = 2, pad: int = 16, watch: int = 1) -> bytes:
    """struct inotify_event as the kernel writes it."""
    room = (len(name) // pad + 1) * pad if name else 0
    return HEADER.pack(watch, mask, 0, room) + name.ljust(room, b"\0")


NAMES = [b"", b"a", b"x" * 15, b"x" * 16, b"new\nline", b"\xff\xfe", b"\x10" * 40, b"y" * 255]


@pytest.mark.parametrize("pad", [16, 4, 1])
def test_records_of_all_lengths_are_told_apart(pad: int) -> None:
    records = [record(name, pad=pad) for name in NAMES for _ in range(2)]
    assert split(b"".join(records)) == records
    assert [name_of(each) for each in split(b"".join(records))] == [name for name in NAMES for _ in range(2)]


def test_an_empty_buffer_has_none() -> None:
    assert split(b"") == []
