"""Reads all agents' records: finds what changed, reads it on, and gives it in batches with the state to be kept.

Owns the marks of files and which are open. Blocking; one worker thread at a time. Memory is bounded: by a line, by a
document, by a step of a file.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from obsd.records import packed
from obsd.records.adapter import Adapter, Form
from obsd.records.adapters import ADAPTERS
from obsd.records.collector import Collector, KnownTools, Scope
from obsd.records.database import Unreadable
from obsd.records.files import Place, places, walk
from obsd.records.follow import Followed, Means
from obsd.records.follow_database import FollowedDatabase
from obsd.records.follow_document import FollowedDocument
from obsd.records.follow_lines import FollowedLines
from obsd.records.record import Reading
from obsd.records.state import Batch, FileMark, State
from obsd.records.understanding import AgentRecords, Understanding
from obsd.records.user import User

_FORMS: Mapping[Form, type[Followed]] = {
    "lines": FollowedLines,
    "document": FollowedDocument,
    "database": FollowedDatabase,
}
_MAX_OPEN = 200
_MAX_LEARNED = 2_000
_DATABASE_SUFFIXES = ("-wal", "-journal")


class Reader:
    """The records of one user. `workspaces` are the folders of the registered workspaces; they may change between
    passes. `resolve` is that of `Scope`."""

    def __init__(
        self,
        user: User,
        workspaces: Iterable[str],
        state: State,
        salt: bytes,
        now: Callable[[], float] = time.time,
        adapters: tuple[Adapter, ...] = ADAPTERS,
        resolve: Callable[[str], str] = os.path.realpath,
    ) -> None:
        self._user = user
        self._resolve = resolve
        self.workspaces = tuple(workspaces)
        self._adapters = adapters
        self._salt = salt
        self._marks: dict[str, FileMark] = dict(state.files)
        self._followed: dict[str, Followed] = {}
        self._companions: dict[str, str] = {}
        self._packed_unreadable: dict[str, set[str]] = {}
        self._gone: list[str] = []
        self.places = places(adapters, user.home, user.environment)
        self.out = Collector(Scope(()), KnownTools(state.known), now, state.since)
        self.understanding = Understanding()
        self.understanding.add(state.counts)

    def scan(self, on_folder: Callable[[str, os.stat_result], None] = lambda path, state: None) -> list[str]:
        """The record files that changed since they were read, oldest first; `on_folder` is called with each folder."""
        found: dict[str, float] = {}
        for place in self.places:
            for path, state in walk(place, self._user.uid, on_folder):
                if self._changed(place, path, state):
                    found[path] = state.st_mtime
        self._gone += [path for path in self._marks if path not in found and not os.path.lexists(path)]
        return sorted(found, key=found.__getitem__)

    def learn(self) -> Iterator[Batch]:
        """Gets to know the tools in documents without times that were there before records were read at all."""
        for place in self.places:
            if place.source.timed:
                continue
            known = [(path, state) for path, state in walk(place, self._user.uid, lambda path, state: None)]
            fresh = sorted(((state.st_mtime, path) for path, state in known if path not in self._marks), reverse=True)
            self.out.learning = True
            yield from self.read(path for mtime, path in fresh[:_MAX_LEARNED] if mtime < self.out.since)
            self.out.learning = False

    def read(self, paths: Iterable[str]) -> Iterator[Batch]:
        """Reads what is new in these files; whoever takes a batch keeps its state before the next one is asked for."""
        self.out.scope = Scope(self.workspaces, self._resolve)
        for path in dict.fromkeys(map(self.record_of, paths)):
            place = next((place for place in self.places if place.holds(path)), None)
            if place is not None:
                yield from self._read(place, path)
        if batch := self._batch(None):
            yield batch

    def record_of(self, path: str) -> str:
        """The record file that a changed file belongs to: itself, its database, or the one that it describes."""
        for suffix in _DATABASE_SUFFIXES:
            path = path.removesuffix(suffix)
        return self._companions.get(path, path)

    def status(self) -> tuple[AgentRecords, ...]:
        """How it is with each agent's records."""
        there = {place.adapter.agent for place in self.places if os.path.isdir(place.folder)}
        packed_files = {agent: len(paths) for agent, paths in self._packed_unreadable.items()}
        return tuple(
            self.understanding.of(adapter.agent, adapter.agent in there, packed_files.get(adapter.agent, 0))
            for adapter in self._adapters
        )

    def _read(self, place: Place, path: str) -> Iterator[Batch]:
        if path.endswith(packed.SUFFIX) and not packed.readable():
            self._packed_unreadable.setdefault(place.adapter.agent, set()).add(path)
            return
        followed = self._follow(place, path)
        try:
            for _ in followed.read():
                if batch := self._batch(followed):
                    yield batch
        except OSError:
            # It went away, or its disk failed: the next change, or the next scan, brings it again.
            return
        except Unreadable as error:
            if str(error).startswith("no such"):
                self.out.count(place.adapter.agent, "", False, self.out.now())
        except packed.errors():
            self.out.count(place.adapter.agent, "", False, self.out.now())

    def _follow(self, place: Place, path: str) -> Followed:
        followed = self._followed.pop(path, None)
        if followed is None:
            means = Means(self.out, Reading(place.adapter.keys, self._salt), self._user.uid)
            followed = _FORMS[place.source.form](place, path, means, self._mark_of(path))
            if place.source.companion:
                self._companions[place.source.companion(path)] = path
        self._followed[path] = followed
        if len(self._followed) > _MAX_OPEN:
            oldest = self._followed.pop(next(iter(self._followed)))
            if oldest.place.source.companion:
                self._companions.pop(oldest.place.source.companion(oldest.path), None)
        return followed

    def _mark_of(self, path: str) -> FileMark | None:
        """The mark of a file: its own, or that of the file that it was before it was moved or packed."""
        if path in self._marks:
            return self._marks[path]
        former = self._marks.get(path.removesuffix(packed.SUFFIX)) or self._moved(path)
        if former is None:
            return None
        del self._marks[former.path]
        self._followed.pop(former.path, None)
        self._gone.append(former.path)
        return replace(former, path=path)

    def _moved(self, path: str) -> FileMark | None:
        try:
            state = os.lstat(path)
        except OSError:
            return None
        same = (mark for mark in self._marks.values() if (mark.device, mark.inode) == (state.st_dev, state.st_ino))
        return next((mark for mark in same if not os.path.lexists(mark.path)), None)

    def _changed(self, place: Place, path: str, state: os.stat_result) -> bool:
        mark = self._marks.get(path)
        if place.source.form == "database":
            return True
        if mark is None:
            return state.st_mtime >= self.out.since
        return (mark.inode, mark.size, mark.mtime_ns) != (state.st_ino, state.st_size, state.st_mtime_ns)

    def _batch(self, followed: Followed | None) -> Batch:
        """What was read since the last one; without a file it is the last of a pass, and has the files that are gone.

        Not before: a file that was moved or packed takes over the mark of the one that is gone.
        """
        out = self.out
        mark = followed.mark() if followed else None
        files = () if mark is None or self._marks.get(mark.path) == mark else (mark,)
        self._marks.update((mark.path, mark) for mark in files)
        gone = () if followed else tuple(path for path in dict.fromkeys(self._gone) if not os.path.lexists(path))
        if followed is None:
            self._gone.clear()
        for path in gone:
            self._marks.pop(path, None)
        counts = out.counts()
        self.understanding.add(counts)
        batch = Batch(tuple(out.tools), tuple(out.sessions.values()), counts, files, gone, tuple(out.new_keys))
        out.tools, out.sessions, out.new_keys = [], {}, []
        return batch
