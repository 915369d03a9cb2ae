"""A workspace that is forgotten leaves nothing in the ledger, and takes nothing of another with it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from obsd.authorship.facts import WriterSeen
from obsd.facts import CommitOrigins, Fact, OriginLines, RuleBroken, Ticked, WorkspaceRemoved
from obsd.facts.telemetry import AgentDeclared, AgentSessionSeen
from obsd.ledger import Ledger
from tests.unit.recording import T0, Clock, added, changed, commit, object_id, on_connection, recording, run


def work(workspace: str, number: int) -> list[Fact]:
    """Something of every kind in a workspace."""
    path, session, origins = f"{workspace}.py", f"s-{workspace}", (OriginLines("codex", "writer", 2),)
    return [
        added(workspace, T0, f"/{workspace}"),
        WriterSeen(T0 + 1, workspace, path, "codex"),
        changed(path, at=T0 + 1.1, workspace=workspace),
        commit(number, at=T0 + 2, workspace=workspace, agent="codex", evidence="writer"),
        CommitOrigins(T0 + 3, workspace, object_id(number), origins, origins),
        RuleBroken(T0 + 4, workspace, "commit_lines", object_id(number), "many"),
        AgentSessionSeen(T0 + 5, workspace, "codex", session, "presence", T0, T0 + 5),
        AgentDeclared(T0 + 5, workspace, "codex", session, "cost_usd", (), 1.0),
        Ticked(T0 + 900, ""),
    ]


def counts(connection: sqlite3.Connection) -> dict[str, int]:
    """The rows of each table that has some."""
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found = {name: connection.execute(f"SELECT COUNT(*) FROM {name}").fetchone()[0] for name in tables}
    return {name: rows for name, rows in found.items() if rows and name not in ("meta", "file_types", "authors")}


def test_nothing_of_it_is_left_and_everything_of_others(tmp_path: Path) -> None:
    async def story(path: Path) -> None:
        async with recording(path, Clock(T0)) as recorder:
            await recorder.record(work("kept", 1))
            before = await on_connection(recorder, counts)
            await recorder.record(work("mistake", 2))
            await recorder.record([WorkspaceRemoved(T0 + 1000, "mistake")])
            both = await on_connection(recorder, counts)
            await recorder.forget("mistake")
            after = await on_connection(recorder, counts)
            names = await recorder.query(lambda ledger: ledger.names())
            await recorder.record([changed("kept.py", at=T0 + 2000, workspace="kept")])
            numbers = [row.change for row in await recorder.query(lambda ledger: Ledger.changes(ledger))]
        assert {name for name, rows in both.items() if rows > before.get(name, 0)} >= {
            *("changes", "commits", "events", "hours", "file_days", "sessions", "origins", "agent_hours", "agent_sums"),
            *("counted", "author_hours", "workspaces"),
        }
        series = ("series", "paths")
        assert {name: rows for name, rows in after.items() if name not in series} == {
            name: rows for name, rows in before.items() if name not in series
        }
        assert names == {"kept"}
        assert numbers == [3, 1], "the number of a change is never given twice"

    run(story, tmp_path / "ledger.sqlite3")


def test_a_workspace_that_is_registered_stays_so(tmp_path: Path) -> None:
    async def story(path: Path) -> None:
        async with recording(path, Clock(T0)) as recorder:
            await recorder.record(work("kept", 1))
            await recorder.forget("kept")
            assert [one.name for one in await recorder.query(lambda ledger: ledger.workspaces())] == ["kept"]
            await recorder.forget("nobody")

    run(story, tmp_path / "ledger.sqlite3")
