"""A vendor's day beside this machine's: what is not known is not 0, and each difference has a reason."""

from __future__ import annotations

import pytest

from obsd.ledger.usage_queries import VendorDay
from obsd.usage.comparison import Compared, compare

ADA, BOB = {"lines_added": 10.0, "sessions": 2.0}, {"lines_added": 5.0}


def compared(
    own: float | None, *, person: str = "ada", first_day: str = "2026-01-01", settled: bool = True
) -> dict[str, Compared]:
    day = VendorDay("anthropic", "2026-11-25", settled, 1.0, {"ada": ADA, "bob": BOB})
    counted = {} if own is None else {day.day: {"lines_added": own}}
    return {one.measure: one for one in compare([day], counted, person, first_day)}


@pytest.mark.parametrize(
    ("own", "reasons"), [(10.0, ()), (4.0, ("elsewhere",)), (None, ("elsewhere",)), (12.0, ("not_reported",))]
)
def test_a_difference_has_a_reason(own: float | None, reasons: tuple[str, ...]) -> None:
    found = compared(own)["lines_added"]
    assert (found.amount, found.counted, found.reasons) == (10.0, own or 0.0, reasons)


def test_what_is_not_counted_is_none() -> None:
    found = compared(10.0)
    assert set(found) == {"lines_added", "sessions"}, "a measure that the vendor did not give is absent"
    assert (found["sessions"].counted, found["sessions"].reasons) == (None, ("not_measured",))


@pytest.mark.parametrize("first_day", ["", "2026-11-26"])
def test_a_day_before_obsd_watched_is_none(first_day: str) -> None:
    found = compared(None, first_day=first_day)["lines_added"]
    assert (found.counted, found.reasons) == (None, ("not_watched",))


def test_several_people_and_the_first_day_and_an_unsettled_one_are_said() -> None:
    found = compared(10.0, person="", first_day="2026-11-25", settled=False)["lines_added"]
    assert (found.amount, found.reasons) == (15.0, ("not_settled", "watched_in_part", "several_people", "elsewhere"))
