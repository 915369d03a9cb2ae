"""Deduplication: each commit and rewrite is counted once, however often and by whatever way it is reported.

Owns that decision only; the ledger and the backlog know what was counted. On the event loop.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from obsd.facts import CommitMade, CommitRewritten, Fact
from obsd.ledger import Ledger
from obsd.ledger.backlog import Backlog

Commit = tuple[str, str]
"""Workspace and commit id."""
Rewritten = tuple[str, str, str]
"""Workspace, old id and new id."""


class Deduplication:
    """Separates new facts from known ones. A rewrite makes its new id known: it is not a new commit."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        self._commits: set[Commit] = set()
        self._rewrites: set[Rewritten] = set()
        for fact in facts:
            if isinstance(fact, CommitMade):
                self._commits.add((fact.workspace, fact.commit_id))
            elif isinstance(fact, CommitRewritten):
                self._rewrites.add((fact.workspace, fact.old_id, fact.new_id))
        self._known_commits: set[Commit] = set()
        self._known_rewrites: set[Rewritten] = set()

    def __bool__(self) -> bool:
        """Returns whether there is anything to look up."""
        return bool(self._commits or self._rewrites)

    def look_up(self, ledger: Ledger) -> None:
        """Reads which are in the ledger; on its thread. Raises sqlite3.Error."""
        by_workspace: dict[str, list[str]] = defaultdict(list)
        for workspace, commit_id in self._commits:
            by_workspace[workspace].append(commit_id)
        for workspace, ids in by_workspace.items():
            self._known_commits |= {(workspace, known) for known in ledger.known_commits(workspace, ids)}
        pairs_by_workspace: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for workspace, old_id, new_id in self._rewrites:
            pairs_by_workspace[workspace].append((old_id, new_id))
        for workspace, pairs in pairs_by_workspace.items():
            self._known_rewrites |= {(workspace, *known) for known in ledger.known_rewrites(workspace, pairs)}

    def look_in(self, backlog: Backlog) -> None:
        """Reads which wait to be written."""
        self._known_commits |= {commit for commit in self._commits if backlog.has_commit(*commit)}
        self._known_rewrites |= {rewrite for rewrite in self._rewrites if backlog.has_rewrite(*rewrite)}

    def new(self, facts: Iterable[Fact]) -> list[Fact]:
        """Returns `facts` without known ones; the returned ones are known from now on."""
        return [fact for fact in facts if self._is_new(fact)]

    def _is_new(self, fact: Fact) -> bool:
        if isinstance(fact, CommitMade):
            commit = (fact.workspace, fact.commit_id)
            if commit in self._known_commits:
                return False
            self._known_commits.add(commit)
        elif isinstance(fact, CommitRewritten):
            rewrite = (fact.workspace, fact.old_id, fact.new_id)
            if rewrite in self._known_rewrites:
                return False
            self._known_rewrites.add(rewrite)
            self._known_commits.add((fact.workspace, fact.new_id))
        return True
