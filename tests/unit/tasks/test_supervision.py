"""Tasks: they are kept and named, a failure is logged, and those that must live are started again."""

from __future__ import annotations

import asyncio
import gc
import logging

import pytest

from obsd.errors import StoreError
from obsd.tasks import supervision
from obsd.tasks.supervision import cancel, spawn, start, supervise


def test_a_task_that_nobody_holds_runs_to_its_end() -> None:
    async def main() -> bool:
        go, done = asyncio.Event(), asyncio.Event()

        async def work() -> None:
            await go.wait()
            done.set()

        spawn("the work", work())
        await asyncio.sleep(0)
        gc.collect()
        go.set()
        return await asyncio.wait_for(done.wait(), 30)

    assert asyncio.run(main())


def test_the_failure_of_spawned_work_is_logged_under_its_name(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async def fail(error: Exception) -> None:
            raise error

        await asyncio.wait(
            {
                spawn("the scan of a\nb", fail(StoreError("ledger_full", "the disk is full"))),
                spawn("the watchdog", fail(ValueError("a bug"))),
            }
        )

    asyncio.run(main())
    assert sorted(record.getMessage() for record in caplog.records) == [
        "the scan of a\\nb failed: the disk is full",
        "the watchdog failed: ValueError",
    ]
    assert [bool(record.exc_info) for record in caplog.records if "ValueError" in record.getMessage()] == [True]


def test_work_that_is_awaited_fails_where_it_is_awaited(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async def fail() -> int:
            raise ValueError("a bug")

        with pytest.raises(ValueError, match="a bug"):
            await start("the work", fail())

    asyncio.run(main())
    assert caplog.records == []


def test_supervised_work_is_started_again_until_it_returns(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(supervision, "FIRST_PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(supervision, "LONGEST_PAUSE_SECONDS", 0.003)
    runs: list[int] = []

    async def main() -> None:
        async def work() -> None:
            runs.append(len(runs))
            if len(runs) < 5:
                raise ZeroDivisionError

        await supervise("the work", work)

    asyncio.run(main())
    assert len(runs) == 5
    assert [record.levelno for record in caplog.records] == [logging.ERROR] * 4


def test_supervised_work_ends_when_it_is_cancelled() -> None:
    async def main() -> bool:
        task = supervise("the work", asyncio.Event().wait)  # type: ignore[arg-type]
        await asyncio.sleep(0)
        await cancel(task, None)
        return task.cancelled()

    assert asyncio.run(main())
