"""A column of a table for people, as data. Pure, and quick to import."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """A column. `rank` 0 is never left out, the highest first; `least` is how short its cells may get (0: as they are).

    `from_left`: a path, whose end says more than its begin.
    """

    heading: str
    rank: int = 0
    least: int = 0
    right: bool = False
    from_left: bool = False
