"""The course of a running session, as workflow rules need it: what was changed, and since when it is uncommitted.

Owns that memory for one workspace, in bounds; the ledger has it for after a restart. On the event loop, no I/O.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from obsd.facts import FileChanged

MAX_PATHS = 20_000


class SessionChanges:
    """One workspace's. Times are Unix seconds by the clock as it is set now."""

    def __init__(self) -> None:
        self._changed: dict[str, None] = {}
        self._since: dict[str, float] = {}
        self.due_at: float | None = None
        """When time alone may break a rule."""

    @property
    def changed(self) -> Collection[str]:
        """The paths of the session, in the order of their first change."""
        return tuple(self._changed)

    @property
    def since(self) -> Mapping[str, float]:
        """Since when each path that is not committed is changed."""
        return dict(self._since)

    def change(self, fact: FileChanged) -> None:
        """Take a change along."""
        if fact.previous_path and (since := self._since.pop(fact.previous_path, None)) is not None:
            self._since.setdefault(fact.path, since)
        if len(self._changed) < MAX_PATHS:
            self._changed.setdefault(fact.path)
            self._since.setdefault(fact.path, fact.at)

    def commit(self, paths: Iterable[str]) -> None:
        """Paths were committed: what is uncommitted of them now is so since later."""
        for path in paths:
            self._since.pop(path, None)

    def compare(self, uncommitted: Collection[str], now: float) -> None:
        """Hold what is remembered against what differs from HEAD."""
        for path in [path for path in self._since if path not in uncommitted]:
            del self._since[path]
        for path in self._changed:
            if path in uncommitted:
                self._since.setdefault(path, now)

    def step(self, seconds: float) -> None:
        """The clock was set."""
        self._since = {path: at + seconds for path, at in self._since.items()}
        self.due_at = None if self.due_at is None else self.due_at + seconds

    def end(self) -> None:
        """The session is over."""
        self._changed.clear()
        self._since.clear()
        self.due_at = None
