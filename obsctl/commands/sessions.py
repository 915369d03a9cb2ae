"""`obsctl sessions`: times of activity, newest first."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import TYPE_CHECKING

from obsctl import arguments, author_words, listing, naming
from obsctl.call import Call
from obsctl.columns import Column
from obsd import amounts

if TYPE_CHECKING:
    from obsd.v1.activity_pb2 import PastSession, Session

DEFAULT_LIMIT = 50
COLUMNS = (
    Column("ID"),
    Column("STARTED"),
    Column("LENGTH", rank=1, right=True),
    Column("WORKSPACE", rank=2, least=9),
    Column("AUTHORS", least=16),
    Column("CHANGES", rank=4, right=True),
    Column("FILES", rank=5, right=True),
    Column("LINES", rank=3, right=True),
    Column("COMMITS", rank=6, right=True),
    Column("FIRST", rank=8),
    Column("RULES", rank=7, right=True),
)
_PAST = (
    *(Column("STARTED"), Column("LENGTH", rank=2, right=True), Column("WORKSPACE", rank=1, least=9)),
    *(Column("AGENT"), Column("EDITS", rank=4), Column("FILES", rank=5, right=True)),
    *(Column("LINES", rank=3, right=True), Column("SESSION", rank=6)),
)


def configure(parser: ArgumentParser) -> None:
    """Filters."""
    arguments.add_filters(parser, "sessions", DEFAULT_LIMIT)
    parser.add_argument(
        "--agent",
        metavar="ID",
        default="",
        help='only those in which this agent wrote or committed ("person": people, "unknown": nobody known)',
    )


def run(call: Call) -> int:
    """Lists sessions."""
    from obsctl import documents

    args = call.args
    with call.client() as client:
        name = naming.name(client, args.workspace)
        answer = client.sessions(name, args.limit, args.since, args.until, args.agent)
        hidden = () if call.json or listing.several(client, name) else ("WORKSPACE",)
    found, history = list(answer.sessions), list(answer.history)
    if call.json:
        past = [documents.past_session(one) for one in history]
        call.document("sessions", sessions=[documents.session(one) for one in found], history=past)
        return 0
    if not found:
        call.note(_none(call))
    if found:
        listing.show(call, COLUMNS, [row(one) for one in found], hidden)
    if history:
        call.note("agents' sessions from before the workspace was watched, by their own records:")
        listing.show(call, _PAST, [_past(one) for one in history], hidden)
    return 0


def _none(call: Call) -> str:
    args = call.args
    if args.agent or args.since is not None or args.until is not None:
        return "no such session was recorded: `obsctl sessions` lists all"
    return "no session was recorded: one starts with a change or a commit in a workspace"


def _past(session: PastSession) -> tuple[object, ...]:
    from obsd import rpc_encoding

    first, last = rpc_encoding.unix_seconds(session.first_at), rpc_encoding.unix_seconds(session.last_at)
    return (
        listing.when(first),
        amounts.duration(last - first),
        session.workspace,
        session.agent,
        session.writes,
        session.files,
        f"+{session.lines_added} -{session.lines_removed}",
        session.session[:12],
    )


def row(session: Session) -> tuple[object, ...]:
    """The cells of a session, in the order of the columns."""
    from obsd import rpc_encoding

    running = "" if session.HasField("ended_at") else " (runs)"
    return (
        session.id,
        listing.when(rpc_encoding.unix_seconds(session.started_at)),
        amounts.duration(session.duration_seconds) + running,
        session.workspace,
        authors(session),
        session.changes,
        session.files,
        f"+{session.lines_added} -{session.lines_removed}",
        session.commits,
        amounts.duration(session.first_commit_seconds) if session.HasField("first_commit_seconds") else "-",
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
