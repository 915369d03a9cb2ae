"""The backlog: facts and view state that wait in memory while the ledger cannot be written.

Owns the bound of that memory. Facts that state or deduplication depends on are kept; of the others the oldest are
dropped first, and counted. Event loop only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from obsd.authorship.facts import RecordsRead, together
from obsd.facts import (
    CommitMade,
    CommitRewritten,
    Fact,
    KnownFile,
    ReflogRead,
    TreeUpdated,
    WorkspaceRemoved,
)
from obsd.views.state import StateChanges

MAX_FACTS: Final = 100_000


class Backlog:
    """Everything since the ledger became unwritable, in order."""

    def __init__(self, max_facts: int = MAX_FACTS) -> None:
        self._max_facts = max_facts
        self._compact_at = max_facts
        self.facts: list[Fact] = []
        self.changes = StateChanges()
        self.dropped = 0
        self._commits: set[tuple[str, str]] = set()
        self._rewrites: set[tuple[str, str, str]] = set()

    def __bool__(self) -> bool:
        return bool(self.facts or self.changes)

    def add(self, facts: Sequence[Fact], changes: StateChanges) -> None:
        """Adds what could not be written."""
        self.facts += facts
        self.changes.merge(changes)
        for fact in facts:
            if isinstance(fact, CommitMade):
                self._commits.add((fact.workspace, fact.commit_id))
            elif isinstance(fact, CommitRewritten):
                self._commits.add((fact.workspace, fact.new_id))
                self._rewrites.add((fact.workspace, fact.old_id, fact.new_id))
        if len(self.facts) > self._compact_at:
            self._compact()

    def has_commit(self, workspace: str, commit_id: str) -> bool:
        """Returns whether a commit waits here."""
        return (workspace, commit_id) in self._commits

    def has_rewrite(self, workspace: str, old_id: str, new_id: str) -> bool:
        """Returns whether a rewrite waits here."""
        return (workspace, old_id, new_id) in self._rewrites

    def clear(self) -> None:
        """Removes everything, after it was written."""
        self.facts = []
        self.changes = StateChanges()
        self.dropped = 0
        self._compact_at = self._max_facts
        self._commits.clear()
        self._rewrites.clear()

    def _compact(self) -> None:
        """Halves the record, and keeps only the latest state of each tree, each reflog and each file of records."""
        record = [fact for fact in self.facts if not fact.essential]
        gone = frozenset(map(id, record[: max(0, len(record) - self._max_facts // 2)]))
        self.dropped += len(gone)
        self.facts = list(_latest(fact for fact in self.facts if id(fact) not in gone))
        self._compact_at = max(self._max_facts, len(self.facts) + self._max_facts // 2)


def _latest(facts: Iterable[Fact]) -> Iterable[Fact]:
    """Returns `facts` with one `TreeUpdated` a workspace, one `ReflogRead` a log and one `RecordsRead`, at the end."""
    trees: dict[str, _Tree] = {}
    logs: dict[tuple[str, str], ReflogRead] = {}
    reads: list[RecordsRead] = []
    for fact in facts:
        if isinstance(fact, TreeUpdated):
            trees.setdefault(fact.workspace, _Tree()).update(fact)
        elif isinstance(fact, ReflogRead):
            logs[fact.workspace, fact.log] = fact
        elif isinstance(fact, RecordsRead):
            reads.append(fact)
        else:
            if isinstance(fact, WorkspaceRemoved):
                trees.pop(fact.workspace, None)
                logs = {key: log for key, log in logs.items() if key[0] != fact.workspace}
            yield fact
    for workspace, tree in trees.items():
        yield tree.fact(workspace)
    yield from logs.values()
    if reads:
        yield together(reads)


class _Tree:
    """Several updates of one tree, as one."""

    def __init__(self) -> None:
        self._at = 0.0
        self._begins = self._complete = False
        self._files: dict[str, KnownFile | None] = {}

    def update(self, fact: TreeUpdated) -> None:
        self._at = fact.at
        if fact.begins:
            self._begins, self._complete = True, False
            self._files.clear()
        self._complete = self._complete or fact.complete
        self._files.update(dict.fromkeys(fact.forgotten))
        self._files.update((file.path, file) for file in fact.known)

    def fact(self, workspace: str) -> TreeUpdated:
        known = tuple(file for file in self._files.values() if file is not None)
        forgotten = tuple(path for path, file in self._files.items() if file is None)
        return TreeUpdated(self._at, workspace, known, forgotten, begins=self._begins, complete=self._complete)
