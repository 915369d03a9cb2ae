"""Fields of a vendor's answer: numbers with bounds, tables and names, or an error that names the field.

Owns what is taken from an answer: a number that is not there has no figure, and one of another form is an error, so
that nothing is guessed. Pure, any thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from obsd.facts.usage import UsageScope
from obsd.text import label
from obsd.usage.requests import UsageError

MAX_AMOUNT: Final = 1e15
MAX_SUBJECTS: Final = 2000
"""People, teams, repositories or commits of a day, each."""


class Sums:
    """Figures of a day: measures added up by scope and subject, which are bounded in number."""

    def __init__(self) -> None:
        self._sums: dict[tuple[UsageScope, str, str], float] = {}
        self._subjects: dict[UsageScope, set[str]] = {}

    def add(self, scope: UsageScope, subject: str, amounts: Iterable[tuple[str, float]]) -> None:
        """Adds the measures of a subject. Raises UsageError where there are too many subjects."""
        known = self._subjects.setdefault(scope, set())
        known.add(subject)
        if len(known) > MAX_SUBJECTS:
            raise UsageError(
                f"its day has more than {MAX_SUBJECTS} of the kind {scope}", "so large an account is not supported"
            )
        for measure, amount in amounts:
            key = (scope, subject, measure)
            self._sums[key] = self._sums.get(key, 0.0) + amount

    def items(self) -> Iterator[tuple[UsageScope, str, str, float]]:
        """Scope, subject, measure and amount of each, in order."""
        return ((*key, amount) for key, amount in sorted(self._sums.items()))


def amounts(table: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[tuple[str, float]]:
    """The measures that are there, by the names of fields. Raises UsageError for a value that is no amount."""
    for key, measure in names.items():
        value = table.get(key)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MAX_AMOUNT:
            raise changed(key)
        yield measure, float(value)


def table(parent: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """A table in a table, empty where it is not there. Raises UsageError."""
    value = parent.get(key) or {}
    if not isinstance(value, dict):
        raise changed(key)
    return value


def tables(parent: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """A list of tables in a table, empty where it is not there. Raises UsageError."""
    value = parent.get(key)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise changed(key)
    return value


def name(record: Mapping[str, Any], *keys: str) -> str:
    """The first of some fields that has a name, escaped and of bounded length. Raises UsageError without one."""
    for key in keys:
        value = record.get(key)
        if isinstance(value, str) and value:
            return label(value)
    raise changed(keys[0])


def changed(field: str) -> UsageError:
    """The error for a field that is not as documented."""
    return UsageError(f"its field {field} is not as documented", "the interface has changed; update obsd")
