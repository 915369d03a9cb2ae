"""Fixtures of the integration tests: real watcher processes that end with the test, and hooks without Git LFS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from obsd.git import hook_install, hook_paths
from tests.integration.watching.watched_branches import WatchedBranches
from tests.integration.watching.watcher_rig import WatcherRig
from tests.support import Repository


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Coverage is the unit tests' affair: it would cost the daemons here half as much time again."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.no_cover)


@pytest.fixture
def make_rig(short_tmp: Path) -> Iterator[Callable[..., WatcherRig]]:
    """Makes rigs that are not started yet, for a folder and with settings of the watcher's."""
    made: list[WatcherRig] = []

    def make(root: Path, **settings: Any) -> WatcherRig:
        root.mkdir(parents=True, exist_ok=True)
        rig = WatcherRig(root, short_tmp / f"rig{len(made)}", **settings)
        made.append(rig)
        return rig

    yield make
    for rig in made:
        rig.stop()


@pytest.fixture
def watch(make_rig: Callable[..., WatcherRig]) -> Callable[..., WatcherRig]:
    """Starts a watcher on a folder, and returns when it watches."""
    return lambda root, **settings: make_rig(root, **settings).start()


@pytest.fixture
def folder(short_tmp: Path) -> Path:
    """An empty folder to be watched, in no repository."""
    made = short_tmp / "work"
    made.mkdir()
    return made


@pytest.fixture
def branches(make_repository: Callable[[str], Repository], watch: Callable[..., WatcherRig]) -> WatchedBranches:
    """A watched repository with the branches `main` and `side`."""
    return WatchedBranches(make_repository("repo"), watch)


@pytest.fixture(autouse=True)
def without_lfs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hooks are those of a machine without Git LFS, whatever this one has; `hooks/test_lfs.py` has the others."""
    for module in (hook_paths, hook_install):
        monkeypatch.setattr(module, "lfs_is_there", lambda: False)
