"""The workspace's repository as the engine needs it: opened when it is there, watched, and its news passed on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from obsd.watcher import git_processes
from obsd.watcher.git_dir import GitDirWatch
from obsd.watcher.git_index import GitFolders, GitIndex
from obsd.watcher.ignore import Ignore
from obsd.watcher.inotify import Inotify
from obsd.watcher.protocol import Channel, Settings
from obsd.watcher.workspace_state import WorkspaceState

_DEBOUNCE_SECONDS = 0.3
"""git makes a repository and a worktree in several steps: look when they are done."""

_LOCK_CHECK_SECONDS = 5.0
"""How often a lock that holds files up is checked: a killed git leaves it behind, and an editor of
`git commit -a` keeps it for as long as the user thinks."""


def inside(path: str, folder: str) -> bool:
    """Whether `path` lies below `folder`; both are absolute."""
    return path.startswith(folder.rstrip("/") + "/")


class GitLink:
    """Owns the GitIndex and the GitDirWatch; both are None while the workspace is in no repository."""

    def __init__(self, settings: Settings, channel: Channel, state: WorkspaceState, inotify: Inotify | None) -> None:
        self.view: GitIndex | None = None
        self.watch: GitDirWatch | None = None
        self._root = Path(settings.root)
        self._objects = settings.objects
        self._exclude = settings.exclude
        self._own = [folder[len(settings.root) + 1 :] for folder in settings.own if inside(folder, settings.root)]
        self._channel = channel
        self._state = state
        self._inotify = inotify
        self._reopen_due: float | None = None
        self._worktrees_due: float | None = None
        self._rules_due: float | None = None
        self._lock_check: float | None = None

    def open(self) -> None:
        """Opens the repository afresh, or finds that there is none."""
        if self.watch is not None:
            self.watch.close()
        folders = GitFolders.find(self._root)
        self.view = None if folders is None else GitIndex(folders, self._objects)
        self.watch = None if folders is None else GitDirWatch(folders, self._inotify)
        self._state.git = self.view
        self._state.git_watch = self.watch
        if self.view is not None and self.watch is not None and self._inotify is not None:
            self.view.reads_index = self.watch.clean.reads_index
        self._state.ignore = Ignore(self._exclude, self._own, self.view)
        self._state.ignored.clear()

    @property
    def locked(self) -> bool:
        """Whether git holds the index now: what it wrote has to wait for what the index will say."""
        return self.watch is not None and self.watch.held

    def names_itself(self) -> bool:
        """Whether a git is at work that will write in HEAD's log what it did; it takes some 10 ms to know."""
        return self.view is not None and git_processes.run_in(str(self.view.folders.top), git_processes.NAMED)

    @property
    def reopens(self) -> bool:
        """Whether a `.git` came or went, and the repository has not been opened yet."""
        return self._reopen_due is not None

    @property
    def rules_due(self) -> bool:
        """Whether the ignore rules changed and have not been followed yet."""
        return self._rules_due is not None

    def reread_lock(self, now: float) -> None:
        """Asks the disk whether git holds the index: events may have been lost."""
        if self.watch is not None and not self.watch.still_locked():
            self._state.debounce.release(now)

    def changed(self, now: float) -> None:
        """A `.git` came or went."""
        self._reopen_due = now + _DEBOUNCE_SECONDS

    def rules_changed(self, now: float) -> None:
        """An ignore file changed."""
        self._rules_due = now

    def rest(self) -> None:
        """All files have been compared: what git does next is another operation."""
        moves = None if self.watch is None else self.watch.rest()
        if self.view is not None and moves is not None:
            self.view.rest()
            if moves:
                self.view.head.moved_to(moves[-1].new)

    def moved_meanwhile(self) -> bool:
        """Whether git did more than commit since the snapshot's newest file: its writes then are not edits."""
        if self.watch is None:
            return False
        newest = max((state.ctime_ns for _, state in self._state.snapshot.items()), default=0)
        moves = self.watch.moves_since(newest / 1e9) if newest else []
        return any(not message.startswith("commit") or "merge" in message[:14] for message in moves)

    def step(self, now: float, resync: Callable[[], None]) -> None:
        """Acts on what is due: a repository that came or went, new rules, HEAD, worktrees."""
        if self._reopen_due is not None and self._reopen_due <= now:
            self._reopen_due = None
            self.open()
            self.announce()
            self._rules_due = now
        self._take_signs(now)
        if self._rules_due is not None and self._rules_due <= now:
            self._rules_due = None
            self._state.ignored.clear()
            resync()
        if self._worktrees_due is not None and self._worktrees_due <= now:
            self._worktrees_due = None
            self._channel.send("worktrees")

    def announce(self) -> None:
        """Tells that everything about the repository may be new."""
        if self.watch is not None:
            self._channel.send("head")
            self._channel.send("worktrees")

    def deadline(self) -> float | None:
        dues = (self._reopen_due, self._worktrees_due, self._rules_due, self._lock_check)
        return min((due for due in dues if due is not None), default=None)

    def _take_signs(self, now: float) -> None:
        watch = self.watch
        if watch is None:
            return
        if watch.head_moved:
            watch.head_moved = False
            self._channel.send("head")
        if watch.rules_changed:
            watch.rules_changed = False
            self._rules_due = now
        if watch.worktrees_changed:
            watch.worktrees_changed = False
            self._worktrees_due = now + _DEBOUNCE_SECONDS

    def check_lock(self, now: float) -> None:
        """Files that wait for git must not wait for a git that is gone. Called after every round of comparisons."""
        debounce = self._state.debounce
        if self.watch is None or not debounce.holds:
            self._lock_check = None
        elif self._lock_check is None:
            self._lock_check = now + _LOCK_CHECK_SECONDS
        elif self._lock_check <= now:
            self._lock_check = None
            if not self.watch.in_use():
                self.watch.unlock()
                debounce.release(now)
