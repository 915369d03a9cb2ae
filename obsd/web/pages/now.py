"""Now: who is at work in which workspace, what needs attention, and what was seen last. On the event loop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from obsd.analysis.day import Attention, AtWork, DayScope, Figures, Period
from obsd.api.daemon_protocol import DaemonPort
from obsd.api.day import attention_now
from obsd.facts import is_agent
from obsd.ledger import day_queries
from obsd.text import printable
from obsd.views.at_work import at_work
from obsd.views.recent import RecentActivity
from obsd.web.choice import midnight
from obsd.web.frame import Frame
from obsd.web.lines import Line, Lines
from obsd.workspaces.workspace import Workspace

LAST_LINES: Final = 30
_MOST_ATTENTION: Final = 12


@dataclass(frozen=True, slots=True)
class Place:
    """A workspace now; `changes` are those of the last five minutes, oldest first. `session` is "" while none runs."""

    name: str
    state: str
    detail: str
    at_work: tuple[AtWork, ...]
    changes: tuple[int, ...]
    commits: int
    session: str
    session_seconds: float
    last_at: float

    @property
    def active(self) -> bool:
        """Whether anything was changed or committed in the last minutes."""
        return bool(sum(self.changes) or self.commits)


@dataclass(frozen=True, slots=True)
class NowPage:
    """The view."""

    frame: Frame
    places: tuple[Place, ...]
    attention: tuple[Attention, ...]
    total: Figures
    total_before: Figures
    lines: tuple[Line, ...]

    @property
    def active(self) -> int:
        """How many workspaces are at work."""
        return sum(place.active for place in self.places)

    @property
    def agents(self) -> tuple[str, ...]:
        """The agents that wrote or were seen in the last minutes."""
        return tuple(sorted({one.author for place in self.places for one in place.at_work if is_agent(one.author)}))


async def page(daemon: DaemonPort, frame: Frame, rest: str) -> NowPage:
    """Returns the view."""
    chosen = frame.choice
    registered = [one for one in daemon.registry.list() if chosen.workspace in ("", one.name)]
    places = [_place(daemon, one, chosen.now) for one in sorted(registered, key=lambda one: one.name)]
    if chosen.agent:
        places = [place for place in places if chosen.agent in [one.author for one in place.at_work]]
    begin = midnight(chosen.now)
    today = DayScope(
        Period(begin, midnight(begin, 1)), Period(midnight(begin, -1), begin), chosen.now, chosen.workspace
    )
    day, _ = await day_queries.read(daemon.recorder.query, today, 1)
    facts = [fact for fact in daemon.views.recent.last if chosen.workspace in ("", fact.workspace)]
    lines = Lines().of(facts, chosen.agent)
    places.sort(key=lambda one: (not one.active, -one.last_at))
    attention = [one for one in attention_now(daemon, day.attention, chosen.workspace) if not one.resolved]
    return NowPage(
        frame=frame,
        places=tuple(places),
        lines=tuple(reversed(lines[-LAST_LINES:])),
        attention=tuple(attention[:_MOST_ATTENTION]),
        total=day.total,
        total_before=day.total_before,
    )


def _place(daemon: DaemonPort, workspace: Workspace, now: float) -> Place:
    views, name = daemon.views, workspace.name
    recent = views.recent.workspaces.get(name, RecentActivity())
    buckets = recent.until(now)
    status, session = daemon.supervisor.status(name), views.sessions.running(name, now)
    return Place(
        name=name,
        state=status.state,
        detail=printable(status.detail),
        at_work=tuple(at_work(views, [name], now)),
        changes=tuple(bucket.changes for bucket in buckets),
        commits=sum(bucket.commits for bucket in buckets),
        session=str(session.number) if session is not None else "",
        session_seconds=now - session.began_at if session is not None else 0.0,
        last_at=recent.last_at,
    )
