"""Lines of commits that are still there, by who wrote them. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from obsd.facts import Written


def counted(files: Iterable[tuple[Sequence[Written], Sequence[int]]]) -> tuple[Counter[str], Counter[str]]:
    """Returns the lines by author, all and those that are kept, of files with their lines and the pieces that are kept
    (two numbers each: lines above, lines)."""
    everything: Counter[str] = Counter()
    there: Counter[str] = Counter()
    for lines, pieces in files:
        for start, length, agent in lines:
            everything[agent] += length
            for above, kept in zip(pieces[::2], pieces[1::2], strict=True):
                there[agent] += max(0, min(start + length, above + kept) - max(start, above))
    return everything, +there
