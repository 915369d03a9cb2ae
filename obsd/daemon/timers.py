"""Timers of the daemon: ticks while a session is open, pruning, and the watchdog.

Owns the timers, and keeps them few: an idle daemon wakes up for the watchdog only. On the event loop.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Protocol

from obsd.facts import Ticked
from obsd.health import Health
from obsd.host import heap
from obsd.host.sdnotify import Notifier
from obsd.ledger import Ledger
from obsd.recorder import Recorder
from obsd.tasks.supervision import cancel, start, supervise
from obsd.views.settings import SessionsSettings

TICK_SECONDS = 5.0
FIRST_PRUNE_SECONDS = 60.0
PRUNE_SECONDS = 3600.0
LEDGER_SECONDS = 10.0
"""A disk that takes longer than this for an empty query is reported by a warning."""


class Sessions(Protocol):
    """The part of the sessions view that timers use."""

    @property
    def settings(self) -> SessionsSettings:
        """When a session ends."""

    def any_open(self) -> bool:
        """Whether time matters."""


class Timers:
    """The timers, from `start` to `stop`."""

    def __init__(
        self,
        recorder: Recorder,
        sessions: Sessions,
        health: Health,
        notifier: Notifier,
        prune: Callable[[], Awaitable[None]],
    ) -> None:
        self._recorder = recorder
        self._sessions = sessions
        self._health = health
        self._notifier = notifier
        self._prune = prune
        self._tasks: list[asyncio.Task[None]] = []
        self._prune_now = asyncio.Event()
        self._pause_seconds = FIRST_PRUNE_SECONDS

    def start(self) -> None:
        """Starts the timers."""
        self._tasks = [supervise("the ticks", self._tick), supervise("pruning", self._prune_at_times)]
        if self._notifier.watchdog_seconds is not None:
            self._tasks.append(supervise("the watchdog", partial(self._watch, self._notifier.watchdog_seconds)))

    async def stop(self) -> None:
        """Ends them."""
        await cancel(*self._tasks)

    async def _tick(self) -> None:
        """Records `Ticked` facts while a session is open, and sleeps until one starts."""
        started = self._recorder.subscribe(kinds=frozenset({"SessionStarted"}))
        try:
            while True:
                while self._sessions.any_open():
                    await asyncio.sleep(min(TICK_SECONDS, self._sessions.settings.idle_timeout_seconds))
                    await self._recorder.record([Ticked(at=time.time(), workspace="")])
                heap.give_back()
                await anext(started)
        finally:
            started.close()

    def prune_soon(self) -> None:
        """Prunes the ledger soon, because its bounds have changed."""
        self._prune_now.set()

    async def _prune_at_times(self) -> None:
        while True:
            seconds, self._pause_seconds = self._pause_seconds, PRUNE_SECONDS
            with suppress(TimeoutError):
                await asyncio.wait_for(self._prune_now.wait(), seconds)
            self._prune_now.clear()
            await self._prune()
            heap.give_back()

    async def _watch(self, interval_seconds: float) -> None:
        """Reports to systemd that the daemon is alive: this loop runs, and the ledger's thread answers."""
        while True:
            await self.prove_ledger()
            self._notifier.alive()
            await asyncio.sleep(interval_seconds)

    async def prove_ledger(self) -> None:
        """Returns when the ledger's thread has answered; raises a condition of the health when that takes long."""
        answer = start("asking the ledger", self._recorder.query(_nothing))
        done, _ = await asyncio.wait([answer], timeout=LEDGER_SECONDS)
        if not done:
            self._health.raise_("ledger_slow", seconds=LEDGER_SECONDS)
        await answer
        self._health.clear("ledger_slow")


def _nothing(_: Ledger) -> None:
    """Asks for an answer only."""
