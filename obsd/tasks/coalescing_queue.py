"""Coalesces requests for work: one run at a time for each key.

Owns the running work. A key requested during its run gets one more run after it, however often it was requested. A run
that fails is logged and tried again: what was requested is still to be done, and nobody may ask a second time. On the
event loop.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from obsd.errors import NoSuchWorkspace
from obsd.tasks.supervision import FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, cancel, log_failure, spawn

log = logging.getLogger(__name__)

Work = Callable[[str], Awaitable[None]]


class CoalescingQueue:
    """Calls `work(key)` for each requested key; `what` names the work in the log.

    Before each run it awaits `delay(key)`: requests during the delay belong to that run. A run that fails is tried
    again at the next request or after a pause that doubles from a second to a minute; not for a workspace that is gone.
    """

    def __init__(self, what: str, work: Work, delay: Work | None = None) -> None:
        self._what = what
        self._work = work
        self._delay = delay
        self._running: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._paused: dict[str, asyncio.Event] = {}
        self._stopped = False

    def ask(self, key: str) -> None:
        """Requests the work for a key; does nothing after `stop`. Never waits."""
        if self._stopped:
            return
        self._again.add(key)
        if key in self._paused:
            self._paused[key].set()
        if key not in self._running:
            self._running[key] = spawn(f"{self._what} of {key}", self._run(key))

    def is_asked_again(self, key: str) -> bool:
        """Returns whether a key was requested since its present run started."""
        return key in self._again

    async def stop(self) -> None:
        """Ends what is under way."""
        self._stopped = True
        await cancel(*self._running.values())

    async def _run(self, key: str) -> None:
        pause = FIRST_PAUSE_SECONDS
        try:
            while key in self._again:
                if self._delay is not None:
                    await self._delay(key)
                self._again.discard(key)
                try:
                    await self._work(key)
                except NoSuchWorkspace as error:
                    log_failure(log, f"{key}: {self._what} failed", error)
                except Exception as error:  # noqa: BLE001 - one failed run must not end those that were asked for
                    log_failure(log, f"{key}: {self._what} failed; again in {pause:.0f} s", error)
                    await self._pause(key, pause)
                    pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
                else:
                    pause = FIRST_PAUSE_SECONDS
        finally:
            self._again.discard(key)
            del self._running[key]

    async def _pause(self, key: str, seconds: float) -> None:
        """Returns after a time, or at the next request, with the key requested."""
        if key not in self._again:
            self._paused[key] = asyncio.Event()
            try:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._paused[key].wait(), seconds)
            finally:
                del self._paused[key]
        self._again.add(key)
