"""What the client asks of the ReportService: a report, a day, the last minutes."""

from __future__ import annotations

from collections.abc import Iterable

from obsd import rpc_encoding
from obsd.client.calls import Calls, Moment
from obsd.v1 import day_pb2, report_pb2


class ReportCalls(Calls):
    """The calls of the ReportService."""

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
        return self._call("ReportService/GetReport", request, report_pb2.Report, since=since, until=until)

    def day(self, workspace: str = "", **times: float) -> day_pb2.Day:
        """Returns a time at a glance; `times` are `since`, `until` and `before_since` in Unix seconds, and
        `most_sessions`. Errors: NoSuchWorkspace."""
        request = day_pb2.GetDayRequest(
            workspace=rpc_encoding.wire_path(workspace), most_sessions=int(times.pop("most_sessions", 0))
        )
        return self._call("ReportService/GetDay", request, day_pb2.Day, **times)

    def recent_activity(self, workspace: str = "") -> report_pb2.RecentActivity:
        """Returns the activity of the last minutes. Errors: NoSuchWorkspace."""
        request = report_pb2.GetRecentActivityRequest(workspace=rpc_encoding.wire_path(workspace))
        return self._call("ReportService/GetRecentActivity", request, report_pb2.RecentActivity)
