"""Metrics of vendors' days: the last day of each that is over, as it was read. Event loop only.

Owns their names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from obsd.views.metrics.exposition import Rows
from obsd.views.metrics.families import Family

VENDOR_USAGE: Final = Family(
    "obsd_vendor_usage",
    "gauge",
    "What a vendor counted on the last day that is over and was read, by measure.",
    ("vendor", "measure"),
    source="daemon",
)
VENDOR_DAY: Final = Family(
    "obsd_vendor_usage_day_timestamp_seconds",
    "gauge",
    "The end of the day that obsd_vendor_usage is of.",
    ("vendor",),
    source="daemon",
)
VENDOR_FAMILIES: Final = (VENDOR_USAGE, VENDOR_DAY)


class VendorDay(Protocol):
    """A vendor's day: its end in Unix seconds, and an amount for each measure."""

    @property
    def vendor(self) -> str: ...
    @property
    def ended_at(self) -> float: ...
    @property
    def amounts(self) -> Mapping[str, float]: ...


class VendorRows:
    """The rows of vendors' days."""

    def __init__(self) -> None:
        self._days: tuple[VendorDay, ...] = ()

    def take(self, days: Sequence[VendorDay]) -> None:
        """Takes the place of what was there."""
        self._days = tuple(days)

    def usage(self) -> Rows:
        """The amounts by vendor and measure: what a vendor did not give has no series."""
        return {(day.vendor, measure): amount for day in self._days for measure, amount in day.amounts.items()}

    def ends(self) -> Rows:
        """The end of each vendor's day."""
        return {(day.vendor,): day.ended_at for day in self._days}
