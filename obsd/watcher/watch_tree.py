"""The folders that count: which watch stands for which folder, and what hangs below it.

A folder that is moved is not re-parented: its subtree is dropped and the new place is crawled afresh, because
ignore rules, nested repositories and what happened meanwhile can all differ there. A folder for which the kernel
has no watch left stays in the tree with watch 0: rescans cover it.
"""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator

from obsd.watcher.inotify import FOLDER_MASK, NAMES_MASK, ROOT_MASK, Inotify

UNWATCHED = 0


class Folder:
    """A folder that counts. `prefix` is "" for the root, else "a/b/"."""

    __slots__ = ("folders", "name", "parent", "prefix", "watch")

    def __init__(self, watch: int, parent: Folder | None, name: str) -> None:
        self.watch = watch
        self.parent = parent
        self.name = name
        self.prefix: str = "" if parent is None else f"{parent.prefix}{name}/"
        self.folders: dict[str, Folder] | None = None


class Tree:
    """The folders below `root` (an absolute path). Without an inotify instance all are unwatched."""

    def __init__(self, root: str, inotify: Inotify | None) -> None:
        self.root = root
        self.top: Folder | None = None
        self.unwatched = 0
        self.exhausted = inotify is None
        self._inotify = inotify
        self._by_watch: dict[int, Folder] = {}
        self._ended: set[int] = set()
        self._nested: dict[int, str] = {}
        self.came: dict[str, None] = {}
        """Prefixes of folders that have a watch since `news` was asked, and still have it."""
        self.went: list[str] = []
        """Prefixes of those that have none any more."""

    def __len__(self) -> int:
        return len(self._by_watch)

    def of(self, watch: int) -> Folder | None:
        return self._by_watch.get(watch)

    def find(self, path: str) -> Folder | None:
        """The folder at `path` ("" for the root), if it counts."""
        folder = self.top
        if path:
            for name in path.split("/"):
                if folder is None or folder.folders is None:
                    return None
                folder = folder.folders.get(name)
        return folder

    def news(self) -> tuple[list[str], list[str]]:
        """Prefixes of folders that came to have a watch since the last call, and of those that lost theirs before."""
        news = list(self.came), self.went
        self.came, self.went = {}, []
        return news

    def try_again(self) -> None:
        """Asks the kernel for watches again, after it had none left."""
        self.exhausted = self._inotify is None

    def add(self, parent: Folder | None, name: str) -> Folder:
        """Watches the folder `name` of `parent` (None: the root). One that is watched stays as it is.

        Raises OSError: ENOENT or ENOTDIR (gone, or a link now), EACCES.
        """
        held = self.top if parent is None else (parent.folders or {}).get(name)
        watch = self._watch(parent, name)
        self._nested.pop(watch, None)
        other = self._by_watch.get(watch)
        if held is not None and (other is held or watch == held.watch):
            return held
        if other is not None:  # moved here, and the events that say so are still queued
            self.drop(other)
            return self.add(parent, name)
        if held is not None:
            self._unwatch(held)
            return self._watched(held, watch)
        folder = self._watched(Folder(UNWATCHED, parent, name), watch)
        self._attach(folder)
        return folder

    def drop(self, folder: Folder) -> list[str]:
        """Ends the watches of a folder and all below it; returns their prefixes."""
        dropped = []
        for watch, path in list(self._nested.items()):
            if path.startswith(folder.prefix):
                self.leave_nested(watch)
        for below in list(_walk(folder)):
            dropped.append(below.prefix)
            self._unwatch(below)
        self._detach(folder)
        return dropped

    def watch_nested(self, path: str) -> None:
        """Watches a folder that does not count, as it is a repository of its own, for when it stops being one."""
        if self._inotify is not None and not self.exhausted:
            with contextlib.suppress(OSError):
                self._nested[self._inotify.add(f"{self.root}/{path}", NAMES_MASK)] = path

    def nested(self, watch: int) -> str | None:
        """The path of the nested repository that the watch is of."""
        return self._nested.get(watch)

    def leave_nested(self, watch: int) -> None:
        """It is no repository any more, or is gone."""
        if self._nested.pop(watch, None) is not None and self._inotify is not None:
            self._ended.add(watch)
            self._inotify.remove(watch)

    def ended(self, watch: int) -> None:
        """The kernel says that a watch is over (IN_IGNORED)."""
        self._ended.discard(watch)
        self._nested.pop(watch, None)
        folder = self._by_watch.get(watch)
        if folder is not None:
            self.drop(folder)
            self._ended.discard(watch)

    def was_ours(self, watch: int) -> bool:
        """Whether events of a watch may still be queued although it has been ended."""
        return watch in self._ended

    def _watch(self, parent: Folder | None, name: str) -> int:
        if self._inotify is None or self.exhausted:
            return UNWATCHED
        try:
            if parent is None:
                return self._inotify.add(self.root, ROOT_MASK)
            return self._inotify.add(f"{self.root}/{parent.prefix}{name}", FOLDER_MASK)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            self.exhausted = True
            return UNWATCHED

    def _watched(self, folder: Folder, watch: int) -> Folder:
        folder.watch = watch
        if watch == UNWATCHED:
            self.unwatched += 1
        else:
            self._by_watch[watch] = folder
            self.came[folder.prefix] = None
        return folder

    def _unwatch(self, folder: Folder) -> None:
        if folder.watch == UNWATCHED:
            self.unwatched -= 1
        elif self._by_watch.get(folder.watch) is folder and self._inotify is not None:
            del self._by_watch[folder.watch]
            self._ended.add(folder.watch)
            self._inotify.remove(folder.watch)
            self.came.pop(folder.prefix, None)
            self.went.append(folder.prefix)

    def _attach(self, folder: Folder) -> None:
        if folder.parent is None:
            self.top = folder
            return
        if folder.parent.folders is None:
            folder.parent.folders = {}
        folder.parent.folders[folder.name] = folder

    def _detach(self, folder: Folder) -> None:
        if folder.parent is None:
            self.top = None
            return
        siblings = folder.parent.folders
        if siblings is not None and siblings.get(folder.name) is folder:
            del siblings[folder.name]
            if not siblings:
                folder.parent.folders = None


def _walk(folder: Folder) -> Iterator[Folder]:
    stack = [folder]
    while stack:
        top = stack.pop()
        yield top
        if top.folders is not None:
            stack.extend(top.folders.values())
