"""Exemplars: the session that moved a counter last, which OpenMetrics shows beside the number.

Owns which is the last of each series; not persisted. The text format has none. Event loop only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from prometheus_client.samples import Exemplar

from obsd.text import printable
from obsd.views.state import Labels

MAX_CHARACTERS: Final = 100
"""Names and values of an exemplar's labels have at most 128 together (OpenMetrics 1.0)."""

Key = tuple[str, str, Labels]
"""Family, workspace, and the labels as they are in facts."""


class Exemplars:
    """The last exemplar of each series that has one."""

    def __init__(self) -> None:
        self._last: dict[Key, Exemplar] = {}

    def get(self, family: str, workspace: str, labels: Labels) -> Exemplar | None:
        """Returns the series' exemplar."""
        return self._last.get((family, workspace, labels))

    def apply(self, removed: set[str], staged: Mapping[Key, Exemplar]) -> None:
        """Put staged ones in force; those of removed workspaces go."""
        if removed:
            self._last = {key: one for key, one in self._last.items() if key[1] not in removed}
        self._last.update(staged)


def of_session(session: str, at: float) -> Exemplar:
    """Returns the exemplar of one event of a session, at a Unix time."""
    return Exemplar({"session": printable(session)[:MAX_CHARACTERS]}, 1.0, at)
