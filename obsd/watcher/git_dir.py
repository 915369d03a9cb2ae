"""What happens inside the git directory: who writes files now, where HEAD goes, which worktrees there are.

Its watches are in the same queue as the workspace's: so "while git held the index" is known for each event of a file.

git takes `index.lock`, writes the files and then the index into the lock, which it closes and renames at once. `git
commit -a` closes it and keeps it while its hooks and its editor last: that lock writes no files.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from enum import IntEnum
from pathlib import Path

import pyinotify

from obsd.facts import GitOperation
from obsd.git import reflog
from obsd.git.layout import read_pointer
from obsd.git.reflog import Entry
from obsd.small_files import open_regular, read_at
from obsd.watcher.clean_sign import CleanSign
from obsd.watcher.git_index import GitFolders
from obsd.watcher.git_operations import operation_of
from obsd.watcher.inotify import NAMES_MASK, Inotify
from obsd.watcher.open_files import is_open

_ARRIVALS = pyinotify.IN_CREATE | pyinotify.IN_MOVED_TO
_LEAVINGS = pyinotify.IN_DELETE | pyinotify.IN_MOVED_FROM
_CONTENT_MASK = NAMES_MASK | pyinotify.IN_MODIFY | pyinotify.IN_CLOSE_WRITE
_GIT_MASK = NAMES_MASK | pyinotify.IN_CLOSE_WRITE | pyinotify.IN_OPEN
_LOG_TAIL_BYTES = 65536
_STASH_SECONDS = 5.0
_LOCK = b"index.lock"
_STASH_INDEX = b"index.stash."
"""`git stash pop` writes the untracked files while it holds an index of its own, which has this name and a number."""

_MERGE_FILES = ("MERGE_MSG", "SQUASH_MSG", "MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "AUTO_MERGE")
PLAIN_COMMITS = ("commit:", "commit (initial)", "commit (amend)")
_MOST_MOVES = 64


class Lock(IntEnum):
    """What git holds while it writes files."""

    NONE = 0
    INDEX = 1
    STASH = 2


class GitDirWatch:
    """Watches on one git directory. The flags are set by events; whoever acts on one clears it."""

    def __init__(self, folders: GitFolders, inotify: Inotify | None) -> None:
        self.folders = folders
        self.head_moved = False
        self.rules_changed = False
        self.worktrees_changed = False
        self.locked = Lock.NONE
        self.clean = CleanSign()
        self._locks: set[bytes] = set()
        self._written = False
        self._switched = False
        self._inotify = inotify
        self._watches: dict[int, str] = {}
        self._lock_path = folders.git_dir / "index.lock"
        self._log = folders.git_dir / "logs" / "HEAD"
        self._log_offset = _size(self._log)
        self._stash = folders.common_dir / "logs" / "refs" / "stash"
        self._stash_stamp = _stamp(self._stash)
        self._stashed_at = float("-inf")
        self._entries: list[Entry] = []
        self._rested_ns = time.time_ns()
        self._stirred = False
        self._ref_name = b""
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
            self.head_moved |= place in ("ref", "hooks")
            if place == "ref":
                self._watch_ref()
        elif place == "git":
            self._in_git_dir(mask, name)
        elif place == "logs":
            self._in_logs(name)
        elif place == "info":
            self.rules_changed |= name == b"exclude" and not mask & pyinotify.IN_OPEN
            self.clean.exclude_read(name == b"exclude" and bool(mask & pyinotify.IN_OPEN))
        elif place == "hooks":
            self.head_moved = True
        elif place == "ref":
            self._in_ref_folder(mask, name)
        else:
            self._in_worktrees(place, name)
        return True

    def _in_logs(self, name: bytes) -> None:
        if name == b"HEAD":
            self.head_moved = True
            self.moves()

    def _in_worktrees(self, place: str, name: bytes) -> None:
        if place == "worktrees":
            self._watch_all()
            self.worktrees_changed = True
        else:
            self.worktrees_changed |= name == b"gitdir"

    @property
    def held(self) -> bool:
        """Whether the lock is there, be it written already: the index follows."""
        return bool(self._locks)

    def still_locked(self) -> bool:
        """Looks whether git holds the lock: an event can be lost. One with content is written."""
        try:
            self._written = os.stat(self._lock_path).st_size > 0
            self._locks = {_LOCK}
        except OSError:
            self._locks = set()
        self._set_locked()
        return self.held

    def in_use(self) -> bool:
        """Whether the lock is there and a process that can be seen has it open: a killed git leaves one behind."""
        return self.still_locked() and is_open(self._lock_path)

    def unlock(self) -> None:
        """Takes the lock for one that says nothing, until git locks anew."""
        self._locks.clear()
        self._set_locked()

    def stashed(self) -> bool:
        """Whether something was stashed or dropped a moment ago. `git stash` does that first; then it removes untracked
        files, without the index's lock, and resets the others."""
        stamp = _stamp(self._stash)
        if stamp != self._stash_stamp:
            self._stash_stamp = stamp
            self._stashed_at = time.monotonic()
        return time.monotonic() - self._stashed_at < _STASH_SECONDS

    def operation(self) -> GitOperation:
        """What git did since the last `rest`: by the newest line of HEAD's log, or by the stash."""
        messages = [entry.message for entry in self.moves()]
        if self.stashed() and all(message == "reset: moving to HEAD" for message in messages):
            return "stash"
        return operation_of(messages[-1]) if messages else "other"

    def moves(self) -> list[Entry]:
        """What moved HEAD since the last `rest`, oldest first."""
        self._entries = [*self._entries, *self._new_entries()][-_MOST_MOVES:]
        return self._entries

    def moved(self) -> bool:
        """Whether HEAD went elsewhere since the last `rest`, by anything but somebody's commit."""
        return self._switched or any(not entry.message.startswith(PLAIN_COMMITS) for entry in self.moves())

    def only_commits(self) -> bool:
        """Whether somebody committed since the last `rest`, and HEAD went nowhere else."""
        return bool(self.moves()) and not self.moved()

    def merging(self) -> bool:
        """Whether a merge, or what is like it (cherry-pick, revert, also without a commit), began since `rest`."""
        return any(_stamp(self.folders.git_dir / name)[0] >= self._rested_ns for name in _MERGE_FILES)

    def rest(self) -> Sequence[Entry] | None:
        """All files have been compared: what git does next is another operation. Returns where HEAD went, or None if
        nothing happened here. Nothing is read: the disk may be ahead of the events."""
        if not self._stirred:
            return None
        self._stirred = False
        moves, self._entries, self._switched = self._entries, [], False
        self._rested_ns = time.time_ns()
        return moves

    def moves_since(self, unix_seconds: float) -> list[str]:
        """The messages of HEAD's log since a time (whole seconds), oldest first."""
        found = _entries(self._log, max(0, _size(self._log) - _LOG_TAIL_BYTES))
        return [entry.message for entry in found if entry.time >= int(unix_seconds)]

    def close(self) -> None:
        if self._inotify is not None:
            for watch in self._watches:
                self._inotify.remove(watch)
        self._watches.clear()

    def _in_git_dir(self, mask: int, name: bytes) -> None:
        if mask & pyinotify.IN_OPEN:
            if name == b"index":
                self.clean.index_read()
        elif name == _LOCK or name.startswith(_STASH_INDEX):
            self.clean.reset()
            self._lock(mask, name)
        elif name == b"HEAD":
            self.head_moved = self._switched = True  # isomorphic-git writes it in place
            self._watch_ref()
        elif name in (b"logs", b"worktrees", b"info", b"hooks") and mask & _ARRIVALS:
            self._watch_all()
            self.head_moved |= name in (b"logs", b"hooks")
            self.rules_changed |= name == b"info"
            self.worktrees_changed |= name == b"worktrees"

    def _lock(self, mask: int, name: bytes) -> None:
        if mask & _LEAVINGS:
            self._locks.discard(name)
        elif mask & _ARRIVALS and (not name.endswith(b".lock") or name == _LOCK):
            self._locks.add(name)
            self._written &= name != _LOCK
        elif mask & pyinotify.IN_CLOSE_WRITE and name == _LOCK:
            self._written = True
        self._set_locked()

    def _set_locked(self) -> None:
        stash = any(name != _LOCK for name in self._locks)
        writes = _LOCK in self._locks and not self._written
        self.locked = Lock.STASH if stash else Lock.INDEX if writes else Lock.NONE

    def _watch_all(self) -> None:
        git_dir, common_dir = self.folders.git_dir, self.folders.common_dir
        self._watch(git_dir, "git", _GIT_MASK)
        self._watch(git_dir / "logs", "logs", _CONTENT_MASK)
        self._watch(common_dir / "info", "info", _CONTENT_MASK | pyinotify.IN_OPEN)
        # What another tool does to hooks is checked with the commits.
        self._watch(common_dir / "hooks", "hooks", _CONTENT_MASK)
        self._watch_ref()
        if git_dir == common_dir:
            self._watch(common_dir / "worktrees", "worktrees", NAMES_MASK)
            for name in _names(common_dir / "worktrees"):
                self._watch(common_dir / "worktrees" / name, f"worktree {name}", NAMES_MASK | pyinotify.IN_CLOSE_WRITE)

    def _watch_ref(self) -> None:
        """Watches the deepest folder that there is of HEAD's branch: some programs move it and write no log."""
        text = (read_pointer(self.folders.git_dir / "HEAD") or "").strip()
        parts = text.removeprefix("ref: ").split("/") if text.startswith("ref: refs/heads/") else []
        folder, depth = self.folders.common_dir, 0
        while depth < len(parts) - 1 and parts[depth] not in ("", "..") and (folder / parts[depth]).is_dir():
            folder, depth = folder / parts[depth], depth + 1
        self._ref_name = os.fsencode(parts[depth]) if depth >= 2 else b""
        if depth >= 2:
            self._watch(folder, "ref", _CONTENT_MASK)  # isomorphic-git and people write it in place

    def _in_ref_folder(self, mask: int, name: bytes) -> None:
        if name == self._ref_name:
            self.head_moved = True
            if mask & pyinotify.IN_ISDIR:
                self._watch_ref()

    def _watch(self, path: Path, place: str, mask: int) -> None:
        if self._inotify is None:
            return
        try:
            self._watches[self._inotify.add(str(path), mask)] = place
        except OSError:
            return  # not there yet, or no watch left: the rescans of a degraded workspace cover it

    def _new_entries(self) -> tuple[Entry, ...]:
        size = _size(self._log)
        start = self._log_offset if self._log_offset <= size else 0
        self._log_offset = size
        return _entries(self._log, max(start, size - _LOG_TAIL_BYTES))


def _entries(path: Path, offset: int) -> tuple[Entry, ...]:
    try:
        with open_regular(path) as descriptor:
            return reflog.parse(read_at(descriptor, offset, _LOG_TAIL_BYTES))
    except OSError:
        return ()


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


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
