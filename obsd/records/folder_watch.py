"""inotify on the folders of records: the system calls, and which files changed.

Owns the descriptor and its watches. `read` never waits and may run on the event loop; everything else is for the one
worker thread. The watchers' inotify (pyinotify) is theirs alone: the daemon does not load it.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from dataclasses import dataclass

IN_MODIFY, IN_CLOSE_WRITE, IN_MOVED_FROM, IN_MOVED_TO = 0x2, 0x8, 0x40, 0x80
IN_CREATE, IN_DELETE, IN_Q_OVERFLOW, IN_IGNORED, IN_ISDIR = 0x100, 0x200, 0x4000, 0x8000, 0x40000000
IN_ONLYDIR, IN_EXCL_UNLINK = 0x01000000, 0x04000000
RECORDS_MASK = (
    IN_MODIFY | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_CREATE | IN_DELETE | IN_ONLYDIR | IN_EXCL_UNLINK
)
NAMES_MASK = IN_CREATE | IN_MOVED_TO | IN_ONLYDIR
"""For a folder in which a root of records may appear: only that names come matters."""

MAX_WATCHES = 2_000
_HEADER = struct.Struct("iIII")
_READ_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Changes:
    """Files that changed; `scan` when folders came, or events were lost, so that all must be looked at."""

    paths: tuple[str, ...]
    scan: bool


class FolderWatch:
    """One inotify instance. Raises OSError when the user has none left (EMFILE)."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(None, use_errno=True)
        self.descriptor: int = self._library.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self.descriptor < 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))
        self._folders: dict[int, str] = {}
        self.complete = True

    def watch(self, folders: list[tuple[float, str]], roots: list[str]) -> None:
        """Watches folders, those that changed last first (pairs of time and path), and the way to missing roots."""
        wanted = [path for _, path in sorted(folders, reverse=True)]
        self.complete = len(wanted) <= MAX_WATCHES
        kept = set(wanted[:MAX_WATCHES])
        for watch, path in list(self._folders.items()):
            if path not in kept:
                self._library.inotify_rm_watch(self.descriptor, watch)
                del self._folders[watch]
        for path in wanted[:MAX_WATCHES]:
            self._add(path, RECORDS_MASK)
        for root in roots:
            ancestor = _nearest(root)
            if ancestor not in kept:
                self._add(ancestor, NAMES_MASK)

    def read(self) -> bytes:
        """What is queued; empty when nothing is."""
        try:
            return os.read(self.descriptor, _READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return b""

    def decode(self, buffers: list[bytes]) -> Changes:
        """What events say."""
        paths: dict[str, None] = {}
        scan = False
        for buffer in buffers:
            at = 0
            while at < len(buffer):
                watch, mask, _, length = _HEADER.unpack_from(buffer, at)
                name = buffer[at + _HEADER.size : at + _HEADER.size + length].rstrip(b"\0")
                at += _HEADER.size + length
                folder = self._folders.get(watch)
                if mask & IN_IGNORED:
                    self._folders.pop(watch, None)
                scan |= bool(mask & IN_Q_OVERFLOW) or (bool(mask & IN_ISDIR) and not mask & IN_DELETE)
                if folder is not None and name and not mask & IN_ISDIR:
                    paths[f"{folder}/{os.fsdecode(name)}"] = None
        return Changes(tuple(paths), scan)

    def close(self) -> None:
        """Ends all watches."""
        os.close(self.descriptor)

    def _add(self, path: str, mask: int) -> None:
        watch = self._library.inotify_add_watch(self.descriptor, os.fsencode(path), mask)
        if watch >= 0:
            self._folders[watch] = path
        elif ctypes.get_errno() == errno.ENOSPC:
            self.complete = False


def _nearest(path: str) -> str:
    while not os.path.isdir(path):
        path = os.path.dirname(path)
    return path
