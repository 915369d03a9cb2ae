"""An author's part of lines, and that of all agents: what is proved, and what it may be at most. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from obsd.facts import NO_AGENTS, SEVERAL, UNKNOWN_AGENT

OPEN_AUTHORS: Final = (SEVERAL, UNKNOWN_AGENT)
"""Whose lines are somebody's who may have a name."""

_AGENTS: Final = "agents"


def floor_and_ceiling(lines: Mapping[str, int], author: str) -> tuple[float, float] | None:
    """Returns an author's part of all lines, given those of each author: what is proved, and with all that may be the
    author's besides. None where there are no lines, and for those that are not one author."""
    total = sum(lines.values())
    if author in OPEN_AUTHORS or not total:
        return None
    proved = lines.get(author, 0)
    possible = proved + sum(lines.get(open_author, 0) for open_author in OPEN_AUTHORS)
    return proved / total, possible / total


def agents_share(lines: Mapping[str, int]) -> tuple[float, float] | None:
    """Returns the part that agents wrote together, given the lines of each author, or class of a commit's lines."""
    agents = sum(own for author, own in lines.items() if author not in NO_AGENTS)
    others = {author: own for author, own in lines.items() if author in NO_AGENTS}
    return floor_and_ceiling(others | {_AGENTS: agents}, _AGENTS)
