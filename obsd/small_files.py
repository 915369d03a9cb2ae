"""Reads small files that others write: bounded, regular files alone, and never a wait.

Owns the one way in which a file of git's, of a repository or of a user is opened. open(2) of a FIFO waits for a writer
unless O_NONBLOCK is given, and a link may lead to a device that never ends: so the file is opened without waiting, and
what is no regular file is closed again unread. Any thread, and children; imports nothing heavy.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY


class NotRegular(OSError):
    """It is a FIFO, a device, a socket, a folder, or a link that is not followed."""


def read_small(path: str | os.PathLike[str], max_bytes: int, *, follow: bool = False) -> bytes:
    """The first `max_bytes` of a regular file. With `follow`, a link to one will do.

    Raises OSError; NotRegular is one.
    """
    with open_regular(path, follow=follow) as descriptor:
        return read_at(descriptor, 0, max_bytes)


def read_whole(path: str | os.PathLike[str], max_bytes: int, *, follow: bool = False) -> bytes | None:
    """All of a regular file, or None for one that has more than `max_bytes`. Raises OSError."""
    with open_regular(path, follow=follow) as descriptor:
        # Its size first: one that is too large costs nothing. One that grows meanwhile is seen by what is read.
        if os.fstat(descriptor).st_size > max_bytes:
            return None
        data = read_at(descriptor, 0, max_bytes + 1)
    return data if len(data) <= max_bytes else None


@contextmanager
def open_regular(path: str | os.PathLike[str], *, follow: bool = False) -> Iterator[int]:
    """A descriptor of a regular file, open for reading. Raises OSError."""
    # Looked at before it is opened: opening some devices does something (a tape is wound back).
    _require_regular(os.stat(path, follow_symlinks=follow), path)
    descriptor = os.open(path, _FLAGS if follow else _FLAGS | os.O_NOFOLLOW)
    try:
        # And after it: another file may be there by now.
        _require_regular(os.fstat(descriptor), path)
        yield descriptor
    finally:
        os.close(descriptor)


def read_at(descriptor: int, offset: int, size: int) -> bytes:
    """Up to `size` bytes from an offset on; fewer at the end of the file. Raises OSError."""
    parts: list[bytes] = []
    while size > 0 and (part := os.pread(descriptor, min(size, 1 << 20), offset)):
        parts.append(part)
        offset, size = offset + len(part), size - len(part)
    return b"".join(parts)


def _require_regular(status: os.stat_result, path: str | os.PathLike[str]) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise NotRegular(f"{os.fsdecode(path)!r} is no regular file")
