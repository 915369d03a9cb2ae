"""A record file that is followed: read on from where it was left. What all forms have in common.

Owns what a mark holds of a file. Blocking; one worker thread at a time.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from obsd.records.collector import Collector
from obsd.records.conversation import Conversation
from obsd.records.files import Place, open_record, read_small
from obsd.records.record import Reading, Record
from obsd.records.state import FileMark


@dataclass(frozen=True, slots=True)
class Position:
    """Which file was read, and how far."""

    device: int
    inode: int
    offset: int = 0
    size: int = 0
    mtime_ns: int = 0
    guard: str = ""


@dataclass(frozen=True, slots=True)
class Means:
    """What followed files share: where it goes, which keys are read, and whose files they may be."""

    out: Collector
    reading: Reading
    uid: int


class Followed:
    """A file and its conversation. `mark` takes it up where an earlier run left it."""

    def __init__(self, place: Place, path: str, means: Means, mark: FileMark | None) -> None:
        self.place, self.path = place, path
        self.out, self._means = means.out, means
        self.position = (
            Position(mark.device, mark.inode, mark.offset, mark.size, mark.mtime_ns, mark.guard) if mark else None
        )
        self.conversation = self.new_conversation(mark)

    def read(self) -> Iterator[None]:
        """Reads what is new, in steps: after each of them the mark is current."""
        descriptor = open_record(self.path, self._means.uid)
        if descriptor is None:
            return
        with os.fdopen(descriptor, "rb", buffering=0) as file:
            yield from self.steps(file, os.fstat(file.fileno()))

    def steps(self, file: BinaryIO, state: os.stat_result) -> Iterator[None]:
        """Reads what is new of the open file; for each form its own."""
        raise NotImplementedError

    def mark(self) -> FileMark | None:
        """What must be remembered of it; None before it was read."""
        at = self.position
        if at is None:
            return None
        names = (at.device, at.inode, at.offset, at.size, at.mtime_ns, at.guard)
        return FileMark(self.place.adapter.agent, self.path, *names, *self.line_marks(), self.context())

    def line_marks(self) -> tuple[int, bool]:
        """From where to read again, and whether the offset is inside of a line."""
        return 0, False

    def context(self) -> dict[str, Any]:
        """What is known of the conversation, as JSON."""
        return self.conversation.saved()

    def new_conversation(self, mark: FileMark | None) -> Conversation:
        """A conversation, as the mark has it."""
        conversation = Conversation(self.place.adapter.agent, self.out, timed=self.place.source.timed)
        if mark:
            conversation.restore(dict(mark.context))
        if self.place.source.parent:
            conversation.update(parent=self.place.source.parent(self.path))
        return conversation

    def interpret(self, data: object, conversation: Conversation) -> None:
        """Has the adapter read a record, and counts whether it was understood."""
        record = Record(data, self._means.reading)
        try:
            understood = bool(record) and self.place.source.read(record, conversation)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            # Whatever shape a record has, it costs itself and nothing else.
            understood = False
        self.out.count(conversation.agent, conversation.version, understood, conversation.at or self.out.now())

    def read_companion(self, muted: bool) -> None:
        """Reads the file that describes the session; `muted`: its counts are older than `since`."""
        source = self.place.source
        if source.companion is None or source.read_companion is None:
            return
        data = read_small(source.companion(self.path), self._means.uid)
        content = parsed(data)
        if content is None and data:
            content = {"text": data.decode("utf-8", "replace").strip()}
        if isinstance(content, dict):
            self.out.muted = muted
            source.read_companion(Record(content, self._means.reading), self.conversation)
            self.out.muted = False


def parsed(data: bytes | None) -> object:
    """JSON as an object; None when it is none."""
    try:
        return json.loads(data) if data else None
    except (ValueError, RecursionError):
        return None
