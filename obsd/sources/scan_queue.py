"""Looks at repositories that may have new commits, one at a time for each.

Owns which looks are under way: asked while one is, a workspace is looked at once more after it, however often it was
asked. On the event loop.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from obsd.errors import ObsdError
from obsd.text import printable

log = logging.getLogger(__name__)

Look = Callable[[str], Awaitable[None]]


class ScanQueue:
    """Calls `look` with the name of each workspace that was asked for."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._running: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()

    def ask(self, workspace: str) -> None:
        """Has a workspace looked at soon. Never waits."""
        if workspace in self._running:
            self._again.add(workspace)
            return
        self._running[workspace] = asyncio.create_task(self._until_quiet(workspace))

    async def stop(self) -> None:
        """Ends what is under way: the next start finds it again."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _until_quiet(self, workspace: str) -> None:
        try:
            while True:
                self._again.discard(workspace)
                await self._once(workspace)
                if workspace not in self._again:
                    return
        finally:
            del self._running[workspace]
            self._again.discard(workspace)

    async def _once(self, workspace: str) -> None:
        try:
            await self._look(workspace)
        except ObsdError as error:
            log.warning("%s: its commits could not be read: %s", workspace, error.message)
        except Exception:
            log.exception("%s: its commits could not be read", printable(workspace))
