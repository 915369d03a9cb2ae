"""git's index as a file: every entry with its blob id and with what stat(2) said when git wrote or added the file.

gitformat-index(5): versions 2 to 4, SHA-1 and SHA-256, split and sparse. Read by ourselves because pygit2 shows no
times and libgit2 reads neither sparse, split nor SHA-256 indexes. Names are bytes, in git's order.
"""

from __future__ import annotations

import os
import struct
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from obsd.small_files import read_whole
from obsd.watcher import ewah, index_entries
from obsd.watcher.index_entries import EXTENDED, FLAGS, NAME_MASK, STAT, Following

_MOST_BYTES = 256 << 20
"""A larger index would cost the watcher its memory; one of 2 million files has about this size."""

_HEADER = struct.Struct(">4sII")
_EXTENSION = struct.Struct(">4sI")
_STAGE_MASK = 0x3000
_SKIP_WORKTREE = 0x4000
_REGULAR = 0o100000
_FOLDER = 0o040000
_TYPE_MASK = 0o170000
_LOW_BITS = 0xFFFFFFFF
_MANY = 512
"""After so many questions a dictionary is faster than the search."""

_COARSE_NS = 1_000_000
"""Some implementations keep microseconds, milliseconds or a rounded float."""


class Unreadable(Exception):
    """The file is no index that we know, or only part of one."""


class Entry(NamedTuple):
    """One entry; times are (seconds, nanoseconds). A `skipped` one is not to be on the disk (git-sparse-checkout)."""

    ctime: tuple[int, int]
    mtime: tuple[int, int]
    inode: int
    mode: int
    size_bytes: int
    blob_id: bytes
    skipped: bool

    def describes(self, found: os.stat_result) -> bool:
        """Whether this is what git saw of that very file: nobody has changed it since."""
        return (
            self.mode & _TYPE_MASK == _REGULAR
            and self.size_bytes == found.st_size & _LOW_BITS
            and any(self.mtime)
            and _same(self.mtime, found.st_mtime_ns)
            and (not any(self.ctime) or _same(self.ctime, found.st_ctime_ns))
            and self.inode in (0, found.st_ino & _LOW_BITS)
        )

    def described(self, size_bytes: int, ctime_ns: int, inode: int) -> bool:
        """The same of a file as it was scanned."""
        return (
            self.size_bytes == size_bytes & _LOW_BITS
            and any(self.ctime)
            and _same(self.ctime, ctime_ns)
            and self.inode in (0, inode & _LOW_BITS)
        )


class IndexFile:
    """The entries of one index; they do not change."""

    def __init__(self, data: bytes | bytearray, id_bytes: int, offsets: array[int]) -> None:
        """`data` has the entries in the form of version 3, at `offsets`."""
        self._data = data
        self._id_bytes = id_bytes
        self._offsets = offsets
        self._asked = 0
        self._first_by_name: dict[bytes, int] | None = None
        self.touched: set[bytes] | None = None
        """The names that came or went since the index that this one was read after; None where that is not known."""

    def __len__(self) -> int:
        return len(self._offsets)

    def entry(self, name: bytes) -> Entry | None:
        """The entry of a file that is in no conflict."""
        for number in self._numbers(name):
            offset = self._offsets[number]
            flags, extended = self._flags(offset)
            if not flags & _STAGE_MASK:
                return self._entry(offset, bool(extended & _SKIP_WORKTREE))
        return None

    def has(self, name: bytes) -> bool:
        """Whether there is an entry, be it one in conflict."""
        return next(self._numbers(name), None) is not None

    def unmerged(self, name: bytes) -> bool:
        """Whether the file is in conflict."""
        return self.has(name) and self.entry(name) is None

    def has_below(self, folder: bytes) -> bool:
        """Whether there is an entry at any depth below `folder` ("a/b"); a sparse one stands for all below it."""
        prefix = folder + b"/"
        number = self._first(prefix)
        return number < len(self) and self._name(self._offsets[number]).startswith(prefix)

    def in_sparse(self, name: bytes) -> bool:
        """Whether the entry of a folder stands for what is below it, `name` among it, and that is not on the disk."""
        return any(self.has(name[: at + 1]) for at, byte in enumerate(name) if byte == 0x2F)

    def names(self) -> Iterator[bytes]:
        """All names, those in conflict several times; a sparse folder's ends in "/"."""
        return map(self._name, self._offsets)

    def mentions(self, text: bytes) -> bool:
        """Whether the bytes are anywhere in the entries: a fast no."""
        return text in self._data

    def rest(self) -> None:
        """Drops what is held for speed while many names are asked for, and what was new."""
        self._asked = 0
        self._first_by_name = None
        self.touched = None

    def _numbers(self, name: bytes) -> Iterator[int]:
        self._asked += 1
        if self._asked > _MANY and self._first_by_name is None:
            numbers = range(len(self) - 1, -1, -1)  # of several stages, the first stays
            self._first_by_name = {self._name(self._offsets[number]): number for number in numbers}
        found = self._first_by_name
        number = self._first(name) if found is None else found.get(name, len(self))
        while number < len(self) and self._name(self._offsets[number]) == name:
            yield number
            number += 1

    def _first(self, name: bytes) -> int:
        return bisect_left(self._offsets, name, key=self._name)

    def _flags(self, offset: int) -> tuple[int, int]:
        at = offset + STAT.size + self._id_bytes
        flags: int = FLAGS.unpack_from(self._data, at)[0]
        extended: int = FLAGS.unpack_from(self._data, at + 2)[0] if flags & EXTENDED else 0
        return flags, extended

    def _name(self, offset: int) -> bytes:
        return index_entries.name_at(self._data, offset + STAT.size + self._id_bytes)

    def _entry(self, offset: int, skipped: bool) -> Entry:
        numbers = STAT.unpack_from(self._data, offset)
        at = offset + STAT.size
        blob_id = bytes(self._data[at : at + self._id_bytes])
        return Entry(numbers[0:2], numbers[2:4], numbers[5], numbers[6], numbers[9], blob_id, skipped)


