"""ReportService: activity reports, and recent activity.

A report is read section by section, so that recording is not delayed. On the event loop; sections are read on the
ledger's thread, and a report is converted to a message on another worker thread.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from functools import partial
from itertools import pairwise
from typing import Any

from obsd import rpc_encoding
from obsd.analysis.days import Offsets
from obsd.analysis.report import Report, Scope
from obsd.api import convert, convert_day, convert_report
from obsd.api import day as day_at_a_glance
from obsd.api.activity import MAX_AGENT_CHARACTERS
from obsd.api.daemon_protocol import DaemonPort
from obsd.api.field_limits import check_text
from obsd.api.workspaces import resolve
from obsd.errors import InvalidRequest
from obsd.ledger import Ledger, report_periods, report_queries
from obsd.text import printable
from obsd.v1 import report_pb2 as pb
from obsd.v1 import report_pb2_grpc
from obsd.v1.activity_pb2 import AuthorShare
from obsd.v1.day_pb2 import Day, GetDayRequest
from obsd.views.recent import BUCKET_SECONDS, Bucket, RecentActivity
from obsd.workspaces.workspace import Workspace

USUAL_SECONDS = 7 * 86_400.0
MAX_SECONDS = 10 * 366 * 86_400.0
"""A report by days stays a message of a few thousand slots."""
MAX_OFFSET_SECONDS = 15 * 3600
MAX_OFFSETS = 1_000


class ReportService(report_pb2_grpc.ReportServiceServicer):
    """Serves one daemon."""

    def __init__(self, daemon: DaemonPort) -> None:
        self._daemon = daemon

    async def GetReport(self, request: pb.GetReportRequest, context: Any) -> pb.Report:  # noqa: N802
        """Returns the activity report since a time."""
        check_text("agent", request.agent, MAX_AGENT_CHARACTERS)
        report = Report(_scope(request, await self._name(request.workspace), time.time()))
        for section in report_queries.SECTIONS:
            await self._daemon.recorder.query(partial(_filled, report, section))
        await self._daemon.recorder.query(partial(_with_history, report))
        message = await asyncio.to_thread(convert_report.report, report_queries.finish(report))
        return await self._compared(message, report)

    async def _compared(self, message: pb.Report, report: Report) -> pb.Report:
        """Returns a report with the sums of its time, and of the one before where the record reaches back that far."""
        now, before = report_periods.periods(report.scope)
        query = self._daemon.recorder.query
        found = await query(lambda ledger: ledger.reporting.figures(report.scope, now))
        message.figures.CopyFrom(convert_day.figures(found))
        if report.first_record and report.first_record <= before.since:
            earlier = await query(lambda ledger: ledger.reporting.figures(report.scope, before))
            message.before.CopyFrom(convert_day.figures(earlier))
        return message

    async def GetDay(self, request: GetDayRequest, context: Any) -> Day:  # noqa: N802
        """Returns a day, or another time, at a glance."""
        return await day_at_a_glance.answer(self._daemon, request, await self._name(request.workspace))

    async def GetRecentActivity(self, request: pb.GetRecentActivityRequest, context: Any) -> pb.RecentActivity:  # noqa: N802
        """Returns the activity of the last minutes."""
        name, now = await self._name(request.workspace), time.time()
        registered = [one for one in self._daemon.registry.list() if name in ("", one.name)]
        last = [fact for fact in reversed(self._daemon.views.recent.last) if name in ("", fact.workspace)]
        return pb.RecentActivity(
            at=rpc_encoding.timestamp(now),
            beat_seconds=BUCKET_SECONDS,
            workspaces=[self._recent(workspace, now) for workspace in registered],
            recent=[convert.event(fact) for fact in last],
        )

    def _recent(self, workspace: Workspace, now: float) -> pb.WorkspaceActivity:
        views, name = self._daemon.views, workspace.name
        recent = views.recent.workspaces.get(name, RecentActivity())
        buckets = recent.until(now)
        session = views.sessions.running(name, now)
        message = pb.WorkspaceActivity(
            name=name,
            state=self._daemon.supervisor.status(name).state,
            changes=[bucket.changes for bucket in buckets],
            lines=sum(bucket.lines for bucket in buckets),
            commits=sum(bucket.commits for bucket in buckets),
            agents=list(dict.fromkeys((*views.presence.of(name), *(session.agents if session is not None else ())))),
            authors=_authors(buckets),
            present=views.presence.of(name),
            anomaly_score=max(views.anomalies.scores(name, now).values(), default=0.0),
        )
        if recent.last_at:
            message.last_at.CopyFrom(rpc_encoding.timestamp(recent.last_at))
        if session is not None:
            message.session_started_at.CopyFrom(rpc_encoding.timestamp(session.started_at))
        return message

    async def _name(self, name_or_path: str) -> str:
        return (await resolve(self._daemon, name_or_path)).name if name_or_path else ""


def _authors(buckets: Iterable[Bucket]) -> list[AuthorShare]:
    """What each author wrote, the author of most lines first."""
    shares: dict[str, AuthorShare] = {}
    for bucket in buckets:
        for author, written in bucket.authors.items():
            share = shares.setdefault(author, AuthorShare(author=printable(author)))
            share.changes += written.changes
            share.lines_added += written.lines_added
            share.lines_removed += written.lines_removed
    return sorted(shares.values(), key=lambda one: (-one.lines_added - one.lines_removed, -one.changes, one.author))


def _filled(report: Report, section: report_queries.Section, ledger: Any) -> None:
    section(ledger.reporting, report)


def _with_history(report: Report, ledger: Ledger) -> None:
    scope = report.scope
    report.history = ledger.history.shares(scope.workspace, scope.agent, scope.since, scope.until)


def _scope(request: pb.GetReportRequest, name: str, now: float) -> Scope:
    """Returns the scope of a request. Errors: InvalidRequest (bad_time)."""
    until = rpc_encoding.unix_seconds(request.until) if request.HasField("until") else now
    since = rpc_encoding.unix_seconds(request.since) if request.HasField("since") else until - USUAL_SECONDS
    if not 0 <= since <= until:
        raise InvalidRequest("bad_time", "a report must begin before it ends, and not before 1970", "give another time")
    return Scope(max(since, until - MAX_SECONDS), until, name, request.agent, _offsets(request))


def _offsets(request: pb.GetReportRequest) -> Offsets:
    given = [(rpc_encoding.unix_seconds(one.since), one.seconds) for one in request.utc_offsets]
    offsets = given or [(0.0, request.utc_offset_seconds)]
    if (
        len(offsets) > MAX_OFFSETS
        or any(abs(seconds) > MAX_OFFSET_SECONDS for _, seconds in offsets)
        or any(later <= earlier for (earlier, _), (later, _) in pairwise(offsets))
    ):
        raise InvalidRequest(
            "bad_time", "offsets from UTC must be ordered by time, and less than 15 hours", "give other offsets"
        )
    return offsets
