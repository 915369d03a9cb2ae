"""Compares quiet files with the snapshot, and records what changed: the heart of the counting."""

from __future__ import annotations

import errno
import os
import re
import time

import pyinotify

from obsd.facts import Operation
from obsd.watcher import file_state
from obsd.watcher.batch import Change
from obsd.watcher.debounce import PendingPath
from obsd.watcher.file_state import Seen
from obsd.watcher.git_changes import GitChanges
from obsd.watcher.git_dir import Lock
from obsd.watcher.git_index import GitIndex
from obsd.watcher.git_writes import GitWrites
from obsd.watcher.ignore import Ignore
from obsd.watcher.line_measure import Measured, measure
from obsd.watcher.snapshot import State, split
from obsd.watcher.temporary_names import ENDS_OF_BACKUPS, HOLD_SECONDS
from obsd.watcher.workspace_state import WorkspaceState

_CLOSED: int = pyinotify.IN_CLOSE_WRITE
_OF_GIT_DIR = re.compile(r"(?:.*/)?(?:hooks/[a-z-]+\.sample|info/exclude|description|HEAD|config)", re.DOTALL)
_ENDS_OF_GIT_DIR = (".sample", "exclude", "description", "HEAD", "config")
"""What `git init` and `git clone` make, in any order, before the folder is a git directory."""

_WRITES: int = pyinotify.IN_MODIFY | pyinotify.IN_CREATE | pyinotify.IN_MOVED_TO


