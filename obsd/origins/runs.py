"""Runs: the lines of one content, grouped by the change that wrote them, and what an edit makes of them.

Owns the one rule by which lines keep their origin: what an edit leaves keeps it, what it adds belongs to the edit.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

BASE = 0
"""The origin of lines that were in the file before the first change of it that was seen."""

LOST = 1 << 62
"""The origin of lines that were changed and not measured: the number of no change."""

HUNK = 3
"""Numbers of a hunk in `LineEdit.hunks`."""


_WIDE = 1 << 32
_WIDTHS = {b"I": 4, b"Q": 8}


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
    return sum(run.lines for run in runs)


def edited(runs: Runs, hunks: Sequence[int], change: int) -> Runs:
    """The runs after an edit. Raises Mismatch when the edit reaches behind the content's end or overlaps itself.

    `hunks` has three numbers for each place: how many lines of the old content are before it (counted from the
    content's start), how many old lines it takes away, and how many new ones it puts there.
    """
    result: list[Run] = []
    number = done = at = 0  # the run that is read, how many of its lines are, and how many lines are read altogether
    for start, gone, new in _hunks(hunks):
        if start < at:
            raise Mismatch(f"a hunk at {start} overlaps one that ends at {at}")
        for wanted, kept in ((start - at, True), (gone, False)):
            while wanted > 0:
                if number == len(runs):
                    raise Mismatch(f"{wanted} lines less than the edit says")
                lines, origin = runs[number]
                some = min(wanted, lines - done)
                if kept and some:
                    result.append(Run(some, origin))
                wanted -= some
                done += some
                if done == lines:
                    number, done = number + 1, 0
        if new:
            result.append(Run(new, change))
        at = start + gone
    if done:
        lines, origin = runs[number]
        result.append(Run(lines - done, origin))
        number += 1
    result += runs[number:]
    return joined(result)


def gone(runs: Runs, hunks: Sequence[int]) -> dict[int, int]:
    """How many lines an edit takes away, by the change that wrote them. Raises Mismatch where it does not fit."""
    found: dict[int, int] = {}
    for start, lines, _ in _hunks(hunks):
        for run in within(runs, start, lines):
            found[run.origin] = found.get(run.origin, 0) + run.lines
    return found


def lines_before(hunks: Sequence[int], lines_now: int) -> int:
    """How many lines a content had before an edit that left `lines_now`."""
    return lines_now - sum(new - gone for _, gone, new in _hunks(hunks))


def within(runs: Runs, start: int, lines: int) -> Iterator[Run]:
    """The runs of some lines in a row; `start` lines are before them. Raises Mismatch when there are not so many."""
    for run in runs:
        skipped = min(start, run.lines)
        some = min(lines, run.lines - skipped)
        start -= skipped
        lines -= some
        if some:
            yield Run(some, run.origin)
    if lines:
        raise Mismatch(f"{lines} lines less than were asked for")


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
    numbers = [number for run in runs for number in run]
    if not numbers:
        return b""
    code = "I" if max(numbers) < _WIDE else "Q"
    return struct.pack(f"<c{len(numbers)}{code}", code.encode("ascii"), *numbers)


def decoded(data: bytes) -> Runs:
    """The runs in bytes. Raises Mismatch for bytes that are no runs."""
    if not data:
        return ()
    width = _WIDTHS.get(data[:1])
    if width is None or (len(data) - 1) % (2 * width):
        raise Mismatch("bytes that are no runs")
    numbers = struct.unpack(f"<{(len(data) - 1) // width}{data[:1].decode('ascii')}", data[1:])
    return tuple(map(Run, numbers[::2], numbers[1::2]))


def _hunks(numbers: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    return zip(numbers[::HUNK], numbers[1::HUNK], numbers[2::HUNK], strict=True)
