"""What the ledger's write-ahead log should have, from the file itself (sqlite.org/fileformat2.html#walformat).

Owns that count. SQLite takes a log up to the first frame that is damaged and says nothing of the rest, and of a log
with a damaged head it takes nothing. Blocking; before the ledger is opened.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path

from obsd.small_files import open_regular, read_at

_HEAD = struct.Struct(">8I")
_FRAME = struct.Struct(">6I")
_MAGIC = (0x377F0682, 0x377F0683)
_MOST_BYTES = 1 << 30
_UNTOLD = 1 << 30


def committed_frames(ledger: Path) -> int:
    """How many frames the log has up to the last that ends a transaction, whether they are sound or not: with fewer,
    something that was acknowledged is lost. Of a log without a head nobody knows, so it is more than any has.
    """
    try:
        with open_regular(ledger.with_name(ledger.name + "-wal")) as descriptor:
            size = min(os.fstat(descriptor).st_size, _MOST_BYTES)
            head = read_at(descriptor, 0, _HEAD.size)
            if not head:
                return 0
            return _count(descriptor, head, size)
    except OSError:
        return 0


def _count(descriptor: int, head: bytes, size: int) -> int:
    if len(head) < _HEAD.size or not _is_sound(head):
        # A log that was emptied by a power cut while it was begun again had nothing yet.
        return _UNTOLD if any(head) else 0
    _, _, page_size, _, *salts = _HEAD.unpack(head)[:6]
    last = 0
    for number in range((size - _HEAD.size) // (_FRAME.size + page_size)):
        offset = _HEAD.size + number * (_FRAME.size + page_size)
        _, pages_after, *own = _FRAME.unpack(read_at(descriptor, offset, _FRAME.size))[:4]
        if own == salts and pages_after:
            last = number + 1
    return last


def _is_sound(head: bytes) -> bool:
    words = _HEAD.unpack(head)
    if words[0] not in _MAGIC or words[2] not in {1 << power for power in range(9, 17)}:
        return False
    order = ">" if words[0] & 1 else "<"
    first = second = 0
    for left, right in struct.iter_unpack(f"{order}2I", head[:24]):
        first = (first + left + second) & 0xFFFFFFFF
        second = (second + right + first) & 0xFFFFFFFF
    return (first, second) == words[6:]
