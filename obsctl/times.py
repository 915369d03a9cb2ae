"""Days as people name them, in the reader's zone: `today`, `yesterday`, weekdays and dates, and when they begin.

Owns the words. Pure but for the clock.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAY: Final = timedelta(days=1)


def today() -> date:
    """Returns today's date, where the reader is."""
    return datetime.now().astimezone().date()


def named(text: str) -> date | None:
    """Returns the day that a text names: `today`, `yesterday`, a weekday (the last one, today too) or a date."""
    word, now = text.strip().lower(), today()
    if word in ("today", "yesterday"):
        return now if word == "today" else now - DAY
    if word in WEEKDAYS:
        return now - DAY * ((now.weekday() - WEEKDAYS.index(word)) % 7)
    try:
        return date.fromisoformat(word)
    except ValueError:
        return None


def start(day: date) -> float:
    """Returns when a day begins, in Unix seconds. Raises OverflowError, ValueError or OSError far from now."""
    return max(0.0, datetime(day.year, day.month, day.day).timestamp())  # noqa: DTZ001 - the reader's own zone


def week_of(day: date) -> date:
    """Returns the Monday of a day's week."""
    return day - DAY * day.weekday()
