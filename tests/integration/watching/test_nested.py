"""Repositories and worktrees inside a workspace are not the workspace's, while they are there and while they go."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.watching.watcher_rig import WatcherRig
from tests.support import Repository

Watch = Callable[..., WatcherRig]


@pytest.fixture
def repo(make_repository: Callable[[str], Repository]) -> Repository:
    return make_repository("repo")


def write_all(repository: Repository, *names: str) -> None:
    for name in names:
        repository.write(name, f"{name}\n")


def paths(rig: WatcherRig) -> list[str]:
    return sorted(change.path for change in rig.settle().changes)


def test_a_nested_repository_is_not_ours(watch: Watch, repo: Repository) -> None:
    write_all(repo, "a", "vendor/lib/plain")
    rig = watch(repo.path)
    repo.git("init", "-q", "nested")
    write_all(repo, "nested/a", "nested/deep/b", "vendor/lib/more")
    assert paths(rig) == ["vendor/lib/more"]
    repo.git("-C", str(repo.path / "nested"), "add", "-A")
    assert paths(rig) == []
    repo.git("init", "-q", "vendor/lib")
    assert paths(rig) == []
    assert sorted(rig.snapshot) == ["a"]
    write_all(repo, "vendor/lib/plain", "vendor/lib/x")
    assert paths(rig) == []


def test_a_nested_repository_that_was_there_before(watch: Watch, repo: Repository) -> None:
    repo.git("init", "-q", "nested")
    write_all(repo, "nested/a", "nested/deep/b", "c")
    rig = watch(repo.path)
    assert sorted(rig.snapshot) == ["c"]
    assert rig.state["watches"] == 1
    write_all(repo, "nested/new")
    assert paths(rig) == []


def test_a_linked_worktree_inside_is_not_ours(watch: Watch, repo: Repository) -> None:
    write_all(repo, "a", "sub/b")
    repo.commit("feat: begin")
    rig = watch(repo.path)
    repo.git("worktree", "add", "-q", "-b", "other", "wt/other")
    write_all(repo, "wt/other/new", "wt/beside")
    received = rig.settle()
    assert received.brief() == [("created", "wt/beside", 1, 0)]
    assert not received.git
    assert received.signals["worktrees"] > 0
    repo.git("worktree", "remove", "--force", "wt/other")
    assert paths(rig) == []


def test_what_goes_after_its_git_directory_was_never_ours(watch: Watch, folder: Path) -> None:
    """A removal takes the `.git` at any time among the other files, and may pause."""
    (folder / "nested/sub").mkdir(parents=True)
    for name in ("stays", "goes", "sub/goes", "edited"):
        (folder / "nested" / name).write_text("one\n")
    (folder / "nested/.git").mkdir()
    rig = watch(folder)
    (folder / "nested/.git").rmdir()
    assert paths(rig) == []
    rig.wait_for(lambda rig: len(rig.snapshot) == 4)
    (folder / "nested/goes").unlink()
    shutil.rmtree(folder / "nested/sub")
    (folder / "nested/edited").write_text("one\ntwo\n")
    assert rig.settle().operations() == {"modified": 1}
    assert sorted(rig.snapshot) == ["nested/edited", "nested/stays"]


def test_a_clone_inside_is_not_ours(watch: Watch, repo: Repository) -> None:
    for number in range(50):
        repo.write(f"d{number}/f", "x\n")
    repo.commit("feat: begin")
    rig = watch(repo.path)
    repo.git("clone", "-q", "--no-hardlinks", ".", "clone")
    received = rig.settle()
    assert received.brief() == []
    assert not received.git
