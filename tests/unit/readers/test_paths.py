"""Paths that others name, resolved by a real process of a real fork server, which may not answer."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from obsd.errors import Unavailable
from obsd.readers import paths
from obsd.readers.paths import PathResolver
from obsd.sources.fork_client import ForkClient
from tests.unit.readers.test_pool import until


class Stage:
    """A resolver, the processes that it started, a clock to set, and whether new processes stand still at once."""

    def __init__(self, forks: ForkClient) -> None:
        self.pids: list[int] = []
        self.now = 0.0
        self.hangs = False
        self._forks = forks
        self.resolver = PathResolver(self._start, lambda: self.now)  # type: ignore[arg-type]

    async def _start(self, connection: object) -> object:
        process, kill = await self._forks.read(connection)  # type: ignore[arg-type]
        self.pids.append(process.pid)
        return process, kill

    async def refused(self, path: str) -> bool:
        """It is refused; with `hangs` because the process stands still, as one that waits for a disk does."""
        if self.hangs:
            await self.resolver.resolve("/")
            os.kill(self.pids[-1], signal.SIGSTOP)
        with pytest.raises(Unavailable) as error:
            await self.resolver.resolve(path)
        return error.value.reason == "path_not_answering"


def told(story: Callable[[Stage], Awaitable[None]]) -> None:
    async def run() -> None:
        forks = ForkClient(lambda: None)
        await forks.start()
        stage = Stage(forks)
        try:
            await story(stage)
        finally:
            await stage.resolver.stop()
            await forks.stop()

    asyncio.run(asyncio.wait_for(run(), 60))


def test_links_are_resolved_as_the_system_does(short_tmp: Path) -> None:
    odd = short_tmp / os.fsdecode(b"odd\xff\n")
    odd.mkdir()
    (short_tmp / "link").symlink_to(odd)
    (short_tmp / "loop").symlink_to(short_tmp / "loop")

    async def story(stage: Stage) -> None:
        for path in (odd, short_tmp / "link/sub", short_tmp / "loop/x", short_tmp / "none/../link", Path("/")):
            assert await stage.resolver.resolve(str(path)) == os.path.realpath(path)
        assert len(stage.pids) == 1

    told(story)


def test_a_place_that_does_not_answer_is_asked_once_and_others_are_answered(
    short_tmp: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "ANSWER_SECONDS", 1.0)

    async def story(stage: Stage) -> None:
        stage.hangs = True
        assert await stage.refused(f"{short_tmp}/hung/a")
        stage.hangs = False
        assert await stage.refused(f"{short_tmp}/hung/a/b")
        assert len(stage.pids) == 1, "it was asked again"
        monkeypatch.setattr(paths, "ANSWER_SECONDS", 30.0)
        assert await stage.resolver.resolve(str(short_tmp)) == str(short_tmp)
        assert await stage.refused(f"{short_tmp}/hung/a/b")
        stage.now += paths.PAUSE_SECONDS
        # A signal that ends it reached it, so that it is free to be asked again.
        assert await stage.resolver.resolve(f"{short_tmp}/hung/a/b") == f"{short_tmp}/hung/a/b"

    told(story)


def test_after_some_places_that_do_not_answer_no_other_is_tried(
    short_tmp: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "ANSWER_SECONDS", 1.0)

    async def story(stage: Stage) -> None:
        stage.hangs = True
        for number in range(paths.MOST_SILENT):
            assert await stage.refused(f"{short_tmp}/{number}")
        stage.hangs = False
        assert await stage.refused(f"{short_tmp}/other")
        assert len(stage.pids) == paths.MOST_SILENT

    told(story)


def test_a_process_that_is_not_needed_ends(short_tmp: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "IDLE_SECONDS", 0.05)

    async def story(stage: Stage) -> None:
        await stage.resolver.resolve(str(short_tmp))
        await until(lambda: not Path(f"/proc/{stage.pids[0]}").exists())
        await stage.resolver.resolve(str(short_tmp))
        assert len(stage.pids) == 2

    told(story)
