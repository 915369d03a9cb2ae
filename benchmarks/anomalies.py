"""How well anomalies are found: precision and recall on made-up activity, and on real histories with anomalies put in.

Owns the counting: an anomaly is found when the view told one of its kind while it went on; what was told while none
went on is a false alarm. OBSD_BENCH_HISTORIES names saved logs of real histories (histories.py), separated by colons.
Only sums are printed.
"""

from __future__ import annotations

import os
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.activity import BEGIN, DAY, KINDS, Activity, Injected, inject
from benchmarks.histories import busiest_authors
from benchmarks.table import Row
from obsd.analysis import anomalies as rules
from obsd.analysis.anomalies import Judge, Measure
from obsd.analysis.baseline import Baseline, Usual, value_of
from obsd.facts import AnomalyKind, AnomalySeen, CommitMade, Fact, FileChanged, Ticked, WorkspaceAdded
from obsd.views import Views

DAYS = 50
LEARNT_DAYS = 20
STRENGTHS = (2.0, 5.0, 20.0)
WORKSPACES = 16
BATCH = 2000
SLACK_SECONDS = 300.0
Judging = Callable[[Measure, Baseline], Judge | None]
Told = list[AnomalySeen]


def told(facts: Sequence[Fact], judging: Judging = rules.judge) -> Told:
    """What the views tell of facts, with the ticks that the daemon gives, when the verdicts come from `judging`."""
    views = Views(lambda: 0.0)
    views.anomalies.judging = judging
    found: Told = []
    last = 0.0
    for first in range(0, len(facts), BATCH):
        stage = views.stage()
        for fact in facts[first : first + BATCH]:
            ticks = [Ticked(last + 400, "")] if last and fact.at - last > 400 else []
            last = fact.at
            for each in (*ticks, fact):
                if isinstance(each, WorkspaceAdded):
                    stage.metrics.fold(each)
                for seen in (*stage.sessions.fold(each), each):
                    found += [one for one in stage.anomalies.fold(seen) if isinstance(one, AnomalySeen)]
                    stage.anomalies.finish()
        views.apply(stage)
    return found


