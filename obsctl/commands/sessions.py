"""`obsctl sessions`: times of activity, newest first."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import TYPE_CHECKING

from obsctl import arguments, author_words, naming, render
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
    headings = ("STARTED", "LENGTH", "WORKSPACE", "AUTHORS", "CHANGES", "FILES", "LINES", "COMMITS", "FIRST", "RULES")
    render.table(headings, [row(one) for one in found], call.args.no_color)
    return 0


def row(session: Session) -> tuple[object, ...]:
    """The cells of a session, in the order of the headings."""
    from obsd import rpc_encoding

    running = "" if session.HasField("ended_at") else " (runs)"
    return (
        render.local(rpc_encoding.unix_seconds(session.started_at)),
        render.duration(session.duration_seconds) + running,
        session.workspace,
        authors(session),
        session.changes,
        session.files,
        f"+{session.lines_added} -{session.lines_removed}",
        session.commits,
        render.duration(session.first_commit_seconds) if session.HasField("first_commit_seconds") else "-",
        session.violations,
    )


def authors(session: Session) -> str:
    """Who wrote it: agents with the evidence for them, and the part of the changes that each author has."""
    evidence = {one.agent: one.evidence for one in session.agents}
    words = author_words.parts(session.authors, evidence)
    words += [f"{agent} ({how})" for agent, how in evidence.items() if agent not in {a.author for a in session.authors}]
    only_present = [agent for agent in session.present if agent not in evidence]
    if only_present:
        words.append(f"present: {', '.join(only_present)}")
    return ", ".join(words) or _unknown(session)


def _unknown(session: Session) -> str:
    """Nobody is known; how likely it was an agent, where there is enough to say so."""
    if not session.HasField("agent_likelihood"):
        return "unknown"
    return f"unknown (agent: {session.agent_likelihood:.0%} likely)"
