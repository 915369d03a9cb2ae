"""One process as /proc shows it now, reduced to what shows who is at work. Any thread; some 40 µs a process.

Arguments and environment are read, looked at and dropped: what stays is the program's name, an agent's id, a role,
and those marks of the table of agents that are set.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from obsd.agents import presence
from obsd.agents.table import AgentTable
from obsd.writers import programs
from obsd.writers.programs import Role

_STAT_BYTES = 1024
_TEXT_BYTES = 4096
_ENVIRONMENT_BYTES = 1 << 14
"""Read at a time: room for a whole environment (ARG_MAX) would cost more to make than all the rest."""

_MOST_BYTES = 4 << 20
_START_CODE = 23
_EXEC_WAITS = 20
_EXEC_WAIT_SECONDS = 0.0002
_DEAD = (b"Z", b"X", b"x")
_NONE: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Process:
    """A process. `marks` are of its environment; `terminal`: whether it has one that controls it."""

    pid: int
    parent: int
    program: str
    agent: str = ""
    role: Role = ""
    terminal: bool = False
    marks: Mapping[str, str] = field(default_factory=dict)


class ProcessReader:
    """Looks at processes with one table of agents."""

    def __init__(self, table: AgentTable) -> None:
        self.table = table
        self._variables = {os.fsencode(name) for name in table.mark_values()}

    def read(self, pid: int) -> Process | None:
        """None when it is gone."""
        found = _stat(pid)
        if found is None:
            return None
        name, fields = found
        parent = int(fields[1])
        if not parent and fields[0] in _DEAD:
            return None  # the kernel is about to forget it, and has forgotten its parent
        short = os.fsdecode(name)
        try:
            executable = os.readlink(f"/proc/{pid}/exe").removesuffix(" (deleted)")
        except OSError:
            executable = ""  # another user's, or gone
        arguments = [os.fsdecode(part) for part in _read(f"/proc/{pid}/cmdline", _TEXT_BYTES).split(b"\0")[:-1]]
        return Process(
            pid=pid,
            parent=parent,
            program=programs.program_name(short, executable),
            agent=presence.works_for(self.table, executable, short, arguments),
            role=programs.role(short, executable, arguments),
            terminal=fields[4] != b"0",
            marks=self._marks_of(pid),
        )

    def by_name(self, pid: int, parent: int, name: str) -> Process:
        """A process of which only its short name is known any more."""
        agent = presence.match(self.table, "", name, ()) if name else ""
        return Process(pid, parent, name, agent, programs.role(name, "", ()))

    def _marks_of(self, pid: int) -> Mapping[str, str]:
        found = {}
        for line in _read(f"/proc/{pid}/environ", _ENVIRONMENT_BYTES).split(b"\0"):
            name, _, value = line.partition(b"=")
            if name in self._variables:
                found[os.fsdecode(name)] = os.fsdecode(value)
        return self.table.keep_marks(found) if found else _NONE


def short_name(pid: int) -> str:
    """The kernel's name for a process (its first 15 bytes); empty when it is gone, or is becoming another program."""
    name, _, rest = _read(f"/proc/{pid}/stat", _STAT_BYTES).partition(b" (")[2].rpartition(b")")
    fields = rest.split(None, _START_CODE + 1)
    return "" if not fields or _in_exec(fields) else os.fsdecode(name)


def _stat(pid: int) -> tuple[bytes, list[bytes]] | None:
    """Its name, and the fields from the state on (proc_pid_stat(5)); waits for an exec that is under way to end.

    A process has its new name some time before the kernel reports its exec: who it was must not be mixed up.
    """
    name, fields = b"", list[bytes]()
    for _ in range(_EXEC_WAITS):
        name, _, rest = _read(f"/proc/{pid}/stat", _STAT_BYTES).partition(b" (")[2].rpartition(b")")
        fields = rest.split(None, _START_CODE + 1)
        if len(fields) <= _START_CODE:
            return None
        if not _in_exec(fields):
            return name, fields
        time.sleep(_EXEC_WAIT_SECONDS)
    return name, fields


def _in_exec(fields: list[bytes]) -> bool:
    """The new memory has no code yet; of others' processes it is hidden, and 1 is shown."""
    return fields[_START_CODE] == b"0" and fields[0] not in _DEAD and fields[1] not in (b"0", b"2")


def _read(path: str, size_bytes: int) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        data = more = os.read(descriptor, size_bytes)
        while len(more) == _ENVIRONMENT_BYTES and len(data) < _MOST_BYTES:
            more = os.read(descriptor, size_bytes)
            data += more
        return data
    except OSError:
        return b""
    finally:
        os.close(descriptor)
