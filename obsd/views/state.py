"""The views' persisted state, as plain data that views and ledger share.

A view stages its new values in a `StateChanges`; the ledger writes them in the transaction of the facts that they
follow from, and returns all of them as a `RestoredState` at the next start. Values are absolute, so that writing them
twice changes nothing. Owns no behaviour but merging. Any thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from obsd.authorship.evidence import Change
from obsd.authorship.facts import WriteRecorded

Labels = tuple[str, ...]
"""Values of a series' labels besides `workspace`, in the order of its family."""

StagedSeries = dict[str, dict[str, dict[Labels, float | None]]]
"""Family, workspace, labels: the new value, or None for a series that is removed."""


@dataclass(slots=True)
class SessionState:
    """One session: its numbers so far, and whether it has ended. Times are Unix seconds."""

    number: int
    workspace: str
    started_at: float
    last_at: float
    ended: bool = False
    changes: int = 0
    files: int = 0
    lines_added: int = 0
    lines_removed: int = 0
    commits: int = 0
    violations: int = 0
    agents: Mapping[str, str] = field(default_factory=dict)
    """Each agent that wrote a change or made a commit, with the strongest evidence."""
    present: tuple[str, ...] = ()
    """Agents that were at work during the session, which is no proof that they changed anything."""
    first_commit_seconds: float | None = None
    """Seconds from the start to the first commit; None while there is none."""
    stepped_seconds: float = 0.0
    """Seconds by which the wall clock was set ahead during the session: they have not passed."""
    first_change: int = 0
    """Number of its first change: while it is open, all changes of the workspace from there on are its own; 0: none."""

    @property
    def began_at(self) -> float:
        """Returns the start by the clock as set now, from which lengths are measured."""
        return self.started_at + self.stepped_seconds


@dataclass(slots=True)
class StateChanges:
    """Upserts of view state. The series of `removed` workspaces are deleted before `series` is written."""

    removed: set[str] = field(default_factory=set)
    series: StagedSeries = field(default_factory=dict)
    sessions: dict[int, SessionState] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.removed or self.series or self.sessions)

    def merge(self, later: StateChanges) -> None:
        """Merges later changes; what `later` removed is no longer written."""
        self.removed |= later.removed
        for workspaces in self.series.values():
            for workspace in later.removed & workspaces.keys():
                del workspaces[workspace]
        for family, staged in later.series.items():
            for workspace, rows in staged.items():
                self.series.setdefault(family, {}).setdefault(workspace, {}).update(rows)
        self.sessions.update(later.sessions)


@dataclass(frozen=True, slots=True)
class RestoredState:
    """The persisted state: `series` rows are (family, workspace, labels, value) in the order of their first write.

    `open_sessions` come with the paths of their files; `last_activity` holds the end of each workspace's last
    ended session; `salt` keys the hashes of names that are not shown. `waiting_changes` have no author yet, in the
    order of their numbers; `recent_claims` are the agents' records that were read lately.
    """

    salt: bytes = b""
    workspaces: tuple[str, ...] = ()
    series: Iterable[tuple[str, str, Labels, float]] = ()
    open_sessions: Iterable[tuple[SessionState, set[str]]] = ()
    last_activity: Mapping[str, float] = field(default_factory=dict)
    next_session: int = 1
    next_change: int = 1
    waiting_changes: Iterable[Change] = ()
    recent_claims: Iterable[WriteRecorded] = ()
