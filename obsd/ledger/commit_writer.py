"""Writes commits as they are now: a rewrite changes the row of the commit, and the ids that it had stay with it.

Owns the statements for commits, rewrites and their ids. Ledger thread only, inside the caller's transaction.
"""

from __future__ import annotations

import sqlite3

from obsd.facts import CommitMade, CommitOrigins, CommitRewritten
from obsd.ledger.codec import signed, stored, stored_id

_NOW = ("branch", "author_name", "author_email", "subject", "agent", "evidence", "added", "removed", "files")
_MADE = ("at", "workspace", "commit_id", "kind", "committed_at", "source", "counted_added", *_NOW)
_INSERT = f"INSERT OR IGNORE INTO commits ({', '.join(_MADE)}) VALUES ({', '.join(f':{name}' for name in _MADE)})"  # noqa: S608
_UPDATE = (
    f"UPDATE OR IGNORE commits SET {', '.join(f'{name} = :{name}' for name in ('commit_id', 'committed_at', *_NOW))}"  # noqa: S608
    " WHERE seq = :seq"
)


class CommitWriter:
    """Writes into one connection. Raises sqlite3.Error."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def made(self, workspace: int, fact: CommitMade) -> None:
        """Record a commit and that it is counted."""
        commit_id = stored_id(fact.commit_id)
        row = {"at": fact.at, "workspace": workspace, "commit_id": commit_id, "kind": fact.kind}
        row |= {"source": fact.source, "counted_added": signed(fact.lines_added or 0)}
        self._connection.execute(_INSERT, row | _described(fact))
        self._count(workspace, commit_id)

    def rewritten(self, workspace: int, fact: CommitRewritten) -> None:
        """Record a rewrite: the new id is no new commit, and the commit is from now on as the rewrite left it."""
        old_id, new_id = stored_id(fact.old_id), stored_id(fact.new_id)
        self._connection.execute(
            "INSERT OR IGNORE INTO rewrites VALUES (?, ?, ?, ?, ?)",
            (workspace, new_id, old_id, fact.operation, fact.at),
        )
        self._count(workspace, new_id)
        seq = self._find(workspace, fact.old_id) if fact.old_id else None
        for melded_id in fact.melded_ids:
            melded = self._find(workspace, melded_id)
            if seq is None:
                seq = melded
            elif melded is not None and melded != seq:
                self._meld(workspace, melded, seq)
        if seq is not None:
            self._replace(workspace, seq, new_id, fact)

    def classified(self, workspace: int, fact: CommitOrigins) -> None:
        """Record who wrote the lines that a commit adds; one that has another id by now keeps waiting for its own."""
        seq = self._find(workspace, fact.commit_id)
        if seq is None:
            return
        current = self._connection.execute(
            "UPDATE commits SET classified = commit_id WHERE seq = ? AND commit_id = ?",
            (seq, stored_id(fact.commit_id)),
        ).rowcount
        if current:
            self._connection.execute("UPDATE origins SET lines = 0 WHERE commit_seq = ?", (seq,))
            for agent, evidence, lines in fact.origins:
                self._add_origin(seq, (stored(agent), evidence), lines, 0)
        for agent, evidence, lines in fact.counted:
            self._add_origin(seq, (stored(agent), evidence), 0, lines)

    def _add_origin(self, seq: int, author: tuple[str | bytes, str], lines: int, counted: int) -> None:
        self._connection.execute(
            "INSERT INTO origins (commit_seq, agent, evidence, lines, counted) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET lines = lines + excluded.lines, counted = counted + excluded.counted",
            (seq, *author, lines, counted),
        )

    def _replace(self, workspace: int, seq: int, new_id: str | bytes, fact: CommitRewritten) -> None:
        (before,) = self._connection.execute("SELECT commit_id FROM commits WHERE seq = ?", (seq,)).fetchone()
        if fact.committed_at:
            done = self._connection.execute(_UPDATE, {"seq": seq, "commit_id": new_id, **_described(fact)})
        else:
            done = self._connection.execute("UPDATE OR IGNORE commits SET commit_id = ? WHERE seq = ?", (new_id, seq))
        if fact.grown_added:
            self._connection.execute(
                "UPDATE commits SET counted_added = counted_added + ? WHERE seq = ?", (signed(fact.grown_added), seq)
            )
        if done.rowcount and before != new_id:
            self._connection.execute(
                "DELETE FROM earlier_ids WHERE workspace = ? AND commit_id = ?", (workspace, new_id)
            )
            self._keep_id(workspace, before, seq)

    def _meld(self, workspace: int, gone: int, seq: int) -> None:
        """Have a commit be part of another: it is none of its own any more."""
        (before,) = self._connection.execute("SELECT commit_id FROM commits WHERE seq = ?", (gone,)).fetchone()
        self._connection.execute(
            "UPDATE commits SET counted_added = counted_added + (SELECT counted_added FROM commits WHERE seq = :gone)"
            " WHERE seq = :seq",
            {"gone": gone, "seq": seq},
        )
        for agent, evidence, counted in self._connection.execute(
            "SELECT agent, evidence, counted FROM origins WHERE commit_seq = ?", (gone,)
        ).fetchall():
            self._add_origin(seq, (agent, evidence), 0, counted)
        self._connection.execute("DELETE FROM origins WHERE commit_seq = ?", (gone,))
        self._connection.execute("DELETE FROM committed_files WHERE commit_seq = ?", (gone,))
        self._connection.execute("DELETE FROM commits WHERE seq = ?", (gone,))
        self._connection.execute("UPDATE earlier_ids SET commit_seq = ? WHERE commit_seq = ?", (seq, gone))
        self._keep_id(workspace, before, seq)

    def _keep_id(self, workspace: int, commit_id: str | bytes, seq: int) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO earlier_ids (workspace, commit_id, commit_seq) VALUES (?, ?, ?)",
            (workspace, commit_id, seq),
        )

    def _count(self, workspace: int, commit_id: str | bytes) -> None:
        self._connection.execute("INSERT OR IGNORE INTO counted VALUES (?, ?)", (workspace, commit_id))

    def _find(self, workspace: int, commit_id: str) -> int | None:
        return find(self._connection, workspace, commit_id)


def find(connection: sqlite3.Connection, workspace: int | None, commit_id: str) -> int | None:
    """The row of the commit that has, or had, an id; None where there is none. Raises sqlite3.Error."""
    for question in (
        "SELECT seq FROM commits WHERE workspace = ? AND commit_id = ?",
        "SELECT commit_seq FROM earlier_ids WHERE workspace = ? AND commit_id = ?",
    ):
        row = connection.execute(question, (workspace, stored_id(commit_id))).fetchone()
        if row is not None:
            return int(row[0])
    return None


def _described(fact: CommitMade | CommitRewritten) -> dict[str, object]:
    return {
        "branch": stored(fact.branch),
        "author_name": stored(fact.author_name),
        "author_email": stored(fact.author_email),
        "subject": stored(fact.subject),
        "agent": stored(fact.agent),
        "evidence": fact.evidence,
        "added": _number(fact.lines_added),
        "removed": _number(fact.lines_removed),
        "files": _number(fact.files_changed),
        "committed_at": fact.committed_at,
    }


def _number(value: int | None) -> int | None:
    return None if value is None else signed(value)
