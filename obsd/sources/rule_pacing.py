"""How long a workspace waits before its workflow rules are evaluated again.

Owns that wait for one workspace: it doubles while files go on changing, is a multiple of what the last evaluation took,
and ends when somebody cannot wait. On the event loop.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

SETTLE_SECONDS: Final = 0.5
"""Facts come in bursts: a workspace is evaluated so long after the first."""
PAUSE_SECONDS: Final = 2.0
MAX_PAUSE_SECONDS: Final = 16.0
PAUSE_FACTOR: Final = 30.0
"""The pause is at least so many times what the evaluation took: git is asked a thirtieth of the time at most."""


class Pacing:
    """The pause after the last evaluation, and who cuts it short."""

    def __init__(self) -> None:
        self._hurry = asyncio.Event()
        self._not_before = 0.0
        self._pause = PAUSE_SECONDS / 2

    def hurry(self) -> None:
        """Ends the pause."""
        self._pause = PAUSE_SECONDS / 2
        self._not_before = 0.0
        self._hurry.set()

    async def wait(self) -> None:
        """Returns when the pause is over, and the burst that asked for the evaluation as well."""
        pause = self._not_before - asyncio.get_running_loop().time()
        with suppress(TimeoutError):
            if pause > 0:
                await asyncio.wait_for(self._hurry.wait(), pause)
        self._hurry.clear()
        await asyncio.sleep(SETTLE_SECONDS)

    def rest(self, took_seconds: float, busy: bool, not_before: float = 0.0) -> None:
        """An evaluation is over; `busy`: facts that ask for the next one came meanwhile.

        It comes not before a time of the event loop's clock, unless somebody cannot wait.
        """
        self._pause = min(2 * self._pause, MAX_PAUSE_SECONDS) if busy else PAUSE_SECONDS
        pause = max(self._pause, PAUSE_FACTOR * took_seconds)
        self._not_before = max(asyncio.get_running_loop().time() + pause, not_before)
