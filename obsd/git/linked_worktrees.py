"""The linked worktrees of a repository, by git's own folder of them. Blocking: for the daemon it runs in a reader."""

from __future__ import annotations

import os
from pathlib import Path

from obsd.git import layout

MAX_WORKTREES = 1000


def linked(worktree: str) -> dict[str, str]:
    """The existing linked worktrees of the repository whose main working tree is `worktree`: git's name to path.

    Empty for a folder that is no main working tree.
    """
    found = layout.find(worktree)
    if found is None or found.linked:
        return {}
    try:
        names = sorted(os.listdir(found.common_dir / "worktrees"))[:MAX_WORKTREES]
    except OSError:
        return {}
    places = ((name, _place(found.common_dir / "worktrees" / name)) for name in names)
    return {name: place for name, place in places if place}


def _place(administration: Path) -> str:
    """The folder of a worktree; empty where it is not there (removed, moved, on a medium that is away)."""
    pointer = layout.read_pointer(administration / "gitdir")
    if not pointer:
        return ""
    dot_git = os.path.join(administration, pointer.strip("\n"))
    return os.path.realpath(os.path.dirname(dot_git)) if os.path.isfile(dot_git) else ""
