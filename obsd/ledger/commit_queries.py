"""Reads commits as they are now, with the ids that they had. Owns the statements; ledger thread only."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from obsd.facts import OriginLines
from obsd.ledger.codec import loaded, loaded_id
from obsd.ledger.commit_writer import find
from obsd.ledger.rows import CommitRow

Origins = tuple[OriginLines, ...]

_COLUMNS = (
    "w.name, commit_id, branch, author_name, author_email, subject, kind, agent, evidence,"
    " added, removed, files, committed_at, c.at, source, classified IS commit_id"
)
"""Of a commit `c` and its workspace `w`."""


def commits(connection: sqlite3.Connection, where: str, values: Sequence[Any]) -> list[CommitRow]:
    """Commits `c` of workspaces `w` for which a condition holds, newest first; `values` end with a limit.

    Raises sqlite3.Error.
    """
    rows = connection.execute(
        f"SELECT c.seq, {_COLUMNS} FROM commits c JOIN workspaces w ON w.id = c.workspace"  # noqa: S608
        f" WHERE {where} ORDER BY c.committed_at DESC, c.seq DESC LIMIT ?",
        values,
    )
    return [_commit_row(connection, seq, row) for seq, *row in rows]


def by_id(connection: sqlite3.Connection, workspace: int | None, ids: Iterable[str]) -> dict[str, CommitRow]:
    """The commits that have, or had, some ids. Raises sqlite3.Error."""
    seqs = {each: seq for each in ids if (seq := find(connection, workspace, each)) is not None}
    question = f"SELECT {_COLUMNS} FROM commits c JOIN workspaces w ON w.id = c.workspace WHERE c.seq = ?"  # noqa: S608
    return {
        each: _commit_row(connection, seq, connection.execute(question, (seq,)).fetchone())
        for each, seq in seqs.items()
    }


def _earlier_ids(connection: sqlite3.Connection, seq: int) -> tuple[str, ...]:
    """The ids that a commit had, oldest first. Raises sqlite3.Error."""
    rows = connection.execute("SELECT commit_id FROM earlier_ids WHERE commit_seq = ? ORDER BY seq", (seq,))
    return tuple(loaded_id(commit_id) for (commit_id,) in rows)


def origin_lines(connection: sqlite3.Connection, seq: int, column: Literal["lines", "counted"]) -> Origins:
    """The added lines of a commit by who wrote them, the most first. Raises sqlite3.Error."""
    rows = connection.execute(
        f"SELECT agent, evidence, {column} FROM origins WHERE commit_seq = ? AND {column} > 0"  # noqa: S608
        f" ORDER BY {column} DESC, agent, evidence",
        (seq,),
    )
    return tuple(OriginLines(loaded(agent), evidence, lines) for agent, evidence, lines in rows)


def _commit_row(connection: sqlite3.Connection, seq: int, row: Sequence[Any]) -> CommitRow:
    """A commit from the columns of `_COLUMNS`."""
    workspace, commit_id, *texts = row[:9]
    added, removed, files, committed_at, at, source, classified = row[9:]
    branch, author_name, author_email, subject, kind, agent, evidence = map(loaded, texts)
    shown_by: Any = evidence
    return CommitRow(
        workspace=workspace,
        commit_id=loaded_id(commit_id),
        branch=branch,
        author_name=author_name,
        author_email=author_email,
        subject=subject,
        kind=kind,
        agent=agent,
        evidence=shown_by,
        lines_added=added,
        lines_removed=removed,
        files_changed=files,
        committed_at=committed_at,
        recorded_at=at,
        source=source,
        earlier_ids=_earlier_ids(connection, seq),
        origins=origin_lines(connection, seq, "lines") if classified else None,
    )
