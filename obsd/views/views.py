"""All views, in the order in which they see facts.

Owns the order: authorship first, because who wrote a change is a fact for all the others; presence; sessions, because
what they derive is a fact likewise; metrics; anomalies, whose own facts are counted in turn; subscriptions and recent
activity last. Facts are folded into a stage, and the stage is applied when the ledger has written it. A new view is one
file and a line in each method here. Does no I/O, reads no clock of its own. Event loop only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from obsd.facts import Fact
from obsd.views.anomalies import AnomaliesStage, AnomaliesView
from obsd.views.authorship import AuthorshipStage, AuthorshipView
from obsd.views.metrics.counting import MetricsStage
from obsd.views.metrics.live import Live
from obsd.views.metrics.series import SeriesStore
from obsd.views.metrics.telemetry import NoReceiver, ReceiverRows
from obsd.views.metrics.view import MetricsView
from obsd.views.presence import PresenceStage, PresenceView
from obsd.views.recent import RecentActivityView
from obsd.views.sessions import SessionsStage, SessionsView
from obsd.views.settings import ViewSettings
from obsd.views.state import RestoredState, StateChanges
from obsd.views.subscriptions import SubscriptionsView


class Views:
    """`clock` gives the moment of a scrape in Unix seconds; `version` is obsd's own.

    `spool_reports` and `receiver` give the daemon's own numbers that no fact moves.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        version: str = "",
        settings: ViewSettings | None = None,
        *,
        spool_reports: Callable[[], int] = int,
        receiver: ReceiverRows | None = None,
        watcher_usage: Callable[[str], tuple[float, float]] = lambda _: (0.0, 0.0),
    ) -> None:
        settings = settings or ViewSettings()
        store = SeriesStore()
        self.presence = PresenceView()
        self.authorship = AuthorshipView(settings)
        self.sessions = SessionsView(settings)
        self.anomalies = AnomaliesView(store)
        live = Live(self.sessions, self.presence, self.anomalies.scores, clock, watcher_usage)
        self.metrics = MetricsView(store, live, settings, version, spool_reports, receiver or NoReceiver())
        self.subscriptions = SubscriptionsView()
        self.recent = RecentActivityView()

    def reconfigure(self, settings: ViewSettings) -> None:
        """Obey new settings from the next fact and the next scrape on."""
        self.authorship.settings = settings
        self.sessions.settings = settings
        self.metrics.settings = settings

    def restore(self, state: RestoredState) -> None:
        """Take over what the ledger kept, once, before the first fact."""
        self.authorship.restore(state)
        self.sessions.restore(state)
        self.metrics.restore(state)
        self.anomalies.restore(state)

    def stage(self) -> Stage:
        """A place to fold facts in without touching what is in force."""
        metrics = self.metrics.stage()
        anomalies = self.anomalies.stage(metrics.series, metrics.workspaces)
        presence = self.presence.stage()
        return Stage(self.authorship.stage(), presence, self.sessions.stage(presence), metrics, anomalies)

    def next_deadline(self) -> float | None:
        """When time itself is news for a view, in Unix seconds; None: at no time."""
        return self.authorship.next_deadline()

    def apply(self, stage: Stage) -> None:
        """Puts a stage in force, and publishes it to subscriptions."""
        self.authorship.apply(stage.authorship)
        self.presence.apply(stage.presence)
        self.sessions.apply(stage.sessions)
        self.metrics.apply(stage.metrics)
        self.anomalies.apply(stage.anomalies)
        self.subscriptions.publish(stage.facts)
        self.recent.publish(stage.facts)


class Stage:
    """What a batch of facts leads to: `facts` with those that follow from them, and the views' state."""

    def __init__(
        self,
        authorship: AuthorshipStage,
        presence: PresenceStage,
        sessions: SessionsStage,
        metrics: MetricsStage,
        anomalies: AnomaliesStage,
    ) -> None:
        self.authorship = authorship
        self.presence = presence
        self.sessions = sessions
        self.metrics = metrics
        self.anomalies = anomalies
        self.facts: list[Fact] = []

    def fold(self, facts: Sequence[Fact]) -> list[Fact]:
        """`facts` with the derived ones in their places."""
        folded: list[Fact] = []
        for given in facts:
            fact = self.authorship.numbered(given)
            for attributed in self.authorship.ending(fact):
                self._fold(attributed, folded)
            self._fold(fact, folded)
            for attributed in self.authorship.fold(fact):
                self._fold(attributed, folded)
        self.anomalies.finish()
        self.facts += folded
        return folded

    def _fold(self, fact: Fact, folded: list[Fact]) -> None:
        self.presence.fold(fact)
        derived = self.sessions.fold(fact)
        derived.append(fact)
        for each in derived:
            self.metrics.fold(each)
            folded.append(each)
            for seen in self.anomalies.fold(each):
                self.metrics.fold(seen)
                folded.append(seen)

    def changes(self) -> StateChanges:
        """The views' state as the ledger has to keep it."""
        return StateChanges(
            removed=self.metrics.series.removed,
            series=self.metrics.series.staged,
            sessions=self.sessions.touched,
        )
