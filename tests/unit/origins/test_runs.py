"""Runs of lines, against a model that keeps the origin of each single line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obsd.origins.runs import Lookup, Mismatch, Run, base, decoded, edited, encoded, joined, length, lines_before


def as_lines(runs: tuple[Run, ...]) -> list[int]:
    return [run.origin for run in runs for _ in range(run.lines)]


@st.composite
def contents_and_hunks(draw: st.DrawFn) -> tuple[list[int], list[int]]:
    lines = draw(st.lists(st.integers(0, 5), max_size=30))
    cuts = sorted(draw(st.lists(st.integers(0, len(lines)), max_size=8)))
    hunks: list[int] = []
    for start, end in zip(cuts[::2], cuts[1::2], strict=False):
        hunks += [start, end - start, draw(st.integers(0, 3))]
    return lines, hunks


def model(lines: list[int], hunks: list[int], change: int) -> list[int]:
    result: list[int] = []
    at = 0
    for start, gone, new in zip(hunks[::3], hunks[1::3], hunks[2::3], strict=True):
        result += lines[at:start] + [change] * new
        at = start + gone
    return result + lines[at:]


@given(contents_and_hunks())
def test_an_edit_is_what_it_is_line_by_line(drawn: tuple[list[int], list[int]]) -> None:
    lines, hunks = drawn
    before = joined(Run(1, origin) for origin in lines)
    after = edited(before, hunks, 99)
    assert as_lines(after) == model(lines, hunks, 99)
    assert after == joined(after)
    assert lines_before(hunks, length(after)) == len(lines)
    assert decoded(encoded(after)) == after


@given(st.lists(st.integers(0, 3), max_size=20), st.data())
def test_a_part_of_runs_is_the_part_of_the_lines(lines: list[int], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(lines)))
    some = data.draw(st.integers(0, len(lines) - start))
    part = tuple(Lookup(joined(Run(1, origin) for origin in lines)).within(start, some))
    assert as_lines(part) == lines[start : start + some]


@given(st.lists(st.tuples(st.integers(0, 2**40), st.integers(0, 2**63))))
def test_any_runs_survive_as_bytes(numbers: list[tuple[int, int]]) -> None:
    runs = tuple(Run(*pair) for pair in numbers)
    assert decoded(encoded(runs)) == runs


def test_edits_that_do_not_fit_are_refused() -> None:
    with pytest.raises(Mismatch):
        edited(base(3), [2, 2, 0], 1)
    with pytest.raises(Mismatch):
        edited(base(9), [4, 2, 0, 5, 1, 1], 1)
    with pytest.raises(Mismatch):
        tuple(Lookup(base(3)).within(1, 3))


@pytest.mark.parametrize("data", [b"\x80", b"I\x01", b"I\x01\x02\x03", b"Q" + b"\x01" * 8, b"x" + b"\x01" * 16])
def test_bytes_that_are_no_runs_are_refused(data: bytes) -> None:
    with pytest.raises(Mismatch):
        decoded(data)


def test_nothing_has_no_runs() -> None:
    assert base(0) == ()
    assert edited((), [0, 0, 4], 7) == (Run(4, 7),)
    assert encoded(()) == b""
