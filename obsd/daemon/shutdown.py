"""The way back: what was started is stopped, last first, within the time that there is.

Owns the order and the deadline. A part that fails to stop, or takes long, does not hold the others; only the ledger
is waited for, because what is in memory has to reach the disk. On the event loop.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from obsd.tasks.supervision import cancel

log = logging.getLogger(__name__)

ALL_SECONDS = 1.2
"""What all parts together may take before those that must: SIGTERM ends the daemon in under 2 s."""
LEAST_SECONDS = 0.05
MUST_SECONDS = 30.0

Stop = Callable[[], Awaitable[object]]


class ShutdownStack:
    """What to stop."""

    def __init__(self) -> None:
        self._stops: list[tuple[str, Stop, bool]] = []

    def push(self, name: str, stop: Stop, must: bool = False) -> None:
        """Has a part stopped before all that were pushed earlier; `must`: it gets the time that it needs."""
        self._stops.append((name, stop, must))

    def push_release(self, name: str, release: Callable[[], None]) -> None:
        """The same for what stops at once."""

        async def stop() -> None:
            release()

        self.push(name, stop)

    def push_work(self, name: str, work: asyncio.Future[None]) -> None:
        """The same for work that may still be under way: it is cancelled."""

        async def stop() -> None:
            await cancel(work)

        self.push(name, stop)

    async def run(self) -> None:
        """Stops everything."""
        deadline = time.monotonic() + ALL_SECONDS
        while self._stops:
            name, stop, must = self._stops.pop()
            patience = MUST_SECONDS if must else max(LEAST_SECONDS, deadline - time.monotonic())
            try:
                await asyncio.wait_for(stop(), patience)
            except TimeoutError:
                log.warning("stopping %s took too long and was cut short", name)
            except Exception:
                log.exception("stopping %s failed", name)
