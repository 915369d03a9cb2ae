"""What a report is made of: the scope that was asked for, and one frozen dataclass a kind of row.

Owns no arithmetic but the length of a slot. Times are Unix seconds, text is as it was recorded (not escaped). Any
thread.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from obsd.analysis.days import DAY_SECONDS, UTC, Offsets

HOUR_SECONDS: Final = 3600
_HOURLY_DAYS: Final = 3
TOP_FILES: Final = 10
TOP_TYPES: Final = 8
LAST_ANOMALIES: Final = 10


@dataclass(frozen=True, slots=True)
class Scope:
    """What a report is about: everything from `since` to `until`, of one workspace and one agent where named.

    Sums are kept by the hour, so the hour in which `since` lies is whole. `offsets` say where days begin.
    """

    since: float
    until: float
    workspace: str = ""
    agent: str = ""
    offsets: Offsets = UTC

    @property
    def slot_seconds(self) -> int:
        """Length of the slots of its activity: an hour, or a day when it is about more than three."""
        return HOUR_SECONDS if self.until - self.since <= _HOURLY_DAYS * DAY_SECONDS else DAY_SECONDS

    @property
    def first_hour(self) -> int:
        """The hour since 1970 in which it begins."""
        return int(self.since // HOUR_SECONDS)

    @property
    def last_hour(self) -> int:
        """The hour in which it ends; one that begins at the end is not in it."""
        return int(-(-self.until // HOUR_SECONDS)) - 1


@dataclass(slots=True)
class Sums:
    """Changes and what they added up to. Git's own are not in it."""

    changes: int = 0
    created: int = 0
    modified: int = 0
    deleted: int = 0
    renamed: int = 0
    lines_added: int = 0
    lines_removed: int = 0


@dataclass(slots=True)
class WorkspaceShare:
    """What happened in one workspace."""

    name: str
    sums: Sums = field(default_factory=Sums)
    sessions: int = 0
    session_seconds: float = 0.0
    commits: int = 0
    violations: int = 0
    anomalies: int = 0


@dataclass(slots=True)
class AgentShare:
    """What one agent ("unknown" for none that is known) did: commits by how it is known, and sessions it was seen in.

    `lines_added`, `lines_removed` and `files_changed` are those of its commits.
    """

    agent: str
    sessions: int = 0
    session_seconds: float = 0.0
    commits: int = 0
    lines_added: int = 0
    lines_removed: int = 0
    files_changed: int = 0
    evidence: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class AuthorSums:
    """What one author (an agent, `person`, `several`, `unknown`) wrote: changes, also by evidence, and their lines.

    `overridden` and `thrashed` are lines of the author that were replaced before they were committed, by somebody else
    and by the author itself.
    """

    author: str
    changes: int = 0
    lines_added: int = 0
    lines_removed: int = 0
    overridden: int = 0
    thrashed: int = 0
    evidence: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class CommittedSums:
    """Lines that commits added, of one author (an agent, `person`, `several`, `unknown`), or of the class `before` or
    `imported`; `evidence` has these lines by how the author is known."""

    author: str
    lines: int = 0
    evidence: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class ReportedSums:
    """Lines of one author, by the report of an editor: written, committed, and replaced before they were committed.

    Each is counted when it happened: what was written earlier may be committed within the time.
    """

    author: str
    written: int = 0
    committed: int = 0
    replaced: int = 0


@dataclass(slots=True)
class SuggestionSums:
    """Suggestions of one provider (its extension's id, `unknown`, or `__other__`), and their lines, by outcome."""

    provider: str
    suggestions: dict[str, int] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class KeptSums:
    """Lines of one author (or class, as in `CommittedSums`) that were committed so many days before the last
    measurement, within 24 hours, and those of them that the default branch still has."""

    author: str
    days: int
    committed: int = 0
    kept: int = 0


@dataclass(frozen=True, slots=True)
class FileShare:
    """One of the most edited files."""

    workspace: str
    path: str
    changes: int
    lines_added: int
    lines_removed: int


@dataclass(frozen=True, slots=True)
class TypeShare:
    """Changes of one kind of file."""

    file_type: str
    changes: int
    lines_added: int
    lines_removed: int


@dataclass(slots=True)
class Slot:
    """An hour or a day of activity, from `at` on."""

    at: float
    changes: int = 0
    lines_added: int = 0
    lines_removed: int = 0
    commits: int = 0


@dataclass(frozen=True, slots=True)
class AnomalyEntry:
    """An anomaly."""

    at: float
    workspace: str
    kind: str
    score: float
    subject: str
    reason: str


@dataclass(slots=True)
class HistoryShare:
    """What one agent ("unknown" for none that is known) did before obsd watched: in no other sum.

    Lines are those of the commits; `writes` are edits in `sessions`, by the agent's own records.
    """

    agent: str
    commits: int = 0
    lines_added: int = 0
    lines_removed: int = 0
    sessions: int = 0
    writes: int = 0


@dataclass(slots=True)
class Report:
    """Everything about a scope. `files_changed` counts different files; lists are longest first, anomalies newest."""

    scope: Scope
    workspaces: list[WorkspaceShare] = field(default_factory=list)
    agents: list[AgentShare] = field(default_factory=list)
    authors: list[AuthorSums] = field(default_factory=list)
    """Everybody who wrote, whatever agent the scope names: an agent's share is a part of all."""

    committed: list[CommittedSums] = field(default_factory=list)
    """Likewise for the lines that all commits added."""

    kept: list[KeptSums] = field(default_factory=list)
    suggestions: list[SuggestionSums] = field(default_factory=list)
    reported: list[ReportedSums] = field(default_factory=list)
    files: list[FileShare] = field(default_factory=list)
    files_changed: int = 0
    file_types: list[TypeShare] = field(default_factory=list)
    slots: list[Slot] = field(default_factory=list)
    rules: list[tuple[str, int]] = field(default_factory=list)
    discards: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Files and lines of uncommitted work that git threw away or put aside, by operation."""

    anomalies: list[AnomalyEntry] = field(default_factory=list)
    history: list[HistoryShare] = field(default_factory=list)
    first_record: float = 0.0
    """Since when there is anything to report on; 0: there is nothing."""


def whole_and_rest(first: int, last: int, length: int) -> tuple[tuple[int, int], list[tuple[int, int]]]:
    """The longer times that lie wholly between two short ones, and what is left before and after, all inclusive.

    `length` is how many short times make a long one. Ranges that are empty end before they begin.
    """
    first_whole, last_whole = -(-first // length), (last + 1) // length - 1
    if last_whole < first_whole:
        return (0, -1), [(first, last), (0, -1)]
    return (first_whole, last_whole), [(first, first_whole * length - 1), ((last_whole + 1) * length, last)]
