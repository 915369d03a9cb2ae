"""Times, lengths and numbers as the page writes them, in this machine's time zone. Pure, any thread."""

from __future__ import annotations

import time
import zlib
from typing import Final

from obsd.facts import BEFORE, IMPORTED, PERSON, SEVERAL, UNKNOWN_AGENT
from obsd.text import printable

AGENT_COLOURS: Final = 6
MAX_SUBJECT: Final = 60
_NAMES: Final = {
    PERSON: "a person",
    SEVERAL: "several",
    UNKNOWN_AGENT: "unknown",
    BEFORE: "there before",
    IMPORTED: "brought by git",
}


def clock(at: float) -> str:
    """Returns `14:05:09`."""
    return time.strftime("%H:%M:%S", time.localtime(at))


def moment(at: float) -> str:
    """Returns `2026-11-27 14:05`."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))


def machine_time(at: float) -> str:
    """Returns a time for `<time datetime>`."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


def number(value: float | None) -> str:
    """Returns `12,345`; a dash for what is not known."""
    return "–" if value is None else f"{value:,.0f}"


def lines(added: int | None, removed: int | None) -> str:
    """Returns `+12 −3`; `lines unknown` where they were not measured."""
    return "lines unknown" if added is None or removed is None else f"+{added:,} −{removed:,}"


def percent(part: float) -> str:
    """Returns `40%`; what is there at all is never 0%, and what is not all of it never 100%."""
    if 0 < part < 0.005:
        return "<1%"
    return ">99%" if 0.995 < part < 1 else f"{part:.0%}"


def share(floor_and_ceiling: tuple[float, float] | None) -> str:
    """Returns `40%`, or `40% to 55%` where lines of nobody known may be theirs; a dash where there are no lines."""
    if floor_and_ceiling is None:
        return "–"
    floor, ceiling = map(percent, floor_and_ceiling)
    return floor if floor == ceiling else f"{floor} to {ceiling}"


def name(author: str) -> str:
    """Returns an author, or a class of a commit's lines, in words; agents are called by their id."""
    return _NAMES.get(author, printable(author))


def colour(author: str) -> str:
    """Returns the class of an author's colour: an agent's follows from its id."""
    if author in _NAMES:
        return author
    return f"agent{zlib.crc32(author.encode('utf-8', 'replace')) % AGENT_COLOURS}"


def subject(text: str) -> str:
    """Returns what a rule or an anomaly is about: a path's end, or the beginning of a commit's id."""
    if len(text) in (40, 64) and all(char in "0123456789abcdef" for char in text):
        return text[:10]
    shown = printable(text)
    return shown if len(shown) <= MAX_SUBJECT else f"…{shown[1 - MAX_SUBJECT :]}"