def busy_times(facts: Sequence[Fact]) -> dict[AnomalyKind, float]:
    """The 95th percentile of each quantity: of five minutes with activity, commits and sittings."""
    windows: dict[int, Counter[str]] = defaultdict(Counter)
    files: dict[int, set[str]] = defaultdict(set)
    for fact in facts:
        if isinstance(fact, FileChanged):
            window = int(fact.at // 300)
            windows[window]["changes"] += 1
            windows[window]["deletions"] += fact.operation == "deleted"
            windows[window]["lines"] += (fact.lines_added or 0) + (fact.lines_removed or 0)
            files[window].add(fact.path)
    sizes = [(fact.lines_added or 0) + (fact.lines_removed or 0) for fact in facts if isinstance(fact, CommitMade)]
    busy: dict[AnomalyKind, float] = {"commit_size": _high(sizes), "session_length": _high(_sittings(facts))}
    for kind in ("changes", "deletions", "lines"):
        busy[kind] = _high([window[kind] for window in windows.values() if window[kind]])
    busy["files"] = _high([len(names) for names in files.values()])
    return busy


def at_score(score: float) -> Judging:
    """The shipped rule with another limit."""
    return lambda measure, baseline: rules.judge(measure, baseline, score)


def three_sigma(measure: Measure, baseline: Baseline) -> Judge | None:
    """The mean and three standard deviations of all that was seen: what is often done instead."""
    if baseline.observations < measure.enough:
        return None
    weights = {value_of(step): weight for step, weight in baseline.weights.items()}
    total = sum(weights.values())
    mean = sum(value * weight for value, weight in weights.items()) / total
    deviation = (sum(weight * (value - mean) ** 2 for value, weight in weights.items()) / total) ** 0.5
    return Judge(measure, Usual(mean, mean, 1.0), max(mean + 3 * deviation, measure.least))


def fixed(measure: Measure, baseline: Baseline) -> Judge | None:
    """The same limits for every workspace: the least that a verdict is given on, twice."""
    return Judge(measure, Usual(0.0, 0.0, 1.0), 2 * measure.least)


class Result:
    """Counts over many workspaces."""

    def __init__(self) -> None:
        self.found: Counter[tuple[str, float]] = Counter()
        self.injected: Counter[tuple[str, float]] = Counter()
        self.alarms = 0
        self.false_alarms = 0
        self.false_kinds: Counter[str] = Counter()
        self.days = 0.0

    def count(self, seen: Told, injected: Sequence[Injected], since: float, days: float) -> None:
        """Add a workspace."""
        for anomaly in injected:
            key = (anomaly.kind, anomaly.strength)
            self.injected[key] += 1
            self.found[key] += any(one.kind == anomaly.kind and _during(one, anomaly) for one in seen)
        later = [one for one in seen if one.at >= since]
        wrong = [one for one in later if not any(_during(one, anomaly) for anomaly in injected)]
        self.alarms += len(later)
        self.false_alarms += len(wrong)
        self.false_kinds.update(one.kind for one in wrong)
        self.days += days

    def rows(self, work: str) -> list[Row]:
        """Recall by kind and strength, precision, false alarms a working day."""
        rows = [
            Row(work, f"recall of {kind}, {strength:g} times busy", self.found[kind, strength] / many, "")
            for kind in KINDS
            for (known, strength), many in sorted(self.injected.items())
            if known == kind
        ]
        strong = [key for key in self.injected if key[1] >= 5]
        recall = sum(self.found[key] for key in strong) / max(1, sum(self.injected[key] for key in strong))
        return [
            *rows,
            Row(work, "recall of all from 5 times busy on", recall, ""),
            Row(work, "precision", 1 - self.false_alarms / max(1, self.alarms), ""),
            Row(work, "false alarms a workspace and working week", self.false_alarms / max(1.0, self.days) * 5, ""),
        ]


def made_up(judging: Judging = rules.judge, workspaces: int = WORKSPACES, seed: int = 1000) -> Result:
    """Made-up activity with each kind put in at each strength."""
    result = Result()
    for number in range(workspaces):
        activity = Activity(seed + number, DAYS)
        busy = busy_times([fact for fact in activity.facts if fact.at < BEGIN + LEARNT_DAYS * DAY])
        injected = inject(activity, LEARNT_DAYS, busy, STRENGTHS)
        since = BEGIN + LEARNT_DAYS * DAY
        result.count(told(activity.facts, judging), injected, since, (DAYS - LEARNT_DAYS) * 5 / 7)
    return result


def real(files: Sequence[Path], judging: Judging = rules.judge) -> Result:
    """Histories of the busiest authors, with the same put into the second half."""
    result = Result()
    for number, facts in enumerate(busiest_authors(files)):
        half = len(facts) // 2
        since, until = facts[half].at, facts[-1].at
        busy = busy_times(facts[:half])
        activity = Activity(number, 0)
        activity.days = int((until - BEGIN) // DAY)
        activity.facts += facts
        injected = inject(activity, int((since - BEGIN) // DAY) + 1, busy, STRENGTHS)
        active = len({int(fact.at // DAY) for fact in facts[half:]})
        result.count(told(activity.facts, judging), injected, since, active)
    return result


def run() -> list[Row]:
    """The tables of docs/analysis.md."""
    rows = made_up().rows("made up")
    for name, judging in (
        *((f"score {score:g}", at_score(score)) for score in (2.5, 4.0, 5.0)),
        ("mean and 3 sigma", three_sigma),
        ("fixed limits", fixed),
    ):
        rows += made_up(judging, WORKSPACES // 2).rows(f"made up, {name}")[-3:]
    names = os.environ.get("OBSD_BENCH_HISTORIES", "")
    if names:
        result = real([Path(name) for name in names.split(":")])
        rows += result.rows("histories")
        for kind, many in result.false_kinds.items():
            rows.append(Row("histories", f"false alarms of kind {kind}", many, ""))
    return rows


def _during(one: AnomalySeen, anomaly: Injected) -> bool:
    return anomaly.begin <= one.at <= anomaly.end + SLACK_SECONDS


def _sittings(facts: Sequence[Fact]) -> list[float]:
    lengths, begun, last = [], 0.0, 0.0
    for fact in facts:
        if fact.at - last > 300:
            lengths.append(last - begun)
            begun = fact.at
        last = fact.at
    return [length for length in lengths if length > 0]


def _high(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20)[-1] if len(values) > 1 else 1.0
