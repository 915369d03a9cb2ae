"""Owns what /proc says of process trees: processor time, memory, wake-ups. Linux only."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_TICK_SECONDS = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Usage:
    """What a process tree used up so far: processor seconds and voluntary context switches."""

    cpu_seconds: float
    wakeups: int

    def __sub__(self, other: Usage) -> Usage:
        return Usage(self.cpu_seconds - other.cpu_seconds, self.wakeups - other.wakeups)


def tree(pid: int) -> list[int]:
    """A process and all below it."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            found += [int(child) for child in _read(task).split()]
    return found


def usage(pid: int) -> Usage:
    """What the tree below `pid` used: to the nanosecond for threads that live, to the tick for children that ended.

    Threads that ended while their process lives on are not in it.
    """
    return _usage(tree(pid))


def own_usage(pid: int) -> Usage:
    """The same of the process `pid` alone."""
    return _usage([pid])


def _usage(pids: Iterable[int]) -> Usage:
    live = ended = 0.0
    wakeups = 0
    for process in pids:
        for task in Path(f"/proc/{process}/task").glob("*"):
            live += int((_read(task / "schedstat").split() or ["0"])[0]) / 1e9
            wakeups += _status(task / "status", "voluntary_ctxt_switches")
        fields = _read(Path(f"/proc/{process}/stat")).rpartition(")")[2].split()
        ended += sum(int(field) for field in fields[13:15]) * _TICK_SECONDS
    return Usage(live + ended, wakeups)


def pss_bytes(pid: int) -> int:
    """Proportional set size of one process: its own memory and its share of what it shares."""
    return _status(Path(f"/proc/{pid}/smaps_rollup"), "Pss") * 1024


def _status(path: Path, field: str) -> int:
    for line in _read(path).splitlines():
        name, _, value = line.partition(":")
        if name == field:
            return int(value.split()[0])
    return 0


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError):
        return ""
