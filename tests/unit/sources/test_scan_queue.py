"""Looks: one at a time for a workspace, once more after what came meanwhile, and no fault ends them."""

from __future__ import annotations

import asyncio

from obsd.errors import Unavailable
from obsd.sources.scan_queue import ScanQueue


def test_what_is_asked_during_a_look_is_one_more_look() -> None:
    seen: list[str] = []

    async def main() -> None:
        go, enough = asyncio.Event(), asyncio.Event()

        async def look(workspace: str) -> None:
            seen.append(workspace)
            await go.wait()
            if len(seen) == 3:
                enough.set()

        looks = ScanQueue(look)
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

        looks = ScanQueue(look)
        while not done.is_set():
            looks.ask("a")
            await asyncio.sleep(0)
        await looks.stop()

    asyncio.run(main())
    assert len(seen) >= 3
