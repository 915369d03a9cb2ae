"""How much processor time and memory a process has taken, by the kernel's count. Any thread; reads one small file."""

from __future__ import annotations

import os
from typing import Final, NamedTuple

_TICKS_A_SECOND: Final = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
_USER, _SYSTEM, _RESIDENT = 11, 12, 21
"""Where utime, stime and rss are among the fields that follow the name (proc_pid_stat(5))."""


class Usage(NamedTuple):
    """Since the start of the process, and now."""

    cpu_seconds: float = 0.0
    resident_bytes: float = 0.0


def usage_of(pid: int) -> Usage:
    """Returns zeros for a process that is gone, and for pid 0."""
    try:
        with open(f"/proc/{pid}/stat", "rb", buffering=0) as file:
            values = file.read(4096).rpartition(b")")[2].split()
        ticks = int(values[_USER]) + int(values[_SYSTEM])
        return Usage(ticks / _TICKS_A_SECOND, int(values[_RESIDENT]) * _PAGE_BYTES)
    except (OSError, IndexError, ValueError):
        return Usage()
