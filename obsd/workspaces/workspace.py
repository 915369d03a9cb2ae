"""A registered folder, as everything else refers to it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Workspace:
    """A registered folder: `path` is absolute with links resolved, as `os.fsdecode` gives it.

    `added_at` is in Unix seconds. `parent` names the workspace that brought a linked worktree along; empty: the
    folder was added by itself.
    """

    name: str
    path: str
    added_at: float
    parent: str = ""
