"""What `ps` and `systemctl status` show for a process: its short name, and a line in place of its command.

Owns both texts of this process. The kernel reads the command from the process' own memory, where it may be overwritten
(proc_pid_cmdline(5)): nothing else reads it there once Python has started. Any thread.
"""

from __future__ import annotations

import contextlib
import ctypes

from obsd.text import printable

_SHORT_BYTES = 15
_ARGUMENTS_START = 45
"""Where arg_start and arg_end are among the fields that follow the name in /proc/PID/stat (proc_pid_stat(5))."""


def set_title(title: str) -> None:
    """Shows `title` in place of the command, as much of it as fits there; its first word becomes the short name."""
    title = printable(title)
    with contextlib.suppress(OSError):
        _set_short_name(title.partition(" ")[0])
        start, end = _arguments()
        room = end - start - 2
        if room > 0:
            # A last byte that is not zero has the kernel take the text up to the first zero, and not all of the room.
            data = title.encode()[:room]
            ctypes.memmove(start, data + bytes(room + 1 - len(data)) + b"\1", room + 2)


def _set_short_name(name: str) -> None:
    with open("/proc/self/comm", "wb") as file:
        file.write(name.encode()[:_SHORT_BYTES])


def _arguments() -> tuple[int, int]:
    with open("/proc/self/stat", "rb") as file:
        values = file.read().rpartition(b")")[2].split()
    return int(values[_ARGUMENTS_START]), int(values[_ARGUMENTS_START + 1])
