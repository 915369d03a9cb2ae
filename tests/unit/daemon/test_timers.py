"""The timers: ticks only while a session is open, pruning when asked, the watchdog only while the ledger answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, cast

import pytest

from obsd.daemon import timers
from obsd.daemon.timers import Timers
from obsd.facts import Fact, Ticked
from obsd.health import Health
from obsd.host.sdnotify import Notifier
from obsd.recorder import Recorder
from obsd.views import ViewSettings


class Stage:
    """A recorder, a sessions view and a service manager, each as far as timers needs it."""

    def __init__(self) -> None:
        self.settings = ViewSettings(idle_timeout_seconds=0.001)
        self.open = False
        self.starts: asyncio.Queue[Fact] = asyncio.Queue()
        self.facts: list[Fact] = []
        self.answers = asyncio.Event()
        self.answers.set()
        self.watchdog_seconds: float | None = None
        self.moved = asyncio.Event()
        self.pruned = self.lives = 0
        self.health = Health(self.moved.set)
        self.timers = Timers(cast(Recorder, self), self, self.health, cast(Notifier, self), self.prune)

    def any_open(self) -> bool:
        return self.open

    def subscribe(self, kinds: frozenset[str]) -> Stage:
        assert kinds == {"SessionStarted"}
        return self

    def __aiter__(self) -> AsyncIterator[Fact]:
        return cast(AsyncIterator[Fact], self)

    async def __anext__(self) -> Fact:
        return await self.starts.get()

    def close(self) -> None:
        """As a subscription is closed."""

    async def record(self, facts: Sequence[Fact]) -> None:
        self.facts += facts
        self.moved.set()

    async def query(self, _: Callable[..., Any]) -> None:
        await self.answers.wait()

    def alive(self) -> None:
        self.lives += 1
        self.moved.set()

    async def prune(self) -> None:
        self.pruned += 1
        self.moved.set()

    async def until(self, condition: Callable[[], object]) -> None:
        """Returns when a condition holds, looking at it whenever something moved."""
        async with asyncio.timeout(30):
            while not condition():
                self.moved.clear()
                await self.moved.wait()


def with_stage(work: Callable[[Stage], Any]) -> None:
    """Runs `work` while timers runs."""

    async def main() -> None:
        stage = Stage()
        try:
            await work(stage)
        finally:
            await stage.timers.stop()

    asyncio.run(main())


def test_time_passes_only_while_a_session_is_open() -> None:
    async def work(stage: Stage) -> None:
        stage.timers.start()
        await asyncio.sleep(0)
        assert stage.facts == []
        stage.open = True
        await stage.starts.put(Ticked(0, ""))
        await stage.until(lambda: len(stage.facts) >= 3)
        assert all(isinstance(fact, Ticked) for fact in stage.facts)
        stage.open = False
        await stage.until(lambda: stage.starts.empty())
        seen = len(stage.facts)
        await asyncio.sleep(0)
        assert len(stage.facts) <= seen + 1

    with_stage(work)


def test_a_session_that_was_open_at_the_start_is_ticked() -> None:
    async def work(stage: Stage) -> None:
        stage.open = True
        stage.timers.start()
        await stage.until(lambda: stage.facts)

    with_stage(work)


def test_pruning_comes_when_it_is_asked_for() -> None:
    async def work(stage: Stage) -> None:
        stage.timers.start()
        for count in (1, 2):
            stage.timers.prune_soon()
            await stage.until(lambda count=count: stage.pruned == count)  # type: ignore[misc]

    with_stage(work)


def test_the_watchdog_is_fed_only_while_the_ledger_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timers, "LEDGER_SECONDS", 0.01)

    async def work(stage: Stage) -> None:
        stage.watchdog_seconds = 0.001
        stage.timers.start()
        await stage.until(lambda: stage.lives >= 3)
        stage.answers.clear()
        await stage.until(lambda: stage.health.list())
        assert [held.code for held in stage.health.list()] == ["ledger_slow"]
        fed = stage.lives
        await asyncio.sleep(0.02)
        assert stage.lives == fed
        stage.answers.set()
        await stage.until(lambda: not stage.health.list())
        await stage.until(lambda: stage.lives > fed)

    with_stage(work)