def load(path: Path, id_bytes: int, before: IndexFile | None = None) -> IndexFile:
    """Reads an index; a missing one is empty. What is as in `before` is not parsed. Raises OSError, Unreadable."""
    try:
        data = read_whole(path, _MOST_BYTES)
    except FileNotFoundError:
        return IndexFile(b"", id_bytes, array("Q"))
    if data is None:
        raise Unreadable(f"it has more than {_MOST_BYTES >> 20} MiB")
    try:
        return _parse(data, id_bytes, path.parent, before)
    except (struct.error, ValueError, IndexError) as error:
        raise Unreadable(str(error)) from error


def _parse(data: bytes, id_bytes: int, folder: Path, before: IndexFile | None) -> IndexFile:
    magic, version, count = _HEADER.unpack_from(data)
    if magic != b"DIRC" or version not in (2, 3, 4):
        raise Unreadable(f"version {version}")
    if version == 4:
        end, whole = _uncompressed(data, count, id_bytes)
        index = IndexFile(whole, id_bytes, index_entries.parse(whole, 0, count, id_bytes)[0])
    else:
        touched = None
        if before:
            entries = Following(data, _HEADER.size, count, id_bytes, (before._data, before._offsets))
            offsets, end, touched = entries.offsets, entries.end, entries.touched
        else:
            offsets, end = index_entries.parse(data, _HEADER.size, count, id_bytes)
        index = IndexFile(data, id_bytes, offsets)
        index.touched = touched
    if end + id_bytes > len(data):
        raise Unreadable("it is cut off")
    link = _extension(data, end, id_bytes)
    return index if link is None else _joined(index, link, id_bytes, folder)


def _uncompressed(data: bytes, count: int, id_bytes: int) -> tuple[int, bytearray]:
    """Where the entries of version 4 end, and the same entries as version 3 has them."""
    at, name, whole = _HEADER.size, b"", bytearray()
    fixed = STAT.size + id_bytes
    for _ in range(count):
        (flags,) = FLAGS.unpack_from(data, at + fixed)
        start = at + fixed + (4 if flags & EXTENDED else 2)
        cut, suffix = _varint(data, start)
        end = data.index(b"\0", suffix)
        name = name[: len(name) - cut] + data[suffix:end]
        _append(whole, data[at:start], name)
        at = end + 1
    return at, whole


def _append(whole: bytearray, fixed: bytes, name: bytes) -> None:
    whole += fixed
    whole += name
    whole += bytes(8 - (len(fixed) + len(name)) % 8)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number as git's varint.c writes it, and where it ends."""
    byte = data[at]
    value = byte & 127
    while byte & 128:
        at += 1
        byte = data[at]
        value = ((value + 1) << 7) | (byte & 127)
    return value, at + 1


def _extension(data: bytes, at: int, id_bytes: int) -> bytes | None:
    """The extension `link` of a split index. An unknown one that has to be understood begins with a small letter."""
    link = None
    while at + _EXTENSION.size <= len(data) - id_bytes:
        kind, size = _EXTENSION.unpack_from(data, at)
        at += _EXTENSION.size
        if kind == b"link":
            link = data[at : at + size]
        elif kind != b"sdir" and not b"A" <= kind[:1] <= b"Z":
            raise Unreadable(f"extension {kind!r}")
        at += size
    return link


def _joined(own: IndexFile, link: bytes, id_bytes: int, folder: Path) -> IndexFile:
    """A split index: what the shared file has, without what is deleted, with what is replaced or new."""
    base_id = link[:id_bytes]
    if not any(base_id):
        return own
    base = load(folder / f"sharedindex.{base_id.hex()}", id_bytes)
    deleted, at = ewah.bits(link, id_bytes)
    replaced, _ = ewah.bits(link, at)
    replacing = sorted(replaced)
    left_out = deleted | replaced
    entries = [_raw(base, number) for number in range(len(base)) if number not in left_out]
    for number in range(len(own)):
        name, stage, fixed = _raw(own, number)
        if number < len(replacing):
            name = _raw(base, replacing[number])[0]
        entries.append((name, stage, fixed))
    whole = bytearray()
    for name, _, fixed in sorted(entries, key=lambda entry: entry[:2]):
        _append(whole, _with_length(fixed, id_bytes, len(name)), name)
    return IndexFile(whole, id_bytes, index_entries.parse(whole, 0, len(entries), id_bytes)[0])


def _raw(index: IndexFile, number: int) -> tuple[bytes, int, bytes]:
    """(name, stage, the bytes before the name)."""
    offset = index._offsets[number]
    flags, _ = index._flags(offset)
    start = offset + STAT.size + index._id_bytes + (4 if flags & EXTENDED else 2)
    return index._name(offset), flags & _STAGE_MASK, bytes(index._data[offset:start])


def _with_length(fixed: bytes, id_bytes: int, length: int) -> bytes:
    at = STAT.size + id_bytes
    (flags,) = FLAGS.unpack_from(fixed, at)
    flags = flags & ~NAME_MASK | min(length, NAME_MASK)
    return fixed[:at] + FLAGS.pack(flags) + fixed[at + 2 :]


def _same(time: tuple[int, int], nanoseconds: int) -> bool:
    seconds, rest = divmod(nanoseconds, 10**9)
    return time[0] == seconds & _LOW_BITS and (time[1] == 0 or abs(time[1] - rest) < _COARSE_NS)
