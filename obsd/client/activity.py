"""What the client asks of the ActivityService: sessions, commits, rules, and facts as they are recorded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from obsd import rpc_encoding
from obsd.client import stream
from obsd.client.calls import Calls, Moment
from obsd.v1 import activity_pb2, activity_pb2_grpc


class ActivityCalls(Calls):
    """The calls of the ActivityService."""

    @cached_property
    def _activity(self) -> Any:
        return activity_pb2_grpc.ActivityServiceStub(self._channel)

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
        return stream.begun(self._activity.Watch(request), self.timeout_seconds)
