"""Converts a day at a glance to messages of the API, and escapes text. Pure functions, run on a worker thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from obsd import rpc_encoding
from obsd.analysis.day import Attention, AtWork, Day, Figures, Lane
from obsd.api import convert
from obsd.text import printable
from obsd.v1 import day_pb2 as pb

if TYPE_CHECKING:
    from obsd.ledger import SessionRow


def day(rows: Day, sessions: Sequence[SessionRow], workspaces: Sequence[str]) -> pb.Day:
    """Returns the message of a whole day."""
    scope = rows.scope
    message = pb.Day(
        at=rpc_encoding.timestamp(scope.now),
        since=rpc_encoding.timestamp(scope.period.since),
        until=rpc_encoding.timestamp(scope.period.until),
        before_since=rpc_encoding.timestamp(scope.before.since),
        workspace=scope.workspace,
        total=figures(rows.total),
        total_before=figures(rows.total_before),
        authors=[
            pb.DayAuthor(author=printable(one.author), figures=figures(one.figures), before=figures(one.before))
            for one in rows.authors.values()
        ],
        slot_seconds=rows.slot_seconds,
        lanes=[lane(one) for _, one in sorted(rows.lanes.items())],
        at_work=[_at_work(one) for one in rows.at_work],
        attention=[attention(one) for one in rows.attention],
        sessions=[convert.session(row) for row in sessions],
        workspaces=[printable(name) for name in workspaces],
    )
    if rows.first_record:
        message.first_record.CopyFrom(rpc_encoding.timestamp(rows.first_record))
    return message


def figures(rows: Figures) -> pb.DayFigures:
    """Returns the message of figures."""
    return pb.DayFigures(**{name: value for name, value in asdict(rows).items() if value is not None})


def lane(rows: Lane) -> pb.DayLane:
    """Returns the message of a time line."""
    message = pb.DayLane(workspace=printable(rows.workspace))
    for _, slot in sorted(rows.slots.items()):
        message.slots.add(
            at=rpc_encoding.timestamp(slot.at),
            changes=slot.changes,
            lines=slot.lines,
            commits=slot.commits,
            authors={printable(author): changes for author, changes in slot.authors.items()},
        )
    return message


def _at_work(one: AtWork) -> pb.DayAtWork:
    message = pb.DayAtWork(
        workspace=printable(one.workspace),
        author=printable(one.author),
        present=one.present,
        path=printable(one.path),
        changes=one.changes,
        lines_added=one.lines_added,
        lines_removed=one.lines_removed,
        session=one.session_id,
    )
    if one.at:
        message.at.CopyFrom(rpc_encoding.timestamp(one.at))
    if one.session_started_at is not None:
        message.session_started_at.CopyFrom(rpc_encoding.timestamp(one.session_started_at))
    return message


def attention(one: Attention) -> pb.DayAttention:
    """Returns the message of something that needs a look."""
    message = pb.DayAttention(
        kind=one.kind,
        workspace=printable(one.workspace),
        name=printable(one.name),
        text=printable(one.text),
        subject=printable(one.subject),
        severity=one.severity,
        hint=printable(one.hint),
        count=one.count,
        resolved=one.resolved,
    )
    if one.at:
        message.at.CopyFrom(rpc_encoding.timestamp(one.at))
    return message
