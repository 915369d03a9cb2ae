"""Lines of a file by who wrote them as a note has it. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from obsd.origins.commit_lines import Origin, Placed


class Noted(NamedTuple):
    """Lines in a row, `start` lines above them, of an author by a note; `session` is the agent's own id of it."""

    start: int
    lines: int
    agent: str
    session: str = ""


def ordered(claims: Iterable[Noted]) -> list[Noted]:
    """The claims by their lines; of lines that two claim, the one that begins first has them."""
    found: list[Noted] = []
    end = 0
    for one in sorted(claims):
        begin = max(one.start, end)
        if begin < one.start + one.lines:
            found.append(one._replace(start=begin, lines=one.start + one.lines - begin))
            end = one.start + one.lines
    return found


def cut(start: int, lines: int, claims: Sequence[Noted]) -> Iterator[tuple[int, int, Noted | None]]:
    """Lines in pieces (lines above, lines, the claim or None); `claims` are as `ordered` returns them."""
    at, end = start, start + lines
    for one in claims[bisect_right(claims, start, key=lambda one: one.start + one.lines) :]:
        if one.start >= end:
            break
        if one.start > at:
            yield at, one.start - at, None
            at = one.start
        yield at, min(end, one.start + one.lines) - at, one
        at = min(end, one.start + one.lines)
    if at < end:
        yield at, end - at, None


def with_notes(places: Sequence[Placed], claims: Sequence[Noted], unknown: Iterable[Origin]) -> list[Placed]:
    """The same lines, with those of `unknown` origins as the claims have them."""
    open_origins = frozenset(unknown)
    found: list[Placed] = []
    for one in places:
        if one.origin not in open_origins:
            found.append(one)
            continue
        for at, lines, claim in cut(one.start, one.lines, claims):
            origin = one.origin if claim is None else Origin(agent=claim.agent, evidence="note")
            found.append(Placed(at, lines, origin))
    return found
