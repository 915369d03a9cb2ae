"""Queries for whose lines contents are, and for the commits whose lines have no origin yet. Ledger thread only."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Final, NamedTuple

from obsd.facts import OriginLines
from obsd.ledger.codec import loaded, loaded_id, stored_id
from obsd.ledger.commit_queries import origin_lines
from obsd.ledger.commit_writer import find
from obsd.ledger.interning import Names
from obsd.origins.commit_lines import Author, Known
from obsd.origins.runs import Mismatch, decoded

_AT_ONCE: Final = 500
_RENAMES: Final = 8
"""A file's earlier names that are followed."""

FAMILY: Final = (
    "workspace IN (SELECT b.id FROM workspaces a JOIN workspaces b"
    " ON COALESCE(NULLIF(b.parent, ''), b.name) = COALESCE(NULLIF(a.parent, ''), a.name) WHERE a.id = :workspace)"
)
"""A workspace, and those with which it shares a repository: what one of them wrote, the others get by git."""

FIND_CONTENT: Final = (
    f"SELECT base_id, runs FROM contents WHERE path = :path AND content_id = :content_id AND {FAMILY}"  # noqa: S608
    " ORDER BY workspace <> :workspace LIMIT 1"
)


class Unclassified(NamedTuple):
    """A commit whose added lines have no origin yet.

    `lines_added` is None where they could not be counted. `counted_added` are the lines that the metrics count
    for it, `counted` those of them that are counted by origin.
    """

    workspace: str
    commit_id: str
    lines_added: int | None
    counted_added: int
    counted: tuple[OriginLines, ...]


class Written(NamedTuple):
    """Who wrote a change, and when in Unix seconds; `agent` is None while the change waits for its author."""

    at: float
    agent: str | None
    evidence: str
    session: str
    program: str


class OriginReader:
    """Reads from one connection. Raises sqlite3.Error."""

    def __init__(self, connection: sqlite3.Connection, names: Names) -> None:
        self._connection = connection
        self._names = names

    def unclassified(self, workspace: str, limit: int) -> list[Unclassified]:
        """Returns the commits of a registered workspace that wait, the oldest first."""
        rows = self._connection.execute(
            "SELECT c.seq, commit_id, added, counted_added FROM commits c JOIN workspaces w ON w.id = c.workspace"
            " WHERE classified <> commit_id AND w.name = ? AND w.present ORDER BY c.seq LIMIT ?",
            (workspace, limit),
        ).fetchall()
        return [
            Unclassified(
                workspace, loaded_id(commit_id), added, counted, origin_lines(self._connection, seq, "counted")
            )
            for seq, commit_id, added, counted in rows
        ]

    def contents(self, workspace: str, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Known]:
        """Returns what is known of contents, by (path, content id)."""
        number = self._names.workspaces.find(workspace)
        found: dict[tuple[str, str], Known] = {}
        for path, content_id in set(wanted):
            of_path = self._names.paths.find(path)
            if number is None or of_path is None or not content_id:
                continue
            row = self._connection.execute(
                FIND_CONTENT, {"path": of_path, "content_id": bytes.fromhex(content_id), "workspace": number}
            ).fetchone()
            if row is not None:
                found[path, content_id] = _known(*row)
        return found

    def lately(self, workspace: str, path: str, limit: int) -> list[str]:
        """Returns the ids of the contents that changes left at a path, the last first."""
        number, of_path = self._names.workspaces.find(workspace), self._names.paths.find(path)
        rows = self._connection.execute(
            f"SELECT content_id FROM contents WHERE path = :path AND {FAMILY} ORDER BY change DESC LIMIT :limit",  # noqa: S608
            {"path": of_path, "workspace": number, "limit": limit},
        )
        return [content_id.hex() for (content_id,) in rows]

    def authors(self, changes: Iterable[int]) -> dict[int, Author | None]:
        """Returns who wrote changes that are in the record; None for one that waits for its author."""
        found: dict[int, Author | None] = {}
        for change in changes:
            row = self._connection.execute(
                "SELECT a.agent, a.evidence FROM changes c LEFT JOIN authors a ON a.id = c.author WHERE c.seq = ?",
                (change,),
            ).fetchone()
            if row is not None:
                found[change] = None if row[0] is None else (loaded(row[0]), row[1])
        return found

    def written(self, changes: Iterable[int]) -> dict[int, Written]:
        """Returns who wrote changes that are in the record, with all that is known of it."""
        wanted = sorted(set(changes))
        found: dict[int, Written] = {}
        for start in range(0, len(wanted), _AT_ONCE):
            part = wanted[start : start + _AT_ONCE]
            rows = self._connection.execute(
                "SELECT c.seq, c.at, a.agent, a.evidence, a.session, a.program FROM changes c"  # noqa: S608
                f" LEFT JOIN authors a ON a.id = c.author WHERE c.seq IN ({', '.join('?' * len(part))})",
                part,
            )
            for seq, at, agent, *texts in rows:
                known = None if agent is None else loaded(agent)
                evidence, session, program = (loaded(text or "") for text in texts)
                found[seq] = Written(at / 1000, known, evidence, session, program)
        return found

    def earlier_paths(self, workspace: str, path: str) -> tuple[str, ...]:
        """Returns the names that a file had before renames that were seen, the last first, as far as contents tell."""
        names: list[str] = []
        number = self._names.workspaces.find(workspace)
        while (of_path := self._names.paths.find(path)) is not None and len(names) < _RENAMES:
            row = self._connection.execute(
                "SELECT p.path FROM contents o JOIN changes c ON c.seq = o.change JOIN paths p ON p.id = c.previous"
                " WHERE o.path = ? AND o.workspace = ? ORDER BY o.change DESC LIMIT 1",
                (of_path, number),
            ).fetchone()
            if row is None or (path := loaded(row[0])) in names:
                break
            names.append(path)
        return tuple(names)

    def made_here(self, workspace: str, ids: Iterable[str]) -> dict[str, str | None]:
        """Returns those commits that count, or did, with the agent that made them; None where that is forgotten."""
        number = self._names.workspaces.find(workspace)
        found: dict[str, str | None] = {}
        for commit_id in ids:
            row = self._connection.execute(
                f"SELECT workspace FROM counted WHERE commit_id = :commit_id AND {FAMILY}",  # noqa: S608
                {"commit_id": stored_id(commit_id), "workspace": number},
            ).fetchone()
            if row is not None:
                seq = find(self._connection, row[0], commit_id)
                agent = self._connection.execute("SELECT agent FROM commits WHERE seq = ?", (seq,)).fetchone()
                found[commit_id] = None if agent is None else loaded(agent[0])
        return found


def _known(base_id: bytes, runs: bytes) -> Known:
    try:
        return Known(base_id.hex(), decoded(runs))
    except Mismatch:
        return Known("", ())
