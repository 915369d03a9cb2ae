"""Whether git wrote or removed a file: one notion, whichever implementation of git it was and whatever it held.

The evidence, in this order: the index, which describes the very file that lies there (`Entry.describes`) or has its
content; that git held the index when the last event came; and the age of the object. `git add` writes an object after
the file was saved, a checkout reads one that was there before: so a file that the index describes, with a content that
the repository had before the file was written, was written by git, though it took no lock (libgit2, dulwich,
isomorphic-git, `git apply` under `checkout -p`, git-lfs, a clone).
"""

from __future__ import annotations

import time
from typing import Literal

import pyinotify

from obsd.watcher import git_processes
from obsd.watcher.debounce import PendingPath
from obsd.watcher.file_state import Seen
from obsd.watcher.git_dir import PLAIN_COMMITS, GitDirWatch, Lock
from obsd.watcher.git_index import GitIndex
from obsd.watcher.line_measure import baseline
from obsd.watcher.rerere import replayed
from obsd.watcher.snapshot import State
from obsd.watcher.workspace_state import WorkspaceState

Removal = Literal["", "git", "clean"]
"""Who removed a file: somebody, git by a command that leaves a trace, or `git clean`."""

_MOST_CONFLICTS = 4096

_HEAD_SECONDS = 1.0
"""How long after the index HEAD is written at the latest, by a program that is no git."""

_BESIDE_NS = 1_000_000_000
_AT_ONCE_NS = 300_000_000
"""A file that is written so shortly before or after the index, as git writes files and with what the index has."""

_CLOSED: int = pyinotify.IN_CLOSE_WRITE
_REMADE: int = pyinotify.IN_DELETE | pyinotify.IN_CREATE
"""git writes into no file: it removes it and makes another, also in `git apply`, which takes no lock."""


