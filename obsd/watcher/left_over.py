"""What a nested repository leaves behind when its `.git` goes: files of the workspace's, or about to go as well.

`git worktree remove` and `rm -r` take the `.git` at any time among the other files. What goes soon after it was never
the workspace's, and is not deleted there.
"""

from __future__ import annotations

from obsd.watcher.debounce import PendingPath

_GRACE_SECONDS = 5.0
"""How long the removal may pause."""


class LeftOver:
    """Folders that were repositories until a moment ago. Times are of the monotonic clock, in seconds."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    def begin(self, folder: str, now: float) -> None:
        """The `.git` of a folder went."""
        self._until = {prefix: until for prefix, until in self._until.items() if until >= now}
        self._until[f"{folder}/"] = now + _GRACE_SECONDS

    def takes(self, path: str, pending: PendingPath) -> bool:
        """Whether a file that is gone went with its repository; what follows it may go a little later."""
        for prefix, until in self._until.items():
            if path.startswith(prefix) and pending.first <= until:
                self._until[prefix] = max(until, pending.last + _GRACE_SECONDS)
                return True
        return False
