"""AgentService: what agents declared by telemetry, compared with what obsd counted; and what comes from each agent.

Reads through the recorder and the views only. On the event loop; sessions are compared on the ledger's thread.
"""

from __future__ import annotations

import time
from typing import Any

from obsd import rpc_encoding
from obsd.api import convert, convert_report, session_detail, usage
from obsd.api.daemon_protocol import DaemonPort
from obsd.api.field_limits import check_text
from obsd.api.workspaces import resolve
from obsd.errors import InvalidRequest, NotFound
from obsd.ledger import Ledger, SessionRow
from obsd.records import adapters as records_adapters
from obsd.records.understanding import AgentRecords
from obsd.sources.history import USUAL_SECONDS
from obsd.telemetry.adapters import ADAPTERS
from obsd.telemetry.comparison import Comparison, Figures, compare_between, compare_named
from obsd.text import printable
from obsd.v1 import agents_pb2 as pb
from obsd.v1 import agents_pb2_grpc

MAX_NAME_CHARACTERS = 64
LEAST_NAME_CHARACTERS = 6
USUAL_LIMIT = 50
MAX_LIMIT = 500


class AgentService(agents_pb2_grpc.AgentServiceServicer):
    """Serves one daemon."""

    def __init__(self, daemon: DaemonPort) -> None:
        self._daemon = daemon

    async def GetSession(self, request: pb.GetSessionRequest, context: Any) -> pb.GetSessionResponse:  # noqa: N802
        """Returns a session of the ledger by its number, or agents' sessions by an agent's own id."""
        check_text("id", request.id, MAX_NAME_CHARACTERS)
        if request.id.isascii() and request.id.isdigit():
            return await self._numbered(int(request.id))
        if len(request.id) < LEAST_NAME_CHARACTERS:
            raise InvalidRequest(
                "bad_session",
                f"give the number of a session, or {LEAST_NAME_CHARACTERS} characters of an agent's own id for it",
                "`obsctl sessions` lists the numbers",
            )
        found = await self._daemon.recorder.query(compare_named(request.id))
        if not found:
            raise _no_such(request.id)
        return pb.GetSessionResponse(agent_sessions=[_message(one) for one in found])

    async def ListAgentSessions(  # noqa: N802
        self, request: pb.ListAgentSessionsRequest, context: Any
    ) -> pb.ListAgentSessionsResponse:
        """Returns the agents' own sessions since a time."""
        name = (await resolve(self._daemon, request.workspace)).name if request.workspace else ""
        since = rpc_encoding.unix_seconds(request.since) if request.HasField("since") else 0.0
        limit = min(request.limit or USUAL_LIMIT, MAX_LIMIT)
        found = await self._daemon.recorder.query(compare_between(name, since, 1e12, limit))
        return pb.ListAgentSessionsResponse(sessions=[_message(one) for one in found])

    async def ListAgents(self, request: pb.ListAgentsRequest, context: Any) -> pb.ListAgentsResponse:  # noqa: N802
        """Returns every agent whose telemetry or records obsd understands."""
        reported = await self._daemon.recorder.query(lambda ledger: ledger.telemetry.agents())
        commits = await self._daemon.recorder.query(lambda ledger: ledger.telemetry.commits_by_source())
        records = {one.agent: one for one in await self._daemon.authors.records()}
        presence = self._daemon.views.presence
        places = {one.name: presence.of(one.name) for one in self._daemon.registry.list()}
        addresses = self._daemon.telemetry.addresses
        answer = pb.ListAgentsResponse(grpc_address=addresses.get("grpc", ""), http_address=addresses.get("http", ""))
        for agent in sorted({one.agent for one in ADAPTERS} | {one.agent for one in records_adapters.ADAPTERS}):
            last_at, sessions = reported.get(agent, (0.0, 0))
            present = [name for name, agents in places.items() if agent in agents]
            state = pb.AgentState(
                agent=agent, present_in=present, sessions=sessions, records=_records(records.get(agent))
            )
            state.commits_by_hook = commits.get(agent, {}).get("hook", 0)
            state.commits_without_hook = commits.get(agent, {}).get("reflog", 0)
            if last_at:
                state.last_heard_at.CopyFrom(rpc_encoding.timestamp(last_at))
            answer.agents.append(state)
        return answer

    async def ImportHistory(self, request: pb.ImportHistoryRequest, context: Any) -> pb.ImportHistoryResponse:  # noqa: N802
        """Returns how much was read of the time before."""
        since = rpc_encoding.unix_seconds(request.since) if request.HasField("since") else time.time() - USUAL_SECONDS
        found = await self._daemon.history.read(since)
        return pb.ImportHistoryResponse(commits=found.commits, sessions=found.sessions, writes=found.writes)

    async def ListUsage(self, request: pb.ListUsageRequest, context: Any) -> pb.ListUsageResponse:  # noqa: N802
        """Returns vendors' days beside this machine's."""
        check_text("vendor", request.vendor, usage.MAX_VENDOR_CHARACTERS)
        check_text("scope", request.scope, usage.MAX_SCOPE_CHARACTERS)
        return await usage.answer(self._daemon, request)

    async def _numbered(self, number: int) -> pb.GetSessionResponse:
        row = await self._daemon.recorder.query(lambda ledger: session_of(ledger, number))
        if row is None:
            raise _no_such(str(number))
        until = row.ended_at or row.started_at + row.duration_seconds
        found = await self._daemon.recorder.query(compare_between(row.workspace, row.started_at, until))
        lines = await self._daemon.recorder.query(
            lambda ledger: ledger.reporting.committed_in(row.workspace, row.started_at, until)
        )
        answer = pb.GetSessionResponse(
            session=convert.session(row),
            agent_sessions=[_message(one) for one in found],
            committed=convert_report.committed(lines),
            agents_committed=convert_report.agents_part({one.author: one.lines for one in lines}),
        )
        return await session_detail.complete(self._daemon, row, answer)


