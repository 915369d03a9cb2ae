"""What happens inside the git directory: who holds the index, where HEAD goes, which worktrees there are.

A handful of watches beside the workspace's own, in the same queue: that is why "while git held the index" is known
exactly for each event of a file.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import pyinotify

from obsd.facts import GitOperation
from obsd.git import reflog
from obsd.git.reflog import Entry
from obsd.watcher.git_index import GitFolders
from obsd.watcher.inotify import NAMES_MASK, Inotify
from obsd.watcher.open_files import is_open

_ARRIVALS = pyinotify.IN_CREATE | pyinotify.IN_MOVED_TO
_LEAVINGS = pyinotify.IN_DELETE | pyinotify.IN_MOVED_FROM
_CONTENT_MASK = NAMES_MASK | pyinotify.IN_MODIFY | pyinotify.IN_CLOSE_WRITE
_LOG_TAIL_BYTES = 65536
_STASH_SECONDS = 5.0
_LOCK = b"index.lock"
_STASH_INDEX = b"index.stash."
"""`git stash pop` writes the untracked files while it holds an index of its own, which has this name and a number."""

_OPERATIONS: tuple[tuple[str, GitOperation], ...] = (
    ("checkout:", "checkout"),
    ("pull", "pull"),
    ("merge", "merge"),
    ("rebase", "rebase"),
    ("cherry-pick", "cherry-pick"),
    ("revert", "revert"),
    ("am", "am"),
    ("reset:", "reset"),
    ("commit (merge)", "merge"),
    ("commit (cherry-pick)", "cherry-pick"),
)


class GitWatch:
    """Watches on one git directory. The flags are set by events; whoever acts on one clears it."""

    def __init__(self, folders: GitFolders, inotify: Inotify | None) -> None:
        self.folders = folders
        self.head_moved = False
        self.rules_changed = False
        self.worktrees_changed = False
        self.locked = False
        self._locks: set[bytes] = set()
        self._inotify = inotify
        self._watches: dict[int, str] = {}
        self._lock_path = folders.git_dir / "index.lock"
        self._log = folders.git_dir / "logs" / "HEAD"
        self._log_offset = _size(self._log)
        self._stash = folders.common_dir / "logs" / "refs" / "stash"
        self._stash_stamp = _stamp(self._stash)
        self._stashed_at = float("-inf")
        self._operation: GitOperation = "other"
        self._stirred = False
        self._watch_all()
        self.still_locked()

    def handle(self, watch: int, mask: int, name: bytes) -> bool:
        """Takes an event; False when it is none of this git directory's."""
        place = self._watches.get(watch)
        if place is None:
            return False
        self._stirred = True
        if mask & pyinotify.IN_IGNORED:
            del self._watches[watch]
        elif place == "git":
            self._in_git_dir(mask, name)
        elif place == "logs":
            self.head_moved |= name == b"HEAD"
        elif place == "info":
            self.rules_changed |= name == b"exclude"
        else:
            self.worktrees_changed = True
        return True

    def still_locked(self) -> bool:
        """Looks whether the lock is there: an event can be lost."""
        self._locks = {_LOCK} if self._lock_path.exists() else set()
        self.locked = bool(self._locks)
        return self.locked

    def in_use(self) -> bool:
        """Whether the lock is there and a process has it open. A killed git leaves one behind, and one that waits for
        the user (`git commit -a` and its editor) writes no files. What other users' processes do is not seen."""
        return self.still_locked() and is_open(self._lock_path)

    def unlock(self) -> None:
        """Takes the lock for one that says nothing, until git locks anew."""
        self._locks.clear()
        self.locked = False

    def stashed(self) -> bool:
        """Whether something was stashed or dropped a moment ago. `git stash` does that first; then it removes untracked
        files, without the index's lock, and resets the others."""
        stamp = _stamp(self._stash)
        if stamp != self._stash_stamp:
            self._stash_stamp = stamp
            self._stashed_at = time.monotonic()
        return time.monotonic() - self._stashed_at < _STASH_SECONDS

    def operation(self) -> GitOperation:
        """What git did since the last `end_operation`: by the newest line of HEAD's log, or by the stash."""
        messages = [entry.message for entry in self._new_entries()]
        if self.stashed() and all(message == "reset: moving to HEAD" for message in messages):
            self._operation = "stash"
        elif messages:
            self._operation = _named(messages[-1])
        return self._operation

    def end_operation(self) -> None:
        """All files have been looked at: what git did until now is not what it will do next."""
        if self._stirred:
            self._stirred = False
            self.operation()
            self._operation = "other"

    def moves_since(self, unix_seconds: float) -> list[str]:
        """The messages of HEAD's log since a time (whole seconds), oldest first."""
        start = max(0, _size(self._log) - _LOG_TAIL_BYTES)
        return [entry.message for entry in _entries(self._log, start) if entry.time >= int(unix_seconds)]

    def close(self) -> None:
        if self._inotify is not None:
            for watch in self._watches:
                self._inotify.remove(watch)
        self._watches.clear()

    def _in_git_dir(self, mask: int, name: bytes) -> None:
        if name == _LOCK or name.startswith(_STASH_INDEX):
            self._lock(mask, name)
        elif name == b"HEAD":
            self.head_moved = True
        elif name in (b"logs", b"worktrees", b"info") and mask & _ARRIVALS:
            self._watch_all()
            self.head_moved |= name == b"logs"
            self.rules_changed |= name == b"info"
            self.worktrees_changed |= name == b"worktrees"

    def _lock(self, mask: int, name: bytes) -> None:
        if mask & _LEAVINGS:
            self._locks.discard(name)
        elif not name.endswith(b".lock") or name == _LOCK:
            self._locks.add(name)
        self.locked = bool(self._locks)

    def _watch_all(self) -> None:
        git_dir, common_dir = self.folders.git_dir, self.folders.common_dir
        self._watch(git_dir, "git", NAMES_MASK)
        self._watch(git_dir / "logs", "logs", _CONTENT_MASK)
        self._watch(common_dir / "info", "info", _CONTENT_MASK)
        if git_dir == common_dir:
            self._watch(common_dir / "worktrees", "worktrees", NAMES_MASK)

    def _watch(self, path: Path, place: str, mask: int) -> None:
        if self._inotify is None:
            return
        try:
            self._watches[self._inotify.add(str(path), mask)] = place
        except OSError:
            return  # not there yet, or no watch left: the rescans of a degraded workspace look after it

    def _new_entries(self) -> tuple[Entry, ...]:
        size = _size(self._log)
        start = self._log_offset if self._log_offset <= size else 0
        self._log_offset = size
        return _entries(self._log, max(start, size - _LOG_TAIL_BYTES))


def _named(message: str) -> GitOperation:
    for start, operation in _OPERATIONS:
        if message.startswith(start):
            return operation
    return "other"


def _entries(path: Path, offset: int) -> tuple[Entry, ...]:
    try:
        with open(path, "rb") as file:
            file.seek(offset)
            return reflog.parse(file.read(_LOG_TAIL_BYTES))
    except OSError:
        return ()


def _size(path: Path) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = os.stat(path)
    except OSError:
        return (0, 0)
    return found.st_mtime_ns, found.st_size
