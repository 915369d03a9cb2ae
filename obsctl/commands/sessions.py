"""`obsctl sessions`: times of activity, newest first."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import TYPE_CHECKING

from obsctl import arguments, author_words, naming, render
from obsctl.call import Call

if TYPE_CHECKING:
    from obsd.v1.activity_pb2 import PastSession, Session

DEFAULT_LIMIT = 50
HEADINGS = (
    *("ID", "STARTED", "LENGTH", "WORKSPACE", "AUTHORS"),
    *("CHANGES", "FILES", "LINES", "COMMITS", "FIRST", "RULES"),
)
DROPPABLE = ("FIRST", "RULES", "FILES", "COMMITS", "CHANGES", "LINES", "LENGTH")


def configure(parser: ArgumentParser) -> None:
    """Filters."""
    arguments.add_filters(parser, "sessions", DEFAULT_LIMIT)


def run(call: Call) -> int:
    """Lists sessions."""
    from obsctl import documents

    with call.client() as client:
        name = naming.name(client, call.args.workspace)
        answer = client.sessions(name, call.args.limit, call.args.since)
    found, history = list(answer.sessions), list(answer.history)
    if call.json:
        past = [documents.past_session(one) for one in history]
        call.document("sessions", sessions=[documents.session(one) for one in found], history=past)
        return 0
    if not found:
        call.note("no session was recorded: one starts with a change or a commit in a workspace")
    if found:
        render.table(HEADINGS, [row(one) for one in found], call.args.no_color, DROPPABLE)
    if history:
        call.note("agents' sessions from before the workspace was watched, by their own records:")
        of_past = ("STARTED", "LENGTH", "WORKSPACE", "AGENT", "EDITS", "FILES", "LINES", "SESSION")
        render.table(of_past, [_past(one) for one in history], call.args.no_color)
    return 0


def _past(session: PastSession) -> tuple[object, ...]:
    from obsd import rpc_encoding

    first, last = rpc_encoding.unix_seconds(session.first_at), rpc_encoding.unix_seconds(session.last_at)
    return (
        render.local(first),
        render.duration(last - first),
        session.workspace,
        session.agent,
        session.writes,
        session.files,
        f"+{session.lines_added} -{session.lines_removed}",
        session.session[:12],
    )


def row(session: Session) -> tuple[object, ...]:
    """The cells of a session, in the order of the headings."""
    from obsd import rpc_encoding

    running = "" if session.HasField("ended_at") else " (runs)"
    return (
        session.id,
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
    nobody = not evidence and {one.author for one in session.authors} <= {"unknown"}
    words = [_unknown(session)] if nobody else author_words.parts(session.authors, evidence)
    words += [f"{agent} ({how})" for agent, how in evidence.items() if agent not in {a.author for a in session.authors}]
    only_present = [agent for agent in session.present if agent not in evidence]
    if only_present:
        words.append(f"present: {', '.join(only_present)}")
    return ", ".join(words)


def _unknown(session: Session) -> str:
    """Nobody is known; how likely it was an agent, where there is enough to say so."""
    if not session.HasField("agent_likelihood"):
        return "unknown"
    return f"unknown (agent: {session.agent_likelihood:.0%} likely)"
