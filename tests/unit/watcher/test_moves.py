"""A file that moves on while its events are read in parts."""

from __future__ import annotations

import os
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from obsd.watcher.baselines import Baselines
from obsd.watcher.comparison import Comparison
from obsd.watcher.debounce import DebounceQueue
from obsd.watcher.events import EventReader
from obsd.watcher.records import HEADER
from obsd.watcher.snapshot import Snapshot, State
from obsd.watcher.watch_tree import Tree
from obsd.watcher.workspace_state import WorkspaceState

MOVED_FROM, MOVED_TO, DELETE = 0x40, 0x80, 0x200  # inotify(7)


def event(name: bytes, mask: int, cookie: int = 0) -> bytes:
    """An event in the workspace's folder."""
    return HEADER.pack(1, mask, cookie, 16) + name.ljust(16, b"\0")


class Watched:
    """A workspace with one known file, `c`, that is at `there` by now; no event of that was read yet."""

    def __init__(self, root: Path, there: str) -> None:
        inotify: Any = SimpleNamespace(add=lambda path, mask: 1)
        tree = Tree(str(root), inotify)
        tree.add(None, "")
        self.snapshot = Snapshot()
        self.debounce = DebounceQueue(0.1, 1.0)
        self.state = WorkspaceState(tree, self.snapshot, Baselines(1), self.debounce, 1 << 20)
        git: Any = SimpleNamespace(
            locked=0, held=False, handle=lambda *_: False, clean=SimpleNamespace(removes=lambda: False)
        )
        probes: Any = SimpleNamespace(watch=-1)
        self.events = EventReader(self.state, probes, lambda: git, lambda: None)
        self.comparison = Comparison(self.state)
        self.file = root / there
        if there:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            self.file.write_text("c\n")
            found = self.file.stat()
            self.snapshot.put("c", State(found.st_size, found.st_ctime_ns, found.st_ino, b"", found.st_mtime_ns))
        else:
            self.snapshot.put("c", State(2, 1, 1, b"", 1))

    def compare(self, now: float) -> None:
        """Compares what has been quiet by that time."""
        for pending in self.debounce.due(now):
            self.comparison.compare(pending.path, pending)

    def found(self) -> list[tuple[str, str, str]]:
        """The changes so far: operation, path, and the path before."""
        changes: Any = self.state.batch.changes
        return [(change.operation, change.path, change.previous) for change in changes]


def test_a_file_that_has_left_again_is_not_removed(tmp_path: Path) -> None:
    watched = Watched(tmp_path, "new/deep/c")
    watched.events.apply(event(b"c", MOVED_FROM, 5) + event(b"c2", MOVED_TO, 5), time.monotonic() - 1)
    watched.compare(time.monotonic())
    assert watched.found() == [], "it is nowhere yet, and nothing says that it was removed"
    watched.events.apply(event(b"c2", MOVED_FROM, 6), time.monotonic())
    watched.state.moves.found(os.stat(watched.file), "new/deep/c")
    assert watched.state.moves.origin("new/deep/c") == "c"


def test_one_that_is_removed_is_removed(tmp_path: Path) -> None:
    watched = Watched(tmp_path, "")
    watched.events.apply(event(b"c", MOVED_FROM, 5) + event(b"c2", MOVED_TO, 5), time.monotonic() - 1)
    watched.compare(time.monotonic())
    assert watched.found() == []
    watched.events.apply(event(b"c2", DELETE), time.monotonic())
    watched.compare(time.monotonic() + 1)
    assert watched.found() == [("deleted", "c", "")]


def test_one_of_which_nothing_more_comes_is_waited_for_once(tmp_path: Path) -> None:
    watched = Watched(tmp_path, "")
    watched.events.apply(event(b"c", MOVED_FROM, 5) + event(b"c2", MOVED_TO, 5), time.monotonic() - 1)
    for later in (0, 1, 10_000):
        watched.compare(time.monotonic() + later)
    assert watched.found() == [("deleted", "c", "")]
