"""Runs of a file's lines, cut where another commit has them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from obsd.origins.commit_lines import Origin, Placed
from obsd.origins.line_runs import Segment, segments

ONE, TWO = Origin(1), Origin(2)


def test_a_piece_cuts_a_run_and_a_gap_has_none() -> None:
    found = [Placed(0, 4, ONE), Placed(4, 4, TWO)]
    assert list(segments(found, [(2, 3), (6, 2)])) == [
        Segment(0, 2, ONE, -1),
        Segment(2, 2, ONE, 0),
        Segment(4, 1, TWO, 0),
        Segment(5, 1, TWO, -1),
        Segment(6, 2, TWO, 1),
    ]


def test_without_pieces_runs_are_as_they_are() -> None:
    assert list(segments([Placed(3, 2, ONE)], [])) == [Segment(3, 2, ONE, -1)]
    assert list(segments([], [(0, 5)])) == []


lengths = st.lists(st.integers(1, 4), max_size=8)


@given(lengths, st.lists(st.tuples(st.integers(0, 3), st.integers(1, 4)), max_size=8), st.integers(0, 5))
def test_each_line_has_the_run_and_the_piece_that_it_is_in(
    runs: list[int], gaps: list[tuple[int, int]], start: int
) -> None:
    found, pieces = [], []
    at = start
    for number, lines in enumerate(runs, 1):
        found.append(Placed(at, lines, Origin(number)))
        at += lines
    place = 0
    for gap, lines in gaps:
        pieces.append((place + gap, lines))
        place += gap + lines
    owners = {line: n for n, (begin, lines) in enumerate(pieces) for line in range(begin, begin + lines)}
    expected = [
        (line, one.origin, owners.get(line, -1)) for one in found for line in range(one.start, one.start + one.lines)
    ]
    cut = list(segments(found, pieces))
    assert [(line, s.origin, s.piece) for s in cut for line in range(s.start, s.start + s.lines)] == expected
    assert all(one.lines for one in cut)
