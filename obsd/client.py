"""The typed client of the API: obsctl, the hooks' reporter and the tests call the daemon only through it.

It owns one channel. Answers are the messages of `proto/obsd/v1`; every failure is an `ObsdError`; every call has a
deadline. Blocking: runs on the caller's thread, and never inside the daemon.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import grpc

from obsd import api_socket, rpc_encoding, rpc_failures, rpc_stream
from obsd.v1 import (
    activity_pb2,
    activity_pb2_grpc,
    agents_pb2,
    agents_pb2_grpc,
    commit_pb2,
    commit_pb2_grpc,
    daemon_pb2,
    daemon_pb2_grpc,
    day_pb2,
    health_pb2,
    health_pb2_grpc,
    lines_pb2,
    lines_pb2_grpc,
    report_pb2,
    report_pb2_grpc,
    workspace_pb2,
    workspace_pb2_grpc,
)

DEFAULT_TIMEOUT_SECONDS = 10.0

Moment = float | None  # Unix seconds

_OPTIONS = (
    ("grpc.enable_retries", 0),
    ("grpc.enable_http_proxy", 0),
    # A list without a limit may be longer than gRPC's 4 MiB; the daemon is one that we trust.
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
)


def connect(socket: Path, timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS) -> Client:
    """Returns a client of the daemon that listens at `socket`; `timeout_seconds` limits each call.

    Errors: DaemonUnreachable, NotPermitted, TimedOut, as in `api_socket.reach`.
    """
    api_socket.reach(socket, min(timeout_seconds, 5.0))
    return Client(socket, timeout_seconds)


class Client:
    """A channel to the daemon, and one method per rpc. Use it in a `with` block, or call `close`."""

    def __init__(self, socket: Path, timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS) -> None:
        self.socket = socket
        self.timeout_seconds = timeout_seconds
        self._channel = grpc.insecure_channel(api_socket.target(socket), options=_OPTIONS)
        self._workspaces = workspace_pb2_grpc.WorkspaceServiceStub(self._channel)
        self._commits = commit_pb2_grpc.CommitServiceStub(self._channel)
        self._activity = activity_pb2_grpc.ActivityServiceStub(self._channel)
        self._daemon = daemon_pb2_grpc.DaemonServiceStub(self._channel)
        self._agents = agents_pb2_grpc.AgentServiceStub(self._channel)
        self._lines = lines_pb2_grpc.LineServiceStub(self._channel)
        self._reports = report_pb2_grpc.ReportServiceStub(self._channel)
        self._health = health_pb2_grpc.HealthStub(self._channel)

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the channel and every stream on it."""
        self._channel.close()

    # WorkspaceService

    def add_workspace(self, path: str, name: str = "") -> workspace_pb2.AddWorkspaceResponse:
        """Registers the folder `path` (absolute, as `os.fsdecode` gives it); returns before it is watched."""
        request = workspace_pb2.AddWorkspaceRequest(
            path=rpc_encoding.wire_path(path), name=rpc_encoding.wire_path(name)
        )
        answer: workspace_pb2.AddWorkspaceResponse = self._call(self._workspaces.Add, request)
        return answer

    def remove_workspace(self, workspace: str) -> workspace_pb2.Workspace:
        """Removes a workspace, by name or path; returns its last state."""
        request = workspace_pb2.RemoveWorkspaceRequest(workspace=rpc_encoding.wire_path(workspace))
        answer: workspace_pb2.RemoveWorkspaceResponse = self._call(self._workspaces.Remove, request)
        return answer.workspace

    def forget_workspace(self, workspace: str) -> list[str]:
        """Removes a workspace and deletes its record; returns the names that are forgotten. Errors: NoSuchWorkspace."""
        request = workspace_pb2.ForgetWorkspaceRequest(workspace=rpc_encoding.wire_path(workspace))
        return list(self._call(self._workspaces.Forget, request).names)

    def workspaces(self) -> list[workspace_pb2.Workspace]:
        """All workspaces, by name."""
        return list(self._call(self._workspaces.List, workspace_pb2.ListWorkspacesRequest()).workspaces)

    def workspace(self, workspace: str) -> workspace_pb2.Workspace:
        """One workspace, by name or path. Errors: NoSuchWorkspace."""
        request = workspace_pb2.GetWorkspaceRequest(workspace=rpc_encoding.wire_path(workspace))
        answer: workspace_pb2.GetWorkspaceResponse = self._call(self._workspaces.Get, request)
        return answer.workspace

    def await_ready(self, timeout_seconds: float) -> None:
        """Returns when no workspace is in its first scan any more. Errors: TimedOut."""
        self._call(self._workspaces.AwaitReady, workspace_pb2.AwaitReadyRequest(), timeout_seconds)

    def settle(self, workspace: str = "", timeout_seconds: float | None = None) -> float:
        """Waits until all earlier changes of a workspace (empty: of all) are in the ledger; returns the seconds."""
        request = workspace_pb2.SettleRequest(workspace=rpc_encoding.wire_path(workspace))
        return float(self._call(self._workspaces.Settle, request, timeout_seconds).seconds)

    # CommitService

    def report_commits(self, reports: Sequence[commit_pb2.CommitReport]) -> list[commit_pb2.ReportResult]:
        """Delivers hook reports, at most 1,000 at a time, oldest first; returns one result each, in order."""
        request = commit_pb2.ReportCommitsRequest(reports=reports)
        return list(self._call(self._commits.ReportCommits, request).results)

    # ActivityService

    def sessions(
        self, workspace: str = "", limit: int = 0, since: Moment = None, until: Moment = None, author: str = ""
    ) -> activity_pb2.ListSessionsResponse:
        """Returns sessions, newest first, and those before; times in Unix seconds, `limit` 0 for all."""
        request = activity_pb2.ListSessionsRequest(
            workspace=rpc_encoding.wire_path(workspace), limit=limit, author=rpc_encoding.wire_path(author)
        )
        call = self._activity.ListSessions
        answer: activity_pb2.ListSessionsResponse = self._call(call, request, since=since, until=until)
        return answer

    def commits(
        self, workspace: str = "", limit: int = 0, agent: str = "", since: Moment = None, until: Moment = None
    ) -> activity_pb2.ListCommitsResponse:
        """Returns commits, newest first, and those before; times in Unix seconds, `limit` 0 for all."""
        request = activity_pb2.ListCommitsRequest(
            workspace=rpc_encoding.wire_path(workspace), limit=limit, agent=rpc_encoding.wire_path(agent)
        )
        answer: activity_pb2.ListCommitsResponse
        answer = self._call(self._activity.ListCommits, request, since=since, until=until)
        return answer

    def violations(
        self, workspace: str = "", limit: int = 0, rule: str = "", since: Moment = None, until: Moment = None
    ) -> list[activity_pb2.Violation]:
        """Returns violations, newest first; times in Unix seconds, `limit` 0 for all."""
        request = activity_pb2.ListViolationsRequest(
            workspace=rpc_encoding.wire_path(workspace), limit=limit, rule=rpc_encoding.wire_path(rule)
        )
        return list(self._call(self._activity.ListViolations, request, since=since, until=until).violations)

    def rules(self, workspace: str = "") -> list[activity_pb2.Rule]:
        """Returns the present state of the workflow rules of a workspace, or of all."""
        request = activity_pb2.ListRulesRequest(workspace=rpc_encoding.wire_path(workspace))
        return list(self._call(self._activity.ListRules, request).rules)

    def watch(self, workspace: str = "", kinds: Sequence[str] = ()) -> Iterator[activity_pb2.Event]:
        """Yields facts as they are recorded, from the return of this call on, until the daemon stops or `close`.

        The deadline applies to the start of the stream; a daemon that ends closes the socket, which ends the stream.
        """
        request = activity_pb2.WatchRequest(workspace=rpc_encoding.wire_path(workspace), kinds=kinds)
        return rpc_stream.begun(self._activity.Watch(request), self.timeout_seconds)

    # ReportService

    def report(
        self,
        workspace: str = "",
        agent: str = "",
        since: Moment = None,
        utc_offsets: Iterable[tuple[float, int]] = (),
        until: Moment = None,
    ) -> report_pb2.Report:
        """Returns the report from a time (None: seven days) to `until` (None: now). Errors: NoSuchWorkspace.

        `utc_offsets` are (time, seconds by which the reader's clocks are ahead of UTC from then on).
        """
        request = report_pb2.GetReportRequest(
            workspace=rpc_encoding.wire_path(workspace),
            agent=rpc_encoding.wire_path(agent),
            utc_offsets=[
                report_pb2.UtcOffset(since=rpc_encoding.timestamp(at), seconds=seconds) for at, seconds in utc_offsets
            ],
        )
        answer: report_pb2.Report = self._call(self._reports.GetReport, request, since=since, until=until)
        return answer

    def day(self, workspace: str = "", **times: float) -> day_pb2.Day:
        """Returns a time at a glance; `times` are `since`, `until` and `before_since` in Unix seconds, and
        `most_sessions`. Errors: NoSuchWorkspace."""
        request = day_pb2.GetDayRequest(
            workspace=rpc_encoding.wire_path(workspace), most_sessions=int(times.pop("most_sessions", 0))
        )
        answer: day_pb2.Day = self._call(self._reports.GetDay, request, **times)
        return answer

    def recent_activity(self, workspace: str = "") -> report_pb2.RecentActivity:
        """Returns the activity of the last minutes. Errors: NoSuchWorkspace."""
        request = report_pb2.GetRecentActivityRequest(workspace=rpc_encoding.wire_path(workspace))
        answer: report_pb2.RecentActivity = self._call(self._reports.GetRecentActivity, request)
        return answer

    # LineService

    def blame(self, path: str, commit: str = "", first: int = 0, last: int = 0) -> lines_pb2.BlameResponse:
        """Returns who wrote the lines of the file `path` (absolute), on disk or in a commit; 0 for all lines.

        Errors: NoSuchWorkspace, NotFound, InvalidRequest, NotPermitted, Unavailable.
        """
        request = lines_pb2.BlameRequest(path=rpc_encoding.wire_path(path), commit=commit, first=first, last=last)
        answer: lines_pb2.BlameResponse = self._call(self._lines.Blame, request)
        return answer

    # AgentService

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

    # DaemonService, Health

    def status(self) -> daemon_pb2.GetStatusResponse:
        """Returns the state of the daemon and all its workspaces."""
        answer: daemon_pb2.GetStatusResponse = self._call(self._daemon.GetStatus, daemon_pb2.GetStatusRequest())
        return answer

    def metrics(self) -> str:
        """Returns the metrics in the exposition format 0.0.4."""
        return str(self._call(self._daemon.GetMetrics, daemon_pb2.GetMetricsRequest()).text)

    def open_page(self, uid: int) -> daemon_pb2.OpenPageResponse:
        """Returns an address that opens the page once, for a user. Errors: Unavailable."""
        request = daemon_pb2.OpenPageRequest(uid=uid)
        answer: daemon_pb2.OpenPageResponse = self._call(self._daemon.OpenPage, request)
        return answer

    def reload(self) -> daemon_pb2.ReloadResponse:
        """Makes the daemon read its configuration again. Errors: ConfigError, if nothing was changed."""
        answer: daemon_pb2.ReloadResponse = self._call(self._daemon.Reload, daemon_pb2.ReloadRequest())
        return answer

    def serving(self, service: str = "") -> bool:
        """Returns whether the server, or one service by its full name, reports that it serves."""
        status = self._call(self._health.Check, health_pb2.HealthCheckRequest(service=service)).status
        return bool(status == health_pb2.HealthCheckResponse.SERVING)

    def _call(
        self, method: Callable[..., Any], request: Any, timeout_seconds: float | None = None, **times: Moment
    ) -> Any:
        for name, at in times.items():
            if at is not None:
                getattr(request, name).CopyFrom(rpc_encoding.timestamp(at))
        allowed = self.timeout_seconds if timeout_seconds is None else timeout_seconds
        try:
            return method(request, timeout=allowed)
        except grpc.RpcError as error:
            raise rpc_failures.explained(error, allowed) from None
