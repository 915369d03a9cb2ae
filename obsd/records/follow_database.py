"""A database that is followed: rows in the order in which they were made, and again those that had not ended.

Blocking; one worker thread at a time.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, BinaryIO

from obsd.records import database
from obsd.records.conversation import Conversation
from obsd.records.database import Row
from obsd.records.files import Place
from obsd.records.follow import Followed, Means, Position
from obsd.records.state import FileMark

_MAX_CONVERSATIONS = 64


class FollowedDatabase(Followed):
    """opencode's database; each of its sessions is a conversation."""

    def __init__(self, place: Place, path: str, means: Means, mark: FileMark | None) -> None:
        super().__init__(place, path, means, mark)
        kept = mark.context if mark else {}
        self._last_id = str(kept.get("last_id", ""))
        self._unended: dict[str, None] = dict.fromkeys(map(str, kept.get("unfinished", ())))
        self._conversations: dict[str, Conversation] = {}

    def steps(self, file: BinaryIO, state: os.stat_result) -> Iterator[None]:
        """Reads rows on from the last one. Raises database.Unreadable."""
        number = self.position.offset if self.position else self._first()
        unfinished = list(self._unended)[: database.ROWS_A_LOOK]
        for row in database.rows_of(self.path, unfinished) if unfinished else ():
            self._row(row)
        while True:
            rows = database.rows_after(self.path, number, self._last_id)
            for row in rows:
                self._row(row)
                number, self._last_id = row.number, row.id
            self.position = Position(state.st_dev, state.st_ino, number)
            for conversation in self._conversations.values():
                conversation.emit_session()
            yield
            if len(rows) < database.ROWS_A_LOOK:
                return

    def context(self) -> dict[str, Any]:
        """The last row, and those that had not ended."""
        return {"last_id": self._last_id, "unfinished": list(self._unended)[-database.ROWS_A_LOOK :]}

    def _first(self) -> int:
        number, self._last_id = database.last_before(self.path, self.out.since * 1000)
        return number

    def _row(self, row: Row) -> None:
        session = str(row.record.get("session_id", "")) if row.record else ""
        conversation = self._conversations.pop(session, None) or self.new_conversation(None)
        self._conversations[session] = conversation
        if len(self._conversations) > _MAX_CONVERSATIONS:
            del self._conversations[next(iter(self._conversations))]
        self.interpret(row.record, conversation)
        if row.unfinished and row.id:
            self._unended[row.id] = None
        else:
            self._unended.pop(row.id, None)
