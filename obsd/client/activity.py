"""What the client asks of the ActivityService: sessions, commits, rules, and facts as they are recorded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from obsd import rpc_encoding
from obsd.client.calls import Calls, Moment
from obsd.v1 import activity_pb2


class ActivityCalls(Calls):
    """The calls of the ActivityService."""

    def sessions(
        self, workspace: str = "", limit: int = 0, since: Moment = None, until: Moment = None, author: str = ""
    ) -> activity_pb2.ListSessionsResponse:
        """Returns sessions, newest first, and those before; times in Unix seconds, `limit` 0 for all."""
        request = activity_pb2.ListSessionsRequest(
            workspace=rpc_encoding.wire_path(workspace), limit=limit, author=rpc_encoding.wire_path(author)
        )
        return self._call(
            "ActivityService/ListSessions", request, activity_pb2.ListSessionsResponse, since=since, until=until
        )

    def commits(
        self, workspace: str = "", limit: int = 0, agent: str = "", since: Moment = None, until: Moment = None
    ) -> activity_pb2.ListCommitsResponse:
        """Returns commits, newest first, and those before; times in Unix seconds, `limit` 0 for all."""
        request = activity_pb2.ListCommitsRequest(
            workspace=rpc_encoding.wire_path(workspace), limit=limit, agent=rpc_encoding.wire_path(agent)
        )
        return self._call(
            "ActivityService/ListCommits", request, activity_pb2.ListCommitsResponse, since=since, until=until
        )

    def violations(
        self, workspace: str = "", limit: int = 0, rule: str = "", since: Moment = None, until: Moment = None
    ) -> list[activity_pb2.Violation]:
        """Returns violations, newest first; times in Unix seconds, `limit` 0 for all."""
        request = activity_pb2.ListViolationsRequest(
            workspace=rpc_encoding.wire_path(workspace), limit=limit, rule=rpc_encoding.wire_path(rule)
        )
        return list(
            self._call(
                "ActivityService/ListViolations", request, activity_pb2.ListViolationsResponse, since=since, until=until
            ).violations
        )

    def rules(self, workspace: str = "") -> list[activity_pb2.Rule]:
        """Returns the present state of the workflow rules of a workspace, or of all."""
        request = activity_pb2.ListRulesRequest(workspace=rpc_encoding.wire_path(workspace))
        return list(self._call("ActivityService/ListRules", request, activity_pb2.ListRulesResponse).rules)

    def watch(self, workspace: str = "", kinds: Sequence[str] = ()) -> Iterator[activity_pb2.Event]:
        """Yields facts as they are recorded, from the return of this call on, until the daemon stops or `close`.

        The deadline applies to the start of the stream; a daemon that ends closes the socket, which ends the stream.
        """
        request = activity_pb2.WatchRequest(workspace=rpc_encoding.wire_path(workspace), kinds=kinds)
        return self._stream("ActivityService/Watch", request, activity_pb2.Event)
