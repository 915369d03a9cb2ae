"""What the authors of commits committed, by the names that git has: only where the user asks for it. Pure.

Two people of one name are one row, and a person with two names has two: names are what commits carry.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from obsctl import author_words
from obsctl.columns import Column
from obsctl.schema.committed import NamedSums
from obsd.facts import UNKNOWN_AGENT

if TYPE_CHECKING:
    from obsd.v1.activity_pb2 import Commit

COLUMNS = (
    *(Column("COMMITTED BY", least=12), Column("COMMITS", right=True), Column("LINES ADDED", right=True)),
    *(Column("BY AGENTS", right=True), Column("LINES BY", rank=1, least=16)),
)


@dataclass(slots=True)
class Sums:
    """Commits of one name, the lines that they added, and these by who wrote them."""

    name: str
    commits: int = 0
    lines: Counter[str] = field(default_factory=Counter)

    def share(self) -> tuple[float, float] | None:
        """Returns the part that agents wrote, floor and ceiling; None where there are no lines."""
        from obsd.authorship.shares import agents_share

        return agents_share(self.lines)


def sums(commits: Iterable[Commit]) -> list[Sums]:
    """Returns the sums of each name, the most lines first."""
    found: dict[str, Sums] = {}
    for commit in commits:
        own = found.setdefault(commit.author, Sums(commit.author))
        own.commits += 1
        for origin in commit.origins:
            own.lines[origin.agent] += origin.lines
        if not commit.classified:
            # Whose these are is not known yet, and may be anybody's.
            own.lines[UNKNOWN_AGENT] += commit.lines_added
    return sorted(found.values(), key=lambda one: (-one.lines.total(), -one.commits, one.name))


def rows(found: Iterable[Sums]) -> list[Sequence[object]]:
    """Returns the rows of a table under `COLUMNS`."""
    return [
        (
            one.name,
            f"{one.commits:,}",
            f"{one.lines.total():,}",
            _part(one.share()),
            author_words.lines(one.lines.items()),
        )
        for one in found
    ]


def document(found: Iterable[Sums]) -> list[NamedSums]:
    """Returns the same for --json."""
    return [
        {
            "name": one.name,
            "commits": one.commits,
            "lines": one.lines.total(),
            "origins": dict(sorted(one.lines.items())),
            "share": None
            if (part := one.share()) is None
            else {"floor": round(part[0], 4), "ceiling": round(part[1], 4)},
        }
        for one in found
    ]


def _part(found: tuple[float, float] | None) -> str:
    if found is None:
        return "-"
    floor, ceiling = map(author_words.percent, found)
    return floor if floor == ceiling else f"{floor} to {ceiling}"
