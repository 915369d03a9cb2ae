"""Commands of git that take no lock or keep it long, and the work that git throws away or puts aside."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.commits.git_story import Story, text
from tests.integration.watching.watcher_rig import WatcherRig
from tests.support import Repository

Watch = Callable[..., WatcherRig]


def test_what_a_hook_puts_aside_and_brings_back_is_nothing(story: Story) -> None:
    """As pre-commit and lint-staged do."""
    hook = story.repository.path / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\ngit diff --binary >.git/p; git checkout -q -- .; sleep 1; git apply .git/p\n")
    hook.chmod(0o755)
    story.repository.write("f0.txt", text(0) + "staged\n")
    story.repository.write("f1.txt", text(1) + "not staged\n")
    assert story.heard().operations() == {"modified": 2}
    story.git("add", "f0.txt")
    story.git("commit", "-q", "-m", "feat: only one of them")
    heard = story.heard()
    assert heard.brief() == []
    assert heard.discards == {}


@pytest.mark.parametrize("options", [["-p"], ["--staged"]])
def test_a_part_that_is_stashed_is_gits(story: Story, options: list[str]) -> None:
    story.repository.write("f0.txt", text(0) + "edit\n")
    assert len(story.heard().changes) == 1
    if options == ["--staged"]:
        story.git("add", "f0.txt")
    command = ["git", "-C", str(story.repository.path), "stash", "push", "-q", *options]
    subprocess.run(command, env=story.repository.environment, input="y\n", text=True, check=True, capture_output=True)
    heard = story.heard()
    assert heard.brief() == []
    assert heard.discards == {"stash": (1, 1)}


@pytest.mark.parametrize("pause_seconds", [0, 1])
def test_taking_hunks_back_is_gits(story: Story, tmp_path: Path, pause_seconds: int) -> None:
    """The index is refreshed behind `git apply`, on a slow machine much later."""
    story.repository.write("f0.txt", text(0) + "edit\n")
    assert len(story.heard().changes) == 1
    git = shutil.which("git")
    slow = tmp_path / "git"
    slow.write_text(f'#!/bin/sh\n{git} "$@"; status=$?\n[ "$1" != apply ] || sleep {pause_seconds}\nexit $status\n')
    slow.chmod(0o755)
    command = [str(git), "-C", str(story.repository.path), "checkout", "-p", "--", "f0.txt"]
    environment = story.repository.environment | {"GIT_EXEC_PATH": str(tmp_path)}
    subprocess.run(command, env=environment, input="y\n", text=True, check=True, capture_output=True)
    heard = story.heard()
    assert heard.brief() == []
    assert heard.discards == {"restore": (1, 1)}


@pytest.mark.parametrize("options", ["-fq", "-fdq", "-fdxq"])
def test_git_clean_is_gits(story: Story, options: str) -> None:
    story.repository.write("untracked", "one\ntwo\n")
    story.repository.write("deep/untracked", "one\n")
    assert story.heard().operations() == {"created": 2}
    story.git("clean", options)
    heard = story.heard()
    assert heard.brief() == []
    assert heard.discards == {"clean": (2, 3) if "d" in options else (1, 2)}
    assert heard.git == {"clean": heard.discards["clean"][0]}


def test_removing_by_hand_is_not_gits(story: Story) -> None:
    story.repository.write("untracked", "one\ntwo\n")
    story.heard()
    story.git("status")
    (story.repository.path / "untracked").unlink()
    (story.repository.path / "f0.txt").unlink()
    assert story.heard().operations() == {"deleted": 2}


def test_a_commit_that_waits_for_its_editor_writes_no_files(story: Story) -> None:
    path = story.repository.path
    story.repository.write("f0.txt", text(0) + "edit\n")
    story.heard()
    editor = 'sh -c \'while [ ! -e "$0/.git/go" ]; do sleep 0.05; done; echo "feat: x" >"$1"\' "' + str(path) + '"'
    command = ["git", "-C", str(path), "-c", f"core.editor={editor}", "commit", "-q", "-a"]
    commit = subprocess.Popen(command, env=story.repository.environment)
    try:
        deadline = time.monotonic() + 30
        lock = path / ".git/index.lock"
        while not (lock.exists() and lock.stat().st_size) and time.monotonic() < deadline:
            time.sleep(0.01)
        (path / "f1.txt").unlink()
        shutil.copy(path / "f2.txt", path / "copy")
        for number in range(3):
            story.repository.write("f4.txt", text(4) + "edit\n" * (number + 1))
            heard = story.heard()
            assert heard.operations()["modified"] == 1
            if number == 0:
                assert heard.operations() == {"deleted": 1, "created": 1, "modified": 1}
    finally:
        (path / ".git/go").touch()
        assert commit.wait(30) == 0
    assert story.heard().brief() == []


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
    heard = rig.settle()
    assert heard.brief() == []
    assert sum(heard.git.values()) == 1


def test_files_whose_objects_are_gone_were_still_removed_by_git(story: Story) -> None:
    """As `git filter-repo` leaves it."""
    path = story.repository.path
    story.git("checkout", "-q", "side")
    story.heard()
    story.git("reset", "-q", "--hard", "main")
    story.git("reflog", "expire", "--expire=now", "--all")
    story.git("gc", "-q", "--prune=now")
    heard = story.heard()
    assert heard.brief() == []
    assert not (path / "new/only-side.txt").exists()


DISCARDS = [
    (["restore", "f0.txt"], "restore", (1, 1)),
    (["checkout", "--", "f0.txt"], "restore", (1, 1)),
    (["checkout", "-q", "-f", "side"], "checkout", (2, 3)),
    (["reset", "-q", "--hard"], "reset", (2, 3)),
    (["stash", "push", "-q"], "stash", (2, 3)),
]


@pytest.mark.parametrize(("command", "operation", "expected"), DISCARDS)
def test_work_that_git_throws_away(story: Story, command: list[str], operation: str, expected: tuple[int, int]) -> None:
    story.repository.write("f0.txt", text(0) + "work\n")
    story.repository.write("f1.txt", text(1) + "staged\nwork\n")
    story.git("add", "f1.txt")
    assert story.heard().operations() == {"modified": 2}
    story.git(*command)
    heard = story.heard()
    assert heard.brief() == []
    assert set(heard.discards) == {operation}
    files, lines = heard.discards[operation]
    assert files == expected[0]
    assert operation == "checkout" or lines == expected[1]


def test_what_was_committed_is_not_thrown_away(story: Story) -> None:
    story.repository.write("f0.txt", text(0) + "work\n")
    story.repository.commit("feat: work")
    story.heard()
    story.git("reset", "-q", "--hard", "HEAD~1")
    story.git("checkout", "-q", "side")
    story.git("checkout", "-q", "main")
    heard = story.heard()
    assert heard.brief() == []
    assert heard.discards == {}
