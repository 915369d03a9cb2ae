"""Repositories with hooks, and the spool that they write to."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from obsd.git import spool
from tests.support import Repository

OBSCTL = Path("/nonexistent/it's obsctl")


def tree(folder: Path) -> dict[str, tuple[int, str, bytes]]:
    """Every file below a folder: mode, link target and content."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        link = os.readlink(path) if path.is_symlink() else ""
        content = path.read_bytes() if stat.S_ISREG(status.st_mode) else b""
        found[str(path.relative_to(folder))] = (status.st_mode, link, content)
    return found


def write_hook(repository: Repository, name: str, text: str, mode: int = 0o755) -> Path:
    path = repository.write(f".git/hooks/{name}", text)
    path.chmod(mode)
    return path


def reported(folder: Path) -> list[str]:
    """The hooks that reported, sorted."""
    return sorted(item.report.hook for item in spool.read(folder))
