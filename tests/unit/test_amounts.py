"""Lengths of time, sizes and counts in words."""

from __future__ import annotations

import pytest

from obsd import amounts


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0 s"), (59.9, "59 s"), (60, "1 min"), (3661, "1 h 1 min"), (90_000, "1 d 1 h"), (-5, "0 s")],
)
def test_durations(seconds: float, shown: str) -> None:
    assert amounts.duration(seconds) == shown


@pytest.mark.parametrize(("size", "shown"), [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (5 << 40, "5120.0 GiB")])
def test_sizes(size: int, shown: str) -> None:
    assert amounts.size(size) == shown


@pytest.mark.parametrize(("number", "shown"), [(0, "0 files"), (1, "1 file"), (12_345, "12,345 files")])
def test_counts(number: int, shown: str) -> None:
    assert amounts.count(number, "file") == shown


def test_a_count_of_an_irregular_word() -> None:
    assert amounts.count(2, "entry", "entries") == "2 entries"
