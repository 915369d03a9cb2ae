"""Reads the state of one file. Never follows a link, never blocks on a pipe or a device."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path
from typing import NamedTuple

from obsd.git import line_diff
from obsd.watcher.snapshot import State

_GRAIN_NS = 20_000_000
"""More than the clock's tick (10 ms at 100 Hz): a file written so recently may be written again at the same time."""

_OPEN_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


class Seen(NamedTuple):
    """A regular file. `data` is None for one that was not read: unchanged, too large or unreadable.

    `found` is what stat(2) said with the state."""

    state: State
    data: bytes | None
    found: os.stat_result
    too_large: bool = False


def read(path: str, prior: State | None, max_bytes: int) -> Seen | None:
    """What is at `path`: None for nothing, or nothing regular.

    A file whose numbers are those of `prior` is not read: its state is `prior` itself and `data` is None.
    Raises OSError where nobody can tell what is there: a folder above may not be searched, or its disk fails.
    """
    try:
        found = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not stat.S_ISREG(found.st_mode):
        return None
    if prior is not None and prior.unchanged(found.st_size, found.st_ctime_ns, found.st_ino):
        return Seen(prior, None, found)
    if found.st_size > max_bytes:
        return Seen(state_of(found, b""), None, found, too_large=True)
    return _read(path, found, max_bytes)


def regular(path: str) -> os.stat_result | None:
    """The numbers of the regular file at `path`; None for anything else."""
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return found if stat.S_ISREG(found.st_mode) else None


def state_of(found: os.stat_result, content_id: bytes) -> State:
    """The state of a file whose content was (or was not) read after `found` was taken."""
    return State(found.st_size, _reliable_time(found), found.st_ino, content_id, found.st_mtime_ns)


def _reliable_time(found: os.stat_result) -> int:
    """The time of its last change (st_ctime), or 0 while a further write could leave the same."""
    return 0 if time.time_ns() - found.st_ctime_ns < _GRAIN_NS else found.st_ctime_ns


def _read(path: str, found: os.stat_result, max_bytes: int) -> Seen | None:
    try:
        fd = os.open(path, _OPEN_FLAGS)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        return Seen(state_of(found, b""), None, found)
    try:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode):
            return None
        data = _read_all(fd, found.st_size, max_bytes)
    except OSError:
        return Seen(state_of(found, b""), None, found)
    finally:
        os.close(fd)
    if len(data) > max_bytes:
        return Seen(state_of(found, b""), None, found, too_large=True)
    return Seen(
        State(len(data), _reliable_time(found), found.st_ino, line_diff.content_id(data), found.st_mtime_ns),
        data,
        found,
    )


def _read_all(fd: int, size_bytes: int, max_bytes: int) -> bytes:
    """The content, or a byte more than `max_bytes` of it. What comes behind `size_bytes` has an event of its own."""
    data = os.read(fd, size_bytes)
    while len(data) < size_bytes and len(data) <= max_bytes:
        more = os.read(fd, max_bytes + 1 - len(data))
        if not more:
            break
        data += more
    return data


def stamp(path: Path) -> tuple[int, int, int]:
    """What differs whenever a file was written; zeros for a missing one."""
    try:
        found = os.stat(path)
    except OSError:
        return (0, 0, 0)
    return found.st_ctime_ns, found.st_size, found.st_ino
