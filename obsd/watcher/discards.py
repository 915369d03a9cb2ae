"""Work that git threw away or put aside: found, and held back while a hook may bring it back.

`pre-commit` and `lint-staged` put unstaged work aside with `git checkout` or `git stash`, and bring it back with `git
apply`, within one `git commit`; what they run in between may have changed the same file. So what is discarded while
such a command runs here is believed when the command is over, as far as it has not come back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from obsd.watcher import git_processes, line_sets
from obsd.watcher.batch import Discard

_CHECK_SECONDS = 0.5
_GRACE_SECONDS = 2.0
_LONGEST_SECONDS = 600.0
_MOST_BYTES = 16 << 20
_COMMANDS = frozenset({b"commit", b"merge", b"rebase", b"cherry-pick", b"revert", b"am", b"pull"})
"""Those that run the user's hooks, which may bring work back."""


@dataclass(frozen=True, slots=True)
class Work:
    """What somebody had in a file, `data`, and what git wrote over it, `base`; None where it is not known."""

    content_id: bytes
    data: bytes | None = None
    base: bytes | None = None

    @property
    def size_bytes(self) -> int:
        return len(self.data or b"") + len(self.base or b"")

    @property
    def lines(self) -> int:
        """How many lines it is; 0 where that is not known."""
        change = self._change()
        return change.added.total() + change.removed.total()

    def makes(self, content_id: bytes, before: bytes | None, now: bytes | None) -> bool:
        """Whether what is there now is this content, or what was there before and just this work."""
        if self.content_id == content_id:
            return True
        change = self._change()
        return bool(change) and None not in (before, now) and change == line_sets.between(before or b"", now or b"")

    def is_within(self, now: bytes) -> bool:
        """Whether what is there now has this work, and perhaps more."""
        change = self._change()
        return bool(change) and self.base is not None and change.within(line_sets.between(self.base, now))

    def _change(self) -> line_sets.LineSets:
        if self.data is None or self.base is None:
            return line_sets.between(b"", b"")
        return line_sets.between(self.base, self.data)


class Discards:
    """Times are of the monotonic clock, in seconds."""

    def __init__(self) -> None:
        self._held: dict[str, list[tuple[Work, Discard]]] = {}
        self._bytes = 0
        self._since = 0.0
        self._checked = float("-inf")
        self._running = False
        self._over = False
        self.due: float | None = None

    def hold(self, path: str, work: Work, discard: Discard, folder: str, now: float) -> bool:
        """Whether the discard is held, because a command of git's that may bring it back runs in `folder`."""
        if now - self._checked > _CHECK_SECONDS:
            self._checked = now
            self._running = git_processes.run_in(folder, _COMMANDS)
        if not self._running:
            return False
        if not self._held:
            self._since, self._bytes = now, 0
        self._bytes += work.size_bytes
        kept = work if self._bytes <= _MOST_BYTES else Work(work.content_id)
        self._held.setdefault(path, []).append((kept, discard))
        self.due = now + _CHECK_SECONDS
        return True

    def holds(self, path: str) -> bool:
        """Whether work of this file is held."""
        return path in self._held

    def is_back(self, path: str, content_id: bytes, before: bytes | None, now: bytes | None) -> bool:
        """Whether what is at `path` is work that was put aside, or what was there before and that work."""
        return any(work.makes(content_id, before, now) for work, _ in self._held.get(path, ()))

    def returned(self, path: str, content_id: bytes, before: bytes | None, now: bytes | None) -> Work | None:
        """Git wrote that: returns the work that is back with it (`is_back`), which is not discarded then."""
        return self._let_go(path, lambda work: work.makes(content_id, before, now))

    def contained(self, path: str, now: bytes) -> Work | None:
        """Work that was put aside, is back and was edited since, which is measured against it; it is not discarded."""
        return self._let_go(path, lambda work: work.is_within(now))

    def _let_go(self, path: str, is_back: Callable[[Work], bool]) -> Work | None:
        held = self._held.get(path, [])
        back = [work for work, _ in held if is_back(work)]
        left = [(work, discard) for work, discard in held if work not in back]
        if left:
            self._held[path] = left
        else:
            self._held.pop(path, None)
        return back[0] if back else None

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
        found = [discard for held in self._held.values() for _, discard in held]
        self._held.clear()
        return found
