"""Who wrote, in words: authors with their parts, for tables and lines of text. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from obsd.v1.activity_pb2 import AuthorShare, CommittedShare, PartOfLines
    from obsd.v1.report_pb2 import WrittenShare

_NAMES = {
    "person": "a person",
    "several": "several authors",
    "before": "there before",
    "imported": "brought by git",
}


_TITLES = {"person": "people"}


def name(author: str) -> str:
    """Returns an author as the subject of a sentence; agents are called by their id."""
    return _NAMES.get(author, author)


def title(author: str) -> str:
    """Returns an author as the head of a row; agents are called by their id."""
    return _TITLES.get(author, author)


def lines(origins: Iterable[tuple[str, int]]) -> str:
    """Returns authors, or classes of a commit's lines, with their lines, the most first: `codex 12, a person 3`."""
    sums: Counter[str] = Counter()
    for author, own in origins:
        sums[name(author)] += own
    return ", ".join(f"{author} {own}" for author, own in sums.most_common())


def percent(part: float) -> str:
    """Returns `40%`; what is there at all is never 0%, and what is not all of it never 100%."""
    if 0 < part < 0.005:
        return "<1%"
    return ">99%" if 0.995 < part < 1 else f"{part:.0%}"


def parts(authors: Iterable[AuthorShare], evidence: dict[str, str] | None = None) -> list[str]:
    """Returns each author with the part of the changes: `codex (writer) 80%`; the evidence where it is given."""
    known = list(authors)
    changes = sum(one.changes for one in known)
    said = evidence or {}
    return [
        " ".join(filter(None, (one.author, _brackets(said.get(one.author)), percent(one.changes / changes))))
        for one in known
        if changes
    ]


def share(one: WrittenShare) -> str:
    """Returns an author's part of all added lines: `40%`, or `40% to 55%` where lines of nobody known may be theirs."""
    if not one.all_lines_added:
        return "-"
    if not one.HasField("floor"):
        return percent(one.lines_added / one.all_lines_added)
    return part(one)


def committed_share(one: CommittedShare) -> str:
    """Returns an author's part of all lines that commits added, likewise."""
    return part(one) if one.HasField("floor") else percent(one.lines / one.all_lines)


def part(one: WrittenShare | CommittedShare | PartOfLines) -> str:
    """Returns a part of lines: `40%`, or `40% to 55%` where lines of nobody known may be in it."""
    floor, ceiling = percent(one.floor), percent(one.ceiling)
    return floor if floor == ceiling else f"{floor} to {ceiling}"


def _brackets(text: str | None) -> str:
    return f"({text})" if text else ""
