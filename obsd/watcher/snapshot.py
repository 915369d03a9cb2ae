"""The snapshot: each file's size, time of change, inode and content id at its last scan, in little memory.

The daemon keeps the same snapshot in the ledger, in one transaction with the changes that it follows from, and hands
it to the next watcher: that is why a watcher can be killed at any moment and nothing is lost or counted twice.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import NamedTuple

_PACK = struct.Struct("<QqQq")


class State(NamedTuple):
    """A file at a scan. `content_id` is the raw git blob id, empty for a file that was not read.

    st_ctime shows whether it changed, as no program can set it: `tar -x`, `rsync -t` and `cp -p` set mtime back, and
    ext4 gives a freed inode to the next file at once. A `ctime_ns` of 0 marks a file that was written within the
    clock's grain of the scan: a later write could leave the same time, so it never counts as unchanged by its time
    alone (git calls such an index entry racy). `mtime_ns`, which a rename leaves as it is, only helps to find where a
    moved file went; 0 is not known.
    """

    size_bytes: int
    ctime_ns: int
    inode: int
    content_id: bytes
    mtime_ns: int = 0

    def unchanged(self, size_bytes: int, ctime_ns: int, inode: int) -> bool:
        """Whether a file with these numbers can be taken as unchanged without reading it."""
        return self.ctime_ns == ctime_ns != 0 and self.size_bytes == size_bytes and self.inode == inode


class Snapshot:
    """Files by folder prefix ("" or "a/b/") and name, each packed into one bytes object (about 200 bytes a file)."""

    def __init__(self) -> None:
        self._folders: dict[str, dict[str, bytes]] = {}

    def get(self, path: str) -> State | None:
        prefix, name = split(path)
        packed = self._folders.get(prefix, _NOTHING).get(name)
        return None if packed is None else _unpack(packed)

    def put(self, path: str, state: State) -> None:
        prefix, name = split(path)
        folder = self._folders.get(prefix)
        if folder is None:
            folder = self._folders[prefix] = {}
        folder[name] = _PACK.pack(*state[:3], state.mtime_ns) + state.content_id

    def remove(self, path: str) -> None:
        prefix, name = split(path)
        folder = self._folders.get(prefix)
        if folder is not None and folder.pop(name, None) is not None and not folder:
            del self._folders[prefix]

    def folder(self, prefix: str) -> Iterator[tuple[str, State]]:
        """(name, state) of the files right in a folder."""
        for name, packed in self._folders.get(prefix, _NOTHING).items():
            yield name, _unpack(packed)

    def has(self, path: str) -> bool:
        prefix, name = split(path)
        return name in self._folders.get(prefix, _NOTHING)

    def right_in(self, prefix: str) -> Mapping[str, bytes]:
        """The names known right in a folder, to ask for one or the other: it changes with the snapshot."""
        return self._folders.get(prefix, _NOTHING)

    def names(self, prefix: str) -> set[str]:
        """The names known right in a folder."""
        return set(self._folders.get(prefix, _NOTHING))

    def prefixes(self) -> list[str]:
        """The prefixes of all folders that hold a known file."""
        return list(self._folders)

    def items(self) -> Iterator[tuple[str, State]]:
        """(path, state) of all known files."""
        for prefix, files in self._folders.items():
            for name, packed in files.items():
                yield prefix + name, _unpack(packed)

    def paths(self) -> list[str]:
        """All known files."""
        return self.under("")

    def under(self, prefix: str) -> list[str]:
        """Paths of all known files at any depth below a folder."""
        found = [key for key in self._folders if key.startswith(prefix)]
        return [key + name for key in found for name in self._folders[key]]

    def __len__(self) -> int:
        return sum(map(len, self._folders.values()))


_NOTHING: dict[str, bytes] = {}


def split(path: str) -> tuple[str, str]:
    """("a/b/", "c") of "a/b/c"."""
    at = path.rfind("/") + 1
    return path[:at], path[at:]


def _unpack(packed: bytes) -> State:
    size_bytes, ctime_ns, inode, mtime_ns = _PACK.unpack_from(packed)
    return State(size_bytes, ctime_ns, inode, packed[_PACK.size :], mtime_ns)
