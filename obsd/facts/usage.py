"""The facts of vendors' days: what a vendor's usage interface counted for a person. Frozen data, any thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from obsd.facts.base import Fact


@dataclass(frozen=True, slots=True)
class UsageFigure:
    """One measure of one person's day; `amount` is in the measure's own unit (docs/usage.md). None of it is a guess:
    a measure that the vendor did not give has no figure."""

    person: str
    measure: str
    amount: float


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
