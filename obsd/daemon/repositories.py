"""What is the matter with repositories: the way from the readers' trouble to the health, and the look that ends it.

Owns when an unreadable repository is tried again: a disk that works again does not report it. On the event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from obsd.health import Health
from obsd.workspaces.registry import Registry

AGAIN_SECONDS: Final = 60.0


class RepositoryTrouble:
    """Says so in the health. `scan` has a workspace's commits scanned soon."""

    def __init__(self, registry: Registry, health: Health, scan: Callable[[str], None]) -> None:
        self._registry = registry
        self._health = health
        self._scan = scan

    def note(self, path: str, text: str) -> None:
        """What is the matter with the repository at a path; empty when it is well."""
        name = next((workspace.name for workspace in self._registry.list() if workspace.path == path), "")
        if not name:
            return
        if not text:
            self._health.clear("repository_unreadable", name)
            return
        held = self._health.holds("repository_unreadable", name)
        self._health.raise_("repository_unreadable", name, detail=text)
        if not held:
            asyncio.get_running_loop().call_later(AGAIN_SECONDS, self._again, name)

    def _again(self, workspace: str) -> None:
        if self._health.holds("repository_unreadable", workspace):
            self._scan(workspace)
            asyncio.get_running_loop().call_later(AGAIN_SECONDS, self._again, workspace)
