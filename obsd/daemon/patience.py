"""Waiting for what may take long at the start, while the service manager knows that it goes on. On the event loop."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from obsd.host.sdnotify import Notifier

EXTEND_SECONDS: Final = 10.0
COMMITS_SECONDS: Final = 10.0
"""How long a start waits for the first scan of the repositories."""
WATCHERS_SECONDS: Final = 600.0
"""How long it waits for the first scan of the watchers: a disk may never answer."""


async def patiently(notifier: Notifier, work: asyncio.Future[None], seconds: float) -> bool:
    """Waits for `work`, and asks the service manager for more time meanwhile. Returns whether it is done."""
    deadline = time.monotonic() + seconds
    while not work.done() and time.monotonic() < deadline:
        await asyncio.wait({work}, timeout=min(EXTEND_SECONDS, seconds))
        notifier.extend(3 * EXTEND_SECONDS)
    return work.done()
