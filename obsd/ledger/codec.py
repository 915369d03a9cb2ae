"""Encodes values from outside for SQLite, and decodes them without loss.

SQLite takes valid Unicode text and integers of 64 signed bits; names and inodes can be neither. Owns the small numbers
of fixed words: they are part of the format, so none ever gets a new meaning. Any thread.
"""

from __future__ import annotations

from typing import Final

from obsd.facts import Operation

OPERATION_NUMBERS: Final[dict[Operation, int]] = {"created": 0, "modified": 1, "deleted": 2, "renamed": 3}
UNMEASURED_NUMBERS: Final[dict[str, int]] = {
    "": 0,
    "binary": 1,
    "too_large": 2,
    "no_baseline": 3,
    "unreadable": 4,
}
OPERATION_WORDS: Final[dict[int, Operation]] = {number: word for word, number in OPERATION_NUMBERS.items()}
UNMEASURED_WORDS: Final = {number: word for word, number in UNMEASURED_NUMBERS.items()}

_WRAP: Final = 1 << 64
_MAX: Final = (1 << 63) - 1


def stored(text: str) -> str | bytes:
    """Returns text for SQLite: unchanged, or as bytes if it contains surrogates."""
    if text.isascii():
        return text
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
    return text


def loaded(value: str | bytes) -> str:
    """What `stored` was given."""
    return value if isinstance(value, str) else value.decode("utf-8", "surrogatepass")


def stored_id(object_id: str) -> str | bytes:
    """Returns an object id in half its size; other text is written as text."""
    try:
        raw = bytes.fromhex(object_id)
    except ValueError:
        return stored(object_id)
    return raw if raw.hex() == object_id else stored(object_id)


def loaded_id(value: str | bytes) -> str:
    """Returns the argument of `stored_id`."""
    return value if isinstance(value, str) else value.hex()


def signed(number: int) -> int:
    """Returns a number of 64 bits for SQLite: inodes may use the highest bit."""
    number %= _WRAP
    return number if number <= _MAX else number - _WRAP


def unsigned(number: int) -> int:
    """Returns the argument of `signed`, for numbers that are never negative."""
    return number % _WRAP


def milliseconds(at: float) -> int:
    """Returns Unix seconds as whole milliseconds, as the record of changes stores them."""
    return signed(round(at * 1000))
