"""Presence: which agents were at work in each workspace at the last look.

Owns the last scan's result. Being present is no evidence for an author: it is shown, and never counted. Facts bring
it; nothing is kept over a restart, because an agent that was there before it says nothing of now. Does no I/O, reads
no clock. Event loop only.
"""

from __future__ import annotations

from obsd.facts import AgentsPresent, Fact, WorkspaceRemoved


class PresenceView:
    """The agents in force."""

    def __init__(self) -> None:
        self._present: dict[str, tuple[str, ...]] = {}
        self._seen: dict[str, set[str]] = {}

    def of(self, workspace: str) -> tuple[str, ...]:
        """The agents that the last look found, in order of their ids."""
        return self._present.get(workspace, ())

    def seen(self, workspace: str) -> frozenset[str]:
        """All agents that were found since the start."""
        return frozenset(self._seen.get(workspace, ()))

    def stage(self) -> PresenceStage:
        """A place to fold facts in without touching what is in force."""
        return PresenceStage(self)

    def apply(self, stage: PresenceStage) -> None:
        """Put staged looks in force."""
        for workspace, agents in stage.looks.items():
            if agents is None:
                self._present.pop(workspace, None)
                self._seen.pop(workspace, None)
            else:
                self._present[workspace] = agents
                self._seen.setdefault(workspace, set()).update(agents)


class PresenceStage:
    """Looks as they will be in force when the facts folded here are durable."""

    def __init__(self, view: PresenceView) -> None:
        self._view = view
        self.looks: dict[str, tuple[str, ...] | None] = {}

    def fold(self, fact: Fact) -> None:
        """Take over a look."""
        if isinstance(fact, AgentsPresent):
            self.looks[fact.workspace] = tuple(sorted(fact.agents))
        elif isinstance(fact, WorkspaceRemoved):
            self.looks[fact.workspace] = None

    def of(self, workspace: str) -> tuple[str, ...]:
        """The agents that are present."""
        if workspace in self.looks:
            return self.looks[workspace] or ()
        return self._view.of(workspace)
