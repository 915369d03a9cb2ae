"""Days of a zone whose clocks are changed: held against zoneinfo."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obsctl import local_zone
from obsd.analysis.days import Days

ZONES = (
    *(
        "Europe/Berlin",
        "America/New_York",
        "Asia/Kolkata",
        "Australia/Lord_Howe",
        "America/Sao_Paulo",
        "Asia/Kathmandu",
    ),
    *("Pacific/Apia", "Atlantic/Azores", "UTC"),
)
BEGIN, END = 1_262_304_000, 1_798_761_600
"""2010 to the end of 2026: Sao Paulo's clocks jumped over midnight, and Apia had no 30 December 2011."""
EPOCH = datetime(1970, 1, 1).toordinal()  # noqa: DTZ001 - a date


@pytest.fixture(scope="module", params=ZONES)
def zone(request: pytest.FixtureRequest) -> Iterator[ZoneInfo]:
    try:
        found = ZoneInfo(request.param)
    except ZoneInfoNotFoundError:
        pytest.skip("this machine has no data of time zones")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield found
    time.tzset()


@given(at=st.integers(BEGIN, END))
def test_a_time_lies_in_the_day_that_the_readers_calendar_shows(zone: ZoneInfo, at: int) -> None:
    days = Days(local_zone.offsets(at - 86_400, at + 86_400))
    number = days.number(at)
    assert number == datetime.fromtimestamp(at, zone).toordinal() - EPOCH
    start = days.start(number)
    assert start <= at
    assert days.number(start) == number
    assert days.number(start - 1) < number


def test_every_change_of_the_clocks_is_found_to_the_second(zone: ZoneInfo) -> None:
    found = local_zone.offsets(BEGIN, END)
    assert found[0][0] == BEGIN
    for (_, before), (at, after) in pairwise(found):
        assert before != after
        assert datetime.fromtimestamp(at, zone).utcoffset() == timedelta(seconds=after)
        assert datetime.fromtimestamp(at - 1, zone).utcoffset() == timedelta(seconds=before)
    moments = (datetime.fromtimestamp(at, UTC) for at in range(BEGIN, END, 86_400))
    changes = [moment.astimezone(zone).utcoffset() for moment in moments]
    assert len(found) - 1 == sum(a != b for a, b in pairwise(changes))
    assert (len(found) > 1) == (str(zone) not in ("UTC", "Asia/Kolkata", "Asia/Kathmandu"))
