"""The facts of vendors' days: what a vendor's usage interface counted of somebody. Frozen data, any thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from obsd.facts.base import Fact

UsageScope = Literal["person", "total", "team", "repository", "commit"]
USAGE_SCOPES: Final[tuple[UsageScope, ...]] = ("person", "total", "team", "repository", "commit")
"""Of what a figure is: scopes overlap, so that figures of two of them are never added."""


@dataclass(frozen=True, slots=True)
class UsageFigure:
    """One measure of one person's day; `amount` is in the measure's own unit (docs/usage.md). None of it is a guess:
    a measure that the vendor did not give has no figure.

    `subject` is the person, or what the scope has: an organisation, a team, a repository, the id of a commit.
    """

    subject: str
    measure: str
    amount: float
    scope: UsageScope = "person"


@dataclass(frozen=True, slots=True)
class VendorDayRead(Fact):
    """A vendor's day (UTC, `YYYY-MM-DD`) was read; what the ledger had of it is replaced.

    `settled`: the vendor does not change it any more.
    """

    recorded: ClassVar[bool] = False

    vendor: str
    day: str
    settled: bool
    figures: tuple[UsageFigure, ...] = ()
