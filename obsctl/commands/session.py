"""`obsctl session ID`: one session with its files and commits, and what agents declared beside what obsd counted."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from typing import TYPE_CHECKING

from obsctl import arguments, listing, render, session_parts
from obsctl.call import Call
from obsctl.commands import sessions
from obsd import amounts

if TYPE_CHECKING:
    from obsd.v1.activity_pb2 import Session
    from obsd.v1.agents_pb2 import AgentSession, GetSessionResponse


def configure(parser: ArgumentParser) -> None:
    """The session."""
    parser.add_argument(
        "id", metavar="ID", type=arguments.given, help="its number in `obsctl sessions`, or an agent's own id for it"
    )


def run(call: Call) -> int:
    """Shows a session."""
    with call.client() as client:
        found = client.session(call.args.id)
    if call.json:
        from obsctl import session_document

        call.document("session", **session_document.document(found))
        return 0
    listing.show_parts(call, list(_parts(found)))
    if not found.agent_sessions:
        call.note("no agent sent telemetry in this time; `obsctl agents` shows whose telemetry is received")
    return 0


def _parts(found: GetSessionResponse) -> Iterator[listing.Part]:
    """Yields the lines and tables of a session: itself, its files, its commits, what needs a look, telemetry."""
    from obsctl import report_document

    if found.HasField("session"):
        yield from _session(found.session)
        yield listing.Drawing(lambda width: session_parts.time_line(found, width))
        for columns, rows, below in (
            (session_parts.FILES, session_parts.files(found), session_parts.more_files(found, found.session.files)),
            (session_parts.COMMITS, session_parts.commits(found), session_parts.show_command(found)),
            (session_parts.COMMITTED, report_document.committed_rows(found.committed), session_parts.committed(found)),
        ):
            if rows:
                yield ""
                yield listing.Rows(columns, rows)
            if below:
                yield f"  {below}"
    look = session_parts.attention(found)
    yield from ["", *look] if look else []
    for one in found.agent_sessions:
        yield ""
        yield from _agent_session(one)


def _session(session: Session) -> list[str]:
    from obsd import rpc_encoding

    ends = "ended" if session.HasField("ended_at") else "runs"
    begun = render.local(rpc_encoding.unix_seconds(session.started_at))
    length = amounts.duration(session.duration_seconds)
    changes, files = amounts.count(session.changes, "change"), amounts.count(session.files, "file")
    commits = amounts.count(session.commits, "commit")
    return [
        f"session {session.id} in {session.workspace}, begun {begun}, {ends} after {length}",
        f"  authors:  {sessions.authors(session)}",
        f"  on disk:  {changes} of {files}, +{session.lines_added} -{session.lines_removed} lines, {commits}",
    ]


def _agent_session(one: AgentSession) -> list[str]:
    from obsctl import agent_documents
    from obsd import rpc_encoding

    where = f"in {one.workspace} (known by {one.joined_by})" if one.workspace else "in no known workspace"
    begun, last = (render.local(rpc_encoding.unix_seconds(at)) for at in (one.started_at, one.last_at))
    lines = [f"{one.agent} {one.session} {where}, {begun} to {last}"]
    lines.append(f"  says:     {agent_documents.work(one.declared)}{_spent(one)}")
    if one.HasField("observed"):
        lines.append(f"  on disk:  {agent_documents.work(one.observed)}")
    return [*lines, *(f"  {text}" for text in one.explanations)]


def _spent(one: AgentSession) -> str:
    sums: dict[str, float] = {}
    for each in one.amounts:
        sums[each.measure] = sums.get(each.measure, 0.0) + each.amount
    accepted = sum(each.amount for each in one.amounts if each.measure == "edits" and "accepted" in each.words)
    parts = []
    if sums.get("edits"):
        parts.append(f"{accepted:.0f} of {sums['edits']:.0f} edits accepted")
    if sums.get("tokens"):
        parts.append(amounts.count(round(sums["tokens"]), "token"))
    if sums.get("cost_usd"):
        parts.append(f"{sums['cost_usd']:.2f} USD")
    if sums.get("tool_calls"):
        parts.append(amounts.count(round(sums["tool_calls"]), "tool call"))
    return "".join(f", {part}" for part in parts)
