"""What a watcher has found and not yet sent: changes, and the new states that go with them, in one piece."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from obsd.facts import DiscardOperation, LineEdit, Operation, Unmeasured
from obsd.watcher.snapshot import State


@dataclass(slots=True)
class Change:
    """One change; the fields are those of `obsd.facts.FileChanged`, `at` is the time of the scan."""

    operation: Operation
    path: str
    added: int | None
    removed: int | None
    unmeasured: Unmeasured = ""
    previous: str = ""
    content_id: str = ""
    edit: LineEdit | None = None
    at: float = field(default_factory=time.time)


@dataclass(slots=True)
class Discard:
    """Uncommitted work that git threw away or put aside; `lines` are those added and removed, 0 if unmeasured.

    An empty `operation` is named when the batch is sent: by then git has written its log."""

    operation: DiscardOperation | Literal[""]
    files: int
    lines: int


@dataclass(slots=True)
class Batch:
    """Changes and states that the daemon records in one transaction. A state of None: forgotten.

    `git_files` are the files that git wrote or removed by the command that did it; one that is named when the batch is
    sent is empty."""

    changes: list[Change] = field(default_factory=list)
    states: dict[str, State | None] = field(default_factory=dict)
    git_files: Counter[str] = field(default_factory=Counter)
    discards: list[Discard] = field(default_factory=list)
    begins: bool = False
    complete: bool = False

    def __bool__(self) -> bool:
        return bool(self.changes or self.states or self.git_files or self.discards or self.begins or self.complete)

    @property
    def unnamed(self) -> bool:
        """Whether git did something of which the command is named when the batch is sent."""
        return "" in self.git_files or any(not discard.operation for discard in self.discards)

    def __len__(self) -> int:
        return len(self.changes) + len(self.states)
