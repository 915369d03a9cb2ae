"""The state of the whole: a workspace that goes on starting is said, and no longer when it is watched."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from obsd.daemon import status
from obsd.daemon.status import StatusLine
from obsd.health import Health
from obsd.sources.child import WatcherStatus
from obsd.workspaces.workspace import Workspace


def test_a_workspace_that_goes_on_starting_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status, "STARTING_SECONDS", 0.05)
    state = {"slow": WatcherStatus("starting"), "good": WatcherStatus("watching")}
    workspaces = [Workspace(name, f"/srv/{name}", 0.0) for name in state]

    async def story() -> None:
        health = Health()
        changed = asyncio.Event()
        health.listen(changed.set)
        parts: Any = SimpleNamespace(list=lambda: workspaces, status=lambda name="": state.get(name))
        line = StatusLine(cast(Any, None), parts, parts, health, cast(Any, parts), lambda degraded: None)
        line.refresh()
        assert health.list() == []
        await asyncio.wait_for(changed.wait(), 30)
        [held] = health.list()
        assert (held.code, held.workspace) == ("workspace_starting", "slow")
        state["slow"] = WatcherStatus("watching")
        line.refresh()
        assert health.list() == []

    asyncio.run(story())
