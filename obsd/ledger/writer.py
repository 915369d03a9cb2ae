"""Writes facts and the views' state: each kind of fact to its table, all inside the caller's transaction.

Owns the statements that write. Facts that move state (trees, cursors, the register) are upserts beside the facts that
they came with: that is what makes a restart lose nothing and double nothing. Ledger thread only.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any

from obsd.authorship.facts import ChangeAttributed
from obsd.facts import (
    CommitMade,
    CommitOrigins,
    CommitRewritten,
    Fact,
    FileChanged,
    ReflogRead,
    TreeUpdated,
    WorkspaceAdded,
    WorkspaceRemoved,
)
from obsd.ledger import (
    editor_lines,
    history_writer,
    known_files,
    records_writer,
    replaced_lines,
    telemetry_writer,
    unused_paths,
    usage_writer,
)
from obsd.ledger.change_writer import ChangeWriter
from obsd.ledger.codec import signed, stored, stored_id
from obsd.ledger.commit_writer import CommitWriter
from obsd.ledger.interning import Names
from obsd.ledger.session_shares import AttributedTimes
from obsd.views.state import SessionState, StateChanges

_OWN_FIELDS = ("at", "workspace")


class Writer:
    """Writes into one connection."""

    def __init__(self, connection: sqlite3.Connection, names: Names) -> None:
        self._connection = connection
        self._names = names
        self._changes = ChangeWriter(connection, names)
        self._commits = CommitWriter(connection)

    def forget(self) -> None:
        """Clear what is in memory: it may not be in the ledger."""
        self._changes.forget()

    def write(self, facts: Sequence[Fact], changes: StateChanges) -> AttributedTimes:
        """Write what was seen, then what the views made of it; returns when the changes were made that got an author.
        Raises sqlite3.Error."""
        self._changes.write([fact for fact in facts if type(fact) is FileChanged])
        attributed = self._changes.attribute([fact for fact in facts if type(fact) is ChangeAttributed])
        for fact in facts:
            if type(fact) not in _OF_CHANGES:
                self._write(fact)
        self._write_series(changes)
        for session in changes.sessions.values():
            self._write_session(session)
        return attributed

    def _write(self, fact: Fact) -> None:
        handler = _HANDLERS.get(type(fact))
        if handler is not None:
            handler(self, self._names.workspaces.number(fact.workspace), fact)
        elif (of_its_own := _OF_THEIR_OWN.get(type(fact))) is not None:
            of_its_own(self._connection, self._names.workspaces.number(fact.workspace), fact)
        if fact.recorded and not fact.own_table:
            self._event(fact)

    def _event(self, fact: Fact) -> None:
        own = {field.name: getattr(fact, field.name) for field in fields(fact) if field.name not in _OWN_FIELDS}
        self._connection.execute(
            "INSERT INTO events (at, workspace, kind, fields) VALUES (:at, :workspace, :kind, :fields)",
            {
                "at": fact.at,
                "workspace": self._names.workspaces.number(fact.workspace),
                "kind": type(fact).__name__,
                "fields": json.dumps(own),
            },
        )

    def added(self, workspace: int, fact: WorkspaceAdded) -> None:
        """Put a workspace on the register."""
        self._connection.execute(
            "UPDATE workspaces SET path = :path, parent = :parent, added_at = :at, present = 1 WHERE id = :workspace",
            {"path": stored(fact.path), "parent": fact.parent, "at": fact.at, "workspace": workspace},
        )

    def removed(self, workspace: int, fact: WorkspaceRemoved) -> None:
        """Take a workspace off the register, with what its watcher knew."""
        self._connection.execute("UPDATE workspaces SET present = 0, has_tree = 0 WHERE id = ?", (workspace,))
        known_files.clear(self._connection, workspace)
        unused_paths.look_soon(self._connection)
        self._connection.execute("DELETE FROM reflog_cursors WHERE workspace = ?", (workspace,))

    def committed(self, workspace: int, fact: CommitMade) -> None:
        """Record a commit and that it is counted."""
        self._commits.made(workspace, fact)

    def rewritten(self, workspace: int, fact: CommitRewritten) -> None:
        """Record a rewrite, and how the commit is now."""
        self._commits.rewritten(workspace, fact)

    def classified(self, workspace: int, fact: CommitOrigins) -> None:
        """Record who wrote a commit's lines."""
        self._commits.classified(workspace, fact)

    def tree_updated(self, workspace: int, fact: TreeUpdated) -> None:
        """Keep what the watcher knows of files."""
        if fact.begins or fact.complete:
            self._connection.execute("UPDATE workspaces SET has_tree = ? WHERE id = ?", (fact.complete, workspace))
        known_files.write(self._connection, self._names, workspace, fact)

    def reflog_read(self, workspace: int, fact: ReflogRead) -> None:
        """Keep how far a reflog is read."""
        self._connection.execute(
            "INSERT OR REPLACE INTO reflog_cursors (workspace, log, at, inode, position, last_id, head_id)"
            " VALUES (:workspace, :log, :at, :inode, :position, :last_id, :head_id)",
            {
                "workspace": workspace,
                "log": stored(fact.log),
                "at": fact.at,
                "inode": signed(fact.inode),
                "position": signed(fact.offset),
                "last_id": stored_id(fact.last_id),
                "head_id": stored_id(fact.head_id),
            },
        )

    def _write_series(self, changes: StateChanges) -> None:
        number = self._names.workspaces.number
        for workspace in changes.removed:
            self._connection.execute("DELETE FROM series WHERE workspace = ?", (number(workspace),))
        gone: list[tuple[str, int, str]] = []
        rows: list[tuple[str, int, str, float]] = []
        for family, workspaces in changes.series.items():
            for workspace, values in workspaces.items():
                for labels, value in values.items():
                    key = (family, number(workspace), json.dumps(labels))
                    if value is None:
                        gone.append(key)
                    else:
                        rows.append((*key, value))
        self._connection.executemany("DELETE FROM series WHERE family = ? AND workspace = ? AND labels = ?", gone)
        self._connection.executemany(
            "INSERT INTO series (family, workspace, labels, value) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (workspace, family, labels) DO UPDATE SET value = excluded.value",
            rows,
        )

    def _write_session(self, session: SessionState) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO sessions (number, workspace, started_at, last_at, ended, changes, files, added,"
            " removed, commits, violations, agents, first_commit, stepped, present, first_change)"
            " VALUES (:number, :workspace, :started_at, :last_at, :ended, :changes, :files, :added,"
            " :removed, :commits, :violations, :agents, :first_commit, :stepped, :present, :first_change)",
            {
                "number": session.number,
                "workspace": self._names.workspaces.number(session.workspace),
                "started_at": session.started_at,
                "last_at": session.last_at,
                "ended": int(session.ended),
                "changes": session.changes,
                "files": session.files,
                "added": signed(session.lines_added),
                "removed": signed(session.lines_removed),
                "commits": session.commits,
                "violations": session.violations,
                "agents": json.dumps(list(session.agents.items())),
                "first_commit": session.first_commit_seconds,
                "stepped": session.stepped_seconds,
                "present": json.dumps(session.present),
                "first_change": session.first_change,
            },
        )


_HANDLERS: dict[type[Fact], Callable[[Writer, int, Any], None]] = {
    WorkspaceAdded: Writer.added,
    WorkspaceRemoved: Writer.removed,
    CommitMade: Writer.committed,
    CommitRewritten: Writer.rewritten,
    CommitOrigins: Writer.classified,
    TreeUpdated: Writer.tree_updated,
    ReflogRead: Writer.reflog_read,
}
_OF_THEIR_OWN = {
    **telemetry_writer.HANDLERS,
    **records_writer.HANDLERS,
    **history_writer.HANDLERS,
    **replaced_lines.HANDLERS,
    **usage_writer.HANDLERS,
    **editor_lines.HANDLERS,
}
"""Facts whose tables have a module of their own."""
_OF_CHANGES = frozenset({FileChanged, ChangeAttributed})
"""Facts that are written many at a time."""
