"""Which repositories have hooks on somebody's wish: what `obsctl hooks install` notes, so that they are missed.

Owns the marks, empty files in the spool's folder that are named after the git directory. Plain file calls on the
caller's thread.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path

_PREFIX = "hooks-"


def note(spool: Path, common_dir: Path) -> None:
    """Hooks were installed. A spool that cannot be written is a matter of its own."""
    with suppress(OSError):
        os.close(os.open(_mark(spool, common_dir), os.O_CREAT | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))


def forget(spool: Path, common_dir: Path) -> None:
    """Hooks were taken away on purpose."""
    with suppress(OSError):
        _mark(spool, common_dir).unlink()


def wanted(spool: Path, common_dir: Path) -> bool:
    """Whether hooks were installed and not taken away."""
    return _mark(spool, common_dir).exists()


def _mark(spool: Path, common_dir: Path) -> Path:
    name = hashlib.sha256(os.fsencode(os.path.realpath(common_dir))).hexdigest()
    return spool / f"{_PREFIX}{name[:32]}"
