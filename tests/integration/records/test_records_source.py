"""The source of agents' records, with real inotify: what is written comes in, once, and nothing waits for it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from obsd.errors import ObsdError
from obsd.facts.records import ToolRan
from obsd.records.source import RecordsSource
from obsd.records.state import Batch, State
from obsd.records.user import User
from tests.unit.records.rig import LONG_AGO, SALT, WORKSPACES, install, tools

PATIENCE_SECONDS = 30.0


class Keeper:
    """Keeps batches, and refuses some of them first."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []
        self.refusals = 0
        self.refusal: Exception = ObsdError("ledger_full", "the disk is full")
        self._news = asyncio.Condition()

    async def __call__(self, batch: Batch) -> None:
        if self.refusals:
            self.refusals -= 1
            raise self.refusal
        async with self._news:
            self.batches.append(batch)
            self._news.notify_all()

    @property
    def ran(self) -> list[ToolRan]:
        return tools(self.batches)

    def has(self, number: int) -> bool:
        return len(self.ran) == number

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS), self._news:
            await self._news.wait_for(holds)


def source_of(home: Path, keeper: Keeper, state: State | None = None) -> RecordsSource:
    user = User(str(home), {}, home.stat().st_uid)
    return RecordsSource(keeper, lambda: WORKSPACES, state or State(LONG_AGO), SALT, user)


def run(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(story)


@pytest.mark.parametrize("folder", ["claude", "codex", "copilot", "gemini", "opencode", "cline", "cn"])
def test_what_agents_write_comes_in_as_they_write_it(short_tmp: Path, folder: str) -> None:
    async def story() -> None:
        keeper = Keeper()
        source = source_of(short_tmp, keeper)
        await source.start()
        await source.ready()
        assert keeper.ran == []
        install(short_tmp / "elsewhere", folder)
        # Folders appear one after the other, as for an agent that is installed now.
        for made in sorted((short_tmp / "elsewhere").rglob("*")):
            target = short_tmp / made.relative_to(short_tmp / "elsewhere")
            if made.is_dir():
                target.mkdir(exist_ok=True)
                await asyncio.sleep(0)
            else:
                target.write_bytes(made.read_bytes())
        expected = {"claude": 12, "codex": 6, "copilot": 7, "gemini": 11, "opencode": 2, "cline": 8, "cn": 10}
        await keeper.until(lambda: len(keeper.ran) == expected[folder])
        await source.stop()

    run(story())


def test_a_file_that_is_kept_open_is_read_as_it_grows(short_tmp: Path) -> None:
    async def story() -> None:
        path = next(path for path in install(short_tmp, "codex") if "17-33-56" in path.name)
        lines = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(b"")
        keeper = Keeper()
        source = source_of(short_tmp, keeper)
        await source.start()
        await source.ready()
        expected = len(keeper.ran)
        with path.open("ab", buffering=0) as file:
            for line in lines:
                file.write(line[:50])
                file.write(line[50:])
                if b'"FileChange"' in line or b'"CommandExecution"' in line:
                    expected += 1
                    await keeper.until(partial(keeper.has, expected))
        await source.stop()

    run(story())


def test_a_restart_goes_on_where_the_last_kept_batch_ended(short_tmp: Path) -> None:
    async def story() -> None:
        path = next(path for path in install(short_tmp, "claude") if path.name.startswith("5e2c03c7"))
        whole = path.read_bytes()
        path.write_bytes(whole[: whole.index(b"toolu_8a2a")])
        keeper = Keeper()
        source = source_of(short_tmp, keeper)
        await source.start()
        await source.ready()
        await source.stop()
        assert len(keeper.ran) == 11
        path.write_bytes(whole)
        again = source_of(short_tmp, keeper, State(LONG_AGO).after(keeper.batches))
        await again.start()
        await again.ready()
        await again.stop()
        assert [tool.tool_id for tool in keeper.ran[11:]] == ["toolu_8a2a70e8d05f474f9b8e"]

    run(story())


@pytest.mark.parametrize("refusal", [ObsdError("ledger_full", "the disk is full"), ZeroDivisionError()])
def test_a_batch_that_cannot_be_kept_is_offered_again(
    short_tmp: Path, monkeypatch: pytest.MonkeyPatch, refusal: Exception
) -> None:
    monkeypatch.setattr("obsd.records.source._RETRY_SECONDS", (0.01,))
    monkeypatch.setattr("obsd.tasks.supervision.FIRST_PAUSE_SECONDS", 0.01)

    async def story() -> None:
        install(short_tmp, "claude")
        keeper = Keeper()
        keeper.refusals, keeper.refusal = 3, refusal
        source = source_of(short_tmp, keeper)
        await source.start()
        await source.ready()
        await source.stop()
        assert len({tool.tool_id for tool in keeper.ran}) == len(keeper.ran) == 12

    run(story())


def test_without_inotify_records_are_still_read(short_tmp: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left() -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr("obsd.records.source.FolderWatch", none_left)
    monkeypatch.setattr("obsd.records.source.HURRIED_SCAN_SECONDS", 0.05)

    async def story() -> None:
        keeper = Keeper()
        source = source_of(short_tmp, keeper)
        await source.start()
        await source.ready()
        install(short_tmp, "qwen")
        await keeper.until(lambda: len(keeper.ran) == 6)
        await source.stop()

    run(story())


def test_lost_events_and_new_workspaces_are_made_up_for(short_tmp: Path) -> None:
    async def story() -> None:
        keeper = Keeper()
        source = source_of(short_tmp, keeper)
        await source.start()
        await source.ready()
        install(short_tmp, "pi")
        source.rescan()
        await keeper.until(lambda: len(keeper.ran) == 10)
        states = {status.agent: status.state for status in await source.status()}
        assert (states["pi"], states["codex"]) == ("understood", "absent")
        assert await source.session_of(1) is None
        await source.stop()

    run(story())


def test_records_are_read_in_a_thread_and_workspaces_asked_for_on_the_loop(short_tmp: Path) -> None:
    async def story() -> None:
        reading, asking = set[str](), set[str]()

        def now() -> float:
            reading.add(threading.current_thread().name)
            return time.time()

        def workspaces() -> tuple[str, ...]:
            asking.add(threading.current_thread().name)
            return WORKSPACES

        install(short_tmp, "claude")
        keeper = Keeper()
        user = User(str(short_tmp), {}, short_tmp.stat().st_uid)
        source = RecordsSource(keeper, workspaces, State(LONG_AGO), SALT, user, now)
        await source.start()
        await source.ready()
        await source.stop()
        assert len(keeper.ran) == 12
        assert (reading, asking) == ({"records_0"}, {threading.current_thread().name})

    run(story())
