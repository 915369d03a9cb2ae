"""What the client asks of the AgentService: sessions as agents declare them, and vendors' days."""

from __future__ import annotations

from obsd import rpc_encoding
from obsd.client.calls import Calls
from obsd.v1 import agents_pb2


class AgentCalls(Calls):
    """The calls of the AgentService."""

    def session(self, name: str) -> agents_pb2.GetSessionResponse:
        """Returns a session by number, or agents' sessions by an agent's own id. Errors: NotFound, InvalidRequest."""
        request = agents_pb2.GetSessionRequest(id=rpc_encoding.wire_path(name))
        return self._call("AgentService/GetSession", request, agents_pb2.GetSessionResponse)

    def agent_sessions(
        self, workspace: str = "", since: float | None = None, limit: int = 0
    ) -> list[agents_pb2.AgentSession]:
        """Returns agents' own sessions compared with what was counted, newest first. Errors: NoSuchWorkspace."""
        request = agents_pb2.ListAgentSessionsRequest(workspace=rpc_encoding.wire_path(workspace), limit=limit)
        return list(
            self._call(
                "AgentService/ListAgentSessions", request, agents_pb2.ListAgentSessionsResponse, since=since
            ).sessions
        )

    def agents(self) -> agents_pb2.ListAgentsResponse:
        """Returns the agents whose telemetry obsd understands, and where it is received."""
        return self._call("AgentService/ListAgents", agents_pb2.ListAgentsRequest(), agents_pb2.ListAgentsResponse)

    def import_history(self, since: float | None = None) -> agents_pb2.ImportHistoryResponse:
        """Reads the time before workspaces were watched, since a time in Unix seconds (None: 30 days ago)."""
        request = agents_pb2.ImportHistoryRequest()
        return self._call("AgentService/ImportHistory", request, agents_pb2.ImportHistoryResponse, since=since)

    def usage(self, since: float | None = None, vendor: str = "", scope: str = "") -> agents_pb2.ListUsageResponse:
        """Returns vendors' days since a time in Unix seconds (None: a week ago), beside this machine's.

        `scope`: of what figures are: `total`, `team` or `repository`; empty is of persons.
        """
        request = agents_pb2.ListUsageRequest(vendor=vendor, scope=scope)
        return self._call("AgentService/ListUsage", request, agents_pb2.ListUsageResponse, since=since)
