"""The daemon hears of every move of HEAD, whoever moves it and however: it looks for commits then."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.integration.watching.watcher_rig import WatcherRig
from tests.support import Repository

Watch = Callable[..., WatcherRig]


def next_commit(repository: Repository) -> str:
    tree = repository.git("write-tree")
    return repository.git("commit-tree", tree, "-p", "HEAD", "-m", "feat: no entry of a log")


@pytest.mark.parametrize("branch", ["main", "feat/deep/x"])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("way", ["in place", "rename"])
def test_a_branch_that_is_moved_without_an_entry(
    watch: Watch, repository: Repository, branch: str, packed: bool, way: str
) -> None:
    repository.git("checkout", "-q", "-B", branch)
    commit = next_commit(repository)
    if packed:
        repository.git("pack-refs", "--all", "--prune")
    rig = watch(repository.path)
    rig.settle()
    reference = repository.path / ".git/refs/heads" / branch
    reference.parent.mkdir(parents=True, exist_ok=True)
    if way == "in place":
        reference.write_text(f"{commit}\n")
    else:
        temp = reference.with_name("other.lock")
        temp.write_text(f"{commit}\n")
        temp.rename(reference)
    rig.wait_for(lambda rig: rig.received.signals["head"])
    assert repository.git("rev-parse", "HEAD") == commit


def test_a_detached_head_that_is_written_in_place(watch: Watch, repository: Repository) -> None:
    commit = next_commit(repository)
    repository.git("checkout", "-q", "--detach")
    rig = watch(repository.path)
    rig.settle()
    (repository.path / ".git/HEAD").write_text(f"{commit}\n")
    rig.wait_for(lambda rig: rig.received.signals["head"])
    assert repository.git("rev-parse", "HEAD") == commit


def test_another_branch_is_not_head(watch: Watch, repository: Repository) -> None:
    commit = next_commit(repository)
    rig = watch(repository.path)
    rig.settle()
    (repository.path / ".git/refs/heads/other").write_text(f"{commit}\n")
    assert rig.settle().signals["head"] == 0
