"""Turns inotify's events into pending paths, and into changes of the tree of folders.

Events are hints. A file's event makes its path pending and nothing more; a folder's changes the tree. What cannot be
understood (an overflow, an unknown watch) sets a flag, and the engine rescans.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pyinotify

from obsd.watcher.cookies import Probes
from obsd.watcher.debounce import PendingPath
from obsd.watcher.git_dir import GitDirWatch, Lock
from obsd.watcher.records import HEADER, LOW, name_of, split
from obsd.watcher.watch_tree import Folder
from obsd.watcher.workspace_state import WorkspaceState

_ISDIR: int = pyinotify.IN_ISDIR
_MOVED_FROM: int = pyinotify.IN_MOVED_FROM
_MOVED_TO: int = pyinotify.IN_MOVED_TO
_CREATE: int = pyinotify.IN_CREATE
_DELETE: int = pyinotify.IN_DELETE
_MOVES: int = _MOVED_FROM | _MOVED_TO
_NAMES: int = _MOVES | _CREATE | _DELETE
_CONTENT: int = _NAMES | pyinotify.IN_MODIFY | pyinotify.IN_CLOSE_WRITE
_OPENS: int = _CREATE | pyinotify.IN_MODIFY
_SELF: int = pyinotify.IN_DELETE_SELF | pyinotify.IN_MOVE_SELF | pyinotify.IN_UNMOUNT | pyinotify.IN_Q_OVERFLOW
_SPECIAL: int = _ISDIR | _SELF | pyinotify.IN_IGNORED
_CLOSED: int = pyinotify.IN_CLOSE_WRITE

_AT_ONCE = 2048
"""After so many events the queue is seen to."""

_MOST_KNOWN = 400_000


@dataclass(slots=True)
class Arrived:
    """A folder that came, or (`adopt`) that counts from now on with what is in it: `git` is what git held then;
    `moved_from` are the places inside the workspace where its files may have been at the last scan."""

    folder: Folder
    name: str
    git: int
    moved_from: tuple[str, ...] = ()
    adopt: bool = False


@dataclass(slots=True)
class PendingFlags:
    """What events show besides pending paths; whoever acts on a flag clears it."""

    arrived: list[Arrived] = field(default_factory=list)
    overflowed: bool = False
    unknown_watch: bool = False
    root_changed: bool = False
    root_deleted: bool = False
    git_changed: bool = False
    released: bool = False


class EventReader:
    """Applies buffers of events, in order."""

    def __init__(
        self,
        state: WorkspaceState,
        probes: Probes,
        git_watch: Callable[[], GitDirWatch | None],
        pump: Callable[[], None],
    ) -> None:
        self.flags = PendingFlags()
        self.count = 0
        self.overflows = 0
        self._state = state
        self._tree = state.tree
        self._debounce = state.debounce
        self._probes = probes
        self._git_watch = git_watch
        self._pump = pump
        self._now = 0.0
        self._known: dict[bytes, PendingPath] = {}

    def apply(self, buffer: bytes, now: float) -> None:
        """Takes all events of a buffer; `now` is the monotonic time of the read."""
        self._now = self._debounce.bucket(now)
        records = split(buffer)
        for start in range(0, len(records), _AT_ONCE):
            if start:
                self._pump()
            self._apply(records[start : start + _AT_ONCE])
        self.count += len(records)

    def _apply(self, records: list[bytes]) -> None:
        """A record that came before is known by its bytes, and its path mostly waits still: those between two others
        are taken together. What git holds changes only by events that are never known."""
        known = [*map(self._known.get, records)]
        start = 0
        for at in range(len(records)) if None in known else ():
            if known[at] is None:
                if at > start:
                    self._again(known[start:at], records[start:at])
                self._one(records[at])
                start = at + 1
        self._again(known[start:], records[start:])

    def _again(self, pendings: Sequence[PendingPath | None], records: Sequence[bytes]) -> None:
        """More events of paths that wait: the last one of each counts. Those that have been compared wait anew."""
        compared = False
        locked, now = self._locked(), self._now
        oldest = now - self._debounce.max_delay_seconds
        for pending, record in dict(zip(pendings, records, strict=True)).items():
            if pending is None or not pending.waiting:
                compared = True
                continue
            pending.git = locked
            pending.deed = False
            pending.cleaned = False
            pending.open = not record[LOW] & _CLOSED
            if pending.aside:
                self._debounce.again(pending, now)
            elif pending.first > oldest:
                pending.last = now
        if compared:
            for pending, record in zip(pendings, records, strict=True):
                if pending is not None and not pending.waiting:
                    anew = self._debounce.touch(pending.path, HEADER.unpack_from(record)[1], now, locked)
                    anew.cleaned = False
                    anew.open = not record[LOW] & _CLOSED
                    self._known[record] = anew

    def rest(self) -> None:
        """Nothing waits: what was kept for speed goes."""
        self._known.clear()

    def _one(self, record: bytes) -> None:
        """Takes an event that is not known."""
        watch, mask, cookie, _ = HEADER.unpack_from(record)
        name = name_of(record)
        folder = self._tree.of(watch)
        if folder is None:
            self._beside(watch, mask, name)
        elif mask & _SPECIAL:
            self._folder_event(folder, mask, cookie, name)
        elif (path := folder.prefix + os.fsdecode(name)) not in self._state.ignored:
            if not mask & _CONTENT:
                self._debounce.touch(path, mask, self._now).cleaned = False
                return
            pending = self._debounce.touch(path, mask, self._now, self._locked())
            pending.open = bool(mask & _OPENS)
            pending.cleaned = bool(mask & _DELETE) and self._cleans()
            if mask & _MOVES or name == b".git":
                self._moved(folder, path, mask, cookie)
            elif not mask & _DELETE:
                if len(self._known) >= _MOST_KNOWN:
                    self._known.clear()
                self._known[record] = pending

    def _moved(self, folder: Folder, path: str, mask: int, cookie: int) -> None:
        moves = self._state.moves
        if mask & _MOVED_FROM:
            moves.left(cookie, path)
            self._state.left(path, self._state.device_of(path), alone=True)
        elif mask & _MOVED_TO and not moves.file_arrived(cookie, path):
            self._state.arrived(path)
        if path.endswith(".git"):
            self._dot_git(folder, path, mask)

    def _folder_event(self, folder: Folder, mask: int, cookie: int, name: bytes) -> None:
        if mask & pyinotify.IN_IGNORED:
            self._tree.ended(folder.watch)
            self.flags.root_changed |= folder.parent is None
        elif mask & _SELF:
            self.flags.root_changed = True
            self.flags.root_deleted |= bool(mask & pyinotify.IN_DELETE_SELF)
        elif not name:
            self._itself(folder)
        elif name == b".git":
            self._dot_git(folder, folder.prefix + ".git", mask)
        else:
            self._subfolder(folder, os.fsdecode(name), mask, cookie)

    def _itself(self, folder: Folder) -> None:
        """The mode or time of a watched folder changed: inotify(7) reports it with an event that has no name."""
        unreadable = self._state.unreadable
        if folder.parent is not None and any(f"{path}/".startswith(folder.prefix) for path in unreadable):
            self.flags.arrived.append(Arrived(folder.parent, folder.name, git=Lock.NONE))

    def _subfolder(self, folder: Folder, name: str, mask: int, cookie: int) -> None:
        path = folder.prefix + name
        if mask & _CREATE:
            self.flags.arrived.append(Arrived(folder, name, self._locked()))
        elif mask & _MOVED_TO:
            origin = self._state.moves.arrived(cookie)
            moved_from = () if origin is None else self._state.moves.pair_folder(origin, path)
            self.flags.arrived.append(Arrived(folder, name, self._locked(), moved_from))
        elif mask & (_DELETE | _MOVED_FROM):
            self._gone(path, moved=bool(mask & _MOVED_FROM))
            if mask & _MOVED_FROM:
                self._state.moves.left(cookie, path)
        elif mask & pyinotify.IN_ATTRIB and self._tree.find(path) is None:
            self.flags.arrived.append(Arrived(folder, name, git=Lock.NONE))  # perhaps it can be read now

    def _gone(self, path: str, moved: bool) -> None:
        """A folder left with all that was in it."""
        folder = self._tree.find(path)
        if folder is None:
            return
        device = self._state.device_of(path)
        for prefix in self._tree.drop(folder):
            for name in self._state.snapshot.names(prefix):
                self._debounce.touch(prefix + name, _DELETE, self._now, self._locked())
                if moved:
                    self._state.left(prefix + name, device, alone=False)

    def _dot_git(self, folder: Folder, path: str, mask: int) -> None:
        """A repository begins or ends at `folder`."""
        if path == ".git":
            self.flags.git_changed |= bool(mask & _NAMES)
        elif path.endswith("/.git") and mask & (_CREATE | _MOVED_TO):
            self._state.leave(folder)
            self._tree.watch_nested(path.removesuffix("/.git"))

    def _in_nested(self, watch: int, path: str, mask: int, name: bytes) -> None:
        """A nested repository stops being one when its `.git` goes: then its files are the workspace's."""
        if name != b".git" or not mask & (_DELETE | _MOVED_FROM):
            return
        self._tree.leave_nested(watch)
        above, _, last = path.rpartition("/")
        parent = self._tree.find(above)
        if parent is not None:
            self._state.left_over.begin(path, self._now)
            self.flags.arrived.append(Arrived(parent, last, Lock.NONE, adopt=True))

    def _beside(self, watch: int, mask: int, name: bytes) -> None:
        """An event of no folder of the workspace's."""
        git_watch = self._git_watch()
        if mask & pyinotify.IN_Q_OVERFLOW:
            self.overflows += 1
            self.flags.overflowed = True
        elif watch == self._probes.watch:
            if mask & _CREATE:
                self._probes.returned(os.fsdecode(name))
        elif git_watch is not None and git_watch.handle(watch, mask, name):
            self.flags.released |= name.startswith(b"index") and not mask & pyinotify.IN_OPEN and not git_watch.held
        elif mask & pyinotify.IN_IGNORED:
            self._tree.ended(watch)
        elif (nested := self._tree.nested(watch)) is not None:
            self._in_nested(watch, nested, mask, name)
        elif not self._tree.was_ours(watch):
            self.flags.unknown_watch = True

    def _cleans(self) -> bool:
        git_watch = self._git_watch()
        return git_watch is not None and git_watch.clean.removes()

    def _locked(self) -> int:
        git_watch = self._git_watch()
        return Lock.NONE if git_watch is None else git_watch.locked
