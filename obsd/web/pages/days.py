"""A day, or a week, at a glance: lanes of agents and people in each workspace, and the figures of everybody.

Owns how slots become spans of lanes; the day itself is `obsd/analysis/day.py`'s. On the event loop.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from obsd import amounts
from obsd.analysis.day import Attention, AuthorDay, Day, DayScope, Figures, Lane, Period
from obsd.analysis.report import HOUR_SECONDS
from obsd.api.daemon_protocol import DaemonPort
from obsd.authorship.shares import OPEN_AUTHORS
from obsd.facts import PERSON
from obsd.ledger import SessionRow, day_queries
from obsd.text import printable
from obsd.web import words
from obsd.web.choice import Choice, midnight
from obsd.web.frame import Frame

Span = tuple[float, float, float, str]
_DAY_HOURS: Final = (0, 3, 6, 9, 12, 15, 18, 21)
_MOST_DAYS: Final = 14


@dataclass(frozen=True, slots=True)
class Row:
    """A lane: what an author did in a workspace; "" for the sessions there. Spans are in hours."""

    workspace: str
    author: str
    spans: tuple[Span, ...]
    changes: int
    label: str


@dataclass(frozen=True, slots=True)
class DayPage:
    """The view. `axis` has names and addresses of the parts of the time; `hours` is how long it is."""

    frame: Frame
    title: str
    since: float
    hours: float
    axis: tuple[tuple[str, str], ...]
    rows: tuple[Row, ...]
    authors: tuple[AuthorDay, ...]
    total: Figures
    total_before: Figures
    attention: tuple[Attention, ...]
    sessions: tuple[SessionRow, ...]
    earlier: str
    later: str


async def page(daemon: DaemonPort, frame: Frame, rest: str) -> DayPage:
    """Returns the view of the chosen time, or of its last days."""
    chosen = frame.choice
    period = Period(max(chosen.since, midnight(chosen.until - 1, 1 - _MOST_DAYS)), chosen.until)
    days = max(1, round((period.until - period.since) / 86_400))
    before = Period(midnight(period.since, -days), period.since)
    scope = DayScope(period, before, chosen.now, chosen.workspace)
    day, sessions = await day_queries.read(daemon.recorder.query, scope, 0)
    if chosen.agent:
        sessions = [one for one in sessions if chosen.agent in [author for author, _ in one.agents]]
    return DayPage(
        frame=frame,
        title=_title(period, days),
        since=period.since,
        hours=(period.until - period.since) / HOUR_SECONDS,
        axis=_axis(chosen, period, days),
        rows=tuple(_rows(day, sessions, chosen.agent)),
        authors=tuple(one for one in day.authors.values() if chosen.agent in ("", one.author)),
        total=day.total,
        total_before=day.total_before,
        attention=tuple(day.attention),
        sessions=tuple(sessions),
        earlier=chosen.address("/day", time=_date(midnight(period.since, -1))) if days == 1 else "",
        later=chosen.address("/day", time=_date(period.until)) if days == 1 and period.until < chosen.now else "",
    )


def _rows(day: Day, sessions: list[SessionRow], agent: str) -> list[Row]:
    places = sorted({*day.lanes, *(session.workspace for session in sessions)})
    return [row for name in places for row in _lanes(day, name, sessions, agent)]


def _lanes(day: Day, name: str, sessions: list[SessionRow], agent: str) -> list[Row]:
    """The lanes of a workspace: its sessions, then agents, people, and who is not known."""
    own, lane = [one for one in sessions if one.workspace == name], day.lanes.get(name, Lane(name))
    authors = {author for slot in lane.slots.values() for author in slot.authors}
    order = sorted(authors, key=lambda one: (one in OPEN_AUTHORS, one == PERSON, one))
    rows = [_of_author(day, lane, author) for author in order if agent in ("", author)]
    if not rows and not own:
        return []
    spans = tuple(_of_session(day, one) for one in own)
    return [Row(name, "", spans, sum(row.changes for row in rows), amounts.count(len(own), "session")), *rows]


def _of_author(day: Day, lane: Lane, author: str) -> Row:
    most = max((changes for slot in lane.slots.values() for changes in slot.authors.values()), default=1)
    spans, total = [], 0
    for number in sorted(lane.slots):
        slot = lane.slots[number]
        changes = slot.authors.get(author, 0)
        if changes:
            begin = (slot.at - day.scope.period.since) / HOUR_SECONDS
            spans.append(
                (begin, begin + day.slot_seconds / HOUR_SECONDS, changes / most, amounts.count(changes, "change"))
            )
            total += changes
    return Row(lane.workspace, author, tuple(spans), total, f"{words.name(author)}: {amounts.count(total, 'change')}")


def _of_session(day: Day, one: SessionRow) -> Span:
    since, until = day.scope.period.since, day.scope.period.until
    begin, end = max(one.started_at, since), min(one.last_at, until)
    title = f"session {one.session_id}, {amounts.duration(one.duration_seconds)}"
    return (begin - since) / HOUR_SECONDS, (end - since) / HOUR_SECONDS, 0.4, title


def _axis(chosen: Choice, period: Period, days: int) -> tuple[tuple[str, str], ...]:
    if days == 1:
        return tuple((f"{hour:02d}", "") for hour in _DAY_HOURS)
    dates = [_date(midnight(period.since, number)) for number in range(days)]
    return tuple((date[8:] if days > 7 else date[5:], chosen.address("/day", time=date)) for date in dates)


def _title(period: Period, days: int) -> str:
    return _date(period.since) if days == 1 else f"{_date(period.since)} to {_date(period.until - 1)}"


def _date(at: float) -> str:
    return printable(time.strftime("%Y-%m-%d", time.localtime(at)))
