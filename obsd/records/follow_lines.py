"""Files of lines that are followed: plain ones by offset, packed ones by the offset in what they hold.

Owns noticing that a file was rewritten or truncated: its size, and the bytes before the offset, tell. Blocking; one
worker thread at a time.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import BinaryIO

from obsd.records import line_reader, packed
from obsd.records.files import Place
from obsd.records.follow import Followed, Means, Position, parsed
from obsd.records.line_reader import LineReader
from obsd.records.state import FileMark

MAX_REPLAY_BYTES = 4 << 20
MAX_UNPACKED_BYTES = 2 << 30
_LINES_A_STEP = 500


class FollowedLines(Followed):
    """A file of JSON lines."""

    def __init__(self, place: Place, path: str, means: Means, mark: FileMark | None) -> None:
        super().__init__(place, path, means, mark)
        self._packed = path.endswith(packed.SUFFIX)
        self._in_line = mark.in_line if mark else False
        self._replay_from = mark.replay_from if mark else None

    def steps(self, file: BinaryIO, state: os.stat_result) -> Iterator[None]:
        """Reads lines on from the offset."""
        if self._packed and not packed.readable():
            return
        descriptor = file.fileno()
        first = self.position is None
        offset = self._begin(descriptor, state)
        self._replay(descriptor, offset)
        self.read_companion(muted=first and offset > 0)
        if not self._packed:
            file.seek(offset)
        stream = packed.unpacked(file, offset) if self._packed else file
        reader = LineReader(stream, offset, self.place.source.needles, self.place.source.harmless, self._in_line)
        for number, (at, line) in enumerate(reader, 1):
            self._take(at, line)
            if number % _LINES_A_STEP == 0:
                self._end(state, descriptor, reader)
                yield
                if self._packed and reader.offset > MAX_UNPACKED_BYTES:
                    return
        self._end(state, descriptor, reader)
        yield

    def line_marks(self) -> tuple[int, bool]:
        """From the first call that has no result, if that is not far back."""
        offset = self.position.offset if self.position else 0
        first = min((call.offset for call in self.conversation.pending.values()), default=offset)
        return (first if offset - first <= MAX_REPLAY_BYTES else offset), self._in_line

    def _begin(self, descriptor: int, state: os.stat_result) -> int:
        """Where to go on; a file that was rewritten, or is another one, is read from its start."""
        at = self.position
        if at is not None and self._continues(at, descriptor, state):
            return at.offset
        offset = 0
        if at is not None:
            # Rewritten: tools that were emitted are known by their ids, tokens by the time of the last record.
            last_at = self.conversation.last_at
            self.conversation = self.new_conversation(None)
            self.conversation.not_before = last_at
            self._replay_from, self._in_line = None, False
        elif not self._packed:
            since = datetime.fromtimestamp(self.out.since, UTC).strftime("%Y-%m-%dT%H:%M:%S")
            offset = line_reader.start_at(descriptor, state.st_size, since)
        if offset and self.place.source.header:
            self._silently([(0, line_reader.first_line(descriptor))])
        self.position = Position(state.st_dev, state.st_ino, offset)
        return offset

    def _continues(self, at: Position, descriptor: int, state: os.stat_result) -> bool:
        grown = state.st_size >= at.offset and (not at.guard or line_reader.guard(descriptor, at.offset) == at.guard)
        return self._packed or grown

    def _replay(self, descriptor: int, end: int) -> None:
        """Reads again, without counting, from the first call that had no result when the mark was made."""
        start, self._replay_from = self._replay_from, None
        if start is None or self._packed or start >= end:
            return
        lines = []
        for line in os.pread(descriptor, end - start, start).split(b"\n"):
            lines.append((start, line))
            start += len(line) + 1
        kept = self.conversation.saved()
        self._silently(lines)
        self.conversation.restore(kept)

    def _silently(self, lines: list[tuple[int, bytes]]) -> None:
        self.out.muted = True
        for offset, line in lines:
            if line_reader.matters(line, self.place.source.needles, self.place.source.harmless):
                self._take(offset, line)
        self.out.muted = False

    def _take(self, offset: int, line: bytes | None) -> None:
        self.conversation.offset = offset
        self.interpret(parsed(line), self.conversation)

    def _end(self, state: os.stat_result, descriptor: int, reader: LineReader) -> None:
        self._in_line = reader.in_line
        guard = "" if self._packed else line_reader.guard(descriptor, reader.offset)
        self.position = Position(state.st_dev, state.st_ino, reader.offset, state.st_size, state.st_mtime_ns, guard)
        self.conversation.emit_session()
