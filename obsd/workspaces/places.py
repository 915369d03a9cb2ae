"""Which workspace a path is in. Pure, any thread."""

from __future__ import annotations

from collections.abc import Mapping


def locate(workspaces: Mapping[str, str], path: str) -> tuple[str, str] | None:
    """The innermost of `workspaces` (names by their folders) that has a path, and the path in it; None: none has."""
    folder = path
    while folder:
        if folder in workspaces:
            return workspaces[folder], path[len(folder) + 1 :]
        folder = folder.rpartition("/")[0]
    return None
