"""A git that is slow: it writes files, then the index, then HEAD and its log, and pauses anywhere in between."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.integration.watching.watched_branches import WatchedBranches, text

PYGIT2 = """
import sys, time, pygit2
repository = pygit2.Repository(sys.argv[1])
branch = repository.branches["side"]
repository.checkout_tree(repository[branch.target], strategy=1)
time.sleep(0.4)
repository.set_head(branch.name)
"""


def pause_before_head(branches: WatchedBranches) -> None:
    """Pauses each time that git is about to move a reference (githooks(5))."""
    hook = branches.repository.path / ".git/hooks/reference-transaction"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text('#!/bin/sh\n[ "$1" != prepared ] || sleep 0.7\n')
    hook.chmod(0o755)


@pytest.mark.parametrize(
    ("command", "operation"),
    [
        (("reset", "-q", "--hard", "side"), "reset"),
        (("checkout", "-q", "--detach", "side"), "checkout"),
        (("merge", "-q", "--no-ff", "--no-edit", "side"), "merge"),
    ],
)
def test_what_git_removes_long_before_head_moves_is_gits(
    branches: WatchedBranches, command: tuple[str, ...], operation: str
) -> None:
    pause_before_head(branches)
    branches.git(*command)
    received = branches.received()
    assert received.brief() == []
    assert received.git == {operation: 10}


def test_what_libgit2_removes_long_before_head_moves_is_gits(branches: WatchedBranches) -> None:
    subprocess.run([sys.executable, "-c", PYGIT2, str(branches.repository.path)], check=True)
    received = branches.received()
    assert received.brief() == []
    assert sum(received.git.values()) == 10


def test_removing_under_a_slow_commit_is_a_deed(branches: WatchedBranches) -> None:
    pause_before_head(branches)
    branches.git("rm", "-q", "f1.txt", "f2.txt")
    branches.git("commit", "-q", "-m", "feat: without them")
    assert branches.received().operations() == {"deleted": 2}


def test_moving_over_a_tracked_file_is_a_deed(branches: WatchedBranches) -> None:
    branches.git("mv", "-f", "f1.txt", "f3.txt")
    assert branches.received().operations() == {"modified": 1, "deleted": 1}
    branches.git("reset", "-q", "--hard")
    received = branches.received()
    assert received.brief() == []
    assert (branches.repository.path / "f1.txt").read_text() == text(1)
