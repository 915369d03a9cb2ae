"""What an adapter gives while it reads: days, and pauses for the sake of its vendor's limits. Pure, any thread."""

from __future__ import annotations

from dataclasses import dataclass

from obsd.facts.usage import UsageFigure
from obsd.usage.fields import Sums


@dataclass(frozen=True, slots=True)
class DayRead:
    """A day (UTC, `YYYY-MM-DD`) that was read whole. `ready`: the vendor has a report of it."""

    day: str
    figures: tuple[UsageFigure, ...]
    ready: bool = True

    @classmethod
    def of(cls, day: str, sums: Sums, ready: bool = True) -> DayRead:
        """A day with the figures that were added up."""
        figures = (UsageFigure(subject, measure, amount, scope) for scope, subject, measure, amount in sums.items())
        return cls(day, tuple(figures), ready)


@dataclass(frozen=True, slots=True)
class Pause:
    """No request is made for so many seconds."""

    seconds: float
