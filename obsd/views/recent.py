"""Recent activity: the last minutes of each workspace, for `obsctl top`.

Owns the buckets of each workspace and the last facts, in memory: they are empty after a start. Contains only recorded
facts. Does no I/O, reads no clock. Event loop only.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from obsd.authorship.facts import ChangeAttributed
from obsd.facts import CommitMade, Fact, FileChanged, WorkspaceRemoved

BUCKET_SECONDS: Final = 5
BUCKETS: Final = 60
AUTHORS: Final = 50
LAST_FACTS: Final = 100
"""Half of them may say who wrote the other half."""


@dataclass(slots=True)
class Written:
    """What an author wrote."""

    changes: int = 0
    lines_added: int = 0
    lines_removed: int = 0


@dataclass(slots=True)
class Bucket:
    """Sums of `BUCKET_SECONDS`."""

    changes: int = 0
    lines: int = 0
    commits: int = 0
    authors: dict[str, Written] = field(default_factory=dict)


@dataclass(slots=True)
class RecentActivity:
    """The last buckets of one workspace, by number since 1970; `last_at` is the time of the last change or commit."""

    buckets: dict[int, Bucket] = field(default_factory=dict)
    last_at: float = 0.0
    files: dict[str, tuple[float, str]] = field(default_factory=dict)
    """The last file of each author, and when it was recorded."""

    def of(self, at: float, activity: bool = True) -> Bucket:
        """Returns the bucket of a time, which is one of activity; drops old ones when there are many."""
        number = int(at // BUCKET_SECONDS)
        bucket = self.buckets.get(number)
        if bucket is None:
            bucket = self.buckets[number] = Bucket()
            if len(self.buckets) > 2 * BUCKETS:
                for old in sorted(self.buckets)[:-BUCKETS]:
                    del self.buckets[old]
        if activity:
            self.last_at = max(self.last_at, at)
        return bucket

    def wrote(self, fact: ChangeAttributed) -> None:
        """Notes the last file of an author; of a few authors, those that wrote last."""
        self.files.pop(fact.agent, None)
        self.files[fact.agent] = fact.at, fact.path
        if len(self.files) > AUTHORS:
            del self.files[next(iter(self.files))]

    def until(self, now: float) -> list[Bucket]:
        """Returns the last buckets up to a time, oldest first, including empty ones."""
        last = int(now // BUCKET_SECONDS)
        return [self.buckets.get(number, Bucket()) for number in range(last - BUCKETS + 1, last + 1)]


class RecentActivityView:
    """The recent activity of all workspaces."""

    def __init__(self) -> None:
        self.workspaces: dict[str, RecentActivity] = {}
        self.last: deque[Fact] = deque(maxlen=LAST_FACTS)
        self.published = 0
        """How many facts were added since the start."""

    def publish(self, facts: Sequence[Fact]) -> None:
        """Adds recorded facts."""
        self.published += len(facts)
        for fact in facts:
            if isinstance(fact, FileChanged):
                bucket = self._of(fact).of(fact.at)
                bucket.changes += 1
                bucket.lines += (fact.lines_added or 0) + (fact.lines_removed or 0)
            elif isinstance(fact, CommitMade):
                self._of(fact).of(fact.at).commits += 1
            elif isinstance(fact, ChangeAttributed) and not fact.late:
                recent = self._of(fact)
                recent.wrote(fact)
                bucket = recent.of(fact.at, activity=False)
                written = bucket.authors.setdefault(fact.agent, Written())
                written.changes += 1
                written.lines_added += fact.lines_added or 0
                written.lines_removed += fact.lines_removed or 0
            elif isinstance(fact, WorkspaceRemoved):
                self.workspaces.pop(fact.workspace, None)
        self.last.extend([fact for fact in facts[-4 * LAST_FACTS :] if fact.recorded][-LAST_FACTS:])

    def _of(self, fact: Fact) -> RecentActivity:
        recent = self.workspaces.get(fact.workspace)
        if recent is None:
            recent = self.workspaces[fact.workspace] = RecentActivity()
        return recent
