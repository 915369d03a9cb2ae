"""What a watcher has found and not yet told: changes, and the new states that go with them, in one piece."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from obsd.facts import Operation, Unmeasured
from obsd.watcher.snapshot import State


@dataclass(slots=True)
class Change:
    """One settled change; the fields are those of `obsd.facts.FileChanged`, `at` is the time of the scan."""

    operation: Operation
    path: str
    added: int | None
    removed: int | None
    unmeasured: Unmeasured = ""
    previous: str = ""
    at: float = field(default_factory=time.time)


@dataclass(slots=True)
class Batch:
    """Changes and states that the daemon records in one transaction. A state of None: forgotten."""

    changes: list[Change] = field(default_factory=list)
    states: dict[str, State | None] = field(default_factory=dict)
    git_files: int = 0
    begins: bool = False
    complete: bool = False

    def __bool__(self) -> bool:
        return bool(self.changes or self.states or self.git_files or self.begins or self.complete)

    def __len__(self) -> int:
        return len(self.changes) + len(self.states)
