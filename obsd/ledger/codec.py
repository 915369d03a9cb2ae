"""How values from outside are written in SQLite, and read back the same.

SQLite takes text that is valid Unicode and integers of 64 signed bits; names and inodes can be neither. Owns the small
numbers that stand for fixed words: they are part of the format, so none is ever given a new meaning. Any thread.
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
    """Text as SQLite takes it: as it is, or as bytes when it holds surrogates."""
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
    """An object id in half its size; what is no id is written as text."""
    try:
        raw = bytes.fromhex(object_id)
    except ValueError:
        return stored(object_id)
    return raw if raw.hex() == object_id else stored(object_id)


def loaded_id(value: str | bytes) -> str:
    """What `stored_id` was given."""
    return value if isinstance(value, str) else value.hex()


def signed(number: int) -> int:
    """A number of 64 bits as SQLite takes it: inodes may use the highest one."""
    number %= _WRAP
    return number if number <= _MAX else number - _WRAP


def unsigned(number: int) -> int:
    """What `signed` was given, for numbers that are never negative."""
    return number % _WRAP


def milliseconds(at: float) -> int:
    """Unix seconds as the record of changes keeps them."""
    return signed(round(at * 1000))
