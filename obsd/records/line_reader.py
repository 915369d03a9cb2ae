"""Lines of a file that can matter, in bounded memory. Owns cutting bytes into lines; knows nothing of what is in them.

Blocking, worker threads.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from typing import Protocol

CHUNK_BYTES = 1 << 20
MAX_LINE_BYTES = 16 << 20
GUARD_BYTES = 64
BACK_BYTES = 256 << 10
HEADER_BYTES = 1 << 20
_TIMESTAMP = re.compile(rb'"timestamp": ?"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)')


class Stream(Protocol):
    """Bytes, one after the other."""

    def read(self, size: int, /) -> bytes: ...


class LineReader:
    """The lines that have one of the needles, with their offsets; None for one that is too long.

    `offset` is the end of the last line that was handled; `in_line`: it is inside of a line that is too long.
    """

    def __init__(
        self,
        stream: Stream,
        offset: int,
        needles: tuple[bytes, ...],
        harmless: tuple[bytes, ...] = (),
        in_line: bool = False,
    ) -> None:
        self._stream = stream
        self._needles, self._harmless = needles, harmless
        self.offset = offset
        self.in_line = in_line

    def __iter__(self) -> Iterator[tuple[int, bytes | None]]:
        rest = b""
        while chunk := self._stream.read(CHUNK_BYTES):
            data = rest + chunk if rest else chunk
            if self.in_line:
                data = self._skip(data)
            end = data.rfind(b"\n") + 1
            rest = data[end:]
            yield from self._matter(data[:end])
            if len(rest) > MAX_LINE_BYTES or (self.in_line and rest):
                if not self.in_line:
                    yield self.offset, None
                self.in_line = True
                self.offset += len(rest)
                rest = b""

    def _skip(self, data: bytes) -> bytes:
        end = data.find(b"\n") + 1
        if not end:
            return data
        self.in_line = False
        self.offset += end
        return data[end:]

    def _matter(self, block: bytes) -> Iterator[tuple[int, bytes]]:
        if not any(needle in block for needle in self._needles):
            self.offset += len(block)
            return
        start = self.offset
        for line in block.split(b"\n")[:-1]:
            at, start = start, start + len(line) + 1
            self.offset = start
            if matters(line, self._needles, self._harmless):
                yield at, line


def matters(line: bytes, needles: tuple[bytes, ...], harmless: tuple[bytes, ...]) -> bool:
    """Whether a line has one of the needles and nothing by which it is known as harmless.

    Quotes inside of JSON strings are escaped: what has quotes of its own is never found in a text.
    """
    for needle in needles:
        if needle in line:
            return not any(part in line for part in harmless)
    return False


def guard(descriptor: int, offset: int) -> str:
    """A hash of the bytes before an offset: the same while a file only grows."""
    before = os.pread(descriptor, min(offset, GUARD_BYTES), max(0, offset - GUARD_BYTES))
    return hashlib.blake2b(before, digest_size=8).hexdigest()


def first_line(descriptor: int) -> bytes:
    """The first line; empty when it is longer than a header is."""
    line, found, _ = os.pread(descriptor, HEADER_BYTES, 0).partition(b"\n")
    return line if found else b""


def line_start(descriptor: int, offset: int) -> int:
    """The offset of the first line that begins at or after an offset; the offset itself where no line ends nearby."""
    if offset <= 0:
        return 0
    found = os.pread(descriptor, CHUNK_BYTES, offset - 1).find(b"\n")
    return offset if found < 0 else offset + found


def start_at(descriptor: int, size: int, since: str) -> int:
    """An offset from which on all records since a time (RFC 3339, UTC, to the second) follow, found from the end on."""
    offset = size
    while offset > 0:
        offset = max(0, offset - BACK_BYTES)
        match = _TIMESTAMP.search(os.pread(descriptor, BACK_BYTES, offset))
        if match and match[1].decode() < since:
            return line_start(descriptor, offset)
    return 0
