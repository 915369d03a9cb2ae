"""Keeps one address of the configuration listened at: begun, ended, and tried again while it cannot be had.

Owns the retry. An address that cannot be had is a warning and never the end of the daemon; which warning is the
caller's. On the event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Final, Generic, Protocol, TypeVar

from obsd.tasks.supervision import supervise

RETRY_SECONDS: Final = 30.0


class Listener(Protocol):
    """What listens at one address from `start`, which raises OSError, to `stop`."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


T = TypeVar("T", bound=Listener)


class KeptListener(Generic[T]):
    """`present` is the listener that serves, or None. `report` gets what went wrong, and None when nothing does.

    `what` says for the log what is listened for.
    """

    def __init__(self, what: str, report: Callable[[OSError | None], None]) -> None:
        self.present: T | None = None
        self._what = what
        self._report = report
        self._retrying: asyncio.Task[None] | None = None

    async def begin(self, make: Callable[[], T]) -> None:
        """Have what `make` gives listen in place of what was there, now or as soon as its address can be had."""
        await self.end()
        if not await self._try(make):
            self._retrying = supervise(f"listening {self._what}", partial(self._retry, make))

    async def end(self) -> None:
        """Stop listening, and trying."""
        self._report(None)
        if self._retrying is not None:
            self._retrying.cancel()
            self._retrying = None
        present, self.present = self.present, None
        if present is not None:
            await present.stop()

    async def _try(self, make: Callable[[], T]) -> bool:
        listener = make()
        try:
            await listener.start()
        except OSError as error:
            self._report(error)
            return False
        self.present = listener
        self._report(None)
        return True

    async def _retry(self, make: Callable[[], T]) -> None:
        while True:
            await asyncio.sleep(RETRY_SECONDS)
            if await self._try(make):
                return
