"""Checks of a folder before it becomes a workspace.

Owns the checks of one path, and whether a nested repository separates two folders. Keeps no state. Blocks on the file
system: worker threads only.
"""

from __future__ import annotations

import os
import stat

from obsd.errors import InvalidRequest, NotFound, NotPermitted
from obsd.text import printable

MAX_PATH_BYTES = 4096
"""PATH_MAX of Linux, with the final NUL."""

_SYSTEM_FOLDERS = ("/", "/proc", "/sys", "/dev", "/run")


def resolve(path: str, owner: int | None = None) -> str:
    """Returns the real path of a folder that this process can list, and that belongs to `owner` if one is given.

    Raises InvalidRequest (`path_not_absolute`, `bad_path`, `not_a_folder`), NotFound (`no_such_path`) and
    NotPermitted (`path_unreadable`, `not_owned`).
    """
    if not os.path.isabs(path):
        raise InvalidRequest(
            "path_not_absolute", f"{_shown(path)} is not an absolute path", "give the absolute path of the folder"
        )
    if "\0" in path or len(os.fsencode(path)) >= MAX_PATH_BYTES:
        raise InvalidRequest("bad_path", f"{_shown(path)} cannot be a path", "give an existing folder")
    try:
        real = os.path.realpath(path, strict=True)
        _list(real)
    except OSError as error:
        raise _explained(path, error) from None
    if real in _SYSTEM_FOLDERS or (real.startswith(("/proc/", "/sys/", "/dev/")) and not real.startswith("/dev/shm/")):
        raise InvalidRequest(
            "bad_path", f"{_shown(real)} belongs to the system and is not watched", "give the folder of a project"
        )
    if owner is not None:
        _require_owner(real, owner)
    return real


def separated(outer: str, inner: str) -> bool:
    """Returns whether `inner` is, or lies in, a repository or worktree of its own below `outer`, which excludes it."""
    folder = inner
    while folder != outer and len(folder) > len(outer):
        if os.path.lexists(os.path.join(folder, ".git")):
            return True
        folder = os.path.dirname(folder)
    return False


def _list(folder: str) -> None:
    if not stat.S_ISDIR(os.stat(folder).st_mode):
        raise NotADirectoryError
    with os.scandir(folder) as entries:
        next(entries, None)
    # Listing names needs r, entering needs x: watching needs both.
    if not os.access(folder, os.R_OK | os.X_OK, effective_ids=True):
        raise PermissionError


def _require_owner(real: str, owner: int) -> None:
    found = os.stat(real).st_uid
    if found != owner:
        raise NotPermitted(
            "not_owned",
            f"{_shown(real)} belongs to user {found}; this obsd accepts only folders of user {owner}",
            "trees that several users share are for obsd-system.service, which root controls",
        )


def _explained(path: str, error: OSError) -> InvalidRequest | NotFound | NotPermitted:
    if isinstance(error, FileNotFoundError):
        return NotFound(
            "no_such_path", f"there is no {_shown(path)}", "check the path; the target of a link must exist"
        )
    if isinstance(error, NotADirectoryError):
        return InvalidRequest("not_a_folder", f"{_shown(path)} is not a folder", "give the folder, not a file in it")
    if isinstance(error, PermissionError):
        return NotPermitted(
            "path_unreadable",
            f"obsd has no permission to read the folder {_shown(path)}",
            f"give the user of obsd (uid {os.geteuid()}) the rights r and x on it and x on the folders above",
        )
    return InvalidRequest("bad_path", f"{_shown(path)} cannot be used: {error.strerror or error}", "check the path")


def _shown(path: str) -> str:
    shown = printable(path)
    return shown if len(shown) <= 300 else shown[:299] + "…"
