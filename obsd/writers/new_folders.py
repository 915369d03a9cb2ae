"""Folders that have just come: marked at once, before the watcher has decided whether they count.

`mkdir` and the first file in the folder are microseconds apart, and the watcher's word comes milliseconds later. So a
new folder is marked for some seconds on its own; if nobody confirms it by then (it is ignored), the mark ends.
"""

from __future__ import annotations

import os
import time
from collections import deque

from obsd.writers.marks import Marks

_CONFIRM_SECONDS = 10.0
_MOST_UNCONFIRMED = 512
_MOST_FOUND = 2_000
_NEVER = frozenset({".git", ".hg", ".svn", ".tox", ".venv", "__pycache__", "node_modules", "target", "venv"})


class NewFolders:
    """Folders marked on their own."""

    def __init__(self, marks: Marks) -> None:
        self._marks = marks
        self._until: dict[str, float] = {}

    def came(self, path: str, made: bool) -> list[tuple[str, str]]:
        """Marks a folder, and if it was `made` just now all below it; the (directory, name) of files in these."""
        found: list[tuple[str, str]] = []
        pending = deque([path])
        while pending and len(self._until) < _MOST_UNCONFIRMED and len(found) < _MOST_FOUND:
            folder = pending.popleft()
            if os.path.basename(folder) in _NEVER or (folder in self._marks and not made):
                continue
            if not self._marks.add(folder):
                continue
            self._until[folder] = time.monotonic() + _CONFIRM_SECONDS
            if made:
                files, folders = _list(folder)
                found += [(folder, name) for name in files]
                pending += [f"{folder}/{name}" for name in folders]
        return found

    def gone(self, path: str, moved: bool) -> None:
        """A folder was removed, or moved with all below it."""
        if path not in self._marks:
            return
        for one in self._marks.below(path) if moved else [path]:
            self._until.pop(one, None)
            self._marks.remove(one)

    def confirmed(self, path: str) -> None:
        """The watcher has decided whether it counts."""
        self._until.pop(path, None)

    def expire(self) -> None:
        """Ends the marks that nobody confirmed; in the order in which they were set."""
        now = time.monotonic()
        while self._until:
            path, until = next(iter(self._until.items()))
            if until > now:
                return
            del self._until[path]
            self._marks.remove(path)


def _list(folder: str) -> tuple[list[str], list[str]]:
    files: list[str] = []
    folders: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                (folders if entry.is_dir(follow_symlinks=False) else files).append(entry.name)
    except OSError:
        return [], []
    return files, folders