class GitWrites:
    """Answers for one workspace. Nothing is git's where there is no repository."""

    def __init__(self, state: WorkspaceState) -> None:
        self._state = state
        self._conflicts: dict[str, bytes] = {}
        self._at_work = False
        self._looked = float("-inf")

    def wrote(self, path: str, seen: Seen, pending: PendingPath) -> bool:
        """Whether git wrote what is at `path` now."""
        git, watch = self._state.git, self._state.git_watch
        if git is None or watch is None or pending.deed:
            return False
        entry = git.entry(path)
        same = self._same(git, path, seen)
        described = entry is not None and entry.describes(seen.found)
        exact = described and (same or seen.data is None or git.may_filter())
        if pending.git and not pending.rescan:
            return exact or same or self._keeps(git, path, seen, pending) or self._gave_back(git, path, seen, pending)
        if exact and entry is not None and not watch.only_commits() and is_older(git, entry.blob_id, seen):
            return True
        if pending.git:
            return same and not described
        if described and git.may_filter() and git.only_stat_is_new(path):
            return True  # git-lfs brought what the index means, and git took note
        remade = pending.mask & _REMADE == _REMADE
        if remade and self._taken_back(git, path, seen, pending, same=same):
            return True
        parted = remade and watch.stashed() and self._stashed(git, path, seen)
        if watch.stashed() and (parted or self._gave_back(git, path, seen, pending)):
            return True
        if self._put_back(path, seen):
            return True
        in_conflict = git.unmerged(path) or (described and watch.merging())
        return in_conflict and replayed(git.folders, seen.found)

    def _taken_back(self, git: GitIndex, path: str, seen: Seen, pending: PendingPath, *, same: bool) -> bool:
        """`git checkout -p` writes the index before its `git apply` and behind it, and not always what that made of the
        files. What a filter makes of a content cannot be compared: then the index has to follow at once."""
        entry = git.entry(path)
        if entry is None or not (same or git.may_filter()) or not is_older(git, entry.blob_id, seen):
            return False
        behind = git.written_ns - seen.found.st_mtime_ns
        beside = abs(behind) < _BESIDE_NS if same else 0 <= behind < _AT_ONCE_NS
        return beside or self.at_work(pending.last)

    def may_follow(self, path: str, seen: Seen | None, pending: PendingPath) -> bool:
        """Whether an index that is written later may say that git did this: then it is too early to decide."""
        git = self._state.git
        if git is None or pending.rescan:
            return False
        if seen is None:
            return self._index_may_follow(git, path, pending) or self._head_may_follow(git, path, pending)
        if pending.git or pending.deferred or seen.data is None:
            return False
        remade = pending.mask & _REMADE == _REMADE
        if remade and not pending.mask & _CLOSED and self.at_work(pending.last):
            return True  # git is still at it
        if git.may_filter() and git.tracks(path) and (remade or self.at_work(pending.last)):
            return True
        if self._same(git, path, seen) and not remade:
            return False
        return is_older(git, git.blob_id(seen.data, seen.state.content_id), seen)

    def _index_may_follow(self, git: GitIndex, path: str, pending: PendingPath) -> bool:
        if pending.git or pending.deferred or not git.tracks(path):
            return False
        others = self._state.debounce.defers or len(self._state.debounce) > 0
        return others or self.at_work(pending.last)

    def _head_may_follow(self, git: GitIndex, path: str, pending: PendingPath) -> bool:
        """All write HEAD behind the index: until then what they removed looks as if `git rm` had."""
        watch = self._state.git_watch
        if watch is None or watch.moves() or git.tracks(path) or not git.tracked_lately(path):
            return False
        if git.head_entry(path).known and not git.in_head_now(path):
            return False
        if pending.git:
            return not pending.deferred and self.at_work(pending.last)
        pending.dropped = pending.dropped or time.monotonic()
        return time.monotonic() - pending.dropped < _HEAD_SECONDS

    def at_work(self, since: float) -> bool:
        """Whether a git that may write files, or the index about them, has run in the working tree since that time, as
        far as was looked: that takes some 10 ms."""
        git = self._state.git
        if self._looked <= since:
            self._looked = time.monotonic()
            top = "" if git is None else str(git.folders.top)
            self._at_work = git_processes.run_in(top, git_processes.WRITERS) or git_processes.make_repositories()
        return self._at_work

    def removed(self, path: str, prior: State, pending: PendingPath) -> Removal:
        """Whether git removed what was at `path`; `git rm` is somebody's deed."""
        git, watch = self._state.git, self._state.git_watch
        if git is None or watch is None or pending.deed:
            return ""
        if watch.stashed() and self._stashed_away(git, path, prior):
            return "git"
        if pending.cleaned and not pending.git and not git.tracked_lately(path):
            return "clean"
        if git.left_out(path):
            return "git"
        if git.wants(path):
            # `stash pop` removes files and leaves them in the index.
            return "git" if pending.git and not pending.rescan and _has(git, path, prior) else ""
        if pending.rescan:
            return "git" if pending.git and (git.tracked_lately(path) or git.has_blob(prior.content_id)) else ""
        # A rebase writes more indexes than are kept: what HEAD's log says comes first.
        taken = git.took_away(path, watch.moves())
        if taken is not None:
            return "" if taken.message.startswith(PLAIN_COMMITS) else "git"
        if not git.tracked_lately(path):
            return "git" if pending.git and _of_conflict(path) and git.has_blob(prior.content_id) else ""
        if not pending.git:
            return "git" if self._head_left(git, watch, path) else ""
        return "" if self._is_deed(git, watch, path) else "git"

    def was_committed(self, path: str, prior: State) -> bool:
        """Whether what was at `path` is in a commit, or is git's own: else it was somebody's work."""
        git, watch = self._state.git, self._state.git_watch
        if git is None or watch is None or not prior.content_id:
            return True
        if self._conflicts.get(path) == prior.content_id:
            return True
        described = {
            entry.blob_id
            for entry in git.entries(path)
            if entry.described(prior.size_bytes, prior.ctime_ns, prior.inode) or entry.blob_id == prior.content_id
        }
        head = git.head_entry(path, [commit for move in watch.moves() for commit in (move.old, move.new)])
        return bool(described & head.ids) or prior.content_id in head.ids if head.known else bool(described)

    def note_conflict(self, path: str, content_id: bytes) -> None:
        """git wrote the two sides of a conflict into a file: to throw that away is to throw away nobody's work."""
        if self._state.git is not None and self._state.git.unmerged(path):
            if len(self._conflicts) >= _MOST_CONFLICTS:
                self._conflicts.clear()
            self._conflicts[path] = content_id

    def _same(self, git: GitIndex, path: str, seen: Seen) -> bool:
        entry = git.entry(path)
        if entry is None or seen.data is None:
            return False
        return entry.blob_id == git.blob_id(seen.data, seen.state.content_id)

    def _put_back(self, path: str, seen: Seen) -> bool:
        discards, prior = self._state.discards, self._state.snapshot.get(path)
        if not discards.holds(path):
            return False
        before = None if prior is None else baseline(self._state, path, prior)
        return discards.is_back(path, seen.state.content_id, before, seen.data)

    def _keeps(self, git: GitIndex, path: str, seen: Seen, pending: PendingPath) -> bool:
        """After `stash pop` and a merge with conflicts the repository has the content, though not for the index."""
        if seen.data is None or not git.has_blob(git.blob_id(seen.data, seen.state.content_id)):
            return False
        return pending.git == Lock.STASH or git.tracked_lately(path) or _of_conflict(path)

    def _stashed(self, git: GitIndex, path: str, seen: Seen) -> bool:
        """`stash push -p` and `--staged` take a part of a file's changes away, with `git apply`. They add no line: a
        formatter that runs while work is stashed (lint-staged) does."""
        stashed = git.stash_entry(path, untracked=False)
        committed = git.head_entry(path).ids
        if stashed is None or not committed or stashed in committed:
            return False
        return self._adds_nothing(git, path, seen, (stashed, *committed))

    def _adds_nothing(self, git: GitIndex, path: str, seen: Seen, blobs: tuple[bytes, ...]) -> bool:
        """Whether a file has no line that it did not have before and that is in none of the blobs; True where it cannot
        be known."""
        prior = self._state.snapshot.get(path)
        if prior is None or seen.data is None or prior.size_bytes > self._state.max_bytes:
            return True
        contents = [git.blob(blob) for blob in blobs]
        contents.append(self._state.baselines.get(path) or git.blob(prior.content_id))
        if None in contents:
            return True
        known = {line for content in contents if content is not None for line in content.splitlines()}
        return known.issuperset(seen.data.splitlines())

    def _gave_back(self, git: GitIndex, path: str, seen: Seen, pending: PendingPath) -> bool:
        """`stash pop` brings what was stashed. What a filter makes of it is in no object."""
        blob_id = git.stash_gives_back(path)
        if blob_id is None or seen.data is None:
            return False
        filtered = bool(pending.git) and git.may_filter()
        return filtered or blob_id == git.blob_id(seen.data, seen.state.content_id)

    def _stashed_away(self, git: GitIndex, path: str, prior: State) -> bool:
        if git.stash_entry(path, untracked=True) == prior.content_id:
            return True
        added = git.stash_entry(path, untracked=False) == prior.content_id
        return added and prior.content_id not in git.head_entry(path).ids

    def _head_left(self, git: GitIndex, watch: GitDirWatch, path: str) -> bool:
        """Whether HEAD went from a commit that has the file to one that has it not. The disk may be ahead of the event
        of HEAD, and dulwich writes no log; a commit is in the log before HEAD names it. Without an index somebody
        deletes the repository with its files."""
        if not git.written_ns or git.in_head_now(path):
            return False
        return watch.moved() or (not watch.moves() and (bool(git.head_entry(path).ids) or git.head.elsewhere()))

    def _is_deed(self, git: GitIndex, watch: GitDirWatch, path: str) -> bool:
        """Whether a tracked file that went under the lock, and is tracked no more, was removed by `git rm`: HEAD is
        where it was and has the file, and no merge began."""
        if watch.moved() or watch.merging():
            return False
        if watch.moves():
            return True  # a commit came at once
        if git.head.elsewhere():
            return False
        head = git.head_entry(path)
        return bool(head.ids) or not head.known


def _has(git: GitIndex, path: str, prior: State) -> bool:
    """Whether the repository has what was at `path`: as it is, or as a filter or SHA-256 names it."""
    if git.has_blob(prior.content_id):
        return True
    found = (prior.size_bytes, prior.ctime_ns, prior.inode)
    return any(entry.described(*found) and git.has_blob(entry.blob_id) for entry in git.entries(path))


def is_older(git: GitIndex, blob_id: bytes, seen: Seen) -> bool:
    """Whether the repository had a content before the file was written."""
    since = git.objects.since_ns(blob_id)
    return since is not None and since < seen.found.st_mtime_ns


def _of_conflict(path: str) -> bool:
    """Whether the name is one that a merge makes where a file and a folder are in each other's way (`NAME~HEAD`)."""
    return "~" in path[path.rfind("/") + 1 :]
