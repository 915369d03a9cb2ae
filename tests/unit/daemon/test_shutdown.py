"""The way back: last first, nothing held up by a part that fails or hangs."""

from __future__ import annotations

import asyncio

import pytest

from obsd.daemon import shutdown
from obsd.daemon.shutdown import ShutdownStack


def test_last_first_whatever_a_part_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutdown, "ALL_SECONDS", 0.0)
    seen: list[str] = []

    async def main() -> None:
        pending = ShutdownStack()

        async def fail() -> None:
            seen.append("fails")
            raise ValueError

        async def hang() -> None:
            seen.append("hangs")
            await asyncio.Event().wait()

        async def slow() -> None:
            await asyncio.sleep(2 * shutdown.LEAST_SECONDS)
            seen.append("must")

        pending.push_release("first", lambda: seen.append("first"))
        pending.push("must", slow, must=True)
        pending.push("hangs", hang)
        pending.push_work("work", asyncio.ensure_future(asyncio.Event().wait()))  # type: ignore[arg-type]
        pending.push("fails", fail)
        await pending.run()
        await pending.run()

    asyncio.run(main())
    assert seen == ["fails", "hangs", "must", "first"]


def test_what_does_not_end_when_it_is_cancelled_is_left_behind(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(shutdown, "ALL_SECONDS", 0.0)
    seen: list[str] = []
    ended = asyncio.Event()

    async def main() -> None:
        pending = ShutdownStack()

        async def stubborn() -> None:
            for _ in iter(ended.is_set, True):
                try:
                    await asyncio.sleep(0.01)
                except asyncio.CancelledError:
                    seen.append("cancelled")

        pending.push_release("first", lambda: seen.append("first"))
        pending.push("stubborn", stubborn)
        await pending.run()
        ended.set()
        await asyncio.sleep(0.05)

    asyncio.run(main())
    assert seen == ["cancelled", "first"]
    assert "stubborn took too long" in caplog.text
