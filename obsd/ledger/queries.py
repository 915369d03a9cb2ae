"""Answers questions from the ledger.

Owns the statements that read. Ledger thread only.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from obsd.facts import KnownFile, ReflogRead
from obsd.ledger import commit_queries, known_files
from obsd.ledger.authorship_queries import AuthorshipReader
from obsd.ledger.codec import (
    OPERATION_WORDS,
    UNMEASURED_WORDS,
    loaded,
    loaded_id,
    stored,
    stored_id,
    unsigned,
)
from obsd.ledger.interning import Names
from obsd.ledger.rows import ChangeRow, CommitRow, EventRow, SessionRow, authors_of
from obsd.ledger.session_shares import SessionShares
from obsd.views.state import Labels, RestoredState, SessionState
from obsd.workspaces.workspace import Workspace

_ALL = -1
"""SQLite's LIMIT for no limit."""
_NO_CHANGE = (1 << 63) - 1
"""Later than every change."""


class Reader:
    """Reads from one connection. Raises sqlite3.Error."""

    def __init__(self, connection: sqlite3.Connection, names: Names) -> None:
        self._connection = connection
        self._names = names
        self.authorship = AuthorshipReader(connection)
        self.session_shares = SessionShares(self.authorship.shares)

    def workspaces(self) -> list[Workspace]:
        """The register, by name."""
        rows = self._connection.execute(
            "SELECT name, path, added_at, parent FROM workspaces WHERE present ORDER BY name"
        )
        return [Workspace(name, loaded(path), added_at, parent) for name, path, added_at, parent in rows]

    def has_tree(self, workspace: str) -> bool:
        """Whether a first scan at the workspace was ever recorded."""
        row = self._connection.execute("SELECT has_tree FROM workspaces WHERE name = ?", (workspace,)).fetchone()
        return bool(row and row[0])

    def known_files(self, workspace: str) -> list[KnownFile]:
        """What the watcher knew of files, in no order."""
        return known_files.read(self._connection, self._names.workspaces.find(workspace))

    def reflog_cursors(self, workspace: str) -> dict[str, ReflogRead]:
        """How far each reflog is read, by the path of the log."""
        rows = self._connection.execute(
            "SELECT log, at, inode, position, last_id, head_id FROM reflog_cursors WHERE workspace = ?",
            (self._names.workspaces.find(workspace),),
        )
        cursors = (
            ReflogRead(at, workspace, loaded(log), unsigned(inode), position, loaded_id(last_id), loaded_id(head_id))
            for log, at, inode, position, last_id, head_id in rows
        )
        return {cursor.log: cursor for cursor in cursors}

    def known_commits(self, workspace: str, ids: Iterable[str]) -> set[str]:
        """Those of `ids` that are counted, or are rewrites of what is."""
        number = self._names.workspaces.find(workspace)
        question = "SELECT 1 FROM counted WHERE workspace = ? AND commit_id = ?"
        return {each for each in ids if self._connection.execute(question, (number, stored_id(each))).fetchone()}

    def known_rewrites(self, workspace: str, pairs: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
        """Those of `pairs` (old id, new id) that are recorded."""
        number = self._names.workspaces.find(workspace)
        question = "SELECT 1 FROM rewrites WHERE workspace = ? AND new_id = ? AND old_id = ?"
        return {
            (old, new)
            for old, new in pairs
            if self._connection.execute(question, (number, stored_id(new), stored_id(old))).fetchone()
        }

    def commits(
        self, workspace: str, limit: int, agent: str, since: float | None, until: float | None
    ) -> list[CommitRow]:
        """Commits, the one committed last first."""
        wheres, values = self._filter(workspace, since, "c.committed_at")
        if until is not None:
            wheres.append("c.committed_at < ?")
            values.append(until)
        if agent:
            wheres.append("c.agent = ?")
            values.append(stored(agent))
        return commit_queries.commits(self._connection, " AND ".join(wheres), (*values, limit or _ALL))

    def commits_by_id(self, workspace: str, ids: Iterable[str]) -> dict[str, CommitRow]:
        """The commits that have, or had, some ids."""
        return commit_queries.by_id(self._connection, self._names.workspaces.find(workspace), ids)

    def sessions(
        self, workspace: str, limit: int, since: float | None, now: float | None, until: float | None, author: str
    ) -> list[SessionRow]:
        """Sessions, the one begun last first."""
        wheres, values = self._filter(workspace, since, "s.last_at")
        if until is not None:
            wheres.append("s.started_at < ?")
            values.append(until)
        rows = self._connection.execute(
            "SELECT number, w.name, started_at, last_at, ended, changes, files, added, removed,"  # noqa: S608
            " commits, violations, agents, first_commit, stepped, s.present, first_change"
            " FROM sessions s JOIN workspaces w ON w.id = s.workspace"
            f" WHERE {' AND '.join(wheres)} ORDER BY s.started_at DESC, s.number DESC LIMIT ?",
            (*values, _ALL if author else limit or _ALL),
        )
        moment = time.time() if now is None else now
        found = (_session_row(_session_state(row), moment) for row in rows.fetchall())
        whole = (replace(session, authors=self.session_shares.of(session)) for session in found)
        return list(islice((one for one in whole if author in ("", *authors_of(one))), limit or None))

    def changes(self, workspace: str, limit: int) -> list[ChangeRow]:
        """Changes, the one recorded last first."""
        wheres, values = self._filter(workspace, None, "c.at")
        rows = self._connection.execute(
            "SELECT c.seq, c.at, w.name, p.path, operation, t.name, added, removed, unmeasured, q.path,"  # noqa: S608
            " a.agent, a.evidence, a.session, a.program"
            " FROM changes c JOIN workspaces w ON w.id = c.workspace JOIN paths p ON p.id = c.path"
            " JOIN file_types t ON t.id = c.file_type LEFT JOIN paths q ON q.id = c.previous"
            " LEFT JOIN authors a ON a.id = c.author"
            f" WHERE {' AND '.join(wheres)} ORDER BY c.seq DESC LIMIT ?",
            (*values, limit or _ALL),
        )
        return [_change_row(row) for row in rows]

    def events(self, workspace: str, limit: int) -> list[EventRow]:
        """Facts of all other kinds that are kept, the one recorded last first."""
        wheres, values = self._filter(workspace, None, "e.at")
        rows = self._connection.execute(
            "SELECT e.at, w.name, kind, fields FROM events e JOIN workspaces w ON w.id = e.workspace"  # noqa: S608
            f" WHERE {' AND '.join(wheres)} ORDER BY e.seq DESC LIMIT ?",
            (*values, limit or _ALL),
        )
        return [EventRow(at, name, kind, json.loads(text)) for at, name, kind, text in rows]

    def state(self) -> RestoredState:
        """All that the views had."""
        names: dict[int, str] = dict(self._connection.execute("SELECT id, name FROM workspaces"))
        salt = self._connection.execute("SELECT value FROM meta WHERE key = 'salt'").fetchone()
        last = self._connection.execute(
            "SELECT w.name, MAX(s.last_at) FROM sessions s JOIN workspaces w ON w.id = s.workspace"
            " WHERE s.number IN (SELECT MAX(number) FROM sessions WHERE ended GROUP BY workspace) GROUP BY w.name"
        )
        newest = self._connection.execute("SELECT COALESCE(MAX(number), 0) FROM sessions").fetchone()[0]
        return RestoredState(
            salt=salt[0] if salt else b"",
            workspaces=tuple(workspace.name for workspace in self.workspaces()),
            series=list(self._series(names)),
            open_sessions=list(self._open_sessions()),
            last_activity=dict(last.fetchall()),
            next_session=newest + 1,
            next_change=self.authorship.next_change(),
            waiting_changes=list(self.authorship.waiting_changes()),
            recent_claims=list(self.authorship.recent_claims()),
        )

    def _series(self, names: dict[int, str]) -> Iterator[tuple[str, str, Labels, float]]:
        rows = self._connection.execute("SELECT family, workspace, labels, value FROM series ORDER BY id")
        for family, workspace, labels, value in rows:
            yield family, names[workspace], tuple(json.loads(labels)), value

    def _open_sessions(self) -> Iterator[tuple[SessionState, set[str]]]:
        rows = self._connection.execute(
            "SELECT number, w.name, started_at, last_at, ended, changes, files, added, removed, commits,"
            " violations, agents, first_commit, stepped, s.present, first_change"
            " FROM sessions s JOIN workspaces w ON w.id = s.workspace WHERE ended = 0"
        )
        for row in rows.fetchall():
            session = _session_state(row)
            files = self._connection.execute(
                "SELECT path FROM paths WHERE id IN (SELECT c.path FROM changes c WHERE c.seq >= ?"
                " AND c.workspace = (SELECT id FROM workspaces WHERE name = ?))",
                (session.first_change or _NO_CHANGE, session.workspace),
            )
            yield session, {loaded(path) for (path,) in files}

    def _filter(self, workspace: str, since: float | None, column: str) -> tuple[list[str], list[str | bytes | float]]:
        wheres, values = ["TRUE"], list[str | bytes | float]()
        if workspace:
            wheres.append("w.name = ?")
            values.append(workspace)
        if since is not None:
            wheres.append(f"{column} >= ?")
            values.append(since)
        return wheres, values


def salvaged_workspaces(path: Path) -> list[Workspace]:
    """The register in a file that is no sound ledger; empty when that cannot be read either."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return Reader(connection, Names(connection)).workspaces()
    except (sqlite3.Error, ValueError, TypeError):
        return []


def _session_state(row: tuple[Any, ...]) -> SessionState:
    number, workspace, started_at, last_at, ended, changes, files, added, removed, commits, violations, *others = row
    agents, first_commit_seconds, stepped_seconds, present, first_change = others
    return SessionState(
        number=number,
        workspace=workspace,
        started_at=started_at,
        last_at=last_at,
        ended=bool(ended),
        changes=changes,
        files=files,
        lines_added=added,
        lines_removed=removed,
        commits=commits,
        violations=violations,
        agents=dict(json.loads(agents)),
        first_commit_seconds=first_commit_seconds,
        stepped_seconds=stepped_seconds,
        present=tuple(json.loads(present)),
        first_change=first_change,
    )


def _session_row(session: SessionState, now: float) -> SessionRow:
    end = session.last_at if session.ended else max(now, session.last_at)
    return SessionRow(
        session_id=str(session.number),
        workspace=session.workspace,
        started_at=session.started_at,
        ended_at=session.last_at if session.ended else None,
        last_at=session.last_at,
        duration_seconds=max(0.0, end - session.began_at),
        agents=tuple(session.agents.items()),
        changes=session.changes,
        files=session.files,
        lines_added=session.lines_added,
        lines_removed=session.lines_removed,
        commits=session.commits,
        violations=session.violations,
        first_commit_seconds=session.first_commit_seconds,
        present=session.present,
    )


def _change_row(row: tuple[Any, ...]) -> ChangeRow:
    number, at, workspace, path, operation, file_type, added, removed, unmeasured, previous, *author = row
    agent, evidence, session, program = (None if part is None else loaded(part) for part in author)
    return ChangeRow(
        change=number,
        at=at / 1000,
        workspace=str(workspace),
        path=loaded(path),
        operation=OPERATION_WORDS[operation],
        file_type=loaded(file_type),
        lines_added=added,
        lines_removed=removed,
        unmeasured=UNMEASURED_WORDS[unmeasured],
        agent=agent,
        evidence=evidence,
        session=session or "",
        program=program or "",
        previous_path="" if previous is None else loaded(previous),
    )
