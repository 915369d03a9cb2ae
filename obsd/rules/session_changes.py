"""The changes of the running session, for workflow rules: who wrote to which path, and since when it is uncommitted.

Owns these for one workspace, bounded; after a restart they come from the ledger. On the event loop, no I/O.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from obsd.facts import SEVERAL, FileChanged, is_agent

MAX_PATHS = 20_000


class SessionChanges:
    """The changes of one workspace. Times are Unix seconds by the clock as set now."""

    def __init__(self) -> None:
        self._changed: dict[str, None] = {}
        self._since: dict[str, float] = {}
        self._by_agents: dict[str, tuple[str, str]] = {}
        self.due_at: float | None = None
        """When a rule may break without another change."""

    @property
    def by_agents(self) -> Mapping[str, tuple[str, str]]:
        """Returns the paths that agents wrote to, in the order in which that was known."""
        return dict(self._by_agents)

    @property
    def since(self) -> Mapping[str, float]:
        """Returns when each uncommitted path first changed since it was last committed."""
        return dict(self._since)

    def change(self, fact: FileChanged) -> None:
        """Adds a change."""
        if fact.previous_path and (since := self._since.pop(fact.previous_path, None)) is not None:
            self._since.setdefault(fact.path, since)
        if len(self._changed) < MAX_PATHS:
            self._changed.setdefault(fact.path)
            self._since.setdefault(fact.path, fact.at)

    def author(self, path: str, agent: str, evidence: str) -> None:
        """Adds who wrote a change; of `several` authors one is an agent."""
        if (is_agent(agent) or agent == SEVERAL) and len(self._by_agents) < MAX_PATHS:
            self._by_agents.setdefault(path, (agent, evidence))

    def forget_authors(self) -> bool:
        """Forgets who wrote, and returns whether anybody did: what comes after a session's end is evaluated once."""
        there = bool(self._by_agents)
        self._by_agents.clear()
        return there

    def commit(self, paths: Iterable[str]) -> None:
        """Removes committed paths: what is uncommitted in them from now on is so since later."""
        for path in paths:
            self._since.pop(path, None)

    def compare(self, uncommitted: Collection[str], now: float) -> None:
        """Adjusts the uncommitted paths to what differs from HEAD."""
        for path in [path for path in self._since if path not in uncommitted]:
            del self._since[path]
        for path in self._changed:
            if path in uncommitted:
                self._since.setdefault(path, now)

    def step(self, seconds: float) -> None:
        """Moves all times after the clock was set."""
        self._since = {path: at + seconds for path, at in self._since.items()}
        self.due_at = None if self.due_at is None else self.due_at + seconds

    def end(self) -> None:
        """Forgets the session, which has ended."""
        self._changed.clear()
        self._since.clear()
        self._by_agents.clear()
        self.due_at = None
