"""Anomalies: compares activity, commits and sessions with the workspace's own history, and derives `AnomalySeen`.

Owns the running windows of activity, in memory: one that a restart cuts short is not learnt from. The baselines are in
a hidden, persisted family of series. An anomaly of a window is reported once, when the activity pauses, with the value
that it reached; of the kinds that show the same episode, the one furthest above its threshold. It is learnt at the
threshold, so that one does not become usual by itself. Does no I/O, reads no clock. Event loop only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from obsd.analysis.anomalies import (
    BY_WINDOW,
    COMMIT_SIZE,
    MEASURES,
    SESSION_LENGTH,
    WINDOWS,
    Measure,
    Threshold,
    threshold_of,
)
from obsd.analysis.baseline import Baseline, restored
from obsd.facts import (
    AnomalySeen,
    ClockStepped,
    CommitMade,
    Fact,
    FileChanged,
    SessionEnded,
    SessionStarted,
    Ticked,
    WorkspaceRemoved,
)
from obsd.views.anomaly_windows import Running, Window
from obsd.views.metrics.catalog import BASELINES
from obsd.views.metrics.series import SeriesStage, SeriesStore
from obsd.views.state import Labels, RestoredState

OBSERVATIONS: Final = "observations"
"""Last label of the row with the number of a baseline's observations; its other rows end with the step of a value."""

COMMIT_SECONDS: Final = 3600.0
"""How long the score of a commit is shown."""

Thresholds = dict[tuple[str, str], Threshold | None]


class AnomaliesView:
    """The running windows of each workspace, and the thresholds by its history."""

    def __init__(self, store: SeriesStore) -> None:
        self.store = store
        self.running: dict[str, Running] = {}
        self.thresholds: Thresholds = {}
        self.compute_threshold: Callable[[Measure, Baseline], Threshold | None] = threshold_of
        """Computes a threshold from a history; benchmarks compare it with others."""

    def restore(self, state: RestoredState) -> None:
        """Restores the open sessions; the baselines are restored with the series."""
        for session, _ in state.open_sessions:
            running = self.running.setdefault(session.workspace, Running())
            running.session = (str(session.number), session.began_at)

    def stage(self, series: SeriesStage, workspaces: set[str]) -> AnomaliesStage:
        """A place to fold facts in without touching what is in force; baselines are staged in `series`."""
        return AnomaliesStage(self, series, workspaces)

    def apply(self, stage: AnomaliesStage) -> None:
        """Put a stage in force."""
        for workspace, running in stage.running.items():
            if running is None:
                self.running.pop(workspace, None)
            else:
                running.settle()
                self.running[workspace] = running
        for key in stage.thresholds:
            self.thresholds.pop(key, None)

    def threshold(self, workspace: str, measure: Measure) -> Threshold | None:
        """Returns the threshold of a measure by the history in force, or None if it is too short."""
        key = (workspace, measure.name)
        if key not in self.thresholds:
            self.thresholds[key] = self.compute_threshold(
                measure, _baseline(self.store.rows(BASELINES, workspace), measure)
            )
        return self.thresholds[key]

    def scores(self, workspace: str, now: float) -> dict[str, float]:
        """Returns the score of each kind at a time: of the running windows, the last commit and the open session."""
        scores: dict[str, float] = {measure.kind: 0.0 for measure in MEASURES}
        running = self.running.get(workspace)
        for measure, value in () if running is None else running.values(now, COMMIT_SECONDS):
            found = self.threshold(workspace, measure)
            if found is not None:
                scores[measure.kind] = max(scores[measure.kind], found.usual.score(value))
        return scores


