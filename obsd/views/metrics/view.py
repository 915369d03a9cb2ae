"""Metrics: the numbers in force, and their exposition.

Kept numbers change only when the facts that move them are durable; how the watchers are and how the daemon is are held
in memory alone. Does no I/O; the moment of a scrape comes from the clock that it is given. Event loop only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest

from obsd.facts import ANOMALY_KINDS, UNKNOWN_AGENT, WatcherReported
from obsd.views.metrics import catalog as m
from obsd.views.metrics.counting import MetricsStage
from obsd.views.metrics.exposition import FamilyCollector, Rows, registry_of
from obsd.views.metrics.families import Family
from obsd.views.metrics.label_values import Namer, namer
from obsd.views.metrics.series import SeriesStore
from obsd.views.metrics.telemetry import TelemetryRows
from obsd.views.presence import PresenceStage, PresenceView
from obsd.views.sessions import SessionsView
from obsd.views.settings import ViewSettings
from obsd.views.state import RestoredState

_UP: Final = ("watching", "degraded")


class MetricsView:
    """All metrics. `registry` serves them to prometheus_client, `exposition` as text."""

    def __init__(
        self,
        settings: ViewSettings,
        sessions: SessionsView,
        presence: PresenceView,
        clock: Callable[[], float],
        version: str,
    ) -> None:
        self.settings = settings
        self._sessions = sessions
        self._presence = presence
        self.clock = clock
        self.spool_reports: Callable[[], int] = int
        """Asked at each scrape how many reports of hooks wait."""
        self.telemetry = TelemetryRows()
        """Counts of the telemetry receiver, which puts its own in place."""
        self._salt = b""
        self.anomaly_scores: Callable[[str, float], Mapping[str, float]] = lambda workspace, now: {}
        """Asked at each scrape for the scores of a workspace's anomalies, by kind."""
        self._store = SeriesStore()
        self._workspaces: frozenset[str] = frozenset()
        self._watchers: dict[str, WatcherReported] = {}
        self._daemon: dict[str, Rows] = {
            m.BUILD_INFO.name: {(version,): 1.0},
            m.UP_SINCE.name: {(): 0.0},
            m.DEGRADED.name: {(): 0.0},
        }
        self._live: dict[str, Callable[[str], float]] = {
            m.SESSION_ACTIVE.name: self._session_active,
            m.SESSION_DURATION.name: self._session_duration,
            m.WATCHER_UP.name: lambda name: float(self._watchers[name].state in _UP) if self._has(name) else 0.0,
            m.WATCHER_DEGRADED.name: lambda name: float(self._has(name) and self._watchers[name].state == "degraded"),
            m.WATCHES.name: lambda name: self._watchers[name].watches if self._has(name) else 0.0,
            m.WATCH_LIMIT.name: lambda name: self._watchers[name].watch_limit if self._has(name) else 0.0,
        }
        self._store.touch(m.HOOK_REPORTS.name, "", ("refused",))
        self.collector = FamilyCollector(m.FAMILIES, self._rows, self._namer)
        self.registry: CollectorRegistry = registry_of(self.collector)

    def restore(self, state: RestoredState) -> None:
        """Take over what the ledger kept."""
        self._salt = state.salt
        self._workspaces = frozenset(state.workspaces)
        for family, workspace, labels, value in state.series:
            self._store.put(family, workspace, labels, value)
        # A family that came with an update has no rows yet.
        for kept in (family for family in m.FAMILIES if family.kept and not family.daemon):
            for workspace in state.workspaces:
                for labels in kept.zeros:
                    self._store.touch(kept.name, workspace, labels)

    @property
    def store(self) -> SeriesStore:
        """The numbers in force."""
        return self._store

    def stage(self, presence: PresenceStage | None = None) -> MetricsStage:
        """A place to count facts in without touching what is in force; `presence` has folded them before."""
        return MetricsStage(self._store, self._workspaces, self.settings, presence or PresenceView().stage())

    def apply(self, stage: MetricsStage) -> None:
        """Put staged numbers in force."""
        self._store.apply(stage.series.removed, stage.series.staged)
        self._workspaces = frozenset(stage.workspaces)
        for workspace, report in stage.watchers.items():
            if report is None:
                self._watchers.pop(workspace, None)
            else:
                self._watchers[workspace] = report

    def set_up_since(self, at: float) -> None:
        """Say when the daemon became ready, in Unix seconds."""
        self._daemon[m.UP_SINCE.name] = {(): at}

    def set_degraded(self, degraded: bool) -> None:
        """Say whether the daemon has a warning to show."""
        self._daemon[m.DEGRADED.name] = {(): float(degraded)}

    def exposition(self) -> bytes:
        """Everything in the text format 0.0.4."""
        return generate_latest(self.registry)

    def value(self, family: str, workspace: str, *labels: str) -> float | None:
        """One number of a kept family, by the names as they are in facts; None: no such series."""
        return self._store.rows(family, workspace).get(labels)

    def rule_broken(self, workspace: str, rule: str) -> bool:
        """Whether a workflow rule is broken."""
        return bool(self.value(m.RULE_BROKEN.name, workspace, rule))

    def _rows(self, family: Family) -> Iterable[tuple[str, Rows]]:
        if family is m.SPOOL_REPORTS:
            return [("", {(): float(self.spool_reports())})]
        if (rows := self.telemetry.rows(family)) is not None:
            return [("", rows)]
        if family.daemon:
            return [("", self._daemon[family.name])]
        if family is m.ANOMALY_SCORE:
            return [(workspace, self._anomaly_scores(workspace)) for workspace in self._workspaces]
        if family is m.AGENT_PRESENT:
            return [(workspace, self._present(workspace)) for workspace in self._workspaces]
        live = self._live.get(family.name)
        if live is not None:
            return [(workspace, {(): live(workspace)}) for workspace in self._workspaces]
        return self._store.workspaces(family.name)

    def _namer(self, family: str, label_name: str, names: Iterable[str]) -> Namer:
        return namer(label_name, self.settings, self._salt, names)

    def _has(self, workspace: str) -> bool:
        return workspace in self._watchers

    def _anomaly_scores(self, workspace: str) -> Rows:
        scores = self.anomaly_scores(workspace, self.clock())
        return {(kind,): scores.get(kind, 0.0) for kind in ANOMALY_KINDS}

    def _present(self, workspace: str) -> Rows:
        # What was seen in a session that is over says nothing of now.
        active = self._session_active(workspace) > 0
        present = self._presence.of(workspace) if active else ()
        known = {UNKNOWN_AGENT, *self._presence.seen(workspace)}
        return {(agent,): float(agent in present) for agent in known}

    def _session_active(self, workspace: str) -> float:
        return float(self._sessions.running(workspace, self.clock()) is not None)

    def _session_duration(self, workspace: str) -> float:
        now = self.clock()
        session = self._sessions.running(workspace, now)
        return 0.0 if session is None else max(now, session.last_at) - session.began_at
