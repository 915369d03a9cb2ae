"""Presence: which agents were at work in each workspace at the last sample.

Owns the result of the last sample, which is shown and never counted. It comes with facts and does not survive a
restart, because an agent that was present before it may be gone. Does no I/O, reads no clock. Event loop only.
"""

from __future__ import annotations

from obsd.facts import AgentsPresent, Fact, WorkspaceRemoved


class PresenceView:
    """The agents in force."""

    def __init__(self) -> None:
        self._present: dict[str, tuple[str, ...]] = {}
        self._seen: dict[str, set[str]] = {}

    def of(self, workspace: str) -> tuple[str, ...]:
        """Returns the agents that the last sample found, in order of their ids."""
        return self._present.get(workspace, ())

    def seen(self, workspace: str) -> frozenset[str]:
        """Returns all agents that were found since the start."""
        return frozenset(self._seen.get(workspace, ()))

    def stage(self) -> PresenceStage:
        """Returns a stage that folds facts without changing the state in force."""
        return PresenceStage(self)

    def apply(self, stage: PresenceStage) -> None:
        """Applies staged samples."""
        for workspace, agents in stage.looks.items():
            if agents is None:
                self._present.pop(workspace, None)
                self._seen.pop(workspace, None)
            else:
                self._present[workspace] = agents
                self._seen.setdefault(workspace, set()).update(agents)


class PresenceStage:
    """The samples that will be in force when the facts folded here are durable."""

    def __init__(self, view: PresenceView) -> None:
        self._view = view
        self.looks: dict[str, tuple[str, ...] | None] = {}

    def fold(self, fact: Fact) -> None:
        """Stages a sample."""
        if isinstance(fact, AgentsPresent):
            self.looks[fact.workspace] = tuple(sorted(fact.agents))
        elif isinstance(fact, WorkspaceRemoved):
            self.looks[fact.workspace] = None

    def of(self, workspace: str) -> tuple[str, ...]:
        """Returns the agents that are present."""
        if workspace in self.looks:
            return self.looks[workspace] or ()
        return self._view.of(workspace)
