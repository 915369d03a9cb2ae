"""Metrics: the numbers in force, and their exposition.

Persisted numbers change only when the facts that move them are durable; how the watchers are and how the daemon is are
held in memory alone. Does no I/O; the moment of a scrape comes from the clock that it is given. Event loop only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, generate_latest

from obsd.facts import AUTHOR_SOURCES
from obsd.views.metrics import catalog as m
from obsd.views.metrics.author_families import AUTHOR_SOURCE_UP
from obsd.views.metrics.counting import MetricsStage
from obsd.views.metrics.exemplars import Exemplars
from obsd.views.metrics.exposition import FamilyCollector, Rows, registry_of
from obsd.views.metrics.families import Family
from obsd.views.metrics.label_values import Namer, namer
from obsd.views.metrics.live import Live
from obsd.views.metrics.series import SeriesStore
from obsd.views.metrics.telemetry import ReceiverRows, receiver_sources
from obsd.views.metrics.vendors import VENDOR_DAY, VENDOR_USAGE, VendorRows
from obsd.views.settings import ViewSettings
from obsd.views.state import RestoredState


class MetricsView:
    """All metrics. `registry` serves them to prometheus_client, `exposition` as text.

    `spool_reports` is called at each scrape for how many reports of hooks wait in the spool.
    """

    def __init__(
        self,
        store: SeriesStore,
        live: Live,
        settings: ViewSettings,
        version: str,
        spool_reports: Callable[[], int],
        receiver: ReceiverRows,
    ) -> None:
        self.settings = settings
        self._store = store
        self._live = live
        self._exemplars = Exemplars()
        self._salt = b""
        self._up_since = 0.0
        self._degraded = False
        self._author_sources: dict[str, bool] = dict.fromkeys(AUTHOR_SOURCES, False)
        self._workspaces: frozenset[str] = frozenset()
        self.vendors = VendorRows()
        self._of_daemon: dict[str, Callable[[], Rows]] = {
            m.BUILD_INFO.name: lambda: {(version,): 1.0},
            m.UP_SINCE.name: lambda: {(): self._up_since},
            m.DEGRADED.name: lambda: {(): float(self._degraded)},
            AUTHOR_SOURCE_UP.name: lambda: {(name,): float(up) for name, up in self._author_sources.items()},
            m.SPOOL_REPORTS.name: lambda: {(): float(spool_reports())},
            VENDOR_USAGE.name: self.vendors.usage,
            VENDOR_DAY.name: self.vendors.ends,
            **receiver_sources(receiver),
        }
        store.touch(m.HOOK_REPORTS.name, "", ("refused",))
        self.collector = FamilyCollector(m.FAMILIES, self._rows, self._namer, self._exemplars.get)
        self.registry: CollectorRegistry = registry_of(self.collector)

    def restore(self, state: RestoredState) -> None:
        """Take over what the ledger kept."""
        self._salt = state.salt
        self._workspaces = frozenset(state.workspaces)
        for family, workspace, labels, value in state.series:
            self._store.put(family, workspace, labels, value)
        # A family that came with an update has no rows yet.
        for persisted in m.FAMILIES:
            if persisted.source == "persisted":
                for workspace in state.workspaces:
                    for labels in persisted.zeros:
                        self._store.touch(persisted.name, workspace, labels)

    def stage(self) -> MetricsStage:
        """A place to count facts in without touching what is in force."""
        return MetricsStage(self._store, self._workspaces, self.settings)

    def apply(self, stage: MetricsStage) -> None:
        """Put staged numbers in force."""
        self._store.apply(stage.series.removed, stage.series.staged)
        self._exemplars.apply(stage.series.removed, stage.exemplars)
        self._workspaces = frozenset(stage.workspaces)
        self._live.apply(stage.watchers)

    def set_up_since(self, at: float) -> None:
        """Set when the daemon became ready, in Unix seconds."""
        self._up_since = at

    def set_degraded(self, degraded: bool) -> None:
        """Set whether the daemon has a warning to show."""
        self._degraded = degraded

    def set_author_source(self, source: str, up: bool) -> None:
        """Set whether a source of evidence for authors speaks."""
        self._author_sources[source] = up

    def exposition(self) -> bytes:
        """Everything in the text format 0.0.4."""
        return generate_latest(self.registry)

    def value(self, family: str, workspace: str, *labels: str) -> float | None:
        """One number of a persisted family, by the names as they are in facts; None: no such series."""
        return self._store.rows(family, workspace).get(labels)

    def rule_broken(self, workspace: str, rule: str) -> bool:
        """Whether a workflow rule is broken."""
        return bool(self.value(m.RULE_BROKEN.name, workspace, rule))

    def _rows(self, family: Family) -> Iterable[tuple[str, Rows]]:
        match family.source:
            case "persisted":
                return self._store.workspaces(family.name)
            case "live":
                return [(workspace, self._live.rows(family, workspace)) for workspace in self._workspaces]
            case "daemon":
                return [("", self._of_daemon[family.name]())]

    def _namer(self, family: str, label_name: str, names: Iterable[str]) -> Namer:
        return namer(label_name, self.settings, self._salt, names)
