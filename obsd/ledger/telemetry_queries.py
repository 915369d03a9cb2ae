"""Queries for what agents declared, and for the record of the same time and workspace.

Owns the statements that read the tables of `telemetry_writer.py`, and their rows. Ledger thread only.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from obsd.facts.telemetry import SeriesCount
from obsd.ledger.codec import loaded, milliseconds
from obsd.ledger.interning import Names
from obsd.ledger.positions import first_change_at
from obsd.ledger.telemetry_writer import HORIZON, SEEN_KEPT

MAX_RUNS: Final = 5_000
_SLACK_SECONDS: Final = 900.0
"""Seconds by which the order of recorded changes may differ from the order of their times."""

Sums = dict[tuple[str, tuple[str, ...]], float]
"""Measure and words: amount."""


@dataclass(frozen=True, slots=True)
class ToolRun:
    """A tool of an agent that ran; times are Unix seconds."""

    tool: str
    started_at: float
    ended_at: float
    ok: bool


@dataclass(frozen=True, slots=True)
class AgentSessionRow:
    """An agent's own session: its workspace and the evidence for it, and the sums of what it declared."""

    agent: str
    session: str
    workspace: str
    joined_by: str
    started_at: float
    last_at: float
    sums: Sums = field(default_factory=dict)

    def total(self, measure: str, *words: str) -> float:
        """Returns the sum of a measure, of all words or of those that begin with `words`."""
        return sum(
            amount for (name, own), amount in self.sums.items() if name == measure and own[: len(words)] == words
        )


@dataclass(frozen=True, slots=True)
class Seen:
    """A change on the disk: when, which file, its lines (0 where they could not be measured), and who wrote it.

    `agent` is empty while the change waits for its author; `session` is the agent's, empty where nothing tells it.
    """

    at: float
    path: str
    lines_added: int
    lines_removed: int
    agent: str
    session: str

    @property
    def lines(self) -> int:
        """Lines added and removed."""
        return self.lines_added + self.lines_removed


