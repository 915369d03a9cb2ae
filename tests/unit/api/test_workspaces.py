"""The wait for the first scans: as long as one runs, and for no workspace that is gone."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from obsd.api.daemon_protocol import DaemonPort
from obsd.api.workspaces import WorkspaceService
from obsd.v1 import workspace_pb2 as pb


class Scans:
    """A register and a supervisor of workspaces in given states; it has no reader that could ask a repository."""

    def __init__(self, **states: str) -> None:
        self.states = states
        self.up_since = 1.0
        self.over = asyncio.Event()
        self.registry = SimpleNamespace(list=lambda: [SimpleNamespace(name=name) for name in self.states])
        self.supervisor = SimpleNamespace(status=self._status, ready=self.over.wait)

    def _status(self, name: str) -> Any:
        return SimpleNamespace(state=self.states[name])


async def _waiting(scans: Scans) -> asyncio.Task[pb.AwaitReadyResponse]:
    service = WorkspaceService(cast(DaemonPort, scans))
    task = asyncio.create_task(service.AwaitReady(pb.AwaitReadyRequest(), None))
    for _ in range(5):
        await asyncio.sleep(0)
    return task


@pytest.mark.parametrize("states", [{}, {"a": "watching", "b": "degraded", "c": "failed"}])
def test_there_is_nothing_to_wait_for(states: dict[str, str]) -> None:
    async def run() -> None:
        assert (await _waiting(Scans(**states))).done()

    asyncio.run(run())


def test_the_end_of_the_scans_ends_the_wait() -> None:
    async def run() -> None:
        scans = Scans(a="starting", b="watching")
        task = await _waiting(scans)
        assert not task.done()
        scans.states["a"] = "failed"
        scans.over.set()
        assert await task == pb.AwaitReadyResponse()

    asyncio.run(run())


def test_the_end_of_the_daemons_start_is_waited_for() -> None:
    async def run() -> None:
        scans = Scans(a="watching")
        scans.up_since = 0.0
        scans.over.set()
        task = await _waiting(scans)
        assert not task.done()
        scans.up_since = 1.0
        assert await task == pb.AwaitReadyResponse()

    asyncio.run(run())


def test_a_workspace_that_is_removed_is_not_waited_for() -> None:
    async def run() -> None:
        scans = Scans(a="starting", b="watching")
        task = await _waiting(scans)
        del scans.states["a"]
        assert await task == pb.AwaitReadyResponse()

    asyncio.run(run())
