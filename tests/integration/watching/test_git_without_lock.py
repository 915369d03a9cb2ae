"""Commands of git that take no lock or keep it long, and the work that git throws away or puts aside."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.watching.watched_branches import WatchedBranches, text
from tests.integration.watching.watcher_rig import WatcherRig
from tests.support import Repository

Watch = Callable[..., WatcherRig]


def test_what_a_hook_puts_aside_and_brings_back_is_nothing(branches: WatchedBranches) -> None:
    """As pre-commit and lint-staged do."""
    hook = branches.repository.path / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\ngit diff --binary >.git/p; git checkout -q -- .; sleep 1; git apply .git/p\n")
    hook.chmod(0o755)
    branches.repository.write("f0.txt", text(0) + "staged\n")
    branches.repository.write("f1.txt", text(1) + "not staged\n")
    assert branches.received().operations() == {"modified": 2}
    branches.git("add", "f0.txt")
    branches.git("commit", "-q", "-m", "feat: only one of them")
    received = branches.received()
    assert received.brief() == []
    assert received.discards == {}


@pytest.mark.parametrize("options", [["-p"], ["--staged"]])
def test_a_part_that_is_stashed_is_gits(branches: WatchedBranches, options: list[str]) -> None:
    branches.repository.write("f0.txt", text(0) + "edit\n")
    assert len(branches.received().changes) == 1
    if options == ["--staged"]:
        branches.git("add", "f0.txt")
    command = ["git", "-C", str(branches.repository.path), "stash", "push", "-q", *options]
    environment = branches.repository.environment
    subprocess.run(command, env=environment, input="y\n", text=True, check=True, capture_output=True)
    received = branches.received()
    assert received.brief() == []
    assert received.discards == {"stash": (1, 1)}


def test_an_edit_right_after_a_stash_is_an_edit(branches: WatchedBranches) -> None:
    branches.repository.write("f0.txt", text(0) + "edit\n")
    assert len(branches.received().changes) == 1
    branches.git("stash", "push", "-q")
    assert branches.received().brief() == []
    branches.repository.write("f0.txt", text(0) + "another\nedit\n")
    assert branches.received().brief() == [("modified", "f0.txt", 2, 0)]


@pytest.mark.parametrize("pause_seconds", [0, 1])
def test_taking_hunks_back_is_gits(branches: WatchedBranches, tmp_path: Path, pause_seconds: int) -> None:
    """The index is refreshed behind `git apply`, on a slow machine much later."""
    branches.repository.write("f0.txt", text(0) + "edit\n")
    assert len(branches.received().changes) == 1
    git = shutil.which("git")
    slow = tmp_path / "git"
    slow.write_text(f'#!/bin/sh\n{git} "$@"; status=$?\n[ "$1" != apply ] || sleep {pause_seconds}\nexit $status\n')
    slow.chmod(0o755)
    command = [str(git), "-C", str(branches.repository.path), "checkout", "-p", "--", "f0.txt"]
    environment = branches.repository.environment | {"GIT_EXEC_PATH": str(tmp_path)}
    subprocess.run(command, env=environment, input="y\n", text=True, check=True, capture_output=True)
    received = branches.received()
    assert received.brief() == []
    assert received.discards == {"restore": (1, 1)}


@pytest.mark.parametrize("options", ["-fq", "-fdq", "-fdxq"])
def test_git_clean_is_gits(branches: WatchedBranches, options: str) -> None:
    branches.repository.write("untracked", "one\ntwo\n")
    branches.repository.write("deep/untracked", "one\n")
    assert branches.received().operations() == {"created": 2}
    branches.git("clean", options)
    received = branches.received()
    assert received.brief() == []
    assert received.discards == {"clean": (2, 3) if "d" in options else (1, 2)}
    assert received.git == {"clean": received.discards["clean"][0]}


def test_removing_by_hand_is_not_gits(branches: WatchedBranches) -> None:
    branches.repository.write("untracked", "one\ntwo\n")
    branches.received()
    branches.git("status")
    (branches.repository.path / "untracked").unlink()
    (branches.repository.path / "f0.txt").unlink()
    assert branches.received().operations() == {"deleted": 2}


def test_a_commit_that_waits_for_its_editor_writes_no_files(branches: WatchedBranches) -> None:
    path = branches.repository.path
    branches.repository.write("f0.txt", text(0) + "edit\n")
    branches.received()
    editor = 'sh -c \'while [ ! -e "$0/.git/go" ]; do sleep 0.05; done; echo "feat: x" >"$1"\' "' + str(path) + '"'
    command = ["git", "-C", str(path), "-c", f"core.editor={editor}", "commit", "-q", "-a"]
    commit = subprocess.Popen(command, env=branches.repository.environment)
    try:
        deadline = time.monotonic() + 30
        lock = path / ".git/index.lock"
        while not (lock.exists() and lock.stat().st_size) and time.monotonic() < deadline:
            time.sleep(0.01)
        (path / "f1.txt").unlink()
        shutil.copy(path / "f2.txt", path / "copy")
        for number in range(3):
            branches.repository.write("f4.txt", text(4) + "edit\n" * (number + 1))
            received = branches.received()
            assert received.operations()["modified"] == 1
            if number == 0:
                assert received.operations() == {"deleted": 1, "created": 1, "modified": 1}
    finally:
        (path / ".git/go").touch()
        assert commit.wait(30) == 0
    assert branches.received().brief() == []


def test_a_resolution_that_git_replays_is_gits(watch: Watch, repository: Repository) -> None:
    git = repository.git
    git("config", "rerere.enabled", "true")
    repository.write("a", "one\ntwo\nthree\n")
    repository.commit("feat: begin")
    git("checkout", "-q", "-b", "side")
    repository.write("a", "one\nside\nthree\n")
    repository.commit("feat: the side of it")
    git("checkout", "-q", "main")
    repository.write("a", "one\nmain\nthree\n")
    repository.commit("feat: main line")
    with pytest.raises(AssertionError):
        git("merge", "-q", "side")
    repository.write("a", "one\nboth\nthree\n")
    git("rerere")
    git("merge", "--abort")
    rig = watch(repository.path)
    with pytest.raises(AssertionError):
        git("merge", "-q", "side")
    assert (repository.path / "a").read_text() == "one\nboth\nthree\n"
    received = rig.settle()
    assert received.brief() == []
    assert sum(received.git.values()) == 1


def test_files_whose_objects_are_gone_were_still_removed_by_git(branches: WatchedBranches) -> None:
    """As `git filter-repo` leaves it."""
    path = branches.repository.path
    branches.git("checkout", "-q", "side")
    branches.received()
    branches.git("reset", "-q", "--hard", "main")
    branches.git("reflog", "expire", "--expire=now", "--all")
    branches.git("gc", "-q", "--prune=now")
    received = branches.received()
    assert received.brief() == []
    assert not (path / "new/only-side.txt").exists()


DISCARDS = [
    (["restore", "f0.txt"], "restore", (1, 1)),
    (["checkout", "--", "f0.txt"], "restore", (1, 1)),
    (["checkout", "-q", "-f", "side"], "checkout", (2, 3)),
    (["reset", "-q", "--hard"], "reset", (2, 3)),
    (["stash", "push", "-q"], "stash", (2, 3)),
]


@pytest.mark.parametrize(("command", "operation", "expected"), DISCARDS)
def test_work_that_git_throws_away(
    branches: WatchedBranches, command: list[str], operation: str, expected: tuple[int, int]
) -> None:
    branches.repository.write("f0.txt", text(0) + "work\n")
    branches.repository.write("f1.txt", text(1) + "staged\nwork\n")
    branches.git("add", "f1.txt")
    assert branches.received().operations() == {"modified": 2}
    branches.git(*command)
    received = branches.received()
    assert received.brief() == []
    assert set(received.discards) == {operation}
    files, lines = received.discards[operation]
    assert files == expected[0]
    assert operation == "checkout" or lines == expected[1]


def test_what_was_committed_is_not_thrown_away(branches: WatchedBranches) -> None:
    branches.repository.write("f0.txt", text(0) + "work\n")
    branches.repository.commit("feat: work")
    branches.received()
    branches.git("reset", "-q", "--hard", "HEAD~1")
    branches.git("checkout", "-q", "side")
    branches.git("checkout", "-q", "main")
    received = branches.received()
    assert received.brief() == []
    assert received.discards == {}


def test_a_filter_over_a_branchs_commits_leaves_no_trace(branches: WatchedBranches) -> None:
    """`git filter-branch` checks files out below `.git-rewrite`, in the working tree."""
    environment = {"FILTER_BRANCH_SQUELCH_WARNING": "1"}
    branches.repository.git("filter-branch", "-f", "--tree-filter", "echo more >> f0.txt", "HEAD", **environment)
    received = branches.received()
    assert received.brief() == []
    assert sum(received.git.values()) == 1
    branches.next_edit_is_measured_against_what_git_wrote()
