"""Ninety days of made-up counters as Prometheus would have scraped them, and the truth about their growth.

The machine is on for some hours a day. Of each counter there is a series from before the first scrape, one that comes
later, and one of another workspace; some scrapes failed. What grows, grows while it is scraped.
"""

from __future__ import annotations

import random
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from obsd.views.metrics import catalog

DAYS, SCRAPE_SECONDS, HOURS_ON = 90, 240, 3
TARGET = {"job": "agent-activity-tracker", "instance": "127.0.0.1:8000", "machine": "desk"}
AGENTS = ("claude-code", "person", "unknown")


@dataclass
class Series:
    """Labels, and the value at each scrape since it is there."""

    labels: dict[str, str]
    values: dict[int, int] = field(default_factory=dict)
    old: bool = True
    first: int = 0

    def growth(self, after: int, until: int) -> int:
        """What was counted in that time; all of its first count where others were scraped before."""
        before = [value for moment, value in self.values.items() if moment <= after]
        upto = [value for moment, value in self.values.items() if moment <= until]
        return (upto[-1] if upto else 0) - (before[-1] if before else self.first if self.old else 0)


class Months:
    """The counters, by metric; `end` is the last moment, in seconds."""

    def __init__(self, end: int) -> None:
        self.end = end
        self.dice = random.Random(15)
        self.scrapes = list(self._scrapes())
        self.counters: dict[str, list[Series]] = {}
        for family in catalog.FAMILIES:
            if family.kind == "counter" and family.source != "daemon":
                self.counters[family.name] = self._series(family.labels)
        self.counters["obsd_session_length_seconds_count"] = self._series(("agent",))
        self._record()

    def _scrapes(self) -> Iterator[int]:
        for day in range(DAYS, -1, -1):
            first = self.end - 86_400 * day - HOURS_ON * 1800
            for moment in range(first, min(first + HOURS_ON * 3600, self.end + 1), SCRAPE_SECONDS):
                if self.dice.random() > 0.01 or moment in (first, self.end):
                    yield moment

    def _series(self, names: Sequence[str]) -> list[Series]:
        made = []
        for number, workspace in enumerate(("shop", "shop", "blog")):
            labels = {name: self._label(name, number) for name in names}
            late = number == 1 and bool(names)
            moments = self.scrapes[self._appears() if late else 0 :]
            value = self.dice.randint(1, 9) if late or number == 0 else 0
            series = Series({"workspace": workspace, **labels, **TARGET}, old=not late, first=value)
            for moment, following in pairwise([*moments, self.end + 86_400]):
                series.values[moment] = value
                # Nothing is counted in the night: what nothing scraped for longer than a window is in none.
                grows = following - moment < 900 and self.dice.random() < 0.05
                value += self.dice.randint(1, 5) if grows else 0
            made.append(series)
        return made[:1] + made[2:] if not names else made

    def _appears(self) -> int:
        """A scrape that is not the first of its day: what a series that is new then had before is not known."""
        return self.dice.choice([n for n, (one, two) in enumerate(pairwise(self.scrapes), 1) if two - one < 900])

    def _label(self, name: str, number: int) -> str:
        if name == "direction":
            return ("added", "removed", "added")[number]
        if name == "evidence":
            return ("editor", "writer", "editor")[number]
        return AGENTS[number] if name == "agent" else f"{name}{number}"

    def _record(self) -> None:
        """The recorded sums that panels over time stand on; the rules themselves have tests of their own."""
        summed, sums = self._summed, self.counters
        fleet = ("machine", "workspace", "agent")
        for name in ("obsd_commits_total", "obsd_commit_lines_total"):
            sums[f"machine_workspace_agent:{name}:sum"] = summed(self.counters[name], fleet, lambda _: True, late=True)
        sums["machine_workspace_agent:obsd_written_lines_added_total:sum"] = summed(
            self.counters["obsd_written_lines_total"], fleet, lambda labels: labels["direction"] == "added", late=True
        )
        sums["machine_workspace:copilot_files_modified_total:sum"] = summed(
            self.counters["copilot_files_modified_total"], ("machine", "workspace"), lambda _: True
        )

    def _summed(
        self, parts: list[Series], by: tuple[str, ...], fits: Callable[[Mapping[str, str]], bool], late: bool = False
    ) -> list[Series]:
        """Sums by labels; those by agent begin with their parts, the others are there from the beginning."""
        found: dict[tuple[str, ...], Series] = {}
        target = {} if "machine" in by else TARGET
        for part in parts:
            key = tuple(part.labels[name] for name in by)
            of_none = {} if late else dict.fromkeys(self.scrapes, 0)
            series = found.setdefault(key, Series(dict(zip(by, key, strict=True)) | target, dict(of_none)))
            for moment, value in part.values.items() if fits(part.labels) else ():
                series.values[moment] = series.values.get(moment, 0) + value
        for series in found.values():
            series.values = dict(sorted(series.values.items()))
            series.old = self.scrapes[0] in series.values
            series.first = next(iter(series.values.values()), 0)
        return [series for series in found.values() if series.values]

    def growth(self, metric: str, fits: Callable[[Mapping[str, str]], bool], after: int, until: int) -> int:
        """What was counted by all series of a metric that fit."""
        return sum(series.growth(after, until) for series in self.counters[metric] if fits(series.labels))

    def write(self, data: Path) -> None:
        """Blocks of a Prometheus, made by promtool."""
        since = [Series(dict(TARGET), dict.fromkeys(self.scrapes, 1))]
        fleet = [Series({"machine": "desk"}, dict.fromkeys(self.scrapes, 1))]
        gauges = {"obsd_up_since_timestamp_seconds": since, "machine:obsd_up_since_timestamp_seconds:max": fleet}
        file = data.with_suffix(".txt")
        with file.open("w") as stream:
            for name, all_series in {**self.counters, **gauges}.items():
                stream.write(f"# TYPE {name} unknown\n")
                for series in all_series:
                    labels = ",".join(f'{key}="{value}"' for key, value in series.labels.items())
                    stream.writelines(f"{name}{{{labels}}} {value} {at}\n" for at, value in series.values.items())
            stream.write("# EOF\n")
        command = [
            "promtool",
            "tsdb",
            "create-blocks-from",
            "openmetrics",
            "--max-block-duration=744h",
            str(file),
            str(data),
        ]
        subprocess.run(command, check=True, capture_output=True, timeout=600)
