"""Vendors' days of the ledger beside this machine's, for the API and the page. Ledger thread only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from obsd.config import UsageConfig
from obsd.ledger import Ledger
from obsd.usage.comparison import Compared, ComparedCommit, compare, compare_commits, of_scope
from obsd.usage.vendors import VENDORS, Vendor, configured


@dataclass(frozen=True, slots=True)
class ComparedDays:
    """What was compared: figures by day, and commits by day."""

    figures: list[Compared]
    commits: list[ComparedCommit]


@dataclass(frozen=True, slots=True)
class LastDay:
    """The last day of a vendor that is over: its end in Unix seconds, and each measure, of a person or of all."""

    vendor: str
    ended_at: float
    amounts: dict[str, float]


def read(ledger: Ledger, config: UsageConfig, since: float, vendor: str = "", scope: str = "person") -> ComparedDays:
    """The days since a time in Unix seconds, of one vendor or of all, and of one scope."""
    begin, first_at = day_of(since), ledger.usage.first_at()
    first = day_of(first_at) if first_at else ""
    found = ComparedDays([], [])
    for each in VENDORS:
        if vendor in ("", each.name):
            _add(found, ledger, config, each, begin, first, scope)
    found.figures.sort(key=lambda one: (one.day, one.vendor))
    return found


def last_days(ledger: Ledger, config: UsageConfig, now: float) -> list[LastDay]:
    """The last day that is over of each configured vendor that has one."""
    found = []
    for vendor in configured(config):
        day, amounts = ledger.usage.last_day(vendor.name, day_of(now), vendor.config(config).person)
        if day:
            found.append(LastDay(vendor.name, end_of(day), amounts))
    return found


def day_of(at: float) -> str:
    """The day (UTC) of a time in Unix seconds."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")


def end_of(day: str) -> float:
    """When a day (UTC) ends, in Unix seconds."""
    return datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC).timestamp() + 86_400


def _add(
    found: ComparedDays, ledger: Ledger, config: UsageConfig, vendor: Vendor, begin: str, first: str, scope: str
) -> None:
    days = ledger.usage.days(begin, vendor.name, scope)
    if scope != "person":
        found.figures.extend(of_scope(vendor, days))
        return
    counted = ledger.usage.counted(vendor.agents, begin)
    found.figures.extend(compare(vendor, days, counted, vendor.config(config).person, first))
    attributed = ledger.usage.days(begin, vendor.name, "commit")
    rows = ledger.usage.commits(commit for day in attributed for commit in day.figures)
    found.commits.extend(compare_commits(vendor, attributed, rows))
