"""Which contents the repository has, and since when: by the object store's own files, whatever the hash.

Asked before a content is taken for git's: `git add` writes an object after the file was saved, a checkout reads one
that was there before. Nothing is unpacked here; libgit2 is not asked, because a damaged pack index can end it.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path

from obsd.small_files import read_small

_MAGIC = b"\xfftOc\0\0\0\2"
_FANOUT = struct.Struct(">256I")
_MOST_ALTERNATES = 32
_MOST_LIST_BYTES = 1 << 20


class GitObjects:
    """Read access by file descriptor and pread(2): another process may repack at any moment."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stamp: object = None
        self._packs: list[_Pack] = []

    def since_ns(self, raw_id: bytes) -> int | None:
        """When the repository got that object or was last given it anew (st_mtime); None if it has it not."""
        name = raw_id.hex()
        for folder in self._folders():
            try:
                return os.stat(folder / name[:2] / name[2:]).st_mtime_ns
            except OSError:
                continue
        self._fresh()
        return next((since for pack in self._packs if (since := pack.since_ns(raw_id)) is not None), None)

    def _folders(self) -> list[Path]:
        """The store, and those that it borrows from (gitrepository-layout(5), objects/info/alternates)."""
        found = [self._folder]
        for folder in found:
            try:
                lines = read_small(folder / "info" / "alternates", _MOST_LIST_BYTES, follow=True).splitlines()
            except OSError:
                continue
            for line in lines[:_MOST_ALTERNATES]:
                other = folder / os.fsdecode(line)
                if line and not line.startswith(b"#") and other not in found and len(found) < _MOST_ALTERNATES:
                    found.append(other)
        return found

    def _fresh(self) -> None:
        folders = [folder / "pack" for folder in self._folders()]
        stamp = [_time(folder) for folder in folders]
        if stamp != self._stamp:
            self._stamp = stamp
            self._packs = [_Pack(path) for folder in folders for path in sorted(folder.glob("pack-*.idx"))]


class _Pack:
    """One pack by its index, version 2 (gitformat-pack(5))."""

    def __init__(self, index: Path) -> None:
        self._index = index
        self._fanout: tuple[int, ...] | None = None

    def since_ns(self, raw_id: bytes) -> int | None:
        try:
            descriptor = os.open(self._index, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError:
            return None
        try:
            if not self._has(descriptor, raw_id):
                return None
        except (OSError, struct.error):
            return None
        finally:
            os.close(descriptor)
        return _time(self._index.with_suffix(".pack")) or None

    def _has(self, descriptor: int, raw_id: bytes) -> bool:
        if self._fanout is None:
            head = os.pread(descriptor, len(_MAGIC) + _FANOUT.size, 0)
            if not head.startswith(_MAGIC):
                return False
            self._fanout = _FANOUT.unpack_from(head, len(_MAGIC))
        first = raw_id[0]
        low, high = (self._fanout[first - 1] if first else 0), self._fanout[first]
        while low < high:
            middle = (low + high) // 2
            at = len(_MAGIC) + _FANOUT.size + middle * len(raw_id)
            found = os.pread(descriptor, len(raw_id), at)
            if found == raw_id:
                return True
            if len(found) < len(raw_id):
                return False
            low, high = (middle + 1, high) if found < raw_id else (low, middle)
        return False


def _time(path: Path) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0
