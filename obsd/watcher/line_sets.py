"""What one content has that another has not, as lines, wherever they stand. Pure.

A patch that is taken out of a file and put back may find other line numbers, and other lines around it: its own are the
same. Where a change only moves lines, there is nothing to recognise it by.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple


class LineSets(NamedTuple):
    """The lines that a change added and removed; one that was there twice counts twice."""

    added: Counter[bytes]
    removed: Counter[bytes]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed)

    def within(self, other: LineSets) -> bool:
        """Whether the other change has all that this one did."""
        return self.added <= other.added and self.removed <= other.removed


def between(old: bytes, new: bytes) -> LineSets:
    """The lines that lead from `old` to `new`. A last line without its end is another one."""
    before, after = Counter(old.split(b"\n")), Counter(new.split(b"\n"))
    return LineSets(after - before, before - after)
