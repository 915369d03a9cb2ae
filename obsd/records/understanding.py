"""Whether each agent's records are understood: counts by version, and what follows from them.

Owns the rule by which a format counts as drifted. Pure, no clock; one thread at a time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from obsd.facts.records import Count

State = Literal["understood", "drifted", "absent"]
_MAX_VERSIONS = 20
_TOLERATED_SHARE = 0.05
_TOLERATED = 2
"""A crash may leave half a line: that is no drift."""


@dataclass(frozen=True, slots=True)
class AgentRecords:
    """An agent's records: `absent` when there are none on this machine, `drifted` when they have an unknown form.

    `version`, `understood` and `misread` are those of the newest record, which is of `last_at` (0: none was read).
    """

    agent: str
    state: State
    version: str = ""
    understood: int = 0
    misread: int = 0
    last_at: float = 0.0
    packed_unreadable: int = 0
    versions: tuple[Count, ...] = ()
    """The counts of each version, the one that wrote last first."""


class Understanding:
    """Counts of records by agent and version."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], Count] = {}

    def add(self, counts: Iterable[Count]) -> None:
        """Takes the counts of a batch."""
        for count in counts:
            key = (count.agent, count.version)
            known = self._counts.pop(key, Count(*key))
            self._counts[key] = replace(
                known,
                understood=known.understood + count.understood,
                misread=known.misread + count.misread,
                last_at=max(known.last_at, count.last_at),
            )
            self._forget(count.agent)

    def of(self, agent: str, present: bool, packed_unreadable: int = 0) -> AgentRecords:
        """How it is with an agent; `present`: it has a folder of records."""
        versions = tuple(sorted(self.versions(agent), key=lambda count: -count.last_at))
        if not versions:
            return AgentRecords(agent, "understood" if present else "absent", packed_unreadable=packed_unreadable)
        count = versions[0]
        state: State = "drifted" if _drifted(count) else "understood"
        figures = (count.version, count.understood, count.misread, count.last_at)
        return AgentRecords(agent, state, *figures, packed_unreadable, versions)

    def versions(self, agent: str) -> list[Count]:
        """The counts of an agent, a version each."""
        return [count for count in self._counts.values() if count.agent == agent]

    def _forget(self, agent: str) -> None:
        versions = self.versions(agent)
        if len(versions) > _MAX_VERSIONS:
            del self._counts[agent, min(versions, key=lambda count: count.last_at).version]


def _drifted(count: Count) -> bool:
    of_all = count.understood + count.misread
    return count.misread > _TOLERATED and count.misread > of_all * _TOLERATED_SHARE
