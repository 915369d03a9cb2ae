"""What the client asks of the AgentService: sessions as agents declare them, and vendors' days."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from obsd import rpc_encoding
from obsd.client.calls import Calls
from obsd.v1 import agents_pb2, agents_pb2_grpc


class AgentCalls(Calls):
    """The calls of the AgentService."""

    @cached_property
    def _agents(self) -> Any:
        return agents_pb2_grpc.AgentServiceStub(self._channel)

    def session(self, name: str) -> agents_pb2.GetSessionResponse:
        """Returns a session by number, or agents' sessions by an agent's own id. Errors: NotFound, InvalidRequest."""
        request = agents_pb2.GetSessionRequest(id=rpc_encoding.wire_path(name))
        answer: agents_pb2.GetSessionResponse = self._call(self._agents.GetSession, request)
        return answer

    def agent_sessions(
        self, workspace: str = "", since: float | None = None, limit: int = 0
    ) -> list[agents_pb2.AgentSession]:
        """Returns agents' own sessions compared with what was counted, newest first. Errors: NoSuchWorkspace."""
        request = agents_pb2.ListAgentSessionsRequest(workspace=rpc_encoding.wire_path(workspace), limit=limit)
        return list(self._call(self._agents.ListAgentSessions, request, since=since).sessions)

    def agents(self) -> agents_pb2.ListAgentsResponse:
        """Returns the agents whose telemetry obsd understands, and where it is received."""
        answer: agents_pb2.ListAgentsResponse = self._call(self._agents.ListAgents, agents_pb2.ListAgentsRequest())
        return answer

    def import_history(self, since: float | None = None) -> agents_pb2.ImportHistoryResponse:
        """Reads the time before workspaces were watched, since a time in Unix seconds (None: 30 days ago)."""
        request, call = agents_pb2.ImportHistoryRequest(), self._agents.ImportHistory
        answer: agents_pb2.ImportHistoryResponse = self._call(call, request, since=since)
        return answer

    def usage(self, since: float | None = None, vendor: str = "") -> agents_pb2.ListUsageResponse:
        """Returns vendors' days since a time in Unix seconds (None: a week ago), beside this machine's."""
        request, call = agents_pb2.ListUsageRequest(vendor=vendor), self._agents.ListUsage
        answer: agents_pb2.ListUsageResponse = self._call(call, request, since=since)
        return answer
