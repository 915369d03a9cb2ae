"""Shutdown: stops components in reverse start order, within a deadline.

Owns the order and the deadline. A component that fails to stop, or is slow, does not delay the others; only the ledger
gets the time that it needs, because what is in memory must reach the disk. On the event loop.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from obsd.tasks.supervision import cancel, start

log = logging.getLogger(__name__)

ALL_SECONDS = 1.2
"""Seconds for all components except those that must finish: SIGTERM ends the daemon in under 2 s."""
LEAST_SECONDS = 0.05
MUST_SECONDS = 30.0

Stop = Callable[[], Awaitable[object]]


class ShutdownStack:
    """What to stop."""

    def __init__(self) -> None:
        self._stops: list[tuple[str, Stop, bool]] = []

    def push(self, name: str, stop: Stop, must: bool = False) -> None:
        """Adds a component, to be stopped before all earlier ones; `must`: it gets the time that it needs."""
        self._stops.append((name, stop, must))

    def push_release(self, name: str, release: Callable[[], None]) -> None:
        """Adds a component that stops immediately."""

        async def stop() -> None:
            release()

        self.push(name, stop)

    def push_work(self, name: str, work: asyncio.Future[None]) -> None:
        """Adds work that is cancelled if it still runs."""

        async def stop() -> None:
            await cancel(work)

        self.push(name, stop)

    async def run(self) -> None:
        """Stops everything."""
        deadline = time.monotonic() + ALL_SECONDS
        while self._stops:
            name, stop, must = self._stops.pop()
            patience = MUST_SECONDS if must else max(LEAST_SECONDS, deadline - time.monotonic())
            await _stop(name, stop, patience)


async def _stop(name: str, stop: Stop, patience: float) -> None:
    """Waits so long, and no longer: what does not even end when it is cancelled is left behind."""
    work = start(f"stopping {name}", _awaited(stop))
    done, _ = await asyncio.wait({work}, timeout=patience)
    if not done:
        work.cancel()
        await asyncio.wait({work}, timeout=LEAST_SECONDS)
        log.warning("stopping %s took too long and was cancelled", name)
    elif not work.cancelled() and (error := work.exception()) is not None:
        log.error("stopping %s failed", name, exc_info=error)


async def _awaited(stop: Stop) -> None:
    await stop()
