"""What was committed: the tree of HEAD as it was when the watcher was last at rest. Read-only, by libgit2.

Work that git throws away is what was in the working tree and in no commit.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any, NamedTuple

import pygit2

from obsd.git import references
from obsd.git.layout import Layout
from obsd.watcher import interruption

_MOST_COMMITS = 16


class HeadEntry(NamedTuple):
    """What the commits have at a path; `known` is False where no commit could be read."""

    known: bool
    ids: frozenset[bytes]


class GitHead:
    """HEAD of one working tree. Without a repository that libgit2 reads, nothing is known.

    libgit2 is not asked for references: it keeps all that are packed in memory.
    """

    def __init__(self, repository: pygit2.Repository | None, where: Layout) -> None:
        self._repository = repository
        self._where = where
        self._commit = self._now()

    def moved_to(self, commit: str) -> None:
        """What counts as committed from now on: not what HEAD names, because the disk may be ahead of the events."""
        if self._repository is not None:
            self._commit = commit

    def entry(self, path: str, commits: Iterable[str]) -> HeadEntry:
        """What HEAD at the last rest and the `commits` (hexadecimal) have at a path of the working tree."""
        if self._repository is None or self._commit is None:
            return HeadEntry(False, frozenset())
        trees = (self._commit, *list(commits)[-_MOST_COMMITS:])
        return HeadEntry(True, frozenset(found for commit in trees if commit and (found := self._at(commit, path))))

    def has_now(self, path: str) -> bool:
        """Whether the commit that HEAD names at this moment has the path."""
        now = self._now()
        return bool(now) and self._at(str(now), path) is not None

    def elsewhere(self) -> bool:
        """Whether HEAD names neither the commit of the last rest nor one that was made on it. A log need not say so: it
        can be expired, with the objects."""
        repository: Any = self._repository
        now = self._now()
        if not self._commit or not now or now == self._commit:
            return False
        try:
            return self._commit not in map(str, repository[now].parent_ids)
        except (LookupError, ValueError, AttributeError, OSError, pygit2.GitError):
            return False

    def has(self, commit: str, path: str) -> bool:
        """Whether a commit (hexadecimal) has the path."""
        return bool(commit) and self._at(commit, path) is not None

    def _at(self, commit: str, path: str) -> bytes | None:
        repository: Any = self._repository
        try:
            return interruption.again(lambda: bytes(entry_at(repository[commit].tree, path).id.raw))
        except (LookupError, ValueError, AttributeError, TypeError, OSError, pygit2.GitError) as error:
            if interruption.ended(error):
                self._repository = None
            return None

    def _now(self) -> str | None:
        """Empty for a branch without a commit; None where it cannot be read."""
        return None if self._repository is None else references.resolve(self._where)


def entry_at(tree: Any, path: str) -> Any:
    """What a pygit2.Tree has at `path`. Raises KeyError."""
    try:
        return tree[path]
    except TypeError:
        # pygit2 1.11 takes a name that is not UTF-8 as bytes, and later versions as text alone.
        return tree[os.fsencode(path)]
