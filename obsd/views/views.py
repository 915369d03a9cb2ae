"""All views, in the order in which they see facts.

Owns the order: sessions first, because what they derive is a fact for all the others; metrics; activity last, which
tells what is recorded. Facts are folded into a stage, and the stage is applied when the ledger has written it. A new
view is one file and a line in each method here. Does no I/O, reads no clock of its own. Event loop only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from obsd.facts import Fact
from obsd.views.activity import ActivityView
from obsd.views.metrics_counting import MetricsStage
from obsd.views.metrics_view import MetricsView
from obsd.views.sessions import SessionsStage, SessionsView
from obsd.views.settings import ViewSettings
from obsd.views.state import RestoredState, StateChanges


class Views:
    """`clock` gives the moment of a scrape in Unix seconds; `version` is obsd's own."""

    def __init__(
        self, clock: Callable[[], float], version: str = "", settings: ViewSettings | None = None
    ) -> None:
        settings = settings or ViewSettings()
        self.sessions = SessionsView(settings)
        self.metrics = MetricsView(settings, self.sessions, clock, version)
        self.activity = ActivityView()

    def reconfigure(self, settings: ViewSettings) -> None:
        """Obey new settings from the next fact and the next scrape on."""
        self.sessions.settings = settings
        self.metrics.settings = settings

    def restore(self, state: RestoredState) -> None:
        """Take over what the ledger kept, once, before the first fact."""
        self.sessions.restore(state)
        self.metrics.restore(state)

    def stage(self) -> Stage:
        """A place to fold facts in without touching what is in force."""
        return Stage(self.sessions.stage(), self.metrics.stage())

    def apply(self, stage: Stage) -> None:
        """Put a stage in force, and tell who listens."""
        self.sessions.apply(stage.sessions)
        self.metrics.apply(stage.metrics)
        self.activity.publish(stage.facts)


class Stage:
    """What a batch of facts leads to: `facts` with those that follow from them, and the views' state."""

    def __init__(self, sessions: SessionsStage, metrics: MetricsStage) -> None:
        self.sessions = sessions
        self.metrics = metrics
        self.facts: list[Fact] = []

    def fold(self, facts: Sequence[Fact]) -> list[Fact]:
        """`facts` with the derived ones in their places."""
        folded: list[Fact] = []
        for fact in facts:
            derived = self.sessions.fold(fact)
            for each in derived:
                self.metrics.fold(each)
            self.metrics.fold(fact)
            folded += derived
            folded.append(fact)
        self.facts += folded
        return folded

    def changes(self) -> StateChanges:
        """The views' state as the ledger has to keep it."""
        return StateChanges(
            removed=self.metrics.series.removed,
            series=self.metrics.series.staged,
            sessions=self.sessions.touched,
            session_files=self.sessions.new_files,
        )
