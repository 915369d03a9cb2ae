"""Writes whose lines the contents of files are: what each change makes of the runs of the content before it.

Owns the table of contents. A content keeps the runs that it had when it was seen first at its path: who comes back to
it (an undo, a branch, a stash) brings its authors back. Ledger thread only, inside the caller's transaction.
"""

from __future__ import annotations

import logging
import sqlite3
from collections import OrderedDict, deque
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from obsd.facts import FileChanged, LineEdit
from obsd.ledger.interning import Names
from obsd.ledger.origin_queries import FIND_CONTENT
from obsd.origins.runs import (
    BASE,
    LOST,
    Mismatch,
    Run,
    Runs,
    base,
    decoded,
    edited,
    encoded,
    gone,
    length,
    lines_before,
)

_CACHED: Final = 2_000
"""Files whose last content is kept in memory."""
_CACHED_RUNS: Final = 500
"""A content of more runs is read from the ledger again."""
_KEPT: Final = 16
"""Contents of one file that are kept: its last ones."""

_INSERT: Final = (
    "INSERT OR IGNORE INTO contents (path, content_id, workspace, change, base_id, runs) VALUES (?, ?, ?, ?, ?, ?)"
)
_DELETE: Final = "DELETE FROM contents WHERE path = ? AND content_id = ? AND workspace = ?"

log = logging.getLogger(__name__)


_Key = tuple[int, int, bytes]
"""Workspace, path, content id."""


class Content(NamedTuple):
    """The runs of a content, and the content that those without an origin come from."""

    base_id: bytes
    runs: Runs


_UNMEASURED: Final = Content(b"", ())
"""A content whose lines were not compared with those before: nobody knows whose they are."""


class ContentWriter:
    """Writes into one connection."""

    def __init__(self, connection: sqlite3.Connection, names: Names) -> None:
        self._cursor = connection.cursor()
        self._names = names
        self._last: OrderedDict[_Key, Content] = OrderedDict()
        self._kept: OrderedDict[tuple[int, int], deque[bytes]] = OrderedDict()

    def forget(self) -> None:
        """Clears what is in memory: it may not be in the ledger."""
        self._last.clear()
        self._kept.clear()

    def write(self, facts: Sequence[FileChanged]) -> None:
        """Keeps what changes left. Raises sqlite3.Error."""
        for fact in facts:
            if fact.change and (fact.content_id or fact.edit is not None):
                self._write(fact)

    def _write(self, fact: FileChanged) -> None:
        workspace = self._names.workspaces.number(fact.workspace)
        path = self._names.paths.number(fact.path)
        before = self._names.paths.number(fact.previous_path) if fact.previous_path else path
        try:
            content = _UNMEASURED if fact.edit is None else self._after(workspace, before, fact.edit, fact.change)
        except Mismatch as error:
            log.warning("the lines of change %d have no origin: %s", fact.change, error)
            return
        if fact.content_id:
            self._put(workspace, path, bytes.fromhex(fact.content_id), fact.change, content)

    def _put(self, workspace: int, path: int, content_id: bytes, change: int, content: Content) -> None:
        # Without names of parameters and a cursor of its own it takes two thirds of the time.
        row = (path, content_id, workspace, change, content.base_id, encoded(content.runs))
        if self._cursor.execute(_INSERT, row).rowcount:
            self._keep((workspace, path, content_id), content)
            self._drop_oldest(workspace, path, content_id)

    def _drop_oldest(self, workspace: int, path: int, newest: bytes) -> None:
        kept = self._kept.setdefault((workspace, path), deque())
        kept.append(newest)
        if len(kept) > _KEPT:
            self._cursor.execute(_DELETE, (path, kept.popleft(), workspace))
        self._kept.move_to_end((workspace, path))
        while len(self._kept) > _CACHED:
            self._kept.popitem(last=False)

    def _after(self, workspace: int, path: int, edit: LineEdit, change: int) -> Content:
        base_id = bytes.fromhex(edit.base_id)
        before = self._find(workspace, path, base_id) if base_id else None
        lines = lines_before(edit.hunks, edit.lines)
        runs = base(lines)
        if before is not None:
            runs, base_id = before.runs, before.base_id
            if length(runs) != lines:
                runs = (Run(lines, LOST),) if lines else ()
            self._replaced(change, gone(runs, edit.hunks))
        return Content(base_id, edited(runs, edit.hunks, change))

    def _replaced(self, change: int, lines: Mapping[int, int]) -> None:
        rows = [(change, origin, own) for origin, own in lines.items() if origin not in (BASE, LOST)]
        if rows:
            self._cursor.executemany("INSERT OR REPLACE INTO replaced VALUES (?, ?, ?)", rows)

    def _find(self, workspace: int, path: int, content_id: bytes) -> Content | None:
        key = (workspace, path, content_id)
        content = self._last.get(key)
        if content is None:
            row = self._cursor.execute(
                FIND_CONTENT, {"path": path, "content_id": content_id, "workspace": workspace}
            ).fetchone()
            if row is None:
                return None
            content = Content(row[0], decoded(row[1]))
            self._keep(key, content)
        return content

    def _keep(self, key: _Key, content: Content) -> None:
        if len(content.runs) > _CACHED_RUNS:
            return
        self._last[key] = content
        while len(self._last) > _CACHED:
            self._last.popitem(last=False)
