"""The table of processes: who made whom, also of those that are gone. Bounded; owned by the reader, one thread.

Forks and execs come from the connector (without one, only what lives can be traced); the rest is read from /proc when
a chain is asked for, and again after a second, because a process may change its name and what it runs. There is no
need to know of exits: a number that is used again comes with a fork.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence

from obsd.writers import processes
from obsd.writers.connector import EXEC, ProcessEvent
from obsd.writers.processes import Process, ProcessReader

_MOST = 16_384
_FRESH_SECONDS = 1.0
_NAMES_AT_ONCE = 12
_NAMES_OF_MANY = 4
"""How many names of new programs are read for a batch of few or of many events, newest first: of many, the others are
likely gone, and what forks so much is a build."""

_LONGEST_CHAIN = 64
_EXEC_SECONDS = 0.02
"""An exec is reported when it has ended; /proc shows the new program from its early part on."""

_INTERPRETERS = ("node", "bun", "deno", "python", "MainThread")


class _Entry:
    """A process, from its fork on (or from the first scan at it), running one program.

    `earlier` is what had this number before: another process, or this one with the program that it ran before its
    last exec. What a fork does before its first exec is not distinguished: it opens files for what it is about to run.
    """

    __slots__ = ("again", "born_ns", "earlier", "executed", "looked", "name", "parent", "process", "seen")

    def __init__(self, parent: int, born_ns: int, earlier: _Entry | None = None) -> None:
        self.parent = parent
        self.born_ns = born_ns
        self.earlier = earlier
        self.executed = False
        self.again = False
        self.looked = 0.0
        self.name = ""
        self.process: Process | None = None
        self.seen = 0.0


class ProcessTable:
    """All that is known of processes now. `executed` collects who has run another program, for whoever empties it."""

    def __init__(self, reader: ProcessReader, connected: bool) -> None:
        self.connected = connected
        self.executed: set[int] = set()
        self._reader = reader
        self._entries: dict[int, _Entry] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def take(self, events: Sequence[ProcessEvent]) -> None:
        """Forks and execs, in their order. Names are read at once, before the process is gone."""
        execs = []
        for what, at_ns, parent, pid in events:
            if what == EXEC:
                execs.append(pid)
                self._executed(pid, at_ns)
            else:
                self._born(pid, parent, at_ns)
        self.executed.update(execs)
        for pid in execs[-_NAMES_AT_ONCE if len(events) <= 2 * _NAMES_AT_ONCE else -_NAMES_OF_MANY :]:
            self._look(pid)
        self._prune()

    def lost(self) -> None:
        """Events were dropped: nothing in the table can be relied on."""
        self._entries.clear()

    def chains(self, pid: int, alive: bool, since_ns: int) -> Iterator[list[Process]]:
        """The process and its parents, nearest first, as far as they are known.

        `alive`: whether the kernel had it when the event was read. If its number was given to another process since
        `since_ns` (CLOCK_MONOTONIC) and it is gone, or if it runs another program since then, it may be either: then
        there are two chains.
        """
        yield self._chain(pid, alive)
        entry = self._entries.get(pid)
        if entry is None or entry.earlier is None or entry.born_ns <= since_ns:
            return
        if not alive or entry.again:
            yield self._upwards(pid, entry.earlier)

    def _born(self, pid: int, parent: int, at_ns: int) -> None:
        earlier = self._entries.pop(pid, None)
        if earlier is not None:
            earlier.earlier = None
        entry = self._entries[pid] = _Entry(parent, at_ns, earlier)
        maker = self._entries.get(parent)
        if maker is not None:  # until its own exec it runs its parent's program
            entry.name = maker.name or (maker.process.program if maker.process is not None else "")

    def _executed(self, pid: int, at_ns: int) -> None:
        """Another program from now on. The one before it, if it was one, may have written what is not read yet."""
        entry = self._entries.get(pid)
        if entry is not None and (entry.executed or not entry.born_ns):
            entry.earlier = None
            if entry.looked > at_ns / 1e9 - _EXEC_SECONDS:
                entry.name, entry.process = "", None  # what was read may be the new program's already
            entry = self._entries[pid] = _Entry(entry.parent, at_ns, entry)
            entry.again = True
        elif entry is None:
            entry = self._entries[pid] = _Entry(0, at_ns)
        entry.name, entry.process, entry.executed = "", None, True

    def _look(self, pid: int) -> None:
        entry = self._entries.get(pid)
        if entry is None or entry.name or entry.process is not None:
            return
        entry.looked = time.monotonic()
        entry.name = processes.short_name(pid)
        if entry.name.startswith(_INTERPRETERS):
            self._refresh(pid, entry)

    def _chain(self, pid: int, alive: bool) -> list[Process]:
        entry = self._entries.get(pid)
        if entry is None:
            if not alive:
                return []
            entry = self._entries[pid] = _Entry(0, 0)
        if alive:
            self._refresh(pid, entry)
        elif not self.connected and time.monotonic() > entry.seen + _FRESH_SECONDS:
            return []  # its number may be another's by now, unreported
        return self._upwards(pid, entry)

    def _upwards(self, pid: int, entry: _Entry) -> list[Process]:
        chain: list[Process] = []
        seen: set[int] = set()
        while len(chain) < _LONGEST_CHAIN:
            process = entry.process or self._reader.by_name(pid, entry.parent, entry.name)
            chain.append(process)
            seen.add(pid)
            pid = process.parent
            if pid <= 1 or pid in seen:
                break
            above = self._parent(pid, entry.born_ns)
            if above is None:
                break
            entry = above
        return chain

    def _parent(self, pid: int, child_born_ns: int) -> _Entry | None:
        """The process that had this number when a child was born; None: gone, and nobody saw it come."""
        entry = self._entries.get(pid)
        if entry is None:
            entry = self._entries[pid] = _Entry(0, 0)
        if 0 < child_born_ns < entry.born_ns:
            return entry.earlier
        self._refresh(pid, entry)
        return entry if entry.process is not None or entry.parent else None

    def _refresh(self, pid: int, entry: _Entry) -> None:
        """Reads what is a second old; a process that is gone keeps what was last read."""
        now = time.monotonic()
        # Without the connector an exec is not reported.
        if self.connected and entry.process is not None and now < entry.seen + _FRESH_SECONDS:
            return
        process = self._reader.read(pid)
        entry.looked = time.monotonic()
        if process is not None:
            entry.process, entry.parent, entry.seen = process, process.parent, now

    def _prune(self) -> None:
        excess = len(self._entries) - _MOST
        if excess > 0:
            for pid in _first(self._entries, excess + _MOST // 8):
                del self._entries[pid]


def _first(entries: Iterable[int], count: int) -> list[int]:
    return [pid for pid, _ in zip(entries, range(count), strict=False)]
