"""Who wrote the lines that a commit adds, from what is known of the contents in which they stand.

Owns the order in which contents are believed, and the rule that the classes sum to the lines of the commit. Pure.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Final, NamedTuple

from obsd.facts import BEFORE, IMPORTED, UNKNOWN_AGENT, OriginLines
from obsd.facts.words import Evidence
from obsd.origins.runs import BASE, Lookup, Run, Runs

Author = tuple[str, Evidence]
"""Who, and how that is known."""

UNKNOWN: Final[Author] = (UNKNOWN_AGENT, "none")

_Place = tuple[int, int]
"""Lines above, and lines."""


class Origin(NamedTuple):
    """The origin of lines: the number of a change, or a class where `change` is 0; `base_id` names the content that had
    them before the first change, where neither says more. `agent` is an author where a note names one, and `evidence`
    says so."""

    change: int = 0
    agent: str = ""
    base_id: str = ""
    evidence: Evidence = "none"


class Placed(NamedTuple):
    """Lines in a row of one origin; `start` lines are above them."""

    start: int
    lines: int
    origin: Origin


class Known(NamedTuple):
    """A content whose lines have origins; those without one come from the content `base_id`."""

    base_id: str
    runs: Runs


class Source(NamedTuple):
    """A content that shares lines with a file of a commit.

    `pieces` has three numbers for each piece: lines above it in the commit's file, lines above it here, and its lines.
    `known` is None where nothing is known of it; `agent` is then the class of its lines, empty for no statement.
    """

    pieces: tuple[int, ...]
    known: Known | None
    agent: str = ""


def whole(known: Known) -> Source:
    """The commit's file itself, as a source."""
    lines = sum(run.lines for run in known.runs)
    return Source((0, 0, lines), known)


def origins(places: Sequence[int], sources: Sequence[Source]) -> Counter[Origin]:
    """The origins of the lines at `places` (two numbers each: lines above, lines).

    A line has the change that the first source names that has the line; where none names a change, the first source's
    word on where the line was before.
    """
    found: Counter[Origin] = Counter()
    for one in placed(places, sources):
        found[one.origin] += one.lines
    return found


def placed(places: Sequence[int], sources: Sequence[Source]) -> list[Placed]:
    """The lines at `places`, each with its origin as `origins` has it, in their order."""
    left = list(zip(places[::2], places[1::2], strict=True))
    found: list[Placed] = []
    for of_changes in (True, False):
        for source in sources:
            left = list(_take(left, source, found, of_changes=of_changes))
    found += [Placed(start, lines, Origin(agent=UNKNOWN_AGENT)) for start, lines in left if lines]
    return sorted(found)


def unexplained(places: Sequence[int], sources: Sequence[Source]) -> bool:
    """Whether no change is known for some of the lines at `places`."""
    return any(not origin.change for origin in origins(places, sources))


def classes(
    found: Mapping[Origin, int], authors: Mapping[int, Author], in_repository: Set[str]
) -> tuple[OriginLines, ...]:
    """Lines by author, or by class where nobody wrote them here; the most first.

    `authors` has those of changes. Lines of a base content are imported where the repository has that content.
    """
    sums: Counter[Author] = Counter()
    for origin, lines in found.items():
        sums[_class(origin, authors, in_repository)] += lines
    return _sorted(sums)


def author_of(origin: Origin, authors: Mapping[int, Author], in_repository: Set[str]) -> str:
    """The author or class of lines of one origin; the arguments are those of `classes`."""
    return _class(origin, authors, in_repository)[0]


def grown(now: Sequence[OriginLines], counted: Sequence[OriginLines], lines: int) -> tuple[OriginLines, ...]:
    """The lines by which counters grow for a commit, `lines` altogether.

    An author's counter grows by what is new for the author; what remains was in an earlier form of the commit alone,
    and nobody knows any more who wrote it.
    """
    before = {(one.agent, one.evidence): one.lines for one in counted}
    sums: Counter[Author] = Counter()
    for agent, evidence, own in now:
        more = min(lines, max(0, own - before.get((agent, evidence), 0)))
        sums[agent, evidence] += more
        lines -= more
    sums[UNKNOWN] += max(0, lines)
    return _sorted(+sums)


def _class(origin: Origin, authors: Mapping[int, Author], in_repository: Set[str]) -> Author:
    if origin.change:
        return authors.get(origin.change, UNKNOWN)
    if origin.agent:
        return origin.agent, origin.evidence
    return (IMPORTED if origin.base_id in in_repository else BEFORE), "none"


def _sorted(sums: Counter[Author]) -> tuple[OriginLines, ...]:
    order = sorted(sums.items(), key=lambda item: (-item[1], item[0]))
    return tuple(OriginLines(agent, evidence, lines) for (agent, evidence), lines in order)


def _take(places: Sequence[_Place], source: Source, found: list[Placed], *, of_changes: bool) -> Iterator[_Place]:
    """Places the lines that a source explains (by changes, or else by where they were before), and yields the rest."""
    pieces = list(zip(source.pieces[::3], source.pieces[1::3], source.pieces[2::3], strict=True))
    ends = [above + length for above, _, length in pieces]
    runs = None if source.known is None else Lookup(source.known.runs)
    for start, lines in places:
        at = start
        for number in range(bisect_right(ends, start), len(pieces)):
            above, above_there, length = pieces[number]
            begin, end = max(at, above), min(start + lines, above + length)
            if begin >= end:
                break
            if begin > at:
                yield at, begin - at
            at = begin
            own = (begin - above + above_there, end - begin)
            if runs is not None and sum(own) > runs.lines:
                # Its lines were not measured, or it is another content than it seemed: it says nothing.
                yield at, end - begin
                at = end
                continue
            for run in [Run(own[1], BASE)] if runs is None else runs.within(*own):
                origin = _origin(source, run)
                if origin is not None and bool(origin.change) == of_changes:
                    found.append(Placed(at, run.lines, origin))
                else:
                    yield at, run.lines
                at += run.lines
        if at < start + lines:
            yield at, start + lines - at


def _origin(source: Source, run: Run) -> Origin | None:
    if source.known is None:
        return Origin(agent=source.agent) if source.agent else None
    return Origin(run.origin) if run.origin else Origin(base_id=source.known.base_id)
