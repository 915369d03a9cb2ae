"""Walks the workspace's folders: watches each, then lists what is in it.

Watch first, then list: what comes between the two is seen twice, never not at all. A crawl is a generator that
pauses after every folder, so that a large tree does not keep events waiting.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Iterator
from typing import NamedTuple

import pyinotify

from obsd.watcher import file_state
from obsd.watcher.file_state import Seen
from obsd.watcher.snapshot import State
from obsd.watcher.watch_tree import Folder
from obsd.watcher.workspace_state import WorkspaceState

_ANYTHING: int = pyinotify.IN_MODIFY


class CrawlOptions(NamedTuple):
    """How a crawl takes what it finds.

    `adopt`: a file that is not in the snapshot was there before; otherwise it was created. `rules`: the ignore patterns
    changed, so one that they hid until now was there before, and one that they hide now does not count any more. `git`:
    what equals the index may be git's own doing. `warm`: read again what the contents store should hold. `moved`: the
    folder was at one of the first places and is now at the second (prefixes).
    """

    adopt: bool = False
    rules: bool = False
    git: int = 0
    warm: bool = False
    moved: tuple[tuple[str, ...], str] = ((), "")


class Crawl:
    """One pass over the workspace, or over one folder of it."""

    def __init__(self, state: WorkspaceState, options: CrawlOptions) -> None:
        self.folders = 0
        self.differences = 0
        self._state = state
        self._options = options
        self._whole = False
        self._clean = _CleanFiles(state) if options.adopt or options.rules else None

    def run(self, parent: Folder | None, name: str) -> Iterator[None]:
        """Goes through the folder `name` of `parent`; None: the whole workspace. Raises OSError for its root."""
        self._whole = parent is None
        if self._whole:
            self._state.too_deep.clear()
        stack: list[tuple[Folder | None, str]] = [(parent, name)]
        while stack:
            above, name = stack.pop()
            folder = self._enter(above, name)
            if folder is not None:
                stack.extend((folder, below) for below in self._scan(folder))
                self.folders += 1
            yield
        if parent is None:
            self._missing_folders()

    def _enter(self, parent: Folder | None, name: str) -> Folder | None:
        """Watches a folder that counts."""
        if parent is None:
            return self._state.tree.add(None, "")
        path = parent.prefix + name
        if self._ignored(path):
            self._leave(path)
            return None
        try:
            folder = self._state.tree.add(parent, name)
        except OSError as error:
            self._shut(path, error)
            return None
        self._state.unreadable.discard(path)
        return folder

    def _ignored(self, path: str) -> bool:
        state = self._state
        if state.ignore is None or not state.ignore.folder(path):
            return False
        tracked = state.git is not None and state.git.tracks_below(path)
        return state.ignore.always(path) or not tracked

    def _leave(self, path: str) -> None:
        folder = self._state.tree.find(path)
        if folder is not None:
            self._state.tree.drop(folder)

    def _scan(self, folder: Folder) -> list[str]:
        """Compares a folder's files with the snapshot; returns the names of its folders."""
        root = self._state.tree.root
        files: dict[str, os.DirEntry[str]] = {}
        folders: list[str] = []
        try:
            with os.scandir(f"{root}/{folder.prefix}" if folder.prefix else root) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.name)
                    elif entry.is_file(follow_symlinks=False):
                        files[entry.name] = entry
                    if entry.name == ".git" and folder.prefix:
                        self._leave_repository(folder)
                        return []
        except OSError as error:
            self._lost(folder, error)
            return []
        if folder.prefix and "HEAD" in files and {"objects", "refs"} <= set(folders):
            self._state.leave(folder)  # a git directory, whatever it is called
            return []
        self._compare(folder.prefix, files)
        return folders

    def _leave_repository(self, folder: Folder) -> None:
        path = folder.prefix[:-1]
        self._leave(path)
        self._state.tree.watch_nested(path)

    def _lost(self, folder: Folder, error: OSError) -> None:
        if folder.parent is None:
            raise error
        self._shut(folder.prefix[:-1], error)

    def _shut(self, path: str, error: OSError) -> None:
        """Why a folder cannot be read. A path ends at 4,096 bytes (PATH_MAX)."""
        if error.errno in (errno.EACCES, errno.EPERM):
            self._state.unreadable.add(path)
        elif error.errno == errno.ENAMETOOLONG:
            self._state.too_deep.add(path)

    def _compare(self, prefix: str, files: dict[str, os.DirEntry[str]]) -> None:
        if ".gitignore" in files:
            self._state.learn_rules(prefix)
        known = dict(self._state.snapshot.folder(prefix))
        for name, entry in files.items():
            prior = known.pop(name, None)
            try:
                self._file(prefix + name, entry, prior)
            except OSError as error:
                if error.errno == errno.ENAMETOOLONG:
                    self._state.too_deep.add(prefix[:-1])
                continue  # gone meanwhile: there is an event for it
        for name in known:
            self._touch(prefix + name)

    def _file(self, path: str, entry: os.DirEntry[str], prior: State | None) -> None:
        if prior is not None and self._options.rules and self._state.hidden(path):
            self._state.forget(path)
            return
        found = entry.stat(follow_symlinks=False)
        self._state.note_link(path, found)
        if prior is None:
            if self._clean is not None and self._was_there(path):
                self._clean.adopt(path, found)
            elif not self._state.hidden(path):
                self._touch(path)
                self._pair(path, found)
        elif not prior.unchanged(found.st_size, found.st_ctime_ns, found.st_ino):
            self._touch(path)
        elif self._options.warm:
            self._warm(path, prior)

    def _was_there(self, path: str) -> bool:
        return path not in self._state.debounce and (self._options.adopt or self._state.was_hidden(path))

    def _touch(self, path: str) -> None:
        by_event = path in self._state.debounce  # events know better who did it
        git = None if by_event else self._options.git
        pending = self._state.debounce.touch(path, _ANYTHING, time.monotonic(), git)
        pending.rescan |= not by_event and self._whole
        self.differences += 1

    def _pair(self, path: str, found: os.stat_result) -> None:
        """In a folder that was moved, every file comes from the same place in an old one; in a new one, from where
        its inode was."""
        places, new = self._options.moved
        moves = self._state.moves
        for place in places:
            old = place + path[len(new) :]
            if self._state.snapshot.get(moves.origin(old)) is not None:
                moves.pair(old, path)
                return
        moves.found(found, path)

    def _warm(self, path: str, prior: State) -> None:
        """Reads a baseline again that the repository does not keep."""
        state = self._state
        if state.baselines.full or (state.git is not None and state.git.has_blob(prior.content_id)):
            return
        seen = _seen(state, path)
        if seen is not None and seen.data is not None and seen.state.content_id == prior.content_id:
            state.baselines.put(path, seen.data)

    def _missing_folders(self) -> None:
        """Files whose folder is gone are gone; those whose folder does not count any more are forgotten. Of those in a
        folder that cannot be read, nobody knows."""
        state = self._state
        for prefix in state.snapshot.prefixes():
            if state.tree.find(prefix[:-1]) is not None or state.within_unreadable(prefix):
                continue
            gone = _is_gone(state.absolute(prefix))
            for name in state.snapshot.names(prefix):
                if gone:
                    self._touch(prefix + name)
                elif gone is not None:
                    state.forget(prefix + name)


