"""The directories that are marked, and which handle of an event stands for which of them. One thread.

Events name a directory by its handle, which only a privileged process could turn into a path: so each directory's
handle is asked for when it is marked, and compared. A directory that is moved keeps its mark and its handle; whoever
knows of moves removes it and adds it again.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable

from obsd.writers import syscalls

GroupFor = Callable[[int], int | None]
"""The fanotify group for a file system (st_dev); None when there is none to be had."""

_GONE = (errno.ENOENT, errno.ENOTDIR, errno.EACCES, errno.ELOOP, errno.ENAMETOOLONG, errno.ESTALE)
_UNFIT = (errno.EOPNOTSUPP, errno.ENODEV, errno.EXDEV, errno.EINVAL, errno.EOVERFLOW)
_NO_MOUNT = -1


class Marks:
    """Marks of all groups. `exhausted` when the kernel had no mark left; `unfit` counts directories of file systems
    that have no handles or no fsid, where the kernel names nobody."""

    def __init__(self, group_for: GroupFor) -> None:
        self.exhausted = False
        self.unfit = 0
        self._group_for = group_for
        self._handles = syscalls.Handles()
        self._groups: dict[int, int | None] = {}
        self._by_handle: dict[tuple[int, bytes], str] = {}
        self._by_path: dict[str, tuple[int, bytes]] = {}

    def __len__(self) -> int:
        return len(self._by_path)

    def __contains__(self, path: str) -> bool:
        return path in self._by_path

    def add(self, path: str) -> bool:
        """Marks a directory; whether its writers are named from now on. One that is gone is no error."""
        name = os.fsencode(path)
        try:
            handle, mount = self._handles.of(name)
            group = self._groups.get(mount, _NO_MOUNT)
            if group == _NO_MOUNT:
                group = self._groups[mount] = self._group_for(os.stat(name).st_dev)
            if group is None:
                self.unfit += 1
                return False
            group = self._mark(group, name)
        except OSError as error:
            if error.errno == errno.ENOSPC:
                self.exhausted = True
            elif error.errno in _UNFIT:
                self.unfit += 1
            elif error.errno not in _GONE:
                raise
            return False
        self._forget(path)
        self._by_path[path] = key = (group, handle)
        self._by_handle[key] = path
        return True

    def remove(self, path: str) -> None:
        """Ends a mark, unless the directory is known by another path by now."""
        key = self._by_path.get(path)
        if key is None:
            return
        still = self._by_handle.get(key) == path
        self._forget(path)
        if still:
            try:
                syscalls.unmark(key[0], os.fsencode(path))
            except OSError:
                return  # gone, and its mark with it; or another one's path now, and its events are passed over

    def below(self, path: str) -> list[str]:
        """The marked directories at or below a path."""
        return below(path, self._by_path)

    def path_of(self, group: int, handle: bytes) -> str | None:
        """The directory that an event speaks of; None when it is not marked any more."""
        return self._by_handle.get((group, handle))

    def clear(self) -> None:
        """Forgets all: the groups are gone."""
        self.exhausted, self.unfit = False, 0
        for table in (self._groups, self._by_handle, self._by_path):
            table.clear()

    def _mark(self, group: int, name: bytes) -> int:
        try:
            syscalls.mark(group, name)
        except OSError as error:
            # A subvolume within a mount (btrfs) is a file system of its own.
            other = self._group_for(os.stat(name).st_dev) if error.errno == errno.EXDEV else None
            if other is None or other == group:
                raise
            syscalls.mark(other, name)
            return other
        return group

    def _forget(self, path: str) -> None:
        key = self._by_path.pop(path, None)
        if key is not None and self._by_handle.get(key) == path:
            del self._by_handle[key]


def below(root: str, paths: Iterable[str]) -> list[str]:
    """Those of `paths` that are `root` or lie in it."""
    prefix = f"{root.rstrip('/')}/"
    return [path for path in paths if path == root or path.startswith(prefix)]
