"""Kinds of values that a configuration key can have, and the reader that holds a table against them.

Owns the wording of what is expected and found. Knows no key by name: those are `obsd/config.py`. Pure, any thread.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar

from obsd.host.addresses import split_address
from obsd.text import printable

T = TypeVar("T")

MAX_SHOWN_CHARACTERS = 60


@dataclass(frozen=True, slots=True)
class Kind:
    """What a key takes: the words for a person, and a reader that gives the value or raises ValueError."""

    expected: str
    read: Callable[[object], object]


def setting(kind: Kind, default: T) -> T:
    """A dataclass field that `read_table` fills from the key of its name."""
    value: T = field(default=default, metadata={"kind": kind})
    return value


def whole(minimum: int, maximum: int) -> Kind:
    """A whole number within bounds, both included."""
    return Kind(f"a whole number from {minimum} to {maximum}", lambda value: _bounded(value, (int,), minimum, maximum))


def number(minimum: float, maximum: float) -> Kind:
    """A number within bounds, both included; it is read as float."""

    def read(value: object) -> float:
        return float(_bounded(value, (int, float), minimum, maximum))

    return Kind(f"a number from {minimum:g} to {maximum:g}", read)


def flag() -> Kind:
    """True or false."""

    def read(value: object) -> bool:
        if not isinstance(value, bool):
            raise ValueError
        return value

    return Kind("true or false", read)


def choice(*words: str) -> Kind:
    """One of some words."""

    def read(value: object) -> str:
        if not isinstance(value, str) or value not in words:
            raise ValueError
        return value

    return Kind("one of " + ", ".join(f'"{word}"' for word in words), read)


def text(expected: str = "a text", pattern: str = "", maximum: int = 4096) -> Kind:
    """A text of at most `maximum` characters that matches the whole of `pattern`, where there is one."""

    def read(value: object) -> str:
        if not isinstance(value, str) or "\0" in value or len(value) > maximum:
            raise ValueError
        if pattern and re.fullmatch(pattern, value) is None:
            raise ValueError
        return value

    return Kind(expected, read)


def texts(expected: str = "a list of texts", check: Callable[[str], object] | None = None) -> Kind:
    """A list of texts that are not empty; `check` raises ValueError or re.error for one that will not do."""

    def read(value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            raise ValueError
        if check is not None:
            for item in value:
                check(item)
        return tuple(value)

    return Kind(expected, read)


@dataclass(frozen=True, slots=True)
class People:
    """Names that somebody is known by elsewhere, each with the name that is used for them here."""

    pairs: tuple[tuple[str, str], ...] = ()

    def of(self, name: str) -> str:
        """The name that is used for a person: their own one, unless it is in the table."""
        return dict(self.pairs).get(name, name)


def people(maximum: int = 2000) -> Kind:
    """A table of names to e-mail addresses or other names."""

    def read(value: object) -> People:
        if not isinstance(value, Mapping) or len(value) > maximum:
            raise ValueError
        if not all(isinstance(to, str) and 0 < len(to) <= 200 for to in value.values()):
            raise ValueError
        return People(tuple((str(name), printable(to)) for name, to in value.items()))

    return Kind("a table of names to e-mail addresses", read)


def address(expected: str = 'an address such as "127.0.0.1:8000" or "[::1]:8000", or ""') -> Kind:
    """HOST:PORT; empty turns it off."""

    def read(value: object) -> str:
        if not isinstance(value, str):
            raise ValueError
        if value:
            split_address(value)
        return value

    return Kind(expected, read)


def read_table(base: T, table: object, where: str, problems: list[str]) -> T:
    """`base` (a dataclass of settings) with the values of a TOML table.

    Every fault becomes a line in `problems`, and its key keeps the value of `base`.
    """
    known: dict[str, Kind] = {item.name: item.metadata["kind"] for item in fields(base)}  # type: ignore[arg-type]
    if not isinstance(table, Mapping):
        problems.append(f"{where.rstrip('.')}: expected a table, found {shown(table)}")
        return base
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in known:
            problems.append(unknown_key(f"{where}{printable(key)}", key, list(known), where))
            continue
        try:
            values[key] = known[key].read(value)
        except (ValueError, re.error, OverflowError):
            problems.append(f"{where}{key}: expected {known[key].expected}, found {shown(value)}")
    changed: T = replace(base, **values)  # type: ignore[type-var]
    return changed


def unknown_key(full_name: str, key: str, known: list[str], where: str) -> str:
    """The line for a key that is not known, with the one that was probably meant."""
    import difflib  # only on the way to an error

    close = difflib.get_close_matches(key, known, n=1)
    if close:
        return f"{full_name}: unknown key; did you mean {where}{close[0]}?"
    return f"{full_name}: unknown key; expected one of {', '.join(known)}"


def shown(value: object) -> str:
    """A TOML value for an error message: short, on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "a table"
    words = f'"{value}"' if isinstance(value, str) else str(value)
    words = printable(words)
    return words if len(words) <= MAX_SHOWN_CHARACTERS else words[: MAX_SHOWN_CHARACTERS - 1] + "…"


def _bounded(value: object, types: tuple[type, ...], minimum: float, maximum: float) -> Any:
    # bool is an int to Python, not to TOML; a NaN fails the comparison.
    if isinstance(value, bool) or not isinstance(value, types) or not minimum <= value <= maximum:  # type: ignore[operator]
        raise ValueError
    return value
