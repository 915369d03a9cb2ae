"""A vendor's day beside what this machine counted, and why they may differ. Pure, any thread.

Owns the words for reasons (docs/usage.md): what is certain, and what would explain the sign of a difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from obsd.facts import UNKNOWN_AGENT
from obsd.ledger.rows import CommitRow
from obsd.ledger.usage_queries import VendorDay
from obsd.usage.vendors import Vendor

COUNTED: Final = frozenset({"lines_added", "lines_removed", "commits"})
"""What obsd counts of an agent by day."""
BY_AGENT: Final = ("tab_lines_added", "composer_lines_added")
"""The measures of a commit's lines that are an agent's."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A measure of a day. `amount` and `counted` are None where there is no number, which is not 0."""

    vendor: str
    day: str
    settled: bool
    measure: str
    amount: float | None
    counted: float | None
    reasons: tuple[str, ...]
    subject: str = ""


@dataclass(frozen=True, slots=True)
class ComparedCommit:
    """The added lines of a commit that are an agent's, as the vendor and as this machine have them.

    `workspace` is empty where the commit is not on this machine; `unknown` are lines of which nothing is known.
    """

    vendor: str
    commit_id: str
    day: str
    workspace: str
    amount: float | None
    counted: float | None
    unknown: int
    reasons: tuple[str, ...]


def compare(
    vendor: Vendor, days: list[VendorDay], counted: Mapping[str, Mapping[str, float]], person: str, first_day: str
) -> Iterator[Compared]:
    """Each measure of a vendor's days: of one person, or of all for "". `first_day` is obsd's own first.

    What was counted here on a day of which the vendor has nothing is there too, without an amount.
    """
    for one in days:
        chosen = [figures for name, figures in one.figures.items() if not person or name == person]
        for measure in vendor.measures:
            amounts = [figures[measure] for figures in chosen if measure in figures]
            known = measure in COUNTED and first_day != "" and one.day >= first_day
            own = counted.get(one.day, {}).get(measure, 0.0) if known else None
            reasons = list(_of_day(vendor, one, measure))
            if not amounts:
                if own:
                    yield Compared(
                        vendor.name, one.day, one.settled, measure, None, own, (*reasons, _absent(vendor, measure, one))
                    )
                continue
            amount = sum(amounts)
            if measure not in COUNTED:
                reasons.append("not_measured")
            else:
                reasons.extend(_differing(amount, own, one.day == first_day, len(chosen)))
            yield Compared(vendor.name, one.day, one.settled, measure, amount, own, tuple(reasons))


def of_scope(vendor: Vendor, days: list[VendorDay]) -> Iterator[Compared]:
    """Each measure of organizations, teams or repositories, beside which this machine has none."""
    for one in days:
        for subject in sorted(one.figures):
            for measure in vendor.measures:
                if (amount := one.figures[subject].get(measure)) is not None:
                    reasons = (*_of_day(vendor, one, measure), "not_measured")
                    yield Compared(vendor.name, one.day, one.settled, measure, amount, None, reasons, subject)


def compare_commits(vendor: Vendor, days: list[VendorDay], rows: Mapping[str, CommitRow]) -> Iterator[ComparedCommit]:
    """Each commit whose lines the vendor attributes, those that this machine has first."""
    found = [(one.day, commit, figures) for one in days for commit, figures in one.figures.items()]
    for day, commit, figures in sorted(found, key=lambda each: (each[0], each[1] not in rows, each[1])):
        amounts = [figures[measure] for measure in BY_AGENT if measure in figures]
        amount = sum(amounts) if amounts else None
        row = rows.get(commit)
        if row is None:
            yield ComparedCommit(vendor.name, commit, day, "", amount, None, 0, ("not_here",))
            continue
        reasons = ["rewritten"] if row.commit_id != commit else []
        if row.origins is None:
            reasons.append("not_classified")
            yield ComparedCommit(vendor.name, commit, day, row.workspace, amount, None, 0, tuple(reasons))
            continue
        own = sum(each.lines for each in row.origins if each.agent in vendor.agents)
        unknown = sum(each.lines for each in row.origins if each.agent == UNKNOWN_AGENT)
        if amount is not None and amount != own:
            reasons.append("unknown_lines" if unknown and amount > own else "counted_otherwise")
        yield ComparedCommit(vendor.name, commit, day, row.workspace, amount, float(own), unknown, tuple(reasons))


def _of_day(vendor: Vendor, one: VendorDay, measure: str) -> Iterator[str]:
    if not one.settled:
        yield "not_settled"
    if measure in vendor.breaks.get(one.day, ()):
        yield "series_changed"


def _absent(vendor: Vendor, measure: str, one: VendorDay) -> str:
    """Why a vendor has no figure: its other people have it, or nobody has."""
    return "no_figure" if any(measure in figures for figures in one.figures.values()) else "no_report"


def _differing(amount: float, own: float | None, in_part: bool, people: int) -> Iterator[str]:
    if own is None:
        yield "not_watched"
    elif amount != own:
        if in_part:
            yield "watched_in_part"
        if people > 1:
            yield "several_people"
        yield "elsewhere" if amount > own else "not_reported"
