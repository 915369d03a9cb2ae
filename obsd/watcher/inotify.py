"""The inotify descriptor: pyinotify's syscalls and masks, and a queue that is read in bulk.

pyinotify owns the descriptor and the watches. Its own reader is not used: it decodes names strictly, asks the
kernel twice a wake-up and makes an object of each event, which loses events that a plain `os.read` keeps up with.
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
import termios
import time
from collections import deque

import pyinotify

FOLDER_MASK: int = (
    pyinotify.IN_MODIFY
    | pyinotify.IN_CLOSE_WRITE
    | pyinotify.IN_ATTRIB
    | pyinotify.IN_CREATE
    | pyinotify.IN_DELETE
    | pyinotify.IN_MOVED_FROM
    | pyinotify.IN_MOVED_TO
    | pyinotify.IN_ONLYDIR
    | pyinotify.IN_DONT_FOLLOW
    | pyinotify.IN_EXCL_UNLINK
)
ROOT_MASK: int = FOLDER_MASK | pyinotify.IN_DELETE_SELF | pyinotify.IN_MOVE_SELF
NAMES_MASK: int = (
    pyinotify.IN_CREATE
    | pyinotify.IN_DELETE
    | pyinotify.IN_MOVED_FROM
    | pyinotify.IN_MOVED_TO
    | pyinotify.IN_ONLYDIR
    | pyinotify.IN_EXCL_UNLINK
)
"""For folders of which only the coming and going of names matters."""

READ_BYTES = 1 << 20
_PUMP_SECONDS = 0.004
_SHORT_BYTES = 4096
"""Some 85 events; the kernel holds 16,384."""

_wrapper: pyinotify.INotifyWrapper | None = None


class _KernelPath(str):
    """A path that encodes itself as the kernel has it: pyinotify encodes strictly, and names can be any bytes."""

    __slots__ = ()

    def encode(self, encoding: str = "", errors: str = "") -> bytes:
        return os.fsencode(str(self))


def wrapper() -> pyinotify.INotifyWrapper:
    """pyinotify's system calls; loading them asks ldconfig, so the fork server does it once for all."""
    global _wrapper
    if _wrapper is None:
        _wrapper = pyinotify.INotifyWrapper.create()
    if _wrapper is None:
        raise OSError(errno.ENOSYS, "the C library has no inotify")
    return _wrapper


class Inotify:
    """One inotify instance."""

    def __init__(self) -> None:
        """Raises OSError: EMFILE when the user has no instance left."""
        self._calls = wrapper()
        self.fd: int = self._calls.inotify_init()
        if self.fd < 0:
            raise self._error("inotify_init")
        os.set_inheritable(self.fd, False)
        os.set_blocking(self.fd, False)

    def add(self, path: str, mask: int = FOLDER_MASK) -> int:
        """Watches a folder and returns the watch; one that is watched keeps its number.

        Raises OSError: ENOSPC when the user has no watch left, ENOENT, ENOTDIR (a link, too), EACCES.
        """
        watch: int = self._calls.inotify_add_watch(self.fd, _KernelPath(path), mask)
        if watch < 0:
            raise self._error(path)
        return watch

    def remove(self, watch: int) -> None:
        """Ends a watch; one that the kernel ended already is no error."""
        self._calls.inotify_rm_watch(self.fd, watch)

    def read(self) -> bytes:
        """All that is queued, up to a mebibyte; empty when nothing is."""
        try:
            return os.read(self.fd, READ_BYTES)
        except BlockingIOError:
            return b""
        except OSError as error:
            if error.errno == errno.EINTR:
                return b""
            raise

    def close(self) -> None:
        os.close(self.fd)

    def _error(self, what: str) -> OSError:
        code = self._calls.get_errno() or errno.EIO
        return OSError(code, os.strerror(code), what)


class Queue:
    """What has been read from an instance and not yet been dealt with.

    The kernel holds 16,384 events, which a flood fills in 20 ms. So whoever works for longer calls `pump` now and
    then: it moves what has come into our own memory, where there is room. It costs nothing until it is time.
    """

    def __init__(self, inotify: Inotify) -> None:
        self._inotify = inotify
        self._buffers: deque[bytes] = deque()
        self._pumped = 0.0

    def fileno(self) -> int:
        return self._inotify.fd

    @property
    def holds(self) -> bool:
        """Whether there is something that the kernel does not report any more."""
        return bool(self._buffers)

    @property
    def drained(self) -> bool:
        """Whether nothing waits, here or in the kernel: all that happened until now has been dealt with."""
        return not self._buffers and self._waiting_bytes() == 0

    @property
    def is_short(self) -> bool:
        """Whether what waits is far from running over, even if nobody reads for a while."""
        return not self._buffers and self._waiting_bytes() < _SHORT_BYTES

    def _waiting_bytes(self) -> int:
        (waiting,) = struct.unpack("i", fcntl.ioctl(self._inotify.fd, termios.FIONREAD, bytes(4)))
        return int(waiting)

    def pump(self) -> None:
        now = time.monotonic()
        if now - self._pumped >= _PUMP_SECONDS:
            self._pumped = now
            buffer = self._inotify.read()
            if buffer:
                self._buffers.append(buffer)

    def read(self) -> bytes:
        """The oldest buffer, or what the kernel has; empty when there is nothing."""
        return self.pumped() or self._inotify.read()

    def pumped(self) -> bytes:
        """The oldest buffer of ours; empty when there is none."""
        return self._buffers.popleft() if self._buffers else b""


def limit(name: str) -> int:
    """A limit of /proc/sys/fs/inotify (`max_user_watches`, …); 0 where it cannot be read."""
    try:
        with open(f"/proc/sys/fs/inotify/{name}", encoding="ascii") as file:
            return int(file.read())
    except (OSError, ValueError):
        return 0
