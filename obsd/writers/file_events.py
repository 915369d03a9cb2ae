"""Fanotify's events as the kernel writes them, parsed in bulk (fanotify(7)). Pure, any thread."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

GONE = -1
"""In place of a pidfd: the process had ended and was reaped when the event was read (FAN_NOPIDFD)."""

_METADATA = struct.Struct("=IBxHQii")
_INFORMATION = struct.Struct("=BxH")
_DIRECTORY_AND_NAME, _PIDFD = 2, 4
_FSID_BYTES = 8
_HANDLE = struct.Struct("=I4x")
_DESCRIPTOR = struct.Struct("=i")


class FileEvent(NamedTuple):
    """`handle` is the directory's struct file_handle, `name` the file's within it; both empty for an overflow.

    `pidfd` is GONE, or -2 when there was no descriptor left for it; else it must be closed.
    """

    mask: int
    pid: int
    pidfd: int
    handle: bytes
    name: bytes


def parse(data: bytes) -> Iterator[FileEvent]:
    """The events of one read."""
    offset, end = 0, len(data)
    while offset < end:
        length, _, metadata_length, mask, _, pid = _METADATA.unpack_from(data, offset)
        pidfd, handle, name = GONE, b"", b""
        at, after = offset + metadata_length, offset + length
        while at < after:
            kind, size = _INFORMATION.unpack_from(data, at)
            if kind == _DIRECTORY_AND_NAME:
                start = at + _INFORMATION.size + _FSID_BYTES
                begin = start + _HANDLE.size + _HANDLE.unpack_from(data, start)[0]
                handle, name = data[start:begin], data[begin : at + size].rstrip(b"\0")
            elif kind == _PIDFD:
                (pidfd,) = _DESCRIPTOR.unpack_from(data, at + _INFORMATION.size)
            at += size
        yield FileEvent(mask, pid, pidfd, handle, name)
        offset = after