class TelemetryReader:
    """Reads from one connection. Raises sqlite3.Error."""

    def __init__(self, connection: sqlite3.Connection, names: Names) -> None:
        self._connection = connection
        self._names = names

    def counted(self) -> tuple[list[SeriesCount], list[bytes], int]:
        """Returns how far telemetry is counted: series by when they were touched, keys of events, the horizon."""
        rows = self._connection.execute("SELECT * FROM telemetry_series ORDER BY touched_at")
        series = [
            SeriesCount(key, session, bool(cumulative), touched_at, tuple((s, t, v) for s, t, v in json.loads(runs)))
            for key, session, cumulative, touched_at, runs in rows
        ]
        seen = self._connection.execute("SELECT key FROM telemetry_seen ORDER BY seq DESC LIMIT ?", (SEEN_KEPT,))
        horizon = self._connection.execute("SELECT value FROM meta WHERE key = ?", (HORIZON,)).fetchone()
        return series, [key for (key,) in seen][::-1], int(horizon[0]) if horizon else 0

    def sessions(
        self,
        *,
        workspace: str = "",
        session: str = "",
        since: float | None = None,
        until: float | None = None,
        limit: int = 0,
    ) -> list[AgentSessionRow]:
        """Returns agents' sessions, the most recent first; those that overlap `since` to `until`, or with that id."""
        wheres, values = ["TRUE"], list[str | float]()
        for condition, value in (
            ("w.name = ?", workspace or None),
            ("s.session = ?", session or None),
            ("s.last_at >= ?", since),
            ("s.started_at <= ?", until),
        ):
            if value is not None:
                wheres.append(condition)
                values.append(value)
        rows = self._connection.execute(
            "SELECT agent, session, w.name, joined_by, s.started_at, s.last_at FROM agent_sessions s"  # noqa: S608
            f" JOIN workspaces w ON w.id = s.workspace WHERE {' AND '.join(wheres)}"
            " ORDER BY s.last_at DESC LIMIT ?",
            (*values, limit or -1),
        ).fetchall()
        return [
            AgentSessionRow(agent, name, where, joined_by, started_at, last_at, self._sums(agent, name))
            for agent, name, where, joined_by, started_at, last_at in rows
        ]

    def sessions_beginning(self, name: str, limit: int) -> list[AgentSessionRow]:
        """Returns agents' sessions whose id begins with `name`, the most recent first."""
        rows = self._connection.execute(
            "SELECT DISTINCT session, last_at FROM agent_sessions WHERE substr(session, 1, ?) = ?"
            " ORDER BY last_at DESC LIMIT ?",
            (len(name), name, limit),
        ).fetchall()
        return [row for (session, _) in rows for row in self.sessions(session=session, limit=limit)]

    def session_place(self, number: int) -> tuple[str, float] | None:
        """Returns the workspace and the last time of a session of the ledger, or None if the number is unknown."""
        row = self._connection.execute(
            "SELECT w.name, last_at FROM sessions s JOIN workspaces w ON w.id = s.workspace WHERE number = ?",
            (min(number, (1 << 63) - 1),),
        ).fetchone()
        return (str(row[0]), float(row[1])) if row else None

    def agents(self) -> dict[str, tuple[float, int]]:
        """Returns when telemetry of each agent was last received, and the number of its sessions."""
        rows = self._connection.execute("SELECT agent, MAX(last_at), COUNT(*) FROM agent_sessions GROUP BY agent")
        return {agent: (last_at, sessions) for agent, last_at, sessions in rows}

    def commits_by_source(self) -> dict[str, dict[str, int]]:
        """Returns the number of commits of each agent, by what reported them: `hook` or `reflog`."""
        found: dict[str, dict[str, int]] = {}
        rows = self._connection.execute("SELECT agent, source, COUNT(*) FROM commits GROUP BY agent, source")
        for agent, source, commits in rows:
            found.setdefault(loaded(agent), {})[source] = commits
        return found

    def tool_runs(self, agent: str, session: str) -> list[ToolRun]:
        """Returns the tools that ran in a session, by their start."""
        rows = self._connection.execute(
            "SELECT tool, started_at, ended_at, ok FROM agent_tool_runs WHERE agent = ? AND session = ?"
            " ORDER BY started_at LIMIT ?",
            (agent, session, MAX_RUNS),
        )
        return [ToolRun(tool, started_at, ended_at, bool(ok)) for tool, started_at, ended_at, ok in rows]

    def commits_of(self, agent: str, session: str) -> set[str]:
        """Returns the ids of the commits whose hook named the session."""
        rows = self._connection.execute(
            "SELECT commit_id FROM agent_commits WHERE agent = ? AND session = ?", (agent, session)
        )
        return {commit_id for (commit_id,) in rows}

    def workspace_of_commits(self, agent: str, session: str) -> str:
        """Returns the workspace of the first commit whose hook named the session; empty: none."""
        row = self._connection.execute(
            "SELECT w.name FROM agent_commits c JOIN workspaces w ON w.id = c.workspace"
            " WHERE agent = ? AND session = ? AND w.present ORDER BY c.at LIMIT 1",
            (agent, session),
        ).fetchone()
        return str(row[0]) if row else ""

    def changes_between(self, workspace: str, start: float, end: float) -> Sequence[Seen]:
        """Returns the changes of files in a workspace from `start` to `end` in Unix seconds."""
        number = self._names.workspaces.find(workspace)
        first = first_change_at(self._connection, milliseconds(start - _SLACK_SECONDS))
        last = first_change_at(self._connection, milliseconds(end + _SLACK_SECONDS))
        rows = self._connection.execute(
            "SELECT c.at, p.path, added, removed, a.agent, a.session FROM changes c JOIN paths p ON p.id = c.path"
            " LEFT JOIN authors a ON a.id = c.author WHERE c.seq BETWEEN :first AND :last"
            " AND c.workspace = :workspace AND c.at BETWEEN :start AND :end ORDER BY c.at",
            {
                "first": first,
                "last": last,
                "workspace": number,
                "start": milliseconds(start),
                "end": milliseconds(end),
            },
        )
        return [
            Seen(at / 1000, loaded(path), added or 0, removed or 0, loaded(agent or ""), loaded(session or ""))
            for at, path, added, removed, agent, session in rows
        ]

    def files_by_git(self, workspace: str, start: float, end: float) -> int:
        """Returns how many files git itself wrote in a workspace from `start` to `end`."""
        rows = self._connection.execute(
            "SELECT fields FROM events WHERE workspace = ? AND kind = 'GitChangedFiles' AND at BETWEEN ? AND ?",
            (self._names.workspaces.find(workspace), start, end),
        )
        return sum(json.loads(fields)["files"] for (fields,) in rows)

    def _sums(self, agent: str, session: str) -> Sums:
        rows = self._connection.execute(
            "SELECT measure, words, amount FROM agent_sums WHERE agent = ? AND session = ?", (agent, session)
        )
        return {(measure, tuple(json.loads(words))): amount for measure, words, amount in rows}
