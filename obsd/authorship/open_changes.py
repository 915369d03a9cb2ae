"""Changes without an author, to be found by number, by file and by age. Pure; event loop only."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

from obsd.authorship.evidence import Change

Place = tuple[str, str]
"""A workspace and a path in it."""


class OpenChanges:
    """Changes in the order in which they were added, which is nearly that of time."""

    def __init__(self) -> None:
        self._by_number: OrderedDict[int, Change] = OrderedDict()
        self._by_place: dict[Place, dict[int, Change]] = {}

    def __bool__(self) -> bool:
        return bool(self._by_number)

    def __len__(self) -> int:
        return len(self._by_number)

    def __contains__(self, number: int) -> bool:
        return number in self._by_number

    def __iter__(self) -> Iterator[Change]:
        return iter(self._by_number.values())

    def add(self, change: Change) -> None:
        """One more."""
        self._by_number[change.number] = change
        self._by_place.setdefault((change.workspace, change.path), {})[change.number] = change

    def pop(self, number: int) -> Change | None:
        """Takes a change out; None when it is not there."""
        change = self._by_number.pop(number, None)
        if change is not None:
            place = change.workspace, change.path
            there = self._by_place[place]
            del there[number]
            if not there:
                del self._by_place[place]
        return change

    def of(self, place: Place) -> list[Change]:
        """The changes of a file, the oldest first."""
        return list(self._by_place.get(place, {}).values())

    def until(self, at: float) -> Iterator[Change]:
        """The changes up to a time, the oldest first."""
        for change in self:
            if change.at > at:
                return
            yield change

    def oldest(self) -> Change | None:
        """The first that was added; None: there is none."""
        return next(iter(self), None)

    def forget(self, workspace: str) -> None:
        """Drops the changes of a workspace."""
        for number in [change.number for change in self if change.workspace == workspace]:
            self.pop(number)
