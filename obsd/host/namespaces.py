"""The kernel's process namespace that obsd runs in: whether all processes of the machine are in it.

Owns the look at it. A container engine gives a container a namespace of its own unless it is asked for the machine's
(`--pid=host`); files that mark containers (`/.dockerenv`, `/run/.containerenv`) do not say which, and may be missing.
"""

from __future__ import annotations

import os
from typing import Final

FIRST_PID_NAMESPACE: Final = 0xEFFFFFFC
"""The inode number of the first process namespace, which the kernel never changes (PROC_PID_INIT_INO, proc_ns.h)."""


def all_processes_seen() -> bool:
    """Returns whether this is the machine's first process namespace; also true where the kernel does not say."""
    try:
        return os.stat("/proc/self/ns/pid").st_ino == FIRST_PID_NAMESPACE
    except OSError:
        return True


def pid_namespace() -> str:
    """Returns how the kernel names this process' process namespace, `pid:[4026531836]`; empty where it does not."""
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""
