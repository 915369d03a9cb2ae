"""The workspace's own folder: whether it is the one that is watched, and what to do while it is not there."""

from __future__ import annotations

import os

RETRY_SECONDS = 2.0
DOUBT_SECONDS = 1.0
"""A folder that was moved may be written in for ever: then the queue is never empty."""


class Root:
    """Follows the folder at a path by its device and inode."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.deleted = False
        self.why_lost = ""
        self.retry_due: float | None = None
        self._doubted_at = 0.0
        self._identity: tuple[int, int] | None = None

    @property
    def lost(self) -> bool:
        """Whether it is gone, or is about to be called so."""
        return bool(self.why_lost)

    def taken(self) -> None:
        """The folder that is there now is the one that is watched."""
        self._identity = self._find()
        self.deleted = False
        self.why_lost = ""
        self.retry_due = None

    def moved(self) -> bool:
        """Whether another folder, or none, is there."""
        return self._identity is None or self._find() != self._identity

    def there(self) -> bool:
        """Whether what is not found below the folder is gone: it is there itself, or was deleted with all it had. (A
        folder above it that is renamed leaves no event here.)"""
        return self.deleted or not self.moved()

    def doubt(self, now: float, why: str) -> None:
        """It seems to be gone. What happened before, perhaps its deletion, may still wait to be read."""
        if not self.lost:
            self.why_lost, self._doubted_at = why, now

    def is_to_lose(self, now: float, drained: bool) -> bool:
        """Whether it is doubted, and all that happened before that was read."""
        return self.lost and self.retry_due is None and (drained or now - self._doubted_at > DOUBT_SECONDS)

    def lose(self, now: float, deleted: bool) -> None:
        """It is gone: `deleted`, or out of reach. It is searched for at intervals."""
        self.deleted = deleted
        self.retry_due = now + RETRY_SECONDS

    def returned(self, now: float) -> bool:
        """Whether a folder is there again; checks only when that is due."""
        if self.retry_due is None or now < self.retry_due:
            return False
        self.retry_due = now + RETRY_SECONDS
        return os.path.isdir(self.path) and os.access(self.path, os.R_OK | os.X_OK)

    def _find(self) -> tuple[int, int] | None:
        try:
            found = os.stat(self.path)
        except OSError:
            return None
        return found.st_dev, found.st_ino
