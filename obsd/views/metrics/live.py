"""Metrics that say how a workspace is at the moment of a scrape: its session, its agents, its watcher.

Owns the watchers' last reports; nothing here is persisted. Does no I/O; the moment comes from `clock`. Event loop only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from obsd.facts import ANOMALY_KINDS, UNKNOWN_AGENT, WatcherReported
from obsd.views.metrics import catalog as m
from obsd.views.metrics.exposition import Rows
from obsd.views.metrics.families import Family
from obsd.views.presence import PresenceView
from obsd.views.sessions import SessionsView

_UP: Final = ("watching", "degraded")


class Live:
    """Gives the rows of every family whose source is `live`. `clock` gives Unix seconds.

    `anomaly_scores` gives the scores of a workspace's anomalies at a time, by kind. `usage` gives the processor time
    in seconds and the memory in bytes of a workspace's watcher.
    """

    def __init__(
        self,
        sessions: SessionsView,
        presence: PresenceView,
        anomaly_scores: Callable[[str, float], Mapping[str, float]],
        clock: Callable[[], float],
        usage: Callable[[str], tuple[float, float]],
    ) -> None:
        self._sessions = sessions
        self._presence = presence
        self._scores = anomaly_scores
        self._clock = clock
        self._watchers: dict[str, WatcherReported] = {}
        self._sources: dict[str, Callable[[str], Rows]] = {
            m.SESSION_ACTIVE.name: self._session_active,
            m.SESSION_DURATION.name: self._session_duration,
            m.ANOMALY_SCORE.name: self._anomaly_scores,
            m.AGENT_PRESENT.name: self._agents_present,
            m.WATCHER_UP.name: lambda workspace: self._watcher(workspace, lambda report: report.state in _UP),
            m.WATCHER_DEGRADED.name: lambda name: self._watcher(name, lambda report: report.state == "degraded"),
            m.WATCHES.name: lambda workspace: self._watcher(workspace, lambda report: report.watches),
            m.WATCHER_CPU.name: lambda workspace: {(): usage(workspace)[0]},
            m.WATCHER_MEMORY.name: lambda workspace: {(): usage(workspace)[1]},
            m.WATCH_LIMIT.name: lambda workspace: self._watcher(workspace, lambda report: report.watch_limit),
        }

    def rows(self, family: Family, workspace: str) -> Rows:
        """The rows of a family for a workspace, as they are now."""
        return self._sources[family.name](workspace)

    def apply(self, reports: Mapping[str, WatcherReported | None]) -> None:
        """Take over the last reports of watchers; None: there is no watcher."""
        for workspace, report in reports.items():
            if report is None:
                self._watchers.pop(workspace, None)
            else:
                self._watchers[workspace] = report

    def _session_active(self, workspace: str) -> Rows:
        return {(): float(self._sessions.running(workspace, self._clock()) is not None)}

    def _session_duration(self, workspace: str) -> Rows:
        now = self._clock()
        session = self._sessions.running(workspace, now)
        return {(): 0.0 if session is None else max(now, session.last_at) - session.began_at}

    def _anomaly_scores(self, workspace: str) -> Rows:
        scores = self._scores(workspace, self._clock())
        return {(kind,): scores.get(kind, 0.0) for kind in ANOMALY_KINDS}

    def _agents_present(self, workspace: str) -> Rows:
        # What was seen in a session that is over says nothing of now.
        active = self._sessions.running(workspace, self._clock()) is not None
        present = self._presence.of(workspace) if active else ()
        known = {UNKNOWN_AGENT, *self._presence.seen(workspace)}
        return {(agent,): float(agent in present) for agent in known}

    def _watcher(self, workspace: str, value: Callable[[WatcherReported], float]) -> Rows:
        report = self._watchers.get(workspace)
        return {(): 0.0 if report is None else float(value(report))}
