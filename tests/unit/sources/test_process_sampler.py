"""The process sampler: when it scans, and what it records of the clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path

from obsd.agents.process_scan import Seen
from obsd.facts import AgentsPresent, ClockStepped, Fact, Ticked, WatcherReported
from obsd.health import Health
from obsd.host.clock import FactClock
from obsd.recorder import Recorder
from obsd.sources.process_sampler import QUIET_SCAN_SECONDS, SCAN_SECONDS, ProcessSampler
from obsd.views import Views
from obsd.workspaces.workspace import Workspace
from tests.unit.recording import T0, added, changed, recording, run


class Clocks:
    """Two clocks that go together until one is set."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.set_by = 0.0

    def wall(self) -> float:
        """By which facts are stamped."""
        return T0 + self.passed + self.set_by

    def steady(self) -> float:
        """By which time is measured."""
        return self.passed


class Scans:
    """Finds what it is told to, and counts how often it is asked."""

    def __init__(self) -> None:
        self.agents: tuple[str, ...] = ()
        self.asked: list[str] = []

    def scan(self, folders: Collection[str], others: Collection[str] = ()) -> Seen:
        """One look."""
        self.asked += folders
        return Seen(dict.fromkeys(folders, self.agents))

    def blind_spots(self, folder: str) -> str:
        """None."""
        return ""


class Registered:
    """A register with the workspace `w` alone."""

    def list(self) -> list[Workspace]:
        """It."""
        return [Workspace("w", "/srv/w", T0)]

    def get(self, name_or_path: str) -> Workspace:
        """It."""
        return self.list()[0]


class Rig:
    """A recorder whose sampler scans what a test says, by clocks that a test sets."""

    def __init__(self) -> None:
        self.clocks, self.scans = Clocks(), Scans()
        self.clock = FactClock(self.clocks)

    @asynccontextmanager
    async def recording(self, path: Path) -> AsyncIterator[Recorder]:
        """Runs it on a ledger in a file."""
        async with recording(path, sampler=self._sampler) as recorder:
            yield recorder

    def _sampler(self, views: Views) -> ProcessSampler:
        return ProcessSampler(views, Registered(), self.scans, Health(), self.clock)


async def recorded(recorder: Recorder, *facts: Fact) -> list[str]:
    """What a subscriber sees of it, by name; who wrote changes is left out."""
    subscription = recorder.subscribe()
    await recorder.record(facts)
    subscription.close()
    names = [type(fact).__name__ async for fact in subscription]
    return [name for name in names if name != "ChangeAttributed"]


def test_who_is_present_is_recorded_before_the_change(tmp_path: Path) -> None:
    async def story(path: Path) -> None:
        rig = Rig()
        clocks = rig.clocks
        looks = rig.scans
        async with rig.recording(path) as recorder:
            await recorder.record([added()])
            looks.agents = ("codex",)
            assert await recorded(recorder, changed()) == ["AgentsPresent", "SessionStarted", "FileChanged"]
            clocks.passed += SCAN_SECONDS - 1
            assert await recorded(recorder, changed()) == ["FileChanged"]
            clocks.passed += 1
            assert await recorded(recorder, changed()) == ["FileChanged"]
            assert len(looks.asked) == 2
            looks.agents = ()
            clocks.passed += SCAN_SECONDS
            assert await recorded(recorder, changed()) == ["AgentsPresent", "FileChanged"]

    run(story, tmp_path / "ledger")


def test_looks_are_for_activity_alone(tmp_path: Path) -> None:
    async def story(path: Path) -> None:
        rig = Rig()
        clocks = rig.clocks
        looks = rig.scans
        async with rig.recording(path) as recorder:
            await recorder.record([added(), WatcherReported(T0, "w", "watching"), Ticked(T0, "")])
            assert looks.asked == []
            await recorder.record([changed()])
            clocks.passed += QUIET_SCAN_SECONDS - 1
            await recorder.record([Ticked(T0 + 14, "")])
            assert len(looks.asked) == 1
            clocks.passed += 1
            await recorder.record([Ticked(T0 + 15, "")])
            assert len(looks.asked) == 2
            await recorder.record([Ticked(T0 + 9999, "")])
            clocks.passed += 999
            await recorder.record([Ticked(T0 + 10999, "")])
            assert len(looks.asked) == 2

    run(story, tmp_path / "ledger")


def test_a_clock_that_was_set_is_told_first(tmp_path: Path) -> None:
    async def story(path: Path) -> None:
        rig = Rig()
        clocks = rig.clocks
        async with rig.recording(path) as recorder:
            await recorder.record([added(), changed(at=clocks.wall())])
            clocks.passed += 10
            clocks.set_by -= 7200
            assert rig.clock.now() == T0 + 10
            seen = await recorded(recorder, changed(at=clocks.wall()))
            assert seen == ["ClockStepped", "FileChanged"]
            assert rig.clock.now() == clocks.wall()
            [session] = await recorder.query(lambda ledger: ledger.sessions(now=clocks.wall()))
            assert (session.duration_seconds, session.changes) == (10, 2)
            clocks.set_by += 0.5  # the clock being kept right
            assert await recorded(recorder, changed(at=clocks.wall())) == ["FileChanged"]

    run(story, tmp_path / "ledger")


def test_a_sampler_that_fails_holds_nothing_up(tmp_path: Path) -> None:
    async def story(path: Path) -> None:
        rig = Rig()
        looks = rig.scans
        async with rig.recording(path) as recorder:
            looks.scan = None  # type: ignore[assignment, method-assign]
            await recorder.record([added()])
            assert await recorded(recorder, changed()) == ["SessionStarted", "FileChanged"]

    run(story, tmp_path / "ledger")


def test_a_look_that_takes_long_says_nothing(tmp_path: Path) -> None:
    async def story(path: Path) -> None:
        rig = Rig()
        looks = rig.scans
        async with rig.recording(path) as recorder:
            let_go = asyncio.Event()
            loop = asyncio.get_running_loop()

            def slow(folders: Collection[str], others: Collection[str] = ()) -> Seen:
                asyncio.run_coroutine_threadsafe(let_go.wait(), loop).result(30)
                return Seen(dict.fromkeys(folders, ("codex",)))

            looks.scan = slow  # type: ignore[method-assign]
            await recorder.record([added()])
            assert await recorded(recorder, changed()) == ["SessionStarted", "FileChanged"]
            let_go.set()

    run(story, tmp_path / "ledger")


def test_facts_of_presence_and_clock_are_of_the_record() -> None:
    assert AgentsPresent.recorded
    assert ClockStepped.recorded
