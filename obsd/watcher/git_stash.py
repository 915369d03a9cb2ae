"""What was stashed: the newest stash, and the one that was the newest when the watcher was last at rest. Read-only.

`git stash pop` drops the stash that it gave back; its commit stays in the repository.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pygit2

from obsd.git import references
from obsd.git.layout import Layout
from obsd.watcher.git_head import entry_at

_UNTRACKED_PARENT = 2


class GitStash:
    """The stashes of one repository. Without a repository that libgit2 reads, nothing is known."""

    def __init__(self, repository: pygit2.Repository | None, where: Layout) -> None:
        self._repository: Any = repository
        self._where = where
        self._files: object = None
        self._found: Any = None
        self._before = self._newest()

    def rest(self) -> None:
        """All files are as they were scanned."""
        self._before = self._newest()

    def entry(self, path: str, untracked: bool) -> bytes | None:
        """The raw blob id that the newest stash has at `path`, as its working tree or among its untracked files."""
        stash = self._newest()
        self._before = stash or self._before
        return _entry(stash, path, untracked)

    def gives_back(self, path: str) -> bytes | None:
        """The raw blob id that popping the stash brings to `path`; None for a path that it leaves alone."""
        stash = self._before
        found = _entry(stash, path, untracked=True)
        if found is None and stash is not None:
            found = _entry(stash, path, untracked=False)
            if found == _at(stash.parents[0], path):
                return None
        return found

    def _newest(self) -> Any:
        # Not read at each rest: that one reads a file in git's directory is an event there, which ends the rest.
        files = [_stamp(self._where.common_dir / name) for name in ("refs/stash", "packed-refs")]
        if files != self._files:
            self._files = files
            self._found = self._read()
        return self._found

    def _read(self) -> Any:
        found = None if self._repository is None else references.resolve(self._where, "refs/stash")
        try:
            return self._repository[found].peel(pygit2.Commit) if found else None
        except (LookupError, ValueError, OSError, pygit2.GitError):
            return None


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """What is another when git has replaced a file."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _entry(stash: Any, path: str, untracked: bool) -> bytes | None:
    if stash is None:
        return None
    if not untracked:
        return _at(stash, path)
    return _at(stash.parents[_UNTRACKED_PARENT], path) if len(stash.parents) > _UNTRACKED_PARENT else None


def _at(commit: Any, path: str) -> bytes | None:
    try:
        return bytes(entry_at(commit.tree, path).id.raw)
    except (LookupError, ValueError, AttributeError, OSError, pygit2.GitError):
        return None
