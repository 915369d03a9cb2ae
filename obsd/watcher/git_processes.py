"""Which commands of git run in a working tree now, by /proc: what they began is not over."""

from __future__ import annotations

import os
from collections.abc import Iterator, Set

_COMMAND_BYTES = 4096

WRITERS = frozenset(
    {
        b"add",
        b"am",
        b"apply",
        b"checkout",
        b"cherry-pick",
        b"commit",
        b"merge",
        b"pull",
        b"rebase",
        b"reset",
        b"restore",
        b"revert",
        b"stash",
        b"switch",
    }
)
"""Those that write files of the working tree, at some time also without a lock, or the index about them."""


def run_in(folder: str, commands: Set[bytes]) -> bool:
    """Whether a git with one of the `commands` runs with the working tree `folder` as its own."""
    return any(_commands(process, commands) and _folder(process) == folder for process in _git_processes())


def _git_processes() -> Iterator[str]:
    for name in os.listdir("/proc"):
        if name.isdecimal() and _read(f"/proc/{name}/comm") == b"git\n":
            yield f"/proc/{name}"


def _commands(process: str, commands: Set[bytes]) -> bool:
    words = _read(f"{process}/cmdline").split(b"\0")[1:]
    return any(word in commands for word in words)


def _folder(process: str) -> str:
    try:
        return os.readlink(f"{process}/cwd")
    except OSError:
        return ""


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(_COMMAND_BYTES)
    except OSError:
        return b""
