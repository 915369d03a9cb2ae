"""A registered folder, as all other parts refer to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Workspace:
    """A registered folder: `path` is absolute with links resolved, as `os.fsdecode` gives it.

    `added_at` is in Unix seconds. `parent` names the workspace of which this is a linked worktree; empty: a user added
    the folder.
    """

    name: str
    path: str
    added_at: float
    parent: str = ""


class Workspaces(Protocol):
    """The part of the register that most parts need."""

    def list(self) -> list[Workspace]:
        """Returns all registered workspaces, by name."""

    def get(self, name_or_path: str) -> Workspace:
        """Returns the workspace with that name or path. Raises NoSuchWorkspace."""