def _is_gone(folder: str) -> bool | None:
    """Whether no folder is there; None where nobody can tell."""
    try:
        return not stat.S_ISDIR(os.stat(folder).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return None


class _CleanFiles:
    """Adopts files at the first scan, without reading those that git vouches for: the index describes the file."""

    def __init__(self, state: WorkspaceState) -> None:
        self._state = state
        git = state.git
        self._vouched = git is not None and git.names_contents and not git.may_filter()

    def adopt(self, path: str, found: os.stat_result) -> None:
        state = self._state
        entry = None if state.git is None else state.git.entry(path)
        if entry is not None and self._vouched and entry.describes(found) and not state.git_is_racy(found):
            state.keep(path, file_state.state_of(found, entry.blob_id), None)
        elif entry is not None or not state.hidden(path):
            self._read(path, found)

    def _read(self, path: str, found: os.stat_result) -> None:
        state = self._state
        if state.baselines.full:
            state.keep(path, file_state.state_of(found, b""), None)
            return
        seen = _seen(state, path)
        if seen is not None:
            in_repository = state.git is not None and state.git.has_blob(seen.state.content_id)
            state.keep(path, seen.state, None if in_repository else seen.data)


def _seen(state: WorkspaceState, path: str) -> Seen | None:
    try:
        return file_state.read(state.absolute(path), None, state.max_bytes)
    except OSError:
        return None  # out of sight