class Comparison:
    """Compares the disk with the snapshot and keeps both the snapshot and the batch up to date."""

    def __init__(self, state: WorkspaceState) -> None:
        self._state = state
        self._git = GitWrites(state)
        self._git_changes = GitChanges(state, self._git)
        self._counted_prefix: str | None = None
        self._git_dirs: dict[str, bool] = {}

    def begin(self, now: float) -> bool:
        """Starts a round of comparisons: git may have new data. True when the ignore rules have to be followed anew,
        because a file that they name became tracked, or is tracked no longer."""
        self._counted_prefix = None
        self._git_dirs.clear()
        self._state.fresh_rules()
        if self._state.debounce.deferral_ends(now) and self._git.at_work(now):
            self._state.debounce.defer_longer(now)
        return self._state.git is not None and self._state.git.refresh() and self._tracked_otherwise(self._state.git)

    def compare(self, path: str, pending: PendingPath) -> None:
        """Compares a quiet file, and the one that it came from."""
        if not self._state.moves:
            self._compare(path, pending)
            return
        target = self._state.moves.target(path)
        if target is not None and target in self._state.debounce:
            return  # the comparison at the new path includes this one
        origin = self._state.moves.take_origin(path)
        if origin is None:
            self._compare(path, pending)
        elif not self._renamed(origin, path) and not self._state.moves_on(origin, path, pending):
            # git checks out no file by renaming another: this is a deed, `git mv` perhaps
            other = self._state.debounce.get(origin)
            left = other or PendingPath(origin, pending.last, pending.number)
            pending.git = left.git = Lock.NONE
            pending.deed = left.deed = self._state.snapshot.get(origin) is not None
            self._compare(path, pending)
            if other is None:
                self._compare(origin, left)

    def _tracked_otherwise(self, git: GitIndex) -> bool:
        if self._state.ignore is None:
            return False
        changed = git.retracked()
        if changed is not None:
            return any(self._differs_by_index(path, git, self._state.ignore) for path in changed)
        tracked = set(git.tracked())
        known = self._state.snapshot.paths()
        if any(path not in tracked and self._state.ignore.at_any_depth(path) for path in known):
            return True
        tracked.difference_update(known)
        return any(self._left_out(path, self._state.ignore) for path in tracked)

    def _differs_by_index(self, path: str, git: GitIndex, ignore: Ignore) -> bool:
        """Whether a file that came to the index, or left it, was ignored until now, or is from now on."""
        known = self._state.snapshot.get(path) is not None
        if git.tracks(path):
            return not known and self._left_out(path, ignore)
        return known and ignore.at_any_depth(path)

    def _left_out(self, path: str, ignore: Ignore) -> bool:
        """Whether a tracked file that is not in the snapshot was taken for an ignored one until now."""
        if path in self._state.debounce or not ignore.at_any_depth(path):
            return False
        return file_state.regular(self._state.absolute(path)) is not None

    def _renamed(self, origin: str, path: str) -> bool:
        """Counts a move of a known file to a free place; False when it is anything else."""
        prior = self._state.snapshot.get(origin)
        if prior is None or self._state.snapshot.get(path) is not None:
            return False
        try:
            left = self._see(origin, None)
            seen = self._see(path, None)
            if left is not None and not (seen is not None and _same_but_case(origin, path, left, seen)):
                return False
        except OSError:
            return False
        if seen is None or self._state.hidden(path):
            return False
        self._changed("renamed", path, measure(self._state, origin, prior, seen), seen, origin)
        self._state.forget(origin)
        self._state.note_link(path, seen.found)
        self._state.keep(path, seen.state, seen.data)
        self._state.debounce.take(origin)
        return True

    def _compare(self, path: str, pending: PendingPath) -> None:
        prior = self._state.snapshot.get(path)
        try:
            seen = self._see(path, prior)
        except OSError as error:
            self._unknown(path, error)
            return
        if seen is None:
            self._state.provisional.gone(path)
            if prior is not None and self._state.left_over.takes(path, pending):
                self._state.forget(path)
            elif prior is not None and self._state.root_is_there():
                self._absent(path, prior, pending)
        elif prior is None:
            if not self._state.hidden(path) and not self._in_git_dir(path) and not self._unfinished(seen, pending):
                self._created(path, seen, pending)
        elif seen.state is not prior:
            self._modified(path, prior, seen, pending)

    def _in_git_dir(self, path: str) -> bool:
        prefix = split(path)[0]
        if prefix not in self._git_dirs:
            self._git_dirs[prefix] = self._state.in_git_dir(path)
        return self._git_dirs[prefix]

    def _absent(self, path: str, prior: State, pending: PendingPath) -> None:
        if self._set_aside(path, prior, pending):
            return
        if self._git.may_follow(path, None, pending):
            self._state.debounce.defer(pending, time.monotonic())
            return
        by = self._git.removed(path, prior, pending)
        if by:
            self._git_changes.count(path, prior, None, "clean" if by == "clean" else "")
        else:
            self._changed("deleted", path, measure(self._state, path, prior, None), None)
        self._state.forget(path)

    def _set_aside(self, path: str, prior: State, pending: PendingPath) -> bool:
        """Whether the file waits because it was moved to its backup's name, where it still is: a new one may follow."""
        if not (pending.deed or pending.rescan or pending.mask & pyinotify.IN_MOVED_FROM):
            return False
        backups = (file_state.regular(self._state.absolute(path + ending)) for ending in ENDS_OF_BACKUPS)
        if not any(found is not None and found.st_ino == prior.inode for found in backups):
            return False
        return self._state.provisional.hold(path, time.monotonic(), HOLD_SECONDS)

    def _created(self, path: str, seen: Seen, pending: PendingPath) -> None:
        if self._git.wrote(path, seen, pending):
            self._git_changes.keep(path, None, seen)
        elif (written := self._git_changes.before_edit(path, None, seen, pending)) is not None:
            self._edited(path, written, seen)
        elif self._git.may_follow(path, seen, pending):
            self._state.debounce.defer(pending, time.monotonic())
        elif not pending.deferred and path.endswith(_ENDS_OF_GIT_DIR) and _OF_GIT_DIR.fullmatch(path):
            self._state.debounce.defer(pending, time.monotonic())  # perhaps it is one when it is complete
        elif not self._put_off(path):
            self._changed("created", path, measure(self._state, path, None, seen), seen)
            self._state.note_link(path, seen.found)
            self._state.keep(path, seen.state, seen.data)

    def _put_off(self, path: str) -> bool:
        """Whether a new file waits because it may be renamed over another: then it is a save of that one."""
        provisional = self._state.provisional
        seconds = self._state.hold_seconds(path)
        if seconds and provisional.hold(path, time.monotonic(), seconds):
            return True
        provisional.gone(path)
        return False

    def _modified(self, path: str, prior: State, seen: Seen, pending: PendingPath) -> None:
        self._state.provisional.gone(path)
        if not _differs(prior, seen, pending):
            self._state.keep(path, seen.state, seen.data if self._state.baselines.get(path) is not None else None)
        elif self._unfinished(seen, pending):
            return
        elif self._git.wrote(path, seen, pending):
            self._git_changes.keep(path, prior, seen)
        elif self._git.may_follow(path, seen, pending):
            self._state.debounce.defer(pending, time.monotonic())
        else:
            self._edited(path, self._git_changes.before_edit(path, prior, seen, pending) or prior, seen)

    def _unfinished(self, seen: Seen, pending: PendingPath) -> bool:
        """Whether somebody still writes the file, and it waits therefore; an empty one that a crawl finds is new."""
        begun = pending.open or not (seen.found.st_size or pending.rescan or pending.mask & _CLOSED)
        if not begun or pending.git or seen.found.st_nlink > 1:
            return False
        return self._state.debounce.wait_for_close(pending, time.monotonic())

    def _edited(self, path: str, prior: State, seen: Seen) -> None:
        if prior.content_id != seen.state.content_id or not prior.content_id:
            self._changed("modified", path, measure(self._state, path, prior, seen), seen)
        self._state.keep(path, seen.state, seen.data)
        self._compare_other_names(path, seen)

    def _compare_other_names(self, path: str, seen: Seen) -> None:
        """A write through one name makes no event for the other names of the file (inotify(7))."""
        state = self._state
        if seen.found.st_nlink == 1:
            return
        state.note_link(path, seen.found)
        for other in sorted(state.links[seen.found.st_dev, seen.found.st_ino] - {path}):
            if other not in state.debounce and state.snapshot.get(other) is not None:
                self._compare(other, PendingPath(other, time.monotonic(), 0))

    def _see(self, path: str, prior: State | None) -> Seen | None:
        """What is there. Nothing is, where the folder does not count: a link could lead anywhere. Raises OSError where
        nobody can tell."""
        prefix = split(path)[0]
        if prefix != self._counted_prefix:
            if self._state.tree.find(prefix[:-1]) is None:
                if self._state.within_unreadable(prefix):
                    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), prefix)
                return None
            self._counted_prefix = prefix
        return file_state.read(self._state.absolute(path), prior, self._state.max_bytes)

    def _unknown(self, path: str, error: OSError) -> None:
        """A file that is out of sight is as it was; its folder is scanned when that can be read again."""
        if error.errno in (errno.EACCES, errno.EPERM):
            self._state.unreadable.add(split(path)[0][:-1])
        elif error.errno == errno.ENAMETOOLONG:
            self._state.too_deep.add(split(path)[0][:-1])

    def _changed(
        self, operation: Operation, path: str, measured: Measured, seen: Seen | None, previous: str = ""
    ) -> None:
        content_id = "" if seen is None else seen.state.content_id.hex()
        added, removed, unmeasured, edit = measured
        self._state.batch.changes.append(
            Change(operation, path, added, removed, unmeasured, previous, content_id, edit)
        )


def _same_but_case(old: str, new: str, left: Seen, seen: Seen) -> bool:
    """Whether both names are one, on a file system that takes small and capital letters for the same."""
    one = os.path.samestat(left.found, seen.found) and seen.found.st_nlink == 1
    return one and old != new and old.casefold() == new.casefold()


def _differs(prior: State, seen: Seen, pending: PendingPath) -> bool:
    """Whether the content changed; where it was not read, by size and events."""
    if prior.content_id and seen.state.content_id:
        return prior.content_id != seen.state.content_id
    if prior.size_bytes != seen.state.size_bytes:
        return True
    return pending.rescan or bool(pending.mask & _WRITES)
