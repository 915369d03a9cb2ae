"""Combines what the kernel reports: a file event with its directory, its process, and that process' chain of parents.

One thread, the reader's. Owns groups, marks and the table of processes; what was seen waits in `outgoing`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Container, Sequence
from dataclasses import dataclass, field

from obsd.agents.table import AgentTable
from obsd.writers import groups as descriptors
from obsd.writers import syscalls
from obsd.writers.attribution import SessionOf, author_of, one_of
from obsd.writers.connector import EventsLost
from obsd.writers.file_events import FileEvent
from obsd.writers.groups import Groups
from obsd.writers.marks import Marks
from obsd.writers.new_folders import NewFolders
from obsd.writers.outgoing import Outgoing
from obsd.writers.process_table import ProcessTable
from obsd.writers.processes import Process, ProcessReader
from obsd.writers.seen import FOUND, Writer, WritersLost

_READS_A_TURN = 32
_NEW = syscalls.FAN_CREATE | syscalls.FAN_MOVED_TO
_GONE = syscalls.FAN_DELETE | syscalls.FAN_MOVED_FROM


@dataclass(slots=True)
class _Drained:
    """When a queue was last empty, by the clock of processes and by the wall's."""

    at_ns: int = field(default_factory=descriptors.monotonic_ns)
    at: float = field(default_factory=time.time)


class Observer:
    """Looks with one table of agents. Raises NoAccess when the helper gives nothing for `device`."""

    def __init__(self, table: AgentTable, session_of: SessionOf, device: int, socket_path: str | None) -> None:
        self.outgoing = Outgoing()
        self.lost: list[WritersLost] = []
        self.groups = Groups()
        self.groups.open(device, socket_path)
        self.marks = Marks(self.groups.of_device)
        self._agents = table
        self._session_of = session_of
        self._processes = ProcessTable(ProcessReader(table), self.groups.connector is not None)
        self._new_folders = NewFolders(self.marks)
        self._drained: dict[int, _Drained] = {}

    def descriptors(self) -> tuple[int, ...]:
        """What becomes readable when there is something to look at."""
        return self.groups.descriptors

    def mark(self, directory: str) -> None:
        """Has the writers in a directory named."""
        self._new_folders.confirmed(directory)
        self.marks.add(directory)

    def unmark(self, directory: str) -> None:
        """Ends it."""
        self._new_folders.confirmed(directory)
        self.marks.remove(directory)

    def detail(self) -> str:
        """What is missing nevertheless; empty when nothing is."""
        if self.marks.exhausted:
            return "no marks are left: raise fs.fanotify.max_user_marks with sysctl"
        if self.marks.unfit:
            why = self.groups.refusal or "their file system has no handles"
            return f"writers in {self.marks.unfit} directories are not named: {why}"
        if self.groups.connector is None:
            why = self.groups.without_connector or "the kernel gives no process connector"
            return f"short-lived writers may be unknown: {why}"
        return ""

    def look(self, ready: Container[int] | None) -> int:
        """Reads what the kernel reports by the descriptors that are `ready` (None: by all); returns how much it was."""
        self._processes.executed.clear()
        count = self._take_processes()
        for group in self.groups:
            if ready is None or group in ready:
                count += self._take_files(group)
        self._new_folders.expire()
        return count

    def _take_processes(self) -> int:
        connector, count = self.groups.connector, 0
        while connector is not None:
            try:
                events = connector.read()
            except EventsLost:
                self._processes.lost()
                continue
            except OSError:
                self.groups.close_connector()
                self._processes.connected = False
                break
            self._processes.take(events)
            count += len(events)
            if not connector.more:
                break
        return count

    def _take_files(self, group: int) -> int:
        count = 0
        since = self._drained.setdefault(group, _Drained())
        for _ in range(_READS_A_TURN):
            before = _Drained()
            events = descriptors.read(group)
            if not events:
                self._drained[group] = before
                break
            count += len(events)
            # What made these events was forked before: it is in the connector's queue by now.
            self._take_processes()
            try:
                self._join(group, events, since)
            finally:
                descriptors.close_pidfds(events)
        return count

    def _join(self, group: int, events: Sequence[FileEvent], since: _Drained) -> None:
        now = time.monotonic()
        writers: dict[tuple[int, bool], Writer] = {}
        for event in events:
            if descriptors.overflowed(event):
                self.lost.append(WritersLost(since.at, time.time()))
                continue
            directory = self.marks.path_of(group, event.handle)
            if directory is None:
                continue
            key = event.pid, event.pidfd >= 0
            writer = writers.get(key)
            if writer is None:
                writer = writers[key] = self._writer(*key, since.at_ns)
            name = os.fsdecode(event.name)
            self.outgoing.add(now, directory, name, event.mask, writer)
            if event.mask & syscalls.FAN_ONDIR:
                self._folder(now, f"{directory}/{name}", event.mask, writer)

    def _writer(self, pid: int, alive: bool, since_ns: int) -> Writer:
        chains = self._chains(pid, alive, since_ns)
        authors = {author_of(self._agents, chain, self._session_of) for chain in chains}
        programs = {chain[0].program if chain else "" for chain in chains}
        author = one_of(authors)
        return pid, programs.pop() if len(programs) == 1 else "", author.agent, author.session

    def _chains(self, pid: int, alive: bool, since_ns: int) -> list[list[Process]]:
        """A process may run another program between its event and reading it: then it is read again, with
        what the connector says of that."""
        while True:
            self._processes.executed.clear()
            chains = list(self._processes.chains(pid, alive, since_ns))
            self._take_processes()
            if self._processes.executed.isdisjoint(process.pid for chain in chains for process in chain):
                return chains

    def _folder(self, now: float, path: str, mask: int, writer: Writer) -> None:
        """A folder came or went. What is in one that was just made was there before there was a mark to report it."""
        if mask & _GONE:
            self._new_folders.gone(path, moved=bool(mask & syscalls.FAN_MOVED_FROM))
        if mask & _NEW:
            found = self._new_folders.came(path, made=bool(mask & syscalls.FAN_CREATE))
            made_by = (writer[0], "", *writer[2:])
            for directory, name in found:
                self.outgoing.add(now, directory, name, FOUND, made_by)
