"""Proves that the event queue is drained: a file made in a folder of our own, and the event that comes back.

The folder lies in the runtime directory and is watched by the workspace's own inotify instance, so its event comes
after all that happened in the workspace before. A probe is answered when that event has been read, no crawl is
under way, and every file that waited at that moment has been looked at.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from obsd.watcher.inotify import NAMES_MASK, Inotify


@dataclass(slots=True)
class _Waiting:
    token: str
    number: int | None = None


class Probes:
    """The probes that have not been answered yet."""

    def __init__(self, folder: str, inotify: Inotify | None) -> None:
        self._folder = folder
        self._waiting: list[_Waiting] = []
        os.makedirs(folder, mode=0o700, exist_ok=True)
        self.watch = 0 if inotify is None else inotify.add(folder, NAMES_MASK)

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def write(self, token: str, newest: int) -> None:
        """Starts a probe; without events it is taken as returned at once (`newest`: the newest mark's number)."""
        self._waiting.append(_Waiting(token, None if self.watch else newest))
        path = os.path.join(self._folder, token)
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600))
        os.unlink(path)

    def returned(self, name: str, newest: int) -> None:
        """The event of the file `name` has been read, and `newest` is the newest mark's number."""
        for waiting in self._waiting:
            if waiting.token == name and waiting.number is None:
                waiting.number = newest

    def lost(self, newest: int) -> None:
        """The queue overflowed: the events may not come, and the rescan stands for them."""
        for waiting in self._waiting:
            if waiting.number is None:
                waiting.number = newest

    def answered(self, oldest: int) -> list[str]:
        """Takes out the tokens of all whose files have been looked at (`oldest`: the oldest waiting mark's number)."""
        done = [w.token for w in self._waiting if w.number is not None and w.number < oldest]
        self._waiting = [w for w in self._waiting if w.token not in done]
        return done
