"""Reads vendors' days by a timer, again until each is settled, and records them.

Owns which days are read, and when after a failure. A day is read whole or not at all. On the event loop; requests are
made in a worker thread.
"""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Final

from obsd.config import UsageConfig
from obsd.facts.usage import VendorDayRead
from obsd.health import Health
from obsd.recorder import Recorder
from obsd.tasks.supervision import cancel, supervise
from obsd.usage import anthropic
from obsd.usage.requests import UsageError

PAUSE_SECONDS: Final = 3600.0
MAX_PAUSE_SECONDS: Final = 24 * 3600.0
FIRST_FAILURE_SECONDS: Final = 300.0
DAYS: Final = 30
"""How far back days are read."""


class Usage:
    """The timer of each configured vendor, from `apply` to `stop`."""

    def __init__(self, recorder: Recorder, health: Health) -> None:
        self._recorder = recorder
        self._health = health
        self._config = UsageConfig()
        self._reading: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="usage")

    async def apply(self, config: UsageConfig) -> None:
        """Reads now and from then on as configured; a vendor without a key is not asked."""
        if config == self._config and self._reading is not None:
            return
        await self._end()
        self._health.clear("usage_unread")
        self._config = config
        if config.anthropic.token_file:
            self._reading = supervise("the vendors' days", self._repeat)

    async def stop(self) -> None:
        """Ends it; a request that is under way ends in its thread, and what it gives is not used."""
        await self._end()
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _end(self) -> None:
        if self._reading is not None:
            await cancel(self._reading)
            self._reading = None

    async def _repeat(self) -> None:
        failed = 0
        while True:
            try:
                await self._read()
            except UsageError as error:
                failed += 1
                pause = min(FIRST_FAILURE_SECONDS * 2 ** min(failed - 1, 8), MAX_PAUSE_SECONDS)
                pause = max(pause, error.wait_seconds)
                minutes = round(pause / 60)
                self._health.raise_(
                    "usage_unread", vendor=anthropic.VENDOR, text=error.text, hint=error.hint, minutes=minutes
                )
            else:
                failed, pause = 0, PAUSE_SECONDS
                self._health.clear("usage_unread")
            await asyncio.sleep(pause)

    async def _read(self) -> None:
        """Reads the days that are not settled, the newest first, and records each. Raises UsageError at the first."""
        settled = await self._recorder.query(lambda ledger: ledger.usage.settled(anthropic.VENDOR))
        loop = asyncio.get_running_loop()
        for day in days_until(time.time()):
            if day in settled:
                continue
            at = time.time()
            figures = await loop.run_in_executor(self._thread, anthropic.read_day, self._config.anthropic, day)
            done = at > end_of(day) + anthropic.SETTLED_SECONDS
            await self._recorder.record([VendorDayRead(at, "", anthropic.VENDOR, day, done, figures)])


def days_until(now: float) -> list[str]:
    """The days (UTC) that are read at a time in Unix seconds, today first."""
    today = datetime.fromtimestamp(now, UTC)
    return [(today - timedelta(days=back)).strftime("%Y-%m-%d") for back in range(DAYS)]


def end_of(day: str) -> float:
    """When a day (UTC) ends, in Unix seconds."""
    return (datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC) + timedelta(days=1)).timestamp()
