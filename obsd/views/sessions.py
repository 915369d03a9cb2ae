"""Sessions: stretches of activity in a workspace, from the first change or commit to the last.

Owns the open session of each workspace, and derives `SessionStarted` and `SessionEnded`. Changes by git itself are no
activity. The time comes from facts; a `Ticked` or any later fact ends a session whose idle time has passed. Does no
I/O, reads no clock. Event loop only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from obsd.authorship.facts import ChangeAttributed
from obsd.facts import (
    EVIDENCE,
    UNKNOWN_AGENT,
    AgentsPresent,
    ClockStepped,
    CommitMade,
    Fact,
    FileChanged,
    RuleBroken,
    SessionEnded,
    SessionStarted,
    Ticked,
    WorkspaceRemoved,
    is_agent,
)
from obsd.views.presence import PresenceStage, PresenceView
from obsd.views.settings import ViewSettings
from obsd.views.state import RestoredState, SessionState

_STRENGTH: dict[str, int] = {evidence: place for place, evidence in enumerate(EVIDENCE)}
_PROMPT_SECONDS = 10.0
"""A commit that is recorded within this time after it was made counts as made now, even if the idle time is shorter."""


class SessionsView:
    """The open sessions in force."""

    def __init__(self, settings: ViewSettings) -> None:
        self.settings = settings
        self.open: dict[str, SessionState] = {}
        self.files: dict[int, set[str]] = {}
        self.last_activity: dict[str, float] = {}
        self.next_number = 1

    def restore(self, state: RestoredState) -> None:
        """Restores the persisted sessions."""
        self.last_activity = dict(state.last_activity)
        self.next_number = state.next_session
        for session, files in state.open_sessions:
            self.open[session.workspace] = session
            self.files[session.number] = files

    def any_open(self) -> bool:
        """Returns whether `Ticked` facts are needed."""
        return bool(self.open)

    def running(self, workspace: str, now: float) -> SessionState | None:
        """Returns the session that runs at a time, or None when its idle time has passed or there is none."""
        session = self.open.get(workspace)
        if session is None or now - session.last_at > self.settings.idle_timeout_seconds:
            return None
        return session

    def stage(self, presence: PresenceStage | None = None) -> SessionsStage:
        """Returns a stage that folds facts without changing the state in force, after `presence` has folded them."""
        return SessionsStage(self, presence or PresenceView().stage())

    def apply(self, stage: SessionsStage) -> None:
        """Applies staged sessions."""
        self.next_number = stage.next_number
        self.last_activity.update(stage.last_activity)
        for number, files in stage.new_files.items():
            self.files.setdefault(number, set()).update(files)
        for session in stage.touched.values():
            if not session.ended:
                self.open[session.workspace] = session
            else:
                self.files.pop(session.number, None)
                if self._is_open(session):
                    del self.open[session.workspace]

    def _is_open(self, session: SessionState) -> bool:
        current = self.open.get(session.workspace)
        return current is not None and current.number == session.number


class SessionsStage:
    """The sessions that will be in force when the facts folded here are durable."""

    def __init__(self, view: SessionsView, presence: PresenceStage) -> None:
        self._view = view
        self._presence = presence
        self._idle = view.settings.idle_timeout_seconds
        self._open: dict[str, SessionState | None] = {}
        self.touched: dict[int, SessionState] = {}
        self.new_files: dict[int, set[str]] = {}
        self.last_activity: dict[str, float] = {}
        self.next_number = view.next_number

    def fold(self, fact: Fact) -> list[Fact]:
        """Returns the facts that follow from `fact`, which must be recorded before it."""
        if isinstance(fact, FileChanged):
            return self._changed(fact)
        if isinstance(fact, CommitMade):
            return self._committed(fact)
        if isinstance(fact, Ticked):
            return list(self._tick(fact))
        if isinstance(fact, WorkspaceRemoved):
            return self._end(fact.workspace)
        if isinstance(fact, ClockStepped):
            return self._step(fact.seconds)
        if isinstance(fact, AgentsPresent):
            # A commit arrives a little later than its changes, which may still prolong a session.
            return self._present(fact)
        if isinstance(fact, ChangeAttributed):
            return self._attributed(fact)
        derived = self._end_due(fact.workspace, fact.at)
        if isinstance(fact, RuleBroken) and (session := self._session(fact.workspace)) is not None:
            self._touch(session).violations += 1
        return derived

    def _changed(self, fact: FileChanged) -> list[Fact]:
        session, derived = self._active(fact.workspace, fact.at)
        session.changes += 1
        session.first_change = session.first_change or fact.change
        session.lines_added += fact.lines_added or 0
        session.lines_removed += fact.lines_removed or 0
        fresh = self.new_files.setdefault(session.number, set())
        if fact.path not in fresh and fact.path not in self._view.files.get(session.number, ()):
            fresh.add(fact.path)
            session.files += 1
        return derived

    def _committed(self, fact: CommitMade) -> list[Fact]:
        at = self._made_at(fact)
        if self._belongs_to_the_past(fact.workspace, at):
            return []
        session, derived = self._active(fact.workspace, at)
        session.commits += 1
        if session.first_commit_seconds is None:
            session.first_commit_seconds = max(0.0, at - session.began_at)
        if is_agent(fact.agent):
            session.agents = _with_agent(session, fact.agent, fact.evidence)
        return derived

    def _present(self, fact: AgentsPresent) -> list[Fact]:
        session = self._session(fact.workspace)
        new = () if session is None else tuple(agent for agent in fact.agents if agent not in session.present)
        if session is not None and new:
            self._touch(session).present += new
        return []

    def _attributed(self, fact: ChangeAttributed) -> list[Fact]:
        session = self._session(fact.workspace)
        if session is not None and is_agent(fact.agent):
            session = self._touch(session)
            session.agents = _with_agent(session, fact.agent, fact.evidence)
        return []

    def _step(self, seconds: float) -> list[Fact]:
        """Moves start and end with the clock after it was set: no time has passed."""
        for workspace in dict.fromkeys((*self._view.open, *self._open)):
            session = self._session(workspace)
            if session is not None:
                session = self._touch(session)
                session.last_at += seconds
                session.stepped_seconds += seconds
        for workspace, at in {**self._view.last_activity, **self.last_activity}.items():
            self.last_activity[workspace] = at + seconds
        return []

    def _made_at(self, fact: CommitMade) -> float:
        """Returns when a commit was made: one from the reflog may have been made while obsd did not run."""
        late = fact.at - fact.committed_at > max(self._idle, _PROMPT_SECONDS)
        return fact.committed_at if fact.source == "reflog" and late else fact.at

    def _belongs_to_the_past(self, workspace: str, at: float) -> bool:
        session = self._session(workspace)
        if session is not None:
            return at < session.began_at - self._idle
        known = self.last_activity.get(workspace, self._view.last_activity.get(workspace))
        return known is not None and at <= known

    def _active(self, workspace: str, at: float) -> tuple[SessionState, list[Fact]]:
        """Returns the session of activity at a time, and the facts of sessions that it starts or ends."""
        session = self._session(workspace)
        if session is not None and abs(at - session.last_at) <= self._idle:
            session = self._touch(session)
            session.last_at = max(session.last_at, at)
            return session, []
        if session is not None and session.began_at - self._idle <= at <= session.last_at:
            return self._touch(session), []
        derived = self._end(workspace)
        session = SessionState(
            self.next_number, workspace, started_at=at, last_at=at, present=self._presence.of(workspace)
        )
        self.next_number += 1
        self.touched[session.number] = session
        self._open[workspace] = session
        derived.append(SessionStarted(at=at, workspace=workspace, session_id=str(session.number)))
        return session, derived

    def _tick(self, fact: Ticked) -> Iterator[Fact]:
        workspaces = (fact.workspace,) if fact.workspace else (*self._view.open, *self._open)
        for workspace in dict.fromkeys(workspaces):
            yield from self._end_due(workspace, fact.at)

    def _end_due(self, workspace: str, now: float) -> list[Fact]:
        session = self._session(workspace)
        if session is None or now - session.last_at <= self._idle:
            return []
        return self._end(workspace)

    def _end(self, workspace: str) -> list[Fact]:
        session = self._session(workspace)
        if session is None:
            return []
        session = self._touch(session)
        session.ended = True
        self._open[workspace] = None
        self.last_activity[workspace] = session.last_at
        return [_ended(session)]

    def _session(self, workspace: str) -> SessionState | None:
        return self._open[workspace] if workspace in self._open else self._view.open.get(workspace)

    def _touch(self, session: SessionState) -> SessionState:
        """Returns the staged copy of a session."""
        staged = self.touched.get(session.number)
        if staged is None:
            staged = replace(session)
            self.touched[session.number] = staged
            self._open[session.workspace] = staged
        return staged


def _with_agent(session: SessionState, agent: str, evidence: str) -> dict[str, str]:
    known = session.agents.get(agent)
    if known is not None and _STRENGTH.get(known, len(EVIDENCE)) <= _STRENGTH.get(evidence, len(EVIDENCE)):
        return dict(session.agents)
    return {**session.agents, agent: evidence}


def _ended(session: SessionState) -> SessionEnded:
    agents = list(session.agents)
    return SessionEnded(
        at=session.last_at,
        workspace=session.workspace,
        session_id=str(session.number),
        started_at=session.started_at,
        duration_seconds=max(0.0, session.last_at - session.began_at),
        agent=agents[0] if len(agents) == 1 else UNKNOWN_AGENT,
    )
