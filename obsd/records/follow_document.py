"""Documents that are followed: one JSON that is rewritten, read whole each time. Blocking; one worker thread."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO

from obsd.records.follow import Followed, Position, parsed

MAX_DOCUMENT_BYTES = 32 << 20


class FollowedDocument(Followed):
    """A file that holds one JSON object."""

    def steps(self, file: BinaryIO, state: os.stat_result) -> Iterator[None]:
        """Reads the document, when it is another one than at the last scan."""
        before = self.position
        now = Position(state.st_dev, state.st_ino, 0, state.st_size, state.st_mtime_ns)
        self.read_companion(muted=False)
        if before != now:
            document = parsed(_all(file)) if state.st_size <= MAX_DOCUMENT_BYTES else None
            if document is None and 0 < state.st_size <= MAX_DOCUMENT_BYTES and self._writing(state):
                # Half of it is there: the rest brings its own event.
                return
            self.conversation.since = before.mtime_ns / 1e9 if before else state.st_mtime
            if not self.place.source.timed:
                self.conversation.update(state.st_mtime)
            self.interpret(document, self.conversation)
            self.position = now
        self.conversation.emit_session()
        yield

    def _writing(self, state: os.stat_result) -> bool:
        """Whether it was written just now, so that it may be half written."""
        return abs(self.out.now() - state.st_mtime) < 2.0


def _all(file: BinaryIO) -> bytes:
    parts = []
    left = MAX_DOCUMENT_BYTES
    while left > 0 and (part := file.read(min(left, 1 << 20))):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)
