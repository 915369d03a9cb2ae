"""Proves that the event queue is drained: a file made in a folder of our own, and the event that comes back.

The folder lies in the runtime directory and is watched by the workspace's own inotify instance, so its event comes
after all that happened in the workspace before. A probe is answered when that event has been read, no crawl is
under way, and every file that waited at that moment has been compared.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from obsd.watcher.debounce import DebounceQueue
from obsd.watcher.inotify import NAMES_MASK, Inotify

NOWHERE = 0
_RUNTIME = ("..", "..", "..")
"""The runtime folder, seen from a watcher's: `RUNTIME/watchers/ID/probe`."""


@dataclass(slots=True)
class _Waiting:
    token: str
    returned: bool
    number: int | None = None


class Probes:
    """The probes that have not been answered yet."""

    def __init__(self, folder: str, inotify: Inotify | None) -> None:
        self._folder = folder
        self._inotify = inotify
        self._waiting: list[_Waiting] = []
        os.makedirs(folder, mode=0o700, exist_ok=True)
        self.watch = NOWHERE if inotify is None else _watch(folder, inotify)

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def write(self, token: str) -> None:
        """Sends a probe on its way; where no event can come it counts as returned."""
        waiting = _Waiting(token, returned=self.watch == NOWHERE)
        self._waiting.append(waiting)
        try:
            self._touch(token)
        except OSError:
            # The runtime folder is gone: its cleaner is not ours, and what cannot be proved now is answered.
            waiting.returned = not self._made_anew(token)

    def _touch(self, token: str) -> None:
        path = os.path.join(self._folder, token)
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
        os.unlink(path)

    def _made_anew(self, token: str) -> bool:
        """Makes the folder anew, once the daemon has made the runtime folder that it lies in."""
        try:
            if os.lstat(os.path.normpath(os.path.join(self._folder, *_RUNTIME))).st_uid != os.geteuid():
                return False
            os.makedirs(self._folder, mode=0o700, exist_ok=True)
            self.watch = NOWHERE if self._inotify is None else _watch(self._folder, self._inotify)
            self._touch(token)
        except OSError:
            return False
        return self.watch != NOWHERE

    def returned(self, name: str) -> None:
        """The event of the file `name` has been read."""
        for waiting in self._waiting:
            waiting.returned |= waiting.token == name

    def lost(self) -> None:
        """The queue overflowed: the events may not come, and the rescan stands for them."""
        for waiting in self._waiting:
            waiting.returned = True

    def answered(self, debounce: DebounceQueue) -> list[str]:
        """Takes out the tokens of all whose files have been compared. To be asked only when no crawl is under way."""
        done = []
        for waiting in self._waiting:
            if waiting.returned and waiting.number is None:
                waiting.number = debounce.numbers
            if waiting.number is not None and not debounce.waits_up_to(waiting.number):
                done.append(waiting.token)
        self._waiting = [waiting for waiting in self._waiting if waiting.token not in done]
        return done


def _watch(folder: str, inotify: Inotify) -> int:
    try:
        return inotify.add(folder, NAMES_MASK)
    except OSError:
        return NOWHERE  # no watch left: the workspace is degraded, and says so