def _records(one: AgentRecords | None) -> pb.AgentRecords:
    if one is None:
        return pb.AgentRecords(state="off")
    found = pb.AgentRecords(state=one.state, packed_unreadable=one.packed_unreadable)
    for count in one.versions:
        found.versions.add(version=count.version, understood=count.understood, misread=count.misread)
    if one.last_at:
        found.last_at.CopyFrom(rpc_encoding.timestamp(one.last_at))
    return found


def session_of(ledger: Ledger, number: int) -> SessionRow | None:
    """Returns a session of the ledger by its number."""
    place = ledger.telemetry.session_place(number)
    if place is None:
        return None
    workspace, last_at = place
    rows = ledger.sessions(workspace=workspace, since=last_at)
    return next((row for row in rows if row.session_id == str(number)), None)


def _no_such(name: str) -> NotFound:
    return NotFound("no_such_session", f"no session is named {printable(name)}", "`obsctl sessions` lists them")


def _message(one: Comparison) -> pb.AgentSession:
    row = one.session
    message = pb.AgentSession(
        agent=row.agent,
        session=printable(row.session),
        workspace=row.workspace,
        joined_by=row.joined_by,
        started_at=rpc_encoding.timestamp(row.started_at),
        last_at=rpc_encoding.timestamp(row.last_at),
        declared=_figures(one.declared),
        observed=_figures(one.observed) if one.observed is not None else None,
        lines_during_shell=one.lines_during["shell"],
        lines_during_edits=one.lines_during["edit"],
        lines_otherwise=one.lines_during["none"],
        explanations=one.explanations,
    )
    for (measure, words), amount in sorted(row.sums.items()):
        message.amounts.append(pb.DeclaredAmount(measure=measure, words=words, amount=amount))
    return message


def _figures(figures: Figures) -> pb.WorkFigures:
    return pb.WorkFigures(
        commits=figures.commits,
        files=figures.files,
        lines_added=figures.lines_added,
        lines_removed=figures.lines_removed,
    )
