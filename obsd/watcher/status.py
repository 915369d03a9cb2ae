"""How well a workspace is watched, in a word and a sentence with what helps."""

from __future__ import annotations

from obsd.facts import WatchState
from obsd.watcher import filesystems, inotify
from obsd.watcher.mounts import Mounts
from obsd.watcher.workspace_state import WorkspaceState

POLLING_SECONDS = 30.0
LIMITED_POLLING_SECONDS = 60.0


class Status:
    """Derives the state from what is so now; holds only whether the first scan is over and the root is there."""

    def __init__(self, state: WorkspaceState, mounts: Mounts, instance_limit: bool) -> None:
        self.scanned = False
        self.lost = ""
        self.watch_limit = inotify.limit("max_user_watches")
        self.file_system = filesystems.file_system(state.tree.root)
        self._state = state
        self._mounts = mounts
        self._tree = state.tree
        self._instance_limit = instance_limit

    def state(self) -> tuple[WatchState, str]:
        if self.lost:
            return "failed", self.lost
        if not self.scanned:
            return "starting", ""
        faults = self._faults()
        return ("degraded", "; ".join(faults)) if faults else ("watching", "")

    def polling_seconds(self) -> float | None:
        """How often the workspace is rescanned because events do not show all."""
        deaf = not filesystems.has_events(self.file_system) or self._mounts.without_events()
        if self._instance_limit or deaf:
            return POLLING_SECONDS
        return LIMITED_POLLING_SECONDS if self._tree.unwatched else None

    def _faults(self) -> list[str]:
        found = []
        if not filesystems.has_events(self.file_system):
            found.append(
                f"the file system ({self.file_system}) does not report all changes:"
                f" everything is rescanned every {POLLING_SECONDS:.0f} s"
            )
        found += [
            f"the file system at {path} does not report all changes: everything is rescanned every"
            f" {POLLING_SECONDS:.0f} s"
            for path in self._mounts.without_events()[:1]
        ]
        if self._state.too_deep:
            found.append(
                f"{len(self._state.too_deep)} folders have paths that are too long to be watched, such as one in"
                f" {min(self._state.too_deep)[:80]}…"
            )
        if self._instance_limit:
            limit = inotify.limit("max_user_instances")
            found.append(
                f"no inotify instance is left (limit {limit}): everything is rescanned every {POLLING_SECONDS:.0f} s;"
                f" sudo sysctl fs.inotify.max_user_instances={max(1024, 2 * limit)}"
            )
        elif self._tree.unwatched:
            found.append(
                f"{self._tree.unwatched} of {self._tree.unwatched + len(self._tree)} folders have no watch"
                f" (limit {self.watch_limit}) and are rescanned every {LIMITED_POLLING_SECONDS:.0f} s;"
                f" sudo sysctl fs.inotify.max_user_watches={max(524288, 2 * self.watch_limit)}"
            )
        if self._state.unreadable:
            some = sorted(self._state.unreadable)
            found.append(f"{len(some)} folders cannot be read, such as {some[0]}; chmod u+rx them")
        if self._state.git is not None and self._state.git.silent:
            found.append(f"{self._state.git.silent}; lines of changes are unmeasured")
        return found
