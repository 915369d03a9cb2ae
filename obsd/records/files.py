"""The files that records lie in: finding them, and opening them without being led astray.

Owns what counts as a record file: a regular file of the user, in a folder of the user, reached without links below the
root. A FIFO, a device, a link, somebody else's file are passed over. Blocking, worker threads.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from obsd.records.adapter import Adapter, Source

MAX_ENTRIES = 200_000
"""Entries of a root that are looked at; a root with more is not a folder of records."""


@dataclass(frozen=True, slots=True)
class Place:
    """A source and its folder on this machine, links in the root's own path resolved."""

    adapter: Adapter
    source: Source
    folder: str

    def holds(self, path: str) -> bool:
        """Whether a path is that of a record file here, by its name alone."""
        if not path.startswith(self.folder + "/"):
            return False
        parts = path[len(self.folder) + 1 :].split("/")
        names = self.source.names
        named = len(parts) == len(names) and all(map(fnmatchcase, parts, names))
        return named and parts[-1] not in self.source.never


def places(adapters: tuple[Adapter, ...], home: str, environment: Mapping[str, str]) -> list[Place]:
    """All places of the adapters, whether they exist or not; the same folder and names once."""
    found: dict[tuple[str, tuple[str, ...]], Place] = {}
    for adapter in adapters:
        for source in adapter.sources:
            folder = os.path.realpath(source.root.folder(home, environment))
            found.setdefault((folder, source.names), Place(adapter, source, folder))
    return list(found.values())


def walk(
    place: Place, uid: int, on_folder: Callable[[str, os.stat_result], None]
) -> Iterator[tuple[str, os.stat_result]]:
    """The record files of a place with their state; `on_folder` is called with each folder on the way."""
    budget = MAX_ENTRIES
    pending = [(place.folder, 0)]
    while pending:
        folder, level = pending.pop()
        try:
            state = os.stat(folder)
            entries = list(os.scandir(folder))
        except OSError:
            continue
        if state.st_uid != uid:
            continue
        on_folder(folder, state)
        budget -= len(entries)
        if budget < 0:
            return
        last = level == len(place.source.names) - 1
        for entry in entries:
            if not fnmatchcase(entry.name, place.source.names[level]) or entry.is_symlink():
                continue
            if not last and entry.is_dir(follow_symlinks=False):
                pending.append((entry.path, level + 1))
            elif last and entry.name not in place.source.never and (known := _state(entry, uid)):
                yield entry.path, known


def _state(entry: os.DirEntry[str], uid: int) -> os.stat_result | None:
    try:
        state = entry.stat(follow_symlinks=False)
    except OSError:
        return None
    return state if stat.S_ISREG(state.st_mode) and state.st_uid == uid else None


def open_record(path: str, uid: int) -> int | None:
    """A descriptor of a record file; None when it is gone, or none of the user's regular files.

    Never waits: a FIFO is opened without a writer and refused by what it is.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    state = os.fstat(descriptor)
    if stat.S_ISREG(state.st_mode) and state.st_uid == uid:
        return descriptor
    os.close(descriptor)
    return None


def read_small(path: str, uid: int, limit: int = 1 << 20) -> bytes:
    """The content of a small file; empty when it is none of the user's, or larger."""
    descriptor = open_record(path, uid)
    if descriptor is None:
        return b""
    with os.fdopen(descriptor, "rb") as file:
        data = file.read(limit + 1)
    return data if len(data) <= limit else b""
