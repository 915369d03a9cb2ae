"""Runs: the lines of one content, grouped by the change that wrote them, and what an edit makes of them.

Owns the one rule by which lines keep their origin: what an edit leaves keeps it, what it adds belongs to the edit.
"""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain
from operator import itemgetter
from typing import NamedTuple

BASE = 0
"""The origin of lines that were in the file before the first change of it that was seen."""

LOST = 1 << 62
"""The origin of lines that were changed and not measured: the number of no change."""

HUNK = 3
"""Numbers of a hunk in `LineEdit.hunks`."""


_NARROW, _WIDE = b"I", b"Q"
_LINES = itemgetter(0)


class Run(NamedTuple):
    """So many lines in a row that one change wrote (`origin` is its number, or BASE)."""

    lines: int
    origin: int


Runs = tuple[Run, ...]


class Mismatch(ValueError):
    """An edit does not fit the content that it is said to have changed."""


def base(lines: int) -> Runs:
    """The runs of a content of which nothing is known."""
    return (Run(lines, BASE),) if lines else ()


def length(runs: Iterable[Run]) -> int:
    """The lines of a content."""
    return sum(map(_LINES, runs))


def edited(runs: Runs, hunks: Sequence[int], change: int) -> Runs:
    """The runs after an edit. Raises Mismatch when the edit reaches behind the content's end or overlaps itself.

    `hunks` has three numbers for each place: how many lines of the old content are before it (counted from the
    content's start), how many old lines it takes away, and how many new ones it puts there. In `runs` and in the result
    no run is empty, and no neighbours have one origin.
    """
    ends = list(accumulate(map(_LINES, runs)))
    all_lines = ends[-1] if ends else 0
    result: list[Run] = []
    at = 0
    for start, gone, new in _hunks(hunks):
        if start < at:
            raise Mismatch(f"a hunk at {start} overlaps one that ends at {at}")
        if start + gone > all_lines:
            raise Mismatch(f"{start + gone - all_lines} lines less than the edit says")
        _append(result, _between(runs, ends, at, start))
        if new:
            _append(result, [Run(new, change)])
        at = start + gone
    _append(result, _between(runs, ends, at, all_lines))
    return tuple(result)


def gone(runs: Runs, hunks: Sequence[int]) -> dict[int, int]:
    """How many lines an edit takes away, by the change that wrote them. Raises Mismatch where it does not fit."""
    found: dict[int, int] = {}
    lookup = Lookup(runs)
    for start, lines, _ in _hunks(hunks):
        for run in lookup.within(start, lines):
            found[run.origin] = found.get(run.origin, 0) + run.lines
    return found


def lines_before(hunks: Sequence[int], lines_now: int) -> int:
    """How many lines a content had before an edit that left `lines_now`."""
    return lines_now - sum(new - gone for _, gone, new in _hunks(hunks))


class Lookup:
    """The runs of a content, for many questions; `lines` are all of them."""

    def __init__(self, runs: Runs) -> None:
        self._runs = runs
        self._ends = list(accumulate(run.lines for run in runs))
        self.lines = self._ends[-1] if self._ends else 0

    def within(self, start: int, lines: int) -> Iterator[Run]:
        """The runs of some lines in a row; `start` lines are before them. Raises Mismatch for less lines."""
        if start + lines > self.lines:
            raise Mismatch(f"{start + lines} lines were asked for, and there are less")
        number = bisect_right(self._ends, start)
        while lines:
            some = min(lines, self._ends[number] - start)
            yield Run(some, self._runs[number].origin)
            start, lines, number = start + some, lines - some, number + 1


def joined(runs: Iterable[Run]) -> Runs:
    """The same with neighbours of one origin as one run, and without empty ones."""
    result: list[Run] = []
    last = -1
    for run in runs:
        if not run[0]:
            continue
        if run[1] == last:
            result[-1] = Run(result[-1][0] + run[0], last)
        else:
            result.append(run)
            last = run[1]
    return tuple(result)


def encoded(runs: Runs) -> bytes:
    """Runs as bytes: how wide the numbers are (4 or 8 bytes, little-endian), then lines and origin of each run."""
    if not runs:
        return b""
    try:
        return _NARROW + _packed(array("I", chain.from_iterable(runs)))
    except OverflowError:
        return _WIDE + _packed(array("Q", chain.from_iterable(runs)))


def decoded(data: bytes) -> Runs:
    """The runs in bytes. Raises Mismatch for bytes that are no runs."""
    if not data:
        return ()
    width = data[:1]
    if width not in (_NARROW, _WIDE):
        raise Mismatch("bytes that are no runs")
    numbers = array(width.decode("ascii"))
    if (len(data) - 1) % (2 * numbers.itemsize):
        raise Mismatch("bytes that are no runs")
    numbers.frombytes(data[1:])
    if sys.byteorder == "big":
        numbers.byteswap()
    return tuple(map(Run, numbers[::2], numbers[1::2]))


def _packed(numbers: array[int]) -> bytes:
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def _between(runs: Runs, ends: Sequence[int], start: int, end: int) -> Sequence[Run]:
    """The runs of the lines from `start` to `end`, of which only the first and the last can be parts; `ends` has how
    many lines each run and those before it have."""
    if start >= end:
        return ()
    first, last = bisect_right(ends, start), bisect_left(ends, end)
    if first == last:
        return (Run(end - start, runs[first][1]),)
    head, tail = Run(ends[first] - start, runs[first][1]), Run(end - ends[last - 1], runs[last][1])
    return (head, *runs[first + 1 : last], tail)


def _append(result: list[Run], more: Sequence[Run]) -> None:
    """Adds runs, of which no neighbours have one origin; the first joins the last that is there."""
    if more and result and result[-1][1] == more[0][1]:
        result[-1] = Run(result[-1][0] + more[0][0], more[0][1])
        more = more[1:]
    result += more


def _hunks(numbers: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    return zip(numbers[::HUNK], numbers[1::HUNK], numbers[2::HUNK], strict=True)
