"""Reads vendors' days by a timer each, again until each day is settled, and records them.

Owns which days are read, and when after a failure. A day is read whole or not at all. On the event loop; requests are
made in a worker thread.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from obsd.config import UsageConfig
from obsd.facts.usage import VendorDayRead
from obsd.health import Health
from obsd.recorder import Recorder
from obsd.tasks.supervision import cancel, supervise
from obsd.usage.compared_days import LastDay, end_of, last_days
from obsd.usage.requests import UsageError
from obsd.usage.steps import DayRead, Pause
from obsd.usage.vendors import Vendor, configured

PAUSE_SECONDS: Final = 3600.0
MAX_PAUSE_SECONDS: Final = 24 * 3600.0
FIRST_FAILURE_SECONDS: Final = 300.0
DAYS: Final = 30
"""How far back days are read."""


class Usage:
    """The timer of each configured vendor, from `apply` to `stop`.

    `on_days` is called with the last day of each vendor, before its first reading and after each.
    """

    def __init__(
        self, recorder: Recorder, health: Health, on_days: Callable[[Sequence[LastDay]], None] = lambda _: None
    ) -> None:
        self._recorder = recorder
        self._on_days = on_days
        self._health = health
        self._config = UsageConfig()
        self._reading: list[asyncio.Task[None]] = []
        self._failed: dict[str, tuple[UsageError, float]] = {}
        # One for all: no vendor is in a hurry.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="usage")

    async def apply(self, config: UsageConfig) -> None:
        """Reads now and from then on as configured; a vendor without a key is not asked."""
        if config == self._config and self._reading:
            return
        await self._end()
        self._failed.clear()
        self._health.clear("usage_unread")
        self._config = config
        self._on_days(())
        for vendor in configured(config):
            self._reading.append(supervise(f"the days of {vendor.name}", partial(self._repeat, vendor)))

    async def stop(self) -> None:
        """Ends it; a request that is under way ends in its thread, and what it gives is not used."""
        await self._end()
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _end(self) -> None:
        await cancel(*self._reading)
        self._reading.clear()

    async def _repeat(self, vendor: Vendor) -> None:
        failures = 0
        await self._publish()
        while True:
            try:
                await self._read(vendor)
            except UsageError as error:
                failures += 1
                pause = min(FIRST_FAILURE_SECONDS * 2 ** min(failures - 1, 8), MAX_PAUSE_SECONDS)
                pause = max(pause, error.wait_seconds)
                self._failed[vendor.name] = (error, pause)
            else:
                failures, pause = 0, PAUSE_SECONDS
                self._failed.pop(vendor.name, None)
            self._show()
            await self._publish()
            await asyncio.sleep(pause)

    async def _publish(self) -> None:
        config = self._config
        self._on_days(await self._recorder.query(lambda ledger: last_days(ledger, config, time.time())))

    def _show(self) -> None:
        """Shows what holds of the vendors together: a condition is there once."""
        if not self._failed:
            self._health.clear("usage_unread")
            return
        texts = "; ".join(f"{name}: {error.text}" for name, (error, _) in sorted(self._failed.items()))
        hints = "; ".join(dict.fromkeys(error.hint for _, (error, _) in sorted(self._failed.items())))
        minutes = round(min(pause for _, pause in self._failed.values()) / 60)
        self._health.raise_("usage_unread", text=texts, hint=hints, minutes=minutes)

    async def _read(self, vendor: Vendor) -> None:
        """Reads the days that are not settled, the newest first, and records each. Raises UsageError at the first."""
        settled, known = await self._recorder.query(
            lambda ledger: (ledger.usage.settled(vendor.name), ledger.usage.known(vendor.name))
        )
        now = time.time()
        days = [day for day in days_until(now) if day not in settled and (vendor.today or end_of(day) <= now)]
        steps = vendor.read(vendor.config(self._config), days)
        loop = asyncio.get_running_loop()
        while (step := await loop.run_in_executor(self._thread, _next, steps)) is not None:
            if isinstance(step, Pause):
                await asyncio.sleep(step.seconds)
                continue
            done = now > end_of(step.day) + vendor.settled_seconds
            # What was read before is not lost to a report that is gone; without one, there is nothing to keep.
            if step.ready or (done and step.day not in known):
                at = time.time()
                await self._recorder.record([VendorDayRead(at, "", vendor.name, step.day, done, step.figures)])


def _next(steps: Iterator[DayRead | Pause]) -> DayRead | Pause | None:
    return next(steps, None)


def days_until(now: float) -> list[str]:
    """The days (UTC) that are read at a time in Unix seconds, today first."""
    today = datetime.fromtimestamp(now, UTC)
    return [(today - timedelta(days=back)).strftime("%Y-%m-%d") for back in range(DAYS)]
