"""A registered folder, as everything else refers to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


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


class Workspaces(Protocol):
    """What most parts need of the register."""

    def list(self) -> list[Workspace]:
        """All that are registered now, by name."""

    def get(self, name_or_path: str) -> Workspace:
        """The one with that name or path. Raises NoSuchWorkspace."""
