"""Lines that were replaced before they were committed: whether their author did it, or somebody else. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from obsd.authorship.shares import OPEN_AUTHORS
from obsd.facts import UNKNOWN_AGENT

Sums = tuple[tuple[str, int], ...]
"""Lines by author."""


class Taken(NamedTuple):
    """Lines that a change took away: who had written them, and who took them; whether an editor reported the writer."""

    writer: str
    taker: str
    lines: int
    reported: bool = False


def overridden_and_thrashed(taken: Iterable[Taken]) -> tuple[Sums, Sums]:
    """Returns lines by who had written them: those that somebody else took, and those that their author took.

    Where one of both is not one known author, nobody knows which it was: overridden, of the author `unknown`.
    """
    overridden: Counter[str] = Counter()
    thrashed: Counter[str] = Counter()
    for writer, taker, lines, _ in taken:
        if writer in OPEN_AUTHORS or taker in OPEN_AUTHORS:
            overridden[UNKNOWN_AGENT] += lines
        elif writer == taker:
            thrashed[writer] += lines
        else:
            overridden[writer] += lines
    return tuple(sorted(overridden.items())), tuple(sorted(thrashed.items()))


def reported(taken: Iterable[Taken]) -> Sums:
    """Returns the lines whose writer an editor reported, by that writer."""
    sums: Counter[str] = Counter()
    for one in taken:
        if one.reported:
            sums[one.writer] += one.lines
    return tuple(sorted(sums.items()))
