"""One run at a time for a key, once more for what was asked meanwhile, and no failure ends the queue."""

from __future__ import annotations

import asyncio

from obsd.errors import Unavailable
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
