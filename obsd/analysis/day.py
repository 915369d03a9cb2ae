"""A day, or another time, at a glance: what agents and people did, who is at work, and what needs attention.

Owns the rows and their folding, for every screen that shows them; the ledger and the views fill them. Times are Unix
seconds, text is as it was recorded (not escaped). Pure, any thread.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from obsd.analysis.days import DAY_SECONDS
from obsd.analysis.report import HOUR_SECONDS

QUARTER_SECONDS: Final = 900
_FINE_DAYS: Final = 2


@dataclass(frozen=True, slots=True)
class Period:
    """A time from `since` to before `until`."""

    since: float
    until: float

    @property
    def slot_seconds(self) -> int:
        """Length of the slots of a time line: a quarter of an hour, or an hour for more than two days."""
        return QUARTER_SECONDS if self.until - self.since <= _FINE_DAYS * DAY_SECONDS else HOUR_SECONDS

    def seconds_within(self, begin: float, end: float) -> float:
        """Returns how much of a time lies in the period."""
        return max(0.0, min(end, self.until) - max(begin, self.since))


@dataclass(frozen=True, slots=True)
class DayScope:
    """What is shown: a period, the one that it is compared with, of one workspace (empty: all), at a moment."""

    period: Period
    before: Period
    now: float
    workspace: str = ""


@dataclass(slots=True)
class Figures:
    """What one author, or everybody, did in a period.

    `cost_usd` is None where no agent declared any. `floor` and `ceiling` are the part of all added lines: what is
    proved, and with the lines of `several` and `unknown`; None where nothing can be said.
    """

    sessions: int = 0
    session_seconds: float = 0.0
    commits: int = 0
    changes: int = 0
    lines_added: int = 0
    lines_removed: int = 0
    tokens: float = 0.0
    cost_usd: float | None = None
    floor: float | None = None
    ceiling: float | None = None

    def declare(self, measure: str, amount: float) -> None:
        """Adds an amount that an agent declared."""
        if measure == "cost_usd":
            self.cost_usd = (self.cost_usd or 0.0) + amount
        elif measure == "tokens":
            self.tokens += amount

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing."""
        return replace(self, floor=None, ceiling=None) == Figures()


@dataclass(slots=True)
class AuthorDay:
    """One author (an agent, `person`, `several`, `unknown`), in the period and in the one before."""

    author: str
    figures: Figures = field(default_factory=Figures)
    before: Figures = field(default_factory=Figures)


@dataclass(slots=True)
class LaneSlot:
    """A part of a workspace's time line: `authors` has the changes of each."""

    at: float
    changes: int = 0
    lines: int = 0
    commits: int = 0
    authors: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Lane:
    """The time line of a workspace: its slots by their number since 1970, those with anything."""

    workspace: str
    slots: dict[int, LaneSlot] = field(default_factory=dict)

    def slot(self, number: int, slot_seconds: int) -> LaneSlot:
        """Returns a slot, which is made when it is missing."""
        return self.slots.setdefault(number, LaneSlot(float(number * slot_seconds)))


@dataclass(frozen=True, slots=True)
class Attention:
    """Something that needs a look: `kind` is rule, anomaly, discard or condition; `text` says what.

    `subject` is a commit id, a path, a session or empty. `resolved`: a rule that is satisfied again, or work that was
    only put aside.
    """

    kind: str
    workspace: str
    at: float
    name: str
    text: str
    subject: str = ""
    severity: str = "warning"
    hint: str = ""
    count: int = 1
    resolved: bool = False
    amounts: tuple[int, int] = (0, 0)
    """Files and lines of discarded work."""


@dataclass(frozen=True, slots=True)
class AtWork:
    """Who wrote in a workspace within the last minutes, the file written last; or who is only `present`."""

    workspace: str
    author: str
    present: bool = False
    path: str = ""
    at: float = 0.0
    changes: int = 0
    lines_added: int = 0
    lines_removed: int = 0
    session_id: str = ""
    session_started_at: float | None = None


@dataclass(slots=True)
class Day:
    """Everything about a scope. `sessions_count` is of all sessions, whatever part of them is shown."""

    scope: DayScope
    authors: dict[str, AuthorDay] = field(default_factory=dict)
    total: Figures = field(default_factory=Figures)
    total_before: Figures = field(default_factory=Figures)
    lanes: dict[str, Lane] = field(default_factory=dict)
    slot_seconds: int = QUARTER_SECONDS
    attention: list[Attention] = field(default_factory=list)
    at_work: list[AtWork] = field(default_factory=list)
    first_record: float = 0.0

    def of(self, author: str, *, before: bool) -> Figures:
        """Returns the figures of an author, which are made when they are missing."""
        day = self.authors.setdefault(author, AuthorDay(author))
        return day.before if before else day.figures

    def whole(self, *, before: bool) -> Figures:
        """Returns the figures of everybody."""
        return self.total_before if before else self.total

    def lane(self, workspace: str) -> Lane:
        """Returns the time line of a workspace, which is made when it is missing."""
        return self.lanes.setdefault(workspace, Lane(workspace))

    def count_session(self, authors: Iterable[str], begin: float, end: float, *, before: bool) -> None:
        """Counts a session: once for everybody, and once for each of its authors."""
        period = self.scope.before if before else self.scope.period
        seconds = period.seconds_within(begin, end)
        for figures in (self.whole(before=before), *(self.of(author, before=before) for author in authors)):
            figures.sessions += 1
            figures.session_seconds += seconds

    def count_changes(self, author: str, changes: int, added: int, removed: int, *, before: bool) -> None:
        """Counts changes of an author."""
        for figures in (self.whole(before=before), self.of(author, before=before)):
            figures.changes += changes
            figures.lines_added += added
            figures.lines_removed += removed

    def count_commits(self, author: str, commits: int, *, before: bool) -> None:
        """Counts commits that an author made."""
        for figures in (self.whole(before=before), self.of(author, before=before)):
            figures.commits += commits

    def declare(self, agent: str, measure: str, amount: float, *, before: bool) -> None:
        """Counts what an agent declared of its cost and tokens."""
        for figures in (self.whole(before=before), self.of(agent, before=before)):
            figures.declare(measure, amount)
