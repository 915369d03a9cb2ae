"""File systems that are mounted inside the workspace: no event reports a mount that comes or goes, but poll(2) on
mountinfo does (proc_pid_mountinfo(5))."""

from __future__ import annotations

import contextlib
import os

from obsd.watcher import filesystems


class Mounts:
    """The mount points below a folder. `fd` is ready (POLLPRI) when any mount changed; it is None without /proc."""

    def __init__(self, root: str) -> None:
        self._root = root
        self.fd: int | None = None
        with contextlib.suppress(OSError):
            self.fd = os.open("/proc/self/mountinfo", os.O_RDONLY | os.O_CLOEXEC)
        self._known = self._below()

    def changed(self) -> list[str]:
        """Where something was mounted or unmounted since the last call, as paths below the folder, shortest first."""
        before, self._known = self._known, self._below()
        return sorted({path for path, _ in before.items() ^ self._known.items()}, key=len)

    def without_events(self) -> list[str]:
        """Mount points whose file system does not report all changes."""
        return sorted(path for path, (_, kind) in self._known.items() if not filesystems.has_events(kind))

    def _below(self) -> dict[str, tuple[str, str]]:
        start = self._root.rstrip("/") + "/"
        return {
            point[len(start) :]: (number, kind)
            for number, point, kind in filesystems.mounts()
            if point.startswith(start)
        }
