"""The lock that keeps a second daemon away.

Owns an open descriptor with flock(2) on it: the kernel lets go when the process ends, however it ends. The file stays
where it is, because removing it would let two daemons lock two files of one name. Any thread.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from obsd.errors import AlreadyRunning, NotPermitted
from obsd.text import printable


class Lock:
    """A lock file that holds the process id of its holder."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1

    def take(self) -> None:
        """Takes the lock or raises AlreadyRunning (`already_running`), NotPermitted (`lock_unusable`)."""
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise NotPermitted(
                "lock_unusable",
                f"cannot open the lock {printable(str(self._path))}: {error.strerror or error}",
                "remove it, or give this user the right to write it",
            ) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
            os.close(descriptor)
            raise self._held(holder if holder.isdigit() else "unknown") from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._descriptor = descriptor

    def in_place(self) -> bool:
        """Whether the file that is locked is still the one that others would find."""
        try:
            found, held = os.lstat(self._path), os.fstat(self._descriptor)
        except OSError:
            return False
        return (found.st_dev, found.st_ino) == (held.st_dev, held.st_ino)

    def take_again(self) -> None:
        """Takes the file that lies there now, and lets go of the one that was removed. Raises as `take`."""
        before = self._descriptor
        self.take()
        os.close(before)

    def release(self) -> None:
        """Lets go; nothing happens where it was not taken."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _held(self, holder: str) -> AlreadyRunning:
        return AlreadyRunning(
            "already_running",
            f"another obsd runs already, as process {holder}; it holds {printable(str(self._path))}",
            "`obsctl status` shows it; `systemctl --user stop obsd`, or SIGTERM to that process, ends it",
        )
