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


NAMED = WRITERS - {b"add", b"apply", b"commit", b"restore"}
"""Those that write a line of HEAD's log, or a stash, when they have written the files."""

_MAKERS = frozenset({b"init", b"clone", b"worktree", b"submodule"})
_LFS = b"git-lfs\n"
_NAMES = frozenset({b"git\n", _LFS})


def run_in(folder: str, commands: Set[bytes]) -> bool:
    """Whether a git with one of the `commands` runs with the working tree `folder` as its own, or git-lfs below it."""
    return any(_has(process, commands) and _is_in(process, folder) for process in _git_processes())


def make_repositories() -> bool:
    """Whether a git makes a repository, wherever that is."""
    return any(_has(process, _MAKERS) for process in _git_processes())


def _git_processes() -> Iterator[str]:
    for name in os.listdir("/proc"):
        if name.isdecimal() and _read(f"/proc/{name}/comm") in _NAMES:
            yield f"/proc/{name}"


def _has(process: str, commands: Set[bytes]) -> bool:
    words = _read(f"{process}/cmdline").split(b"\0")[1:]
    return any(word in commands for word in words)


def _is_in(process: str, folder: str) -> bool:
    try:
        place = os.readlink(f"{process}/cwd")
    except OSError:
        return False
    return place == folder or (place.startswith(f"{folder}/") and _read(f"{process}/comm") == _LFS)


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(_COMMAND_BYTES)
    except OSError:
        return b""