class AnomaliesStage:
    """Windows and baselines as they will be when the facts folded here are durable."""

    def __init__(self, view: AnomaliesView, series: SeriesStage, workspaces: set[str]) -> None:
        self._view = view
        self._series = series
        self._workspaces = workspaces
        self.running: dict[str, Running | None] = {}
        self.thresholds: Thresholds = {}
        """Thresholds that this stage has computed again, because it has learnt."""
        self._changed_last: dict[str, FileChanged] = {}
        """The last change of each workspace since `finish`."""
        self._by_window: dict[tuple[str, int], tuple[Threshold, ...]] = {}

    def fold(self, fact: Fact) -> list[Fact]:
        """Returns the anomalies that follow from a fact."""
        if type(fact) is FileChanged:
            return self._changed(fact) if fact.workspace in self._workspaces else []
        if isinstance(fact, Ticked):
            return self._tick(fact)
        if isinstance(fact, ClockStepped):
            self._step(fact.seconds)
        if isinstance(fact, WorkspaceRemoved):
            self._forget(fact.workspace)
        if fact.workspace not in self._workspaces:
            return []
        if isinstance(fact, CommitMade):
            return list(self._committed(fact))
        if isinstance(fact, SessionStarted):
            self._of(fact.workspace).session = (fact.session_id, fact.at)
        if isinstance(fact, SessionEnded):
            return list(self._session_ended(fact))
        return []

    def finish(self) -> None:
        """Evaluates the windows of a whole batch once."""
        changed, self._changed_last = self._changed_last, {}
        for workspace, fact in changed.items():
            running = self._of(workspace)
            for window in running.windows.values():
                self._note(fact, running, window)

    def _changed(self, fact: FileChanged) -> list[Fact]:
        running = self._of(fact.workspace)
        for key in WINDOWS:
            window = running.windows.get(key)
            if window is None or not window.start <= fact.at < window.end:
                if window is not None:
                    self._note(self._changed_last.get(fact.workspace), running, window)
                    self._learn(fact.workspace, window)
                window = running.windows[key] = Window.around(fact.at, *key)
            window.add(fact)
        self._changed_last[fact.workspace] = fact
        return list(self._session_over(fact, running))

    def _note(self, fact: FileChanged | None, running: Running, window: Window) -> None:
        """Notes the anomalies in a window after its last change; None: it was evaluated since."""
        if fact is None:
            return
        for found in self._thresholds_of(fact.workspace, window.seconds):
            value = window.value(found.measure.kind)
            if value > found.limit and running.news(found.measure.kind, fact.at, window.seconds):
                running.note(_seen(fact, found, value), value / found.limit)

    def _session_over(self, fact: Fact, running: Running) -> Iterator[Fact]:
        if running.session is None or running.session_reported:
            return
        found = self._threshold(fact.workspace, SESSION_LENGTH)
        number, started_at = running.session
        if found is not None and fact.at - started_at > found.limit:
            running.session_reported = True
            yield _seen(fact, found, fact.at - started_at, number)

    def _committed(self, fact: CommitMade) -> Iterator[Fact]:
        if fact.kind == "merge" or fact.lines_added is None or fact.lines_removed is None:
            return  # a merge's lines are those of the merged commits
        value = float(fact.lines_added + fact.lines_removed)
        self._of(fact.workspace).last_commit = (fact.at, value)
        found = self._threshold(fact.workspace, COMMIT_SIZE)
        if found is not None and value > found.limit:
            yield _seen(fact, found, value, fact.commit_id)
        self._observe(fact.workspace, COMMIT_SIZE, value)
        yield from self._session_over(fact, self._of(fact.workspace))

    def _session_ended(self, fact: SessionEnded) -> Iterator[Fact]:
        running = self._of(fact.workspace)
        found = self._threshold(fact.workspace, SESSION_LENGTH)
        if found is not None and fact.duration_seconds > found.limit and not running.session_reported:
            yield _seen(fact, found, fact.duration_seconds, fact.session_id)
        running.session, running.session_reported = None, False
        self._observe(fact.workspace, SESSION_LENGTH, fact.duration_seconds)

    def _tick(self, fact: Ticked) -> list[Fact]:
        self.finish()
        found: list[Fact] = []
        for workspace in {*self._view.running, *self.running}:
            running = self.running.get(workspace, self._view.running.get(workspace))
            if running is None:
                continue
            if any(window.end <= fact.at for window in running.windows.values()):
                self._close_windows(workspace, fact.at)
            running = self.running.get(workspace, running)
            if running is not None and running.paused(fact.at):
                found += self._of(workspace).take_pending()
        return found

    def _step(self, seconds: float) -> None:
        """Moves the starts of sessions with the clock, so that setting it makes none longer."""
        for workspace in {*self._view.running, *self.running}:
            running = self.running.get(workspace, self._view.running.get(workspace))
            if running is not None and running.session is not None:
                number, started_at = running.session
                self._of(workspace).session = (number, started_at + seconds)

    def _close_windows(self, workspace: str, at: float) -> None:
        running = self._of(workspace)
        for key, window in list(running.windows.items()):
            if window.end <= at:
                self._note(self._changed_last.get(workspace), running, window)
                self._learn(workspace, window)
                del running.windows[key]

    def _forget(self, workspace: str) -> None:
        self.running[workspace] = None
        self._changed_last.pop(workspace, None)
        for measure in MEASURES:
            self.thresholds[(workspace, measure.name)] = None
        self._by_window.clear()

    def _learn(self, workspace: str, window: Window) -> None:
        if window.start % window.seconds:
            return  # the same activity is in the windows without an offset
        for measure in BY_WINDOW[window.seconds]:
            self._observe(workspace, measure, window.value(measure.kind))

    def _observe(self, workspace: str, measure: Measure, value: float) -> None:
        found = self._threshold(workspace, measure)
        learnt = value if found is None else min(value, found.limit)
        baseline = _baseline(self._series.rows(BASELINES, workspace), measure)
        for step in baseline.observe(learnt):
            self._series.set(BASELINES, workspace, (measure.name, str(step)), baseline.weights.get(step))
        self._series.set(BASELINES, workspace, (measure.name, OBSERVATIONS), float(baseline.observations))
        self.thresholds[(workspace, measure.name)] = self._view.compute_threshold(measure, baseline)
        self._by_window.pop((workspace, measure.window_seconds), None)

    def _threshold(self, workspace: str, measure: Measure) -> Threshold | None:
        key = (workspace, measure.name)
        return self.thresholds[key] if key in self.thresholds else self._view.threshold(workspace, measure)

    def _thresholds_of(self, workspace: str, seconds: int) -> tuple[Threshold, ...]:
        """Returns the thresholds for a window of a workspace; called for each change."""
        key = (workspace, seconds)
        if key not in self._by_window:
            thresholds = (self._threshold(workspace, measure) for measure in BY_WINDOW[seconds])
            self._by_window[key] = tuple(found for found in thresholds if found is not None)
        return self._by_window[key]

    def _of(self, workspace: str) -> Running:
        """Returns the staged copy of a workspace's running windows."""
        running = self.running.get(workspace)
        if running is None:
            known = None if workspace in self.running else self._view.running.get(workspace)
            running = self.running[workspace] = Running() if known is None else known.copy()
        return running


def _baseline(rows: Mapping[Labels, float], measure: Measure) -> Baseline:
    """Returns a measure's history from the workspace's rows."""
    own = {labels[1]: value for labels, value in rows.items() if labels[0] == measure.name}
    observations = own.pop(OBSERVATIONS, 0.0)
    return restored({int(step): weight for step, weight in own.items()}, observations, measure.half_life)


def _seen(fact: Fact, found: Threshold, value: float, subject: str = "") -> AnomalySeen:
    return AnomalySeen(
        at=fact.at,
        workspace=fact.workspace,
        kind=found.measure.kind,
        value=value,
        usual=found.usual.median,
        at_most=found.usual.at_most,
        score=round(found.usual.score(value), 2),
        window_seconds=float(found.measure.window_seconds),
        subject=subject,
        reason=found.reason(value),
    )
