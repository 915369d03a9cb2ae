"""The check of hooks: what could not be checked is checked again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from obsd.errors import Unavailable
from obsd.git import hook_wish
from obsd.health import Health
from obsd.sources.hook_checks import CONDITION, HookChecks
from obsd.workspaces.workspace import Workspace
from tests.support import Repository

T = TypeVar("T")


class FailingOnce:
    """Runs functions here, but for the first, for which no process can be started."""

    def __init__(self) -> None:
        self.asked = 0

    async def run(self, repository: str, fn: Callable[..., T], *arguments: Any) -> T:
        self.asked += 1
        if self.asked == 1:
            raise Unavailable("git_not_started", "git could not be started")
        return fn(*arguments)


def test_hooks_that_could_not_be_checked_are_checked_again(repository: Repository, tmp_path: Path) -> None:
    health, git = Health(), FailingOnce()
    hook_wish.note(tmp_path, repository.path / ".git")
    checks = HookChecks(health, tmp_path, git)
    workspace = Workspace("shop", str(repository.path), 0.0)

    async def check_thrice() -> None:
        with pytest.raises(Unavailable):
            await checks.check(workspace)
        assert not health.holds(CONDITION, "shop")
        await checks.check(workspace)
        await checks.check(workspace)

    asyncio.run(check_thrice())
    assert health.holds(CONDITION, "shop")
    assert git.asked == 2, "git is run only when files have changed"
