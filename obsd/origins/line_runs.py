"""The lines of a file in runs that have one origin and one commit. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from obsd.origins.commit_lines import Origin, Placed


class Segment(NamedTuple):
    """Lines in a row of one origin; `start` lines are above them. `piece` is the place of the piece that has them among
    those that were given, -1 for none."""

    start: int
    lines: int
    origin: Origin
    piece: int


def segments(found: Sequence[Placed], pieces: Sequence[tuple[int, int]]) -> Iterator[Segment]:
    """Cuts lines of one origin at the ends of `pieces` (lines above, lines); both are in the order of the file."""
    number = 0
    for start, lines, origin in found:
        at, end = start, start + lines
        while at < end:
            while number < len(pieces) and sum(pieces[number]) <= at:
                number += 1
            begin, length = pieces[number] if number < len(pieces) else (end, 0)
            inside = begin <= at
            until = min(end, begin + length if inside else begin)
            yield Segment(at, until - at, origin, number if inside else -1)
            at = until
