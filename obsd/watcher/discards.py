"""Work that git threw away or put aside: found, and held back while a hook may bring it back.

`pre-commit` and `lint-staged` put unstaged work aside with `git checkout` and bring it back with `git apply`, within
one `git commit`. So what is discarded while such a command runs here is believed when the command is over.
"""

from __future__ import annotations

from obsd.watcher import git_processes
from obsd.watcher.batch import Discard

_CHECK_SECONDS = 0.5
_GRACE_SECONDS = 2.0
_LONGEST_SECONDS = 600.0
_COMMANDS = frozenset({b"commit", b"merge", b"rebase", b"cherry-pick", b"revert", b"am", b"pull"})
"""Those that run the user's hooks, which may bring work back."""


class Discards:
    """Times are of the monotonic clock, in seconds."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[bytes, Discard]] = {}
        self._since = 0.0
        self._checked = float("-inf")
        self._running = False
        self._over = False
        self.due: float | None = None

    def hold(self, path: str, content_id: bytes, discard: Discard, folder: str, now: float) -> bool:
        """Whether the discard is held, because a command of git's that may bring it back runs in `folder`."""
        if now - self._checked > _CHECK_SECONDS:
            self._checked = now
            self._running = git_processes.run_in(folder, _COMMANDS)
        if not self._running:
            return False
        if not self._held:
            self._since = now
        self._held[path] = content_id, discard
        self.due = now + _CHECK_SECONDS
        return True

    def returned(self, path: str, content_id: bytes) -> bool:
        """Whether this is the work that was put aside; it is not discarded then."""
        held = self._held.get(path)
        if held is None or held[0] != content_id:
            return False
        del self._held[path]
        return True

    def ended(self, folder: str, now: float) -> list[Discard]:
        """Those that are final, when that is due."""
        if self.due is None or now < self.due:
            return []
        if self._held and now - self._since < _LONGEST_SECONDS and git_processes.run_in(folder, _COMMANDS):
            self._over = False
            self.due = now + _CHECK_SECONDS
            return []
        if self._held and not self._over:
            self._over = True  # what it wrote last has to be compared first
            self.due = now + _GRACE_SECONDS
            return []
        self._over, self.due = False, None
        found = [discard for _, discard in self._held.values()]
        self._held.clear()
        return found
