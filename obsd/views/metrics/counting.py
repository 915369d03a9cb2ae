"""Which facts move which metrics.

Owns the counting rules and nothing else: it writes into a stage, and what it stages is shown when it is durable. Facts
of a workspace that is not registered (any more) move nothing. Does no I/O. Event loop only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from prometheus_client.samples import Exemplar

from obsd.authorship.facts import ChangeAttributed
from obsd.facts import (
    OPERATIONS,
    AnomalySeen,
    CommitMade,
    CommitOrigins,
    CommitRewritten,
    Fact,
    FileChanged,
    GitChangedFiles,
    HookReported,
    LinesKept,
    LinesReplaced,
    ProbeReturned,
    Rescanned,
    RuleBroken,
    RuleKept,
    SessionEnded,
    WatcherReported,
    WatcherRestarted,
    WorkDiscarded,
    WorkspaceAdded,
    WorkspaceRemoved,
)
from obsd.views.metrics import author_families, telemetry
from obsd.views.metrics import catalog as m
from obsd.views.metrics.exemplars import Key, of_session
from obsd.views.metrics.families import SUM, Family
from obsd.views.metrics.label_limits import FilePlaces, admit
from obsd.views.metrics.series import SeriesStage, SeriesStore
from obsd.views.settings import ViewSettings
from obsd.views.state import Labels

UNNAMED = "unknown"
"""Stands for an author or a branch without a name: an empty label would be no label."""


class MetricsStage:
    """Numbers as they will be when the facts folded here are durable."""

    def __init__(self, store: SeriesStore, workspaces: frozenset[str], settings: ViewSettings) -> None:
        self.series = SeriesStage(store)
        self.workspaces = set(workspaces)
        self.watchers: dict[str, WatcherReported | None] = {}
        self.exemplars: dict[Key, Exemplar] = {}
        self._settings = settings
        self._files: dict[str, FilePlaces] = {}

    def fold(self, fact: Fact) -> None:
        """Count one fact."""
        handler = _HANDLERS.get(type(fact))
        if handler is not None and (fact.workspace in self.workspaces or fact.of_any_workspace):
            handler(self, fact)
        elif type(fact) in telemetry.HANDLERS:
            known = fact.workspace if fact.workspace in self.workspaces else ""
            telemetry.HANDLERS[type(fact)](self.series, known, fact)

    def added(self, fact: WorkspaceAdded) -> None:
        """Have every series of a workspace exist."""
        self.workspaces.add(fact.workspace)
        for family in m.FAMILIES:
            if family.source == "persisted":
                for labels in family.zeros:
                    self.series.touch(family.name, fact.workspace, labels)

    def removed(self, fact: WorkspaceRemoved) -> None:
        """End every series of a workspace."""
        self.workspaces.discard(fact.workspace)
        self.watchers[fact.workspace] = None
        self._files.pop(fact.workspace, None)
        self.series.remove(fact.workspace)

    def changed(self, fact: FileChanged) -> None:
        """Count a file's change, its lines, and the edits of the file."""
        operation: Labels = (fact.file_type, fact.operation)
        if self.series.get(m.FILES_MODIFIED.name, fact.workspace, operation) is None:
            for each in OPERATIONS:
                self.series.touch(m.FILES_MODIFIED.name, fact.workspace, (fact.file_type, each))
        self._count(m.FILES_MODIFIED, fact, operation)
        if fact.operation == "modified":
            self._places(fact.workspace).count(fact.path)
        if fact.lines_added is not None and fact.lines_removed is not None:
            self._observe(m.LINES_CHANGED, fact, fact.file_type, fact.lines_added + fact.lines_removed)
        elif fact.unmeasured:
            self._count(m.UNMEASURED_CHANGES, fact, (fact.unmeasured,))

    def attributed(self, fact: ChangeAttributed) -> None:
        """Count a change and its lines by who wrote it; what came too late for that is counted as late."""
        if fact.late:
            self._count(author_families.LATE_EVIDENCE, fact, (fact.evidence,))
            return
        self._count(author_families.AGENT_CHANGES, fact, (fact.agent, fact.evidence))
        if fact.session:
            key = (author_families.AGENT_CHANGES.name, fact.workspace, (fact.agent, fact.evidence))
            self.exemplars[key] = of_session(fact.session, fact.at)
        if fact.lines_added is not None and fact.lines_removed is not None:
            self._count(author_families.WRITTEN_LINES, fact, (fact.agent, fact.evidence, "added"), fact.lines_added)
            self._count(author_families.WRITTEN_LINES, fact, (fact.agent, fact.evidence, "removed"), fact.lines_removed)

    def rule_broken(self, fact: RuleBroken) -> None:
        """Count a violation; the rule stays broken until it is kept again."""
        self._count(m.RULE_VIOLATIONS, fact, (fact.rule,))
        self.series.set(m.RULE_BROKEN.name, fact.workspace, (fact.rule,), 1.0)

    def rule_kept(self, fact: RuleKept) -> None:
        """Note that a rule is kept again."""
        self.series.set(m.RULE_BROKEN.name, fact.workspace, (fact.rule,), 0.0)

    def changed_by_git(self, fact: GitChangedFiles) -> None:
        """Count the files that git wrote or removed."""
        self._count(m.GIT_CHANGES, fact, (fact.operation,), fact.files)

    def discarded(self, fact: WorkDiscarded) -> None:
        """Count the work that git threw away or put aside."""
        self._count(m.DISCARDED_FILES, fact, (fact.operation,), fact.files)
        self._count(m.DISCARDED_LINES, fact, (fact.operation,), fact.lines)

    def committed(self, fact: CommitMade) -> None:
        """Count a commit: by author and branch, by agent, and its lines; show its figures on its branch."""
        limits, workspace = self._settings, fact.workspace
        author = admit(
            self.series, m.AUTHOR_PLACES, workspace, fact.author_name or UNNAMED, limits.authors_per_workspace
        )
        branch = self._branch(fact)
        self._count(m.GIT_COMMITS, fact, (author, branch))
        self._count(m.COMMITS, fact, (fact.agent, fact.evidence, fact.kind))
        self._count(m.COMMIT_LINES, fact, (fact.agent, "added"), fact.lines_added or 0)
        self._count(m.COMMIT_LINES, fact, (fact.agent, "removed"), fact.lines_removed or 0)
        self._show_figures(fact, branch)
        if fact.source == "reflog":
            self._count(m.RECOVERED, fact)

    def rewritten(self, fact: CommitRewritten) -> None:
        """Count an amend or a rebased commit, and the lines by which it grew; show its figures on its branch."""
        self._count(m.REWRITTEN, fact, (fact.operation,))
        for direction, lines in (("added", fact.grown_added), ("removed", fact.grown_removed)):
            if lines:
                self._count(m.COMMIT_LINES, fact, (fact.agent, direction), lines)
        if fact.committed_at:
            self._show_figures(fact, self._branch(fact))

    def classified(self, fact: CommitOrigins) -> None:
        """Count the lines of a commit by who wrote them."""
        for agent, evidence, lines in fact.counted:
            self._count(author_families.COMMIT_ORIGIN_LINES, fact, (agent, evidence), lines)

    def replaced(self, fact: LinesReplaced) -> None:
        """Count lines that were replaced before they were committed, by who had written them."""
        for agent, lines in fact.overridden:
            self._count(author_families.OVERRIDDEN_LINES, fact, (agent,), lines)
        for agent, lines in fact.thrashed:
            self._count(author_families.THRASHED_LINES, fact, (agent,), lines)

    def kept(self, fact: LinesKept) -> None:
        """Show what is kept of the lines of each age."""
        for days, agent, _, lines in fact.lines:
            self.series.set(author_families.KEPT_LINES.name, fact.workspace, (agent, f"{days}d"), float(lines))

    def _branch(self, fact: CommitMade | CommitRewritten) -> str:
        limit = self._settings.branches_per_workspace
        return admit(self.series, m.BRANCH_PLACES, fact.workspace, fact.branch or UNNAMED, limit)

    def _show_figures(self, fact: CommitMade | CommitRewritten, branch: str) -> None:
        """Show the figures of the last commit on a branch; what is not known has no series until the next."""
        for family, value in (
            (m.COMMIT_ADDED, fact.lines_added),
            (m.COMMIT_REMOVED, fact.lines_removed),
            (m.COMMIT_FILES, fact.files_changed),
        ):
            self.series.set(family.name, fact.workspace, (branch,), value)

    def session_ended(self, fact: SessionEnded) -> None:
        """Note the length of a session."""
        self._observe(m.SESSION_LENGTH, fact, fact.agent, fact.duration_seconds)

    def anomaly_seen(self, fact: AnomalySeen) -> None:
        """Count an anomaly."""
        self._count(m.ANOMALIES, fact, (fact.kind,))

    def watcher_reported(self, fact: WatcherReported) -> None:
        """Note how a watcher is, and count what it read."""
        self.watchers[fact.workspace] = fact
        if fact.events:
            self._count(m.EVENTS, fact, amount=fact.events)
        if fact.overflows:
            self._count(m.OVERFLOWS, fact, amount=fact.overflows)

    def watcher_restarted(self, fact: WatcherRestarted) -> None:
        """Count a watcher's end; it is down until it reports again."""
        self.watchers[fact.workspace] = None
        self._count(m.WATCHER_RESTARTS, fact)

    def rescanned(self, fact: Rescanned) -> None:
        """Count a look at the whole workspace."""
        self._count(m.RESCANS, fact, (fact.reason,))

    def probe_returned(self, fact: ProbeReturned) -> None:
        """Note that events arrive."""
        self.series.set(m.HEARTBEAT.name, fact.workspace, (), fact.at)

    def hook_reported(self, fact: HookReported) -> None:
        """Count a report; one of a repository that is no workspace is the daemon's own."""
        workspace = fact.workspace if fact.workspace in self.workspaces else ""
        self.series.add(m.HOOK_REPORTS.name, workspace, (fact.result,))

    def _count(self, family: Family, fact: Fact, labels: Labels = (), amount: float = 1.0) -> None:
        self.series.add(family.name, fact.workspace, labels, amount)

    def _observe(self, family: Family, fact: Fact, label: str, value: float) -> None:
        self.series.add(family.name, fact.workspace, (label, family.bucket(value)))
        self.series.add(family.name, fact.workspace, (label, SUM), value)

    def _places(self, workspace: str) -> FilePlaces:
        places = self._files.get(workspace)
        if places is None:
            limit = self._settings.files_per_workspace
            places = FilePlaces(self.series, m.EDIT_FREQUENCY.name, m.FILE_CANDIDATES, workspace, limit)
            self._files[workspace] = places
        return places


_HANDLERS: dict[type[Fact], Callable[[MetricsStage, Any], None]] = {
    WorkspaceAdded: MetricsStage.added,
    WorkspaceRemoved: MetricsStage.removed,
    FileChanged: MetricsStage.changed,
    ChangeAttributed: MetricsStage.attributed,
    RuleBroken: MetricsStage.rule_broken,
    RuleKept: MetricsStage.rule_kept,
    GitChangedFiles: MetricsStage.changed_by_git,
    WorkDiscarded: MetricsStage.discarded,
    CommitMade: MetricsStage.committed,
    CommitRewritten: MetricsStage.rewritten,
    CommitOrigins: MetricsStage.classified,
    LinesReplaced: MetricsStage.replaced,
    LinesKept: MetricsStage.kept,
    SessionEnded: MetricsStage.session_ended,
    AnomalySeen: MetricsStage.anomaly_seen,
    WatcherReported: MetricsStage.watcher_reported,
    WatcherRestarted: MetricsStage.watcher_restarted,
    Rescanned: MetricsStage.rescanned,
    ProbeReturned: MetricsStage.probe_returned,
    HookReported: MetricsStage.hook_reported,
}
