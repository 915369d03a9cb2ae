"""`obsctl sessions`: times of activity, newest first."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import TYPE_CHECKING

from obsctl import arguments, naming, render
from obsctl.call import Call

if TYPE_CHECKING:
    from obsd.v1.activity_pb2 import Session

DEFAULT_LIMIT = 50


def configure(parser: ArgumentParser) -> None:
    """Filters."""
    arguments.add_filters(parser, "sessions", DEFAULT_LIMIT)


def run(call: Call) -> int:
    """Lists sessions."""
    from obsctl import documents

    with call.client() as client:
        name = naming.name(client, call.args.workspace)
        found = client.sessions(name, call.args.limit, call.args.since)
    if call.json:
        call.document("sessions", sessions=[documents.session(one) for one in found])
        return 0
    if not found:
        call.note("no session was recorded: one starts with a change or a commit in a workspace")
        return 0
    headings = ("STARTED", "LENGTH", "WORKSPACE", "AGENTS", "CHANGES", "FILES", "LINES", "COMMITS", "FIRST", "RULES")
    render.table(headings, [_row(one) for one in found], call.args.no_color)
    return 0


def _row(session: Session) -> tuple[object, ...]:
    from obsd import rpc_encoding

    running = "" if session.HasField("ended_at") else " (runs)"
    return (
        render.local(rpc_encoding.unix_seconds(session.started_at)),
        render.duration(session.duration_seconds) + running,
        session.workspace,
        ", ".join(f"{one.agent} ({one.evidence})" for one in session.agents) or _unknown(session),
        session.changes,
        session.files,
        f"+{session.lines_added} -{session.lines_removed}",
        session.commits,
        render.duration(session.first_commit_seconds) if session.HasField("first_commit_seconds") else "-",
        session.violations,
    )


def _unknown(session: Session) -> str:
    """Nobody is known; how likely it was an agent, where there is enough to say so."""
    if not session.HasField("agent_likelihood"):
        return "unknown"
    return f"unknown (agent: {session.agent_likelihood:.0%} likely)"
