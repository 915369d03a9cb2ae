"""Which new path came from which old one, until both ends have been compared.

By inotify's cookies, where both folders were watched. Where one was too new for that, the inode does: a file that
left a place was not removed, so what has its inode a moment later is the same file. One that left in a folder may have
been removed there, and its inode be another's: then its size and mtime have to be the same, too.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

from obsd.watcher.snapshot import State

_MOST_COOKIES = 4096
_MOST_INODES = 32768
_MOST_FOLDERS = 1024
_MOST_PLACES = 16


class _Found(NamedTuple):
    path: str
    size_bytes: int
    mtime_ns: int


Identity = tuple[int, int]
"""Device and inode: the numbers of one file system say nothing about another's."""


class Moves:
    """Pairs of paths. A chain of moves is one: from where the file was at the last scan to where it is now."""

    def __init__(self) -> None:
        self._cookies: dict[int, tuple[str, str]] = {}
        self._origins: dict[str, str] = {}
        self._targets: dict[str, str] = {}
        self._by_inode: dict[Identity, tuple[str, State | None]] = {}
        self._found: dict[Identity, _Found] = {}
        self._folders: dict[str, tuple[str, ...]] = {}

    def __bool__(self) -> bool:
        """Whether any pair waits."""
        return bool(self._origins)

    def left_with(self, state: State, device: int, path: str, alone: bool) -> None:
        """The known file at `path` on that file system left it: by itself (`alone`), or in a folder that was moved."""
        if len(self._by_inode) >= _MOST_INODES:
            self._by_inode.clear()
        identity = device, state.inode
        self._by_inode[identity] = path, None if alone else state
        found = self._found.get(identity)  # a crawl can be faster than the event
        if found is not None and found.path != path and (alone or _unwritten(state, found)):
            self.pair(path, found.path)

    def found(self, there: os.stat_result, new: str) -> None:
        """At `new` is a file of which no event shows where it came from."""
        if len(self._found) >= _MOST_INODES:
            self._found.clear()
        identity = there.st_dev, there.st_ino
        found = self._found[identity] = _Found(new, there.st_size, there.st_mtime_ns)
        old, state = self._by_inode.pop(identity, (new, None))
        if old != new and (state is None or _unwritten(state, found)):
            self.pair(old, new)

    def left(self, cookie: int, path: str) -> None:
        """Something left `path` (IN_MOVED_FROM)."""
        if len(self._cookies) >= _MOST_COOKIES:
            self._cookies.clear()
        self._cookies[cookie] = path, self.origin(path)

    def arrived(self, cookie: int) -> str | None:
        """From where something came (IN_MOVED_TO); None from outside of what is watched."""
        return self._cookies.pop(cookie, (None, ""))[0]

    def file_arrived(self, cookie: int, new: str) -> bool:
        """Pairs the place that a file left with the one where it came; False when it came from outside."""
        old, origin = self._cookies.pop(cookie, (None, ""))
        if old is None:
            return False
        if self._origins.get(new) != origin or old in self._origins:  # else a crawl found it by its inode before
            self.pair(old, new)
        return True

    def pair(self, old: str, new: str) -> None:
        """A file went from `old` to `new`."""
        origin = self._origins.pop(old, old)
        self._forget_target(new)
        if origin == new:
            self._targets.pop(origin, None)
            return
        self._origins[new] = origin
        self._targets[origin] = new

    def pair_folder(self, old: str, new: str) -> tuple[str, ...]:
        """A folder went from `old` to `new`. Returns where its files may have been at the last scan, nearest first:
        it, or a folder around it, may have been moved before anybody looked into it."""
        if len(self._folders) >= _MOST_FOLDERS:
            self._folders.clear()
        places = tuple(dict.fromkeys((old, *self._before(old))))[:_MOST_PLACES]
        self._folders[new] = places
        return places

    def target(self, old: str) -> str | None:
        """Where the file that was at `old` went."""
        return self._targets.get(old)

    def take_origin(self, new: str) -> str | None:
        """Where the file at `new` came from; the pair is forgotten."""
        origin = self._origins.pop(new, None)
        if origin is not None and self._targets.get(origin) == new:
            del self._targets[origin]
        return origin

    def clear(self) -> None:
        """Everything has been compared, or what the events said is worth nothing any more."""
        self._cookies.clear()
        self._origins.clear()
        self._targets.clear()
        self._folders.clear()
        self._by_inode.clear()
        self._found.clear()

    def origin(self, path: str) -> str:
        """Where the file at `path` was at the last scan, as far as events show."""
        return self._origins.get(path, path)

    @property
    def awaits(self) -> bool:
        """Whether a file left of which it is not known where it went."""
        return bool(self._by_inode)

    def _before(self, folder: str) -> Iterator[str]:
        end = len(folder)
        while end > 0:
            for place in self._folders.get(folder[:end], ()):
                yield place + folder[end:]
            end = folder.rfind("/", 0, end)

    def _forget_target(self, new: str) -> None:
        replaced = self._origins.pop(new, None)
        if replaced is not None:
            self._targets.pop(replaced, None)


def _unwritten(state: State, found: _Found) -> bool:
    return state.size_bytes == found.size_bytes and state.mtime_ns in (0, found.mtime_ns)
