"""The fanotify groups and the connector that the reader holds: asked of the helper as they are needed, and read.

One thread. Raises `NoAccess` at the first group alone; a file system for which there is none later is passed over.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterable, Iterator

from obsd.writers import access, file_events, syscalls
from obsd.writers.access import NoAccess
from obsd.writers.connector import Connector
from obsd.writers.file_events import FileEvent
from obsd.writers.handover import MAX_DEVICES

_READ_BYTES = 1 << 16
"""A buffer of small events opens some 900 descriptors of processes at once."""


class Groups:
    """What the helper handed over, one group for a device. `connector` is None where the kernel has none for us;
    `descriptors` are those of all."""

    def __init__(self) -> None:
        self.connector: Connector | None = None
        self.without_connector = ""
        self.refusal = ""
        self.descriptors: tuple[int, ...] = ()
        self._by_device: dict[int, int | None] = {}
        self._path: str | None = None

    def open(self, device: int, path: str | None) -> None:
        """Asks for the first group, and the connector. Raises NoAccess."""
        self._path = path
        found = access.ask([device], path=path)
        self._by_device.update(found.groups)
        self.without_connector = found.without_connector
        self.connector = Connector(found.connector) if found.connector is not None else None
        self._count()

    def of_device(self, device: int) -> int | None:
        """The group of a file system; asked for when it is new."""
        if device not in self._by_device:
            self._by_device[device] = self._another(device)
            self._count()
        return self._by_device[device]

    def __iter__(self) -> Iterator[int]:
        return iter([group for group in self._by_device.values() if group is not None])

    def _count(self) -> None:
        connector = () if self.connector is None else (self.connector.fileno(),)
        self.descriptors = (*self, *connector)

    def close_connector(self) -> None:
        """After it failed: what lives can still be traced."""
        if self.connector is not None:
            self.connector.close()
            self.connector = None
            self._count()

    def _another(self, device: int) -> int | None:
        if len(self._by_device) >= MAX_DEVICES:
            self.refusal = f"there are more than {MAX_DEVICES} file systems"
            return None
        try:
            return access.ask([device], with_connector=False, path=self._path).groups[device]
        except NoAccess as error:
            self.refusal = error.message
            return None


def read(group: int) -> list[FileEvent]:
    """Events of a group; empty when there are none. The descriptors that come with them must be closed."""
    try:
        data = os.read(group, _READ_BYTES)
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EINTR):
            return []
        raise
    return list(file_events.parse(data))


def close_pidfds(events: Iterable[FileEvent]) -> None:
    """Closes the descriptors of processes that came with events; they were opened one after the other."""
    numbers = sorted(event.pidfd for event in events if event.pidfd >= 0)
    start = 0
    for index in range(1, len(numbers) + 1):
        if index == len(numbers) or numbers[index] != numbers[index - 1] + 1:
            os.closerange(numbers[start], numbers[index - 1] + 1)
            start = index


def overflowed(event: FileEvent) -> bool:
    """Whether the queue was full: the kernel dropped what came after."""
    return bool(event.mask & syscalls.FAN_Q_OVERFLOW)


def monotonic_ns() -> int:
    """The clock of the connector's events."""
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC)
