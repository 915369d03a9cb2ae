"""What a hook reports by the CommitService."""

from __future__ import annotations

from collections.abc import Sequence

from obsd.client.calls import Calls
from obsd.v1 import commit_pb2


class CommitCalls(Calls):
    """The calls of the CommitService."""

    def report_commits(self, reports: Sequence[commit_pb2.CommitReport]) -> list[commit_pb2.ReportResult]:
        """Delivers hook reports, at most 1,000 at a time, oldest first; returns one result each, in order."""
        request = commit_pb2.ReportCommitsRequest(reports=reports)
        return list(self._call("CommitService/ReportCommits", request, commit_pb2.ReportCommitsResponse).results)
