"""One run at a time for a key, once more for what was asked meanwhile, and no failure ends the queue."""

from __future__ import annotations

import asyncio

import pytest

from obsd.errors import NoSuchWorkspace, Unavailable
from obsd.tasks import coalescing_queue
from obsd.tasks.coalescing_queue import CoalescingQueue


def test_what_is_asked_during_a_look_is_one_more_look() -> None:
    seen: list[str] = []

    async def main() -> None:
        go, enough = asyncio.Event(), asyncio.Event()

        async def look(workspace: str) -> None:
            seen.append(workspace)
            await go.wait()
            if len(seen) == 3:
                enough.set()

        looks = CoalescingQueue("the scan", look)
        for _ in range(5):
            looks.ask("a")
        looks.ask("b")
        await asyncio.sleep(0)
        for _ in range(5):
            looks.ask("a")
        go.set()
        await enough.wait()
        await looks.stop()

    asyncio.run(main())
    assert sorted(seen) == ["a", "a", "b"]


def test_a_failed_look_is_logged_and_the_next_one_runs() -> None:
    seen: list[str] = []

    async def main() -> None:
        done = asyncio.Event()

        async def look(workspace: str) -> None:
            seen.append(workspace)
            if len(seen) == 1:
                raise Unavailable("gone", "the folder is gone")
            if len(seen) == 2:
                raise ValueError("a bug")
            done.set()

        looks = CoalescingQueue("the scan", look)
        while not done.is_set():
            looks.ask("a")
            await asyncio.sleep(0)
        await looks.stop()

    asyncio.run(main())
    assert len(seen) >= 3


def test_what_is_asked_during_the_delay_belongs_to_the_run_after_it() -> None:
    seen: list[str] = []

    async def main() -> None:
        over = asyncio.Event()

        async def delay(_: str) -> None:
            await over.wait()

        async def work(key: str) -> None:
            seen.append(f"{key} {queue.is_asked_again(key)}")
            if len(seen) == 1:
                queue.ask(key)
                seen.append(f"{key} {queue.is_asked_again(key)}")
            else:
                done.set()

        done = asyncio.Event()
        queue = CoalescingQueue("the work", work, delay)
        queue.ask("a")
        await asyncio.sleep(0)
        queue.ask("a")
        over.set()
        await done.wait()
        await queue.stop()
        queue.ask("a")
        await asyncio.sleep(0)

    asyncio.run(main())
    assert seen == ["a False", "a True", "a False"]


def test_a_failed_look_is_tried_again_though_nobody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coalescing_queue, "FIRST_PAUSE_SECONDS", 0.0)
    seen: list[str] = []

    async def main() -> None:
        done = asyncio.Event()

        async def look(workspace: str) -> None:
            seen.append(workspace)
            if len(seen) < 3:
                raise Unavailable("stopping", "no process reads repositories now")
            done.set()

        looks = CoalescingQueue("the scan", look)
        looks.ask("a")
        await done.wait()
        await asyncio.sleep(0)
        await looks.stop()

    asyncio.run(main())
    assert seen == ["a"] * 3


def test_a_request_ends_the_pause_after_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coalescing_queue, "FIRST_PAUSE_SECONDS", 3600.0)
    seen: list[str] = []

    async def main() -> None:
        done = asyncio.Event()

        async def look(workspace: str) -> None:
            seen.append(workspace)
            if len(seen) == 1:
                raise Unavailable("stopping", "no process reads repositories now")
            done.set()

        looks = CoalescingQueue("the scan", look)
        looks.ask("a")
        for _ in range(20):
            await asyncio.sleep(0)
        looks.ask("a")
        await done.wait()
        await looks.stop()

    asyncio.run(main())
    assert seen == ["a"] * 2


def test_a_workspace_that_is_gone_is_not_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coalescing_queue, "FIRST_PAUSE_SECONDS", 0.0)
    seen: list[str] = []

    async def main() -> None:
        async def look(workspace: str) -> None:
            seen.append(workspace)
            raise NoSuchWorkspace("no_such_workspace", "it is gone")

        looks = CoalescingQueue("the scan", look)
        looks.ask("a")
        for _ in range(20):
            await asyncio.sleep(0)
        assert seen == ["a"]
        looks.ask("a")
        for _ in range(20):
            await asyncio.sleep(0)
        await looks.stop()

    asyncio.run(main())
    assert seen == ["a"] * 2
