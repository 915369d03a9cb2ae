"""What one watcher knows of its workspace: the folders, every file at its last scan, and what has not been sent yet.

One object for all parts of the watcher. It decides nothing about changes: that is `comparison.py`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import pyinotify

from obsd.watcher import file_state
from obsd.watcher.baselines import Baselines
from obsd.watcher.batch import Batch
from obsd.watcher.debounce import DebounceQueue, PendingPath
from obsd.watcher.discards import Discards
from obsd.watcher.git_dir import GitDirWatch
from obsd.watcher.git_index import GitIndex
from obsd.watcher.ignore import Ignore
from obsd.watcher.left_over import LeftOver
from obsd.watcher.renames import Moves
from obsd.watcher.snapshot import Snapshot, State, split
from obsd.watcher.temporary_names import Provisional, backup_of, hold_seconds
from obsd.watcher.watch_tree import Folder, Tree

_MOST_IGNORED = 20_000
_MOST_LINKS = 20_000
_RACY_NS = 20_000_000
_LEAVES: int = pyinotify.IN_MOVED_FROM | pyinotify.IN_DELETE


def is_git_dir(folder: str) -> bool:
    """Whether a folder is what git takes for a git directory (is_git_directory in its setup.c), or is about to become
    one: `git init` copies its templates first."""
    if os.path.isfile(f"{folder}/HEAD"):
        return os.path.isdir(f"{folder}/objects") and os.path.isdir(f"{folder}/refs")
    return (
        os.path.isfile(f"{folder}/description")
        and os.path.isdir(f"{folder}/hooks")
        and (os.path.isdir(f"{folder}/info") or os.path.isdir(f"{folder}/branches"))
    )


class WorkspaceState:
    """`baselines` is the baseline cache, `debounce` the queue of pending paths, `batch` what was found
    since the last send, `unreadable` the folders that count and may not be read. `ignore`, `git` and `git_watch` are
    replaced when a repository comes or goes. `root_is_there` returns whether the watched folder still is what its path
    leads to: if not, nothing below it seems to be there.
    """

    def __init__(
        self, tree: Tree, snapshot: Snapshot, baselines: Baselines, debounce: DebounceQueue, max_bytes: int
    ) -> None:
        self.tree = tree
        self.snapshot = snapshot
        self.baselines = baselines
        self.debounce = debounce
        self.max_bytes = max_bytes
        self.moves = Moves()
        self.batch = Batch()
        self.git: GitIndex | None = None
        self.git_watch: GitDirWatch | None = None
        self.ignore: Ignore | None = None
        self.ignored: set[str] = set()
        self.provisional = Provisional()
        self.discards = Discards()
        self.left_over = LeftOver()
        self.links: dict[tuple[int, int], set[str]] = {}
        self.unreadable: set[str] = set()
        self.too_deep: set[str] = set()
        self.root_is_there: Callable[[], bool] = lambda: True
        self._ignore_before: Ignore | None = None

    def absolute(self, path: str) -> str:
        """Where `path` is on the disk."""
        return f"{self.tree.root}/{path}"

    def within_unreadable(self, prefix: str) -> bool:
        """Whether a folder ("a/b/") is one that may not be read, or lies in one."""
        return any(prefix.startswith(f"{folder}/") for folder in self.unreadable)

    def device_of(self, path: str) -> int:
        """The file system that a path's folder is on, or was: a folder that is gone was on that of the one above."""
        folder = self.absolute(path)
        while True:
            folder = os.path.dirname(folder)
            try:
                return os.stat(folder).st_dev
            except OSError:
                if folder in ("", "/"):
                    return 0

    # ----- files

    def keep(self, path: str, state: State, data: bytes | None) -> None:
        """Takes a file as it is now; `data` where it has to be remembered, because the repository has it not."""
        self.snapshot.put(path, state)
        self.batch.states[path] = state
        if data is not None:
            self.baselines.put(path, data)
        else:
            self.baselines.drop(path)

    def note_link(self, path: str, found: os.stat_result) -> None:
        """Keeps in mind that the file has other names, perhaps in the workspace."""
        if found.st_nlink > 1:
            if len(self.links) >= _MOST_LINKS:
                self.links.clear()
            self.links.setdefault((found.st_dev, found.st_ino), set()).add(path)

    def forget(self, path: str) -> None:
        """A file does not count any more; that is no change."""
        self.snapshot.remove(path)
        self.baselines.drop(path)
        self.batch.states[path] = None

    def leave(self, folder: Folder) -> None:
        """A folder does not count any more, nor what is in it."""
        for prefix in self.tree.drop(folder):
            for name in self.snapshot.names(prefix):
                self.forget(prefix + name)

    def mounted(self, path: str) -> None:
        """A file system came over a folder, or left it: what was seen there is out of sight, and not deleted."""
        folder = self.tree.find(path)
        if folder is not None:
            self.leave(folder)
        for known in self.snapshot.under(f"{path}/"):
            self.forget(known)

    def in_git_dir(self, path: str) -> bool:
        """Whether a file lies in a git directory, whatever that is called (`.bare`, `--separate-git-dir`)."""
        end = path.find("/")
        while end > 0:
            if is_git_dir(self.absolute(path[:end])):
                return True
            end = path.find("/", end + 1)
        return False

    def left(self, path: str, device: int, alone: bool) -> None:
        """A file left its place, by itself or in its folder, perhaps for one that is not watched yet."""
        state = self.snapshot.get(self.moves.origin(path))
        if state is not None:
            self.moves.left_with(state, device, path, alone)

    def moves_on(self, origin: str, path: str, pending: PendingPath) -> bool:
        """Whether the file that came from `origin` has left `path` by a further move, of which no event was read yet.

        It waits for that event then, once: to call it removed would be wrong, and its way would be lost.
        """
        if not pending.mask & pyinotify.IN_MOVED_TO or pending.mask & _LEAVES or self.snapshot.get(origin) is None:
            return False
        if any(os.path.lexists(self.absolute(place)) for place in (origin, path)):
            return False
        self.moves.pair(origin, path)
        self.debounce.touch(path, 0, time.monotonic(), pending.git)
        return True

    def arrived(self, path: str) -> None:
        """A file arrived from a place that is not watched, or not watched any more."""
        if self.moves.awaits:
            found = file_state.regular(self.absolute(path))
            if found is not None:
                self.moves.found(found, path)

    def git_is_racy(self, found: os.stat_result) -> bool:
        """Whether a file that the index describes may have been written again at the same time (git's racy-git)."""
        return self.git is None or found.st_mtime_ns >= self.git.written_ns - _RACY_NS

    # ----- ignore rules

    def hidden(self, path: str) -> bool:
        """Whether a file does not count: ignored, and not tracked."""
        if path in self.ignored:
            return True
        if self.git is not None and self.git.tracks(path):
            return False
        if not (self._is_backup(path) or (self.ignore is not None and self.ignore.file(path))):
            return False
        if len(self.ignored) >= _MOST_IGNORED:
            self.ignored.clear()
        self.ignored.add(path)
        return True

    def _is_backup(self, path: str) -> bool:
        original = backup_of(path)
        return original is not None and self.snapshot.has(original)

    def hold_seconds(self, path: str) -> float:
        """How long a new file waits because it may be renamed over another soon; mostly 0."""
        prefix, name = split(path)
        return hold_seconds(name, self.snapshot.right_in(prefix).__contains__)

    def remember_rules(self) -> None:
        """Everything has been scanned by the rules of now."""
        self.learn_rules("")
        self._ignore_before = None if self.ignore is None else self.ignore.as_it_is()

    def learn_rules(self, prefix: str) -> None:
        """Has the rules of a folder read now, asked for or not: what they say later may be something else."""
        if self.ignore is not None:
            self.ignore.file(prefix + ".gitignore")

    def was_hidden(self, path: str) -> bool:
        """Whether the rules by which everything was last scanned hid a file."""
        return self._ignore_before is not None and self._ignore_before.at_any_depth(path)

    def fresh_rules(self) -> None:
        """Ignore files may have changed: to be called before a round of comparisons, or of a crawl."""
        if self.ignore is not None:
            self.ignore.fresh()
