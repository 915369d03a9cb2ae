"""A buffer of inotify's queue as its records, each the bytes that the kernel wrote: one pass in C for all of them."""

from __future__ import annotations

import re
import struct
import sys

HEADER = struct.Struct("iIII")
"""struct inotify_event without the name: watch, mask, cookie, length of the name with its padding."""

LOW = 4 if sys.byteorder == "little" else 7
"""Where in a record the lowest byte of the mask is: IN_MODIFY, IN_CLOSE_WRITE."""

_LENGTH = struct.Struct("=I")
_NAMES = (1, 2, 0, *range(3, 17))
"""Names are filled up to a multiple of the header's size (round_event_name_len in the kernel), 256 bytes at the most;
the usual lengths first."""

_RECORD = re.compile(
    rb"(?s).{12}(?:"
    + b"|".join(re.escape(_LENGTH.pack(16 * size)) + rb".{%d}" % (16 * size) for size in _NAMES)
    + rb")"
)


def split(buffer: bytes) -> list[bytes]:
    """The records of a buffer, in order."""
    records = _RECORD.findall(buffer)
    if sum(map(len, records)) != len(buffer):
        return _by_length(buffer)
    return records


def name_of(record: bytes) -> bytes:
    """The name in a record, without its padding; empty where the event is of the watched folder itself."""
    return record[HEADER.size :].rstrip(b"\0")


def _by_length(buffer: bytes) -> list[bytes]:
    """The same for names of any length: inotify(7) promises no multiple."""
    records, offset = [], 0
    while offset < len(buffer):
        end = offset + HEADER.size + HEADER.unpack_from(buffer, offset)[3]
        records.append(buffer[offset:end])
        offset = end
    return records
