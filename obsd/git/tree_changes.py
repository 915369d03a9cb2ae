"""What differs between two trees: equal subtrees are not entered, so it costs what differs, however large they are.

libgit2's own comparison of trees enters equal ones as well: in a repository of 400,000 files it takes seconds and
hundreds of megabytes for one changed file. Blocking; for readers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pygit2

_ZEROS = "0" * 40


class TreeChange(NamedTuple):
    """A path at which two trees differ, with what each has there: a blob, a submodule's commit, or None."""

    path: bytes
    before: Any
    after: Any

    @property
    def before_id(self) -> str:
        """Returns the id of what was there, of zeros for nothing."""
        return _ZEROS if self.before is None else str(self.before.id)

    @property
    def after_id(self) -> str:
        """Returns the id of what is there now, of zeros for nothing."""
        return _ZEROS if self.after is None else str(self.after.id)


def of_commit(commit: pygit2.Commit) -> Iterator[TreeChange]:
    """Returns what a commit changed against its first parent, in no order. Raises GitError, KeyError, ValueError."""
    return between(commit.parents[0].tree if commit.parents else None, commit.tree)


def between(before: pygit2.Tree | None, after: pygit2.Tree | None) -> Iterator[TreeChange]:
    """Yields what differs between two trees, in no order; None has no files. Raises GitError, KeyError, ValueError."""
    waiting: list[tuple[bytes, Any, Any]] = [(b"", before, after)]
    while waiting:
        prefix, *trees = waiting.pop()
        old, new = ({} if tree is None else {entry.raw_name: entry for entry in tree} for tree in trees)
        for name in dict.fromkeys((*old, *new)):
            was, now = old.get(name), new.get(name)
            if was is not None and now is not None and was.id == now.id and was.filemode == now.filemode:
                continue
            was_tree, now_tree = isinstance(was, pygit2.Tree), isinstance(now, pygit2.Tree)
            path = prefix + name
            if was_tree or now_tree:
                waiting.append((path + b"/", was if was_tree else None, now if now_tree else None))
            was, now = None if was_tree else was, None if now_tree else now
            if was is not None or now is not None:
                yield TreeChange(path, was, now)
