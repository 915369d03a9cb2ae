"""GetDay: a day at a glance, from the ledger, the views and the conditions. On the event loop."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

from obsd import rpc_encoding
from obsd.analysis.day import Attention, DayScope, Period
from obsd.api import convert_day
from obsd.api.daemon_protocol import DaemonPort
from obsd.errors import InvalidRequest
from obsd.ledger import day_queries
from obsd.v1 import day_pb2 as pb
from obsd.views.at_work import at_work

USUAL_SECONDS = 86_400.0
MAX_SECONDS = 366 * 86_400.0
_NOW_SECONDS = 60.0
"""A time that ends less long ago reaches to now: its caller's clock is read a little earlier."""


async def answer(daemon: DaemonPort, request: pb.GetDayRequest, workspace: str) -> pb.Day:
    """Returns a day at a glance. Errors: InvalidRequest (bad_time), StoreError."""
    scope = scope_of(request, workspace, time.time())
    day, sessions = await day_queries.read(daemon.recorder.query, scope, request.most_sessions)
    names = [one.name for one in daemon.registry.list()]
    if scope.period.until > scope.now - _NOW_SECONDS:
        shown = [name for name in names if workspace in ("", name)]
        day.at_work = at_work(daemon.views, shown, scope.now)
        day.attention = attention_now(daemon, day.attention, workspace)
    return await asyncio.to_thread(convert_day.day, day, sessions, names)


def scope_of(request: pb.GetDayRequest, workspace: str, now: float) -> DayScope:
    """Returns the scope of a request. Errors: InvalidRequest (bad_time)."""
    until = rpc_encoding.unix_seconds(request.until) if request.HasField("until") else now
    since = rpc_encoding.unix_seconds(request.since) if request.HasField("since") else until - USUAL_SECONDS
    before = 2 * since - until
    if request.HasField("before_since"):
        before = rpc_encoding.unix_seconds(request.before_since)
    before = max(0.0, before)
    if not (0 <= before <= since <= until) or until - before > 2 * MAX_SECONDS:
        raise InvalidRequest(
            "bad_time",
            "a time must begin before it ends, and not before 1970, and last a year at most",
            "give another time",
        )
    return DayScope(Period(since, until), Period(before, since), now, workspace)


def attention_now(daemon: DaemonPort, found: list[Attention], workspace: str) -> list[Attention]:
    """Returns the conditions that hold, and what a day has, with the rules as they are now."""
    return [*_conditions(daemon, workspace), *_as_now(daemon, found)]


def _conditions(daemon: DaemonPort, workspace: str) -> list[Attention]:
    return [
        Attention("condition", held.workspace, 0.0, held.code, held.text, severity=held.severity, hint=held.hint)
        for held in daemon.health.list()
        if held.severity != "info" and workspace in ("", held.workspace)
    ]


def _as_now(daemon: DaemonPort, attention: list[Attention]) -> list[Attention]:
    """What the day has, where rules are satisfied or broken as they are now."""
    broken = daemon.views.metrics.rule_broken
    found = [
        replace(one, resolved=not broken(one.workspace, one.name)) if one.kind == "rule" else one for one in attention
    ]
    return sorted(found, key=lambda one: one.resolved)
