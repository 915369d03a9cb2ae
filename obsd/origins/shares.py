"""The agents' share of lines, as a floor and a ceiling. Owns the one definition of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from obsd.facts import BEFORE, IMPORTED, UNKNOWN_AGENT

PERSON = "person"
SEVERAL = "several"
_NO_AGENTS = frozenset({PERSON, SEVERAL, UNKNOWN_AGENT, BEFORE, IMPORTED})


def agents_share(lines: Mapping[str, int]) -> tuple[float, float] | None:
    """The part of lines (by author or class) that agents wrote: what is proved, and with what nobody knows; None for no
    lines. Lines that several wrote may be an agent's."""
    everything = sum(lines.values())
    if not everything:
        return None
    proved = sum(own for author, own in lines.items() if author not in _NO_AGENTS)
    open_lines = lines.get(UNKNOWN_AGENT, 0) + lines.get(SEVERAL, 0)
    return proved / everything, (proved + open_lines) / everything
