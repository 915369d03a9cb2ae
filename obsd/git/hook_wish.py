"""Which repositories are expected to have hooks: noted by `obsctl hooks install`, to detect when they vanish.

Owns the notes, empty files in the spool's folder that are named after the git directory. Plain file calls on the
caller's thread.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path

_PREFIX = "hooks-"


def note(spool: Path, common_dir: Path) -> None:
    """Notes that hooks were installed. Ignores a spool that cannot be written."""
    with suppress(OSError):
        os.close(os.open(_mark(spool, common_dir), os.O_CREAT | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))


def forget(spool: Path, common_dir: Path) -> None:
    """Removes the note, after hooks were uninstalled."""
    with suppress(OSError):
        _mark(spool, common_dir).unlink()


def wanted(spool: Path, common_dir: Path) -> bool:
    """Returns whether hooks were installed and not uninstalled."""
    return _mark(spool, common_dir).exists()


def _mark(spool: Path, common_dir: Path) -> Path:
    name = hashlib.sha256(os.fsencode(os.path.realpath(common_dir))).hexdigest()
    return spool / f"{_PREFIX}{name[:32]}"
