"""A fact as one line of the live list: when, where, who, what.

Owns the wording. Of a file's change there is one line: who wrote it is added when that is known. Pure, any thread.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from obsd import amounts
from obsd.authorship.facts import ChangeAttributed
from obsd.facts import (
    AnomalySeen,
    CommitMade,
    Fact,
    FileChanged,
    RuleBroken,
    SessionEnded,
    SessionStarted,
    WatcherRestarted,
    WorkDiscarded,
    WorkspaceAdded,
    WorkspaceRemoved,
)
from obsd.text import printable
from obsd.web import words

MAX_OPEN: Final = 2_000
KINDS: Final = frozenset(
    kind.__name__
    for kind in (
        *(AnomalySeen, ChangeAttributed, CommitMade, FileChanged, RuleBroken, SessionEnded, SessionStarted),
        *(WatcherRestarted, WorkDiscarded, WorkspaceAdded, WorkspaceRemoved),
    )
)
"""The facts that have a line, or complete one."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line. `key` is that of the line that it replaces, if there is one; `author` is "" while nobody is known yet."""

    key: str
    at: float
    workspace: str
    text: str
    author: str = ""
    note: str = ""
    serious: bool = False


class Lines:
    """Makes lines of facts in their order; remembers the changes that wait for their author."""

    def __init__(self) -> None:
        self._open: OrderedDict[int, Line] = OrderedDict()

    def of(self, facts: Iterable[Fact], agent: str = "") -> list[Line]:
        """Returns the lines of some facts by their times, without those that were replaced; of one agent alone, if it
        is given."""
        found: dict[object, Line] = {}
        for fact in facts:
            line = self._line(fact)
            if line is not None and agent in ("", line.author):
                found[line.key or fact] = line
        return sorted(found.values(), key=lambda line: line.at)

    def _line(self, fact: Fact) -> Line | None:
        if isinstance(fact, FileChanged):
            line = _changed(fact)
            self._open[fact.change] = line
            if len(self._open) > MAX_OPEN:
                self._open.popitem(last=False)
            return line
        if isinstance(fact, ChangeAttributed):
            known = self._open.pop(fact.change, None)
            text = (
                known.text if known else f"{printable(fact.path)} {words.lines(fact.lines_added, fact.lines_removed)}"
            )
            at = known.at if known else fact.at
            return Line(f"c{fact.change}", at, printable(fact.workspace), text, fact.agent, _how(fact))
        return _other(fact)


def _changed(fact: FileChanged) -> Line:
    path = printable(fact.path)
    if fact.previous_path:
        path = f"{printable(fact.previous_path)} → {path}"
    text = f"{fact.operation} {path} {words.lines(fact.lines_added, fact.lines_removed)}"
    return Line(f"c{fact.change}", fact.at, printable(fact.workspace), text)


def _how(fact: ChangeAttributed) -> str:
    program = f" with {printable(fact.program)}" if fact.program else ""
    return f"{fact.evidence}{program}" if fact.evidence != "none" else program.strip()


def _other(fact: Fact) -> Line | None:
    place, serious, author, note = printable(fact.workspace), False, "", ""
    if isinstance(fact, CommitMade):
        lines = words.lines(fact.lines_added, fact.lines_removed)
        text = f"commit {fact.commit_id[:10]} {printable(fact.subject)} {lines}"
        author, note = fact.agent, fact.evidence if fact.evidence != "none" else ""
    elif isinstance(fact, RuleBroken):
        text, serious = f"rule {fact.rule} is broken by {printable(fact.subject)}: {printable(fact.detail)}", True
    elif isinstance(fact, AnomalySeen):
        text, serious = f"unusual: {printable(fact.reason)}", True
    elif isinstance(fact, WorkDiscarded):
        verb = "put aside" if fact.operation == "stash" else "discarded"
        lost = f"{amounts.count(fact.lines, 'line')} in {amounts.count(fact.files, 'file')}"
        text, serious = f"git {fact.operation} {verb} uncommitted work: {lost}", True
    elif isinstance(fact, SessionStarted):
        text = "session started"
    elif isinstance(fact, SessionEnded):
        text = f"session ended after {amounts.duration(fact.duration_seconds)}"
    elif isinstance(fact, WatcherRestarted):
        text = f"watcher restarted: {printable(fact.cause)}"
    elif isinstance(fact, WorkspaceAdded):
        text = "workspace added"
    elif isinstance(fact, WorkspaceRemoved):
        text = "workspace removed"
    else:
        return None
    return Line("", fact.at, place, text, author, note, serious)
