"""Now: who is at work in which workspace, what needs attention, and what was seen last. On the event loop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from obsd.api.daemon_protocol import DaemonPort
from obsd.facts import AnomalySeen, FileChanged, RuleBroken, WorkDiscarded
from obsd.ledger import EventRow
from obsd.rules.registry import RULES
from obsd.text import printable
from obsd.views.recent import RecentActivity
from obsd.web import words
from obsd.web.choice import midnight
from obsd.web.frame import Frame
from obsd.web.lines import Line, Lines
from obsd.workspaces.workspace import Workspace

LAST_LINES: Final = 30
_LAST_EVENTS: Final = 200
_MAX_NOTES: Final = 12


@dataclass(frozen=True, slots=True)
class Writer:
    """An author of the last minutes, and the lines that they changed."""

    name: str
    lines: int
    changes: int


@dataclass(frozen=True, slots=True)
class Place:
    """A workspace now; `changes` are those of the last five minutes, oldest first. `file` was changed last."""

    name: str
    state: str
    detail: str
    writers: tuple[Writer, ...]
    present: tuple[str, ...]
    changes: tuple[int, ...]
    commits: int
    file: str
    session: int
    session_seconds: float
    last_at: float

    @property
    def active(self) -> bool:
        """Whether anything was changed or committed in the last minutes."""
        return bool(sum(self.changes) or self.commits)


@dataclass(frozen=True, slots=True)
class Note:
    """Something that needs attention: `severity` is error, warning or info."""

    severity: str
    workspace: str
    text: str
    hint: str
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class NowPage:
    """The view."""

    frame: Frame
    places: tuple[Place, ...]
    notes: tuple[Note, ...]
    lines: tuple[Line, ...]

    @property
    def active(self) -> int:
        """How many workspaces are at work."""
        return sum(place.active for place in self.places)

    @property
    def agents(self) -> tuple[str, ...]:
        """The agents that wrote or were seen in the last minutes."""
        return tuple(sorted({agent for place in self.places for agent in (*place.present, *_agents(place))}))


async def page(daemon: DaemonPort, frame: Frame, rest: str) -> NowPage:
    """Returns the view."""
    chosen = frame.choice
    registered = [one for one in daemon.registry.list() if chosen.workspace in ("", one.name)]
    places = [_place(daemon, one, chosen.now) for one in sorted(registered, key=lambda one: one.name)]
    if chosen.agent:
        places = [one for one in places if chosen.agent in (*one.present, *(writer.name for writer in one.writers))]
    events = await daemon.recorder.query(lambda ledger: ledger.events(workspace=chosen.workspace, limit=_LAST_EVENTS))
    facts = [fact for fact in daemon.views.recent.last if chosen.workspace in ("", fact.workspace)]
    lines = Lines().of(facts, chosen.agent)
    places.sort(key=lambda one: (not one.active, -one.last_at))
    notes = [*_held(daemon, chosen.workspace), *_broken(daemon, registered), *_seen(events, midnight(chosen.now))]
    return NowPage(frame, tuple(places), tuple(notes[:_MAX_NOTES]), tuple(reversed(lines[-LAST_LINES:])))


def _place(daemon: DaemonPort, workspace: Workspace, now: float) -> Place:
    views, name = daemon.views, workspace.name
    recent = views.recent.workspaces.get(name, RecentActivity())
    buckets = recent.until(now)
    status, session = daemon.supervisor.status(name), views.sessions.running(name, now)
    changed = (one for one in reversed(views.recent.last) if isinstance(one, FileChanged) and one.workspace == name)
    last = next(changed, None)
    written: dict[str, list[int]] = {}
    for bucket in buckets:
        for author, own in bucket.authors.items():
            sums = written.setdefault(author, [0, 0])
            sums[0] += own.lines_added + own.lines_removed
            sums[1] += own.changes
    return Place(
        name=name,
        state=status.state,
        detail=printable(status.detail),
        writers=tuple(Writer(author, *sums) for author, sums in sorted(written.items(), key=lambda item: -item[1][0])),
        present=views.presence.of(name),
        changes=tuple(bucket.changes for bucket in buckets),
        commits=sum(bucket.commits for bucket in buckets),
        file=printable(last.path) if last is not None and session is not None else "",
        session=session.number if session is not None else 0,
        session_seconds=now - session.began_at if session is not None else 0.0,
        last_at=recent.last_at,
    )


def _agents(place: Place) -> list[str]:
    return [writer.name for writer in place.writers if words.colour(writer.name).startswith("agent")]


def _held(daemon: DaemonPort, workspace: str) -> list[Note]:
    return [
        Note(held.severity, printable(held.workspace), printable(held.text), printable(held.hint))
        for held in daemon.health.list()
        if held.severity != "info" and (not workspace or held.workspace in ("", workspace))
    ]


def _broken(daemon: DaemonPort, registered: list[Workspace]) -> list[Note]:
    """Rules that are broken at the moment."""
    broken = daemon.views.metrics.rule_broken
    return [
        Note("warning", printable(one.name), f"the rule {rule.name} is broken", f"obsctl rules {printable(one.name)}")
        for one in registered
        for rule in RULES
        if broken(one.name, rule.name)
    ]


def _seen(events: list[EventRow], since: float) -> list[Note]:
    """What was unusual today, and work that was discarded."""
    found = []
    for event in events:
        if event.at < since:
            continue
        fields = event.fields
        if event.kind == AnomalySeen.__name__:
            text = f"unusual: {printable(str(fields['reason']))}"
        elif event.kind == WorkDiscarded.__name__:
            verb = "put aside" if fields["operation"] == "stash" else "discarded"
            text = f"git {fields['operation']} {verb} {fields['lines']:,} lines of uncommitted work"
        elif event.kind == RuleBroken.__name__:
            text = f"{printable(str(fields['subject']))[:60]} broke the rule {fields['rule']}"
        else:
            continue
        found.append(Note("info", printable(event.workspace), text, "", event.at))
    return found
