"""Exposition: turns families and their rows into prometheus_client's metrics, and those into text.

Owns the rule that a failing part never fails the scrape: a family that cannot be rendered is left out, counted and
logged once. Knows no metric by name, reads no clock. Runs where the scrape runs: the event loop, which owns the rows.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from prometheus_client.samples import Exemplar

from obsd.views.metrics.families import SUM, Family
from obsd.views.metrics.label_values import Namer
from obsd.views.state import Labels

Rows = Mapping[Labels, float]
Source = Callable[[Family], Iterable[tuple[str, Rows]]]
"""Returns each workspace's rows of a family ("" for the daemon's own)."""
Naming = Callable[[str, str, Iterable[str]], Namer]
"""Returns the function that shows a label's values, for family name, label name and the values in use."""
ExemplarOf = Callable[[str, str, Labels], Exemplar | None]
"""Returns the exemplar of a counter's series, by family name, workspace and labels."""

log = logging.getLogger(__name__)


class FamilyCollector(Collector):
    """Renders families from a source, in their order, sorted by workspace and labels."""

    def __init__(self, families: Iterable[Family], source: Source, naming: Naming, exemplar: ExemplarOf) -> None:
        self._families = tuple(families)
        self._source = source
        self._naming = naming
        self._exemplar = exemplar
        self._logged: set[str] = set()
        self.failures = 0

    def describe(self) -> Iterable[Metric]:
        """Returns nothing: the families do not change while they are registered."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yields every family that can be rendered."""
        for family in self._families:
            try:
                yield self._rendered(family)
            except Exception as error:  # noqa: BLE001 - whatever it is, the other families are still true
                self._note_failure(family, error)

    def _rendered(self, family: Family) -> Metric:
        shown = [
            (workspace, labels, value)
            for workspace, rows in sorted(self._source(family), key=lambda item: item[0])
            for labels, value in sorted(self._shown(family, rows).items())
        ]
        if family.kind == "histogram":
            return _histogram(family, shown)
        if family.kind == "counter":
            return self._counter(family, shown)
        gauge = GaugeMetricFamily(family.name, family.help, labels=_label_names(family))
        for workspace, labels, value in shown:
            gauge.add_metric(_with_workspace(family, workspace, labels), value)
        return gauge

    def _counter(self, family: Family, shown: Iterable[tuple[str, Labels, float]]) -> CounterMetricFamily:
        counter = CounterMetricFamily(family.name, family.help, labels=_label_names(family))
        for workspace, labels, value in shown:
            counter.add_metric(_with_workspace(family, workspace, labels), value)
            if exemplar := self._exemplar(family.name, workspace, labels):
                # Debian 12's add_metric takes none.
                counter.samples[-1] = counter.samples[-1]._replace(exemplar=exemplar)
        return counter

    def _shown(self, family: Family, rows: Rows) -> dict[Labels, float]:
        """Returns the rows with the names that may be shown; rows that then look alike are one series."""
        namers = [
            self._naming(family.name, name, [labels[index] for labels in rows])
            for index, name in enumerate(family.labels)
        ]
        if family.kind == "histogram":
            namers.append(str)
        shown: dict[Labels, float] = {}
        for labels, value in rows.items():
            names = tuple(show(name) for show, name in zip(namers, labels, strict=True))
            shown[names] = value if family.kind == "gauge" else shown.get(names, 0.0) + value
        return shown

    def _note_failure(self, family: Family, error: Exception) -> None:
        self.failures += 1
        if family.name not in self._logged:
            self._logged.add(family.name)
            log.error("metric %s cannot be rendered and is left out", family.name, exc_info=error)


def registry_of(collector: Collector) -> CollectorRegistry:
    """Returns a registry with only that collector: the global one would add series of the process."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(collector)
    return registry


def _label_names(family: Family) -> list[str]:
    return [*family.labels] if family.daemon else ["workspace", *family.labels]


def _with_workspace(family: Family, workspace: str, labels: Labels) -> list[str]:
    return [*labels] if family.daemon else [workspace, *labels]


def _histogram(family: Family, rows: Iterable[tuple[str, Labels, float]]) -> HistogramMetricFamily:
    metric = HistogramMetricFamily(family.name, family.help, labels=_label_names(family))
    series: dict[tuple[str, Labels], dict[str, float]] = {}
    for workspace, labels, value in rows:
        series.setdefault((workspace, labels[:-1]), {})[labels[-1]] = value
    for (workspace, labels), cells in series.items():
        metric.add_metric(_with_workspace(family, workspace, labels), _cumulative(family, cells), cells.get(SUM, 0.0))
    return metric


def _cumulative(family: Family, cells: Mapping[str, float]) -> list[tuple[str, float]]:
    total = 0.0
    buckets: list[tuple[str, float]] = []
    for index, bound in enumerate((*family.buckets, float("inf"))):
        total += cells.get(str(index), 0.0)
        buckets.append(("+Inf" if bound == float("inf") else str(float(bound)), total))
    return buckets
