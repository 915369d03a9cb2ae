"""The pulse: what happened within the last minutes, for who looks on.

Owns the beats of each workspace and the last facts, in memory alone: it is no record, and begins anew with the daemon.
Only recorded facts are seen. Does no I/O, reads no clock. Event loop only.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from obsd.facts import CommitMade, Fact, FileChanged, WorkspaceRemoved

BEAT_SECONDS: Final = 5
BEATS: Final = 60
LAST_FACTS: Final = 50


@dataclass(slots=True)
class Beat:
    """Sums of so many seconds."""

    changes: int = 0
    lines: int = 0
    commits: int = 0


@dataclass(slots=True)
class RecentActivity:
    """The last beats of one workspace, by number since 1970; `last_at` is that of the last change or commit."""

    beats: dict[int, Beat] = field(default_factory=dict)
    last_at: float = 0.0

    def of(self, at: float) -> Beat:
        """The beat of a time; old ones go when there are many."""
        number = int(at // BEAT_SECONDS)
        beat = self.beats.get(number)
        if beat is None:
            beat = self.beats[number] = Beat()
            if len(self.beats) > 2 * BEATS:
                for old in sorted(self.beats)[:-BEATS]:
                    del self.beats[old]
        self.last_at = max(self.last_at, at)
        return beat

    def until(self, now: float) -> list[Beat]:
        """The last beats up to a time, oldest first, empty ones among them."""
        last = int(now // BEAT_SECONDS)
        return [self.beats.get(number, Beat()) for number in range(last - BEATS + 1, last + 1)]


class PulseView:
    """The pulses of all workspaces."""

    def __init__(self) -> None:
        self.workspaces: dict[str, RecentActivity] = {}
        self.last: deque[Fact] = deque(maxlen=LAST_FACTS)

    def publish(self, facts: Sequence[Fact]) -> None:
        """See facts that are recorded."""
        for fact in facts:
            if isinstance(fact, FileChanged):
                beat = self._of(fact).of(fact.at)
                beat.changes += 1
                beat.lines += (fact.lines_added or 0) + (fact.lines_removed or 0)
            elif isinstance(fact, CommitMade):
                self._of(fact).of(fact.at).commits += 1
            elif isinstance(fact, WorkspaceRemoved):
                self.workspaces.pop(fact.workspace, None)
        self.last.extend([fact for fact in facts[-4 * LAST_FACTS :] if fact.recorded][-LAST_FACTS:])

    def _of(self, fact: Fact) -> RecentActivity:
        pulse = self.workspaces.get(fact.workspace)
        if pulse is None:
            pulse = self.workspaces[fact.workspace] = RecentActivity()
        return pulse
