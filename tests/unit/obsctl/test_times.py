"""Days by their names, in the reader's zone."""

from __future__ import annotations

import time
from argparse import ArgumentTypeError
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest

from obsctl import arguments, times

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_words_name_days() -> None:
    today = times.today()
    assert (times.named("today"), times.named("Yesterday ")) == (today, today - DAY)
    for place, word in enumerate(times.WEEKDAYS):
        day = times.named(word)
        assert day is not None
        assert day.weekday() == place
        assert today - 7 * DAY < day <= today
    assert times.named("2026-05-04") == date(2026, 5, 4)
    assert [times.named(word) for word in ("tomorrow", "", "7d", "2026-13-01")] == [None] * 4
    assert times.week_of(date(2026, 11, 27)) == date(2026, 11, 23)


def test_a_day_begins_where_the_reader_is() -> None:
    assert times.start(date(2026, 5, 4)) == datetime.fromisoformat("2026-05-04T00:00:00+05:30").timestamp()
    assert arguments.since("2026-05-04") == times.start(date(2026, 5, 4))
    assert arguments.until("2026-05-04") == times.start(date(2026, 5, 5)), "the whole day is in it"
    assert arguments.until("2026-05-04T12:00:00Z") == arguments.since("2026-05-04T12:00:00Z")
    assert arguments.until("yesterday") == arguments.since("today")


def test_other_words_are_refused_with_examples() -> None:
    for parse in (arguments.since, arguments.until, arguments.day):
        with pytest.raises(ArgumentTypeError, match="yesterday, monday"):
            parse("someday")
