"""A vendor's day beside what this machine counted, and why they may differ. Pure, any thread.

Owns the words for reasons (docs/usage.md): what is certain, and what would explain the sign of a difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from obsd.ledger.usage_queries import VendorDay
from obsd.usage.anthropic import MEASURES

COUNTED: Final = frozenset({"lines_added", "lines_removed", "commits"})
"""What obsd counts of an agent by day."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A measure of a day. `counted` is None where obsd has no number, which is not 0."""

    vendor: str
    day: str
    settled: bool
    measure: str
    amount: float
    counted: float | None
    reasons: tuple[str, ...]


def compare(
    days: list[VendorDay], counted: Mapping[str, Mapping[str, float]], person: str, first_day: str
) -> Iterator[Compared]:
    """Each measure that the vendor gave, by day: of one person, or of all for "". `first_day` is obsd's own first."""
    for one in days:
        chosen = [figures for name, figures in one.figures.items() if not person or name == person]
        for measure in MEASURES:
            amounts = [figures[measure] for figures in chosen if measure in figures]
            if not amounts:
                continue
            known = measure in COUNTED and first_day != "" and one.day >= first_day
            own = counted.get(one.day, {}).get(measure, 0.0) if known else None
            amount = sum(amounts)
            reasons = [] if one.settled else ["not_settled"]
            if measure not in COUNTED:
                reasons.append("not_measured")
            else:
                reasons.extend(_differing(amount, own, one.day == first_day, len(chosen)))
            yield Compared(one.vendor, one.day, one.settled, measure, amount, own, tuple(reasons))


def _differing(amount: float, own: float | None, in_part: bool, people: int) -> Iterator[str]:
    if own is None:
        yield "not_watched"
    elif amount != own:
        if in_part:
            yield "watched_in_part"
        if people > 1:
            yield "several_people"
        yield "elsewhere" if amount > own else "not_reported"
