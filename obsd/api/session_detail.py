"""The details of one session: files, commits, what needs a look, and the time line. On the event loop."""

from __future__ import annotations

import asyncio
import math
from typing import NamedTuple

from obsd.analysis.day import Attention, Lane, Period
from obsd.api import convert, convert_day
from obsd.api.daemon_protocol import DaemonPort
from obsd.errors import NoSuchWorkspace
from obsd.ledger import CommitRow, Ledger, SessionRow
from obsd.ledger.rows import FileRow
from obsd.ledger.session_queries import slot_seconds
from obsd.text import printable
from obsd.v1 import agents_pb2 as pb


class _Detail(NamedTuple):
    files: list[FileRow]
    commits: list[CommitRow]
    attention: list[Attention]
    lane: Lane


async def complete(daemon: DaemonPort, row: SessionRow, answer: pb.GetSessionResponse) -> pb.GetSessionResponse:
    """Returns the answer with the details of a session. Errors: StoreError."""
    idle = daemon.config.sessions.idle_timeout_seconds
    detail = await daemon.recorder.query(lambda ledger: _detail(ledger, row, idle))
    try:
        answer.folder = printable(daemon.registry.get(row.workspace).path)
    except NoSuchWorkspace:
        pass  # it was removed: there is no folder to look into
    return await asyncio.to_thread(_filled, answer, row, detail)


def _detail(ledger: Ledger, row: SessionRow, idle_seconds: float) -> _Detail:
    # A commit's time is in whole seconds. What git discards is no activity: it may follow the last change.
    period = Period(math.floor(row.started_at), math.ceil(row.last_at) + 1.0)
    lane = ledger.session_detail.lane(row)
    commits = ledger.commits(row.workspace, since=period.since, until=period.until)[::-1]
    for commit in commits:
        lane.slot(int(commit.committed_at // slot_seconds(row)), slot_seconds(row)).commits += 1
    return _Detail(
        ledger.session_detail.files(row),
        commits,
        ledger.day.attention(Period(period.since, row.last_at + idle_seconds), row.workspace),
        lane,
    )


def _filled(answer: pb.GetSessionResponse, row: SessionRow, detail: _Detail) -> pb.GetSessionResponse:
    answer.slot_seconds = slot_seconds(row)
    answer.lane.CopyFrom(convert_day.lane(detail.lane))
    answer.attention.extend(map(convert_day.attention, detail.attention))
    answer.commits.extend(map(convert.commit, detail.commits))
    for one in detail.files:
        answer.files.add(
            path=printable(one.path),
            changes=one.changes,
            lines_added=one.lines_added,
            lines_removed=one.lines_removed,
            authors=[convert.share(share) for share in one.authors],
        )
    return answer
