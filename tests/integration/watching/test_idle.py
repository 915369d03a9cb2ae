"""A watcher that has nothing to do sleeps, whatever the repository is like: what it reads itself must not wake it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.watching.watcher_rig import WatcherRig
from tests.support import Repository

Watch = Callable[..., WatcherRig]

MOST_READS = 50
"""In a second. One that wakes itself reads its events some thousand times."""


def plain(repository: Repository) -> None:
    pass


def packed(repository: Repository) -> None:
    """As after a clone or a `git gc`."""
    repository.git("pack-refs", "--all")
    repository.git("gc", "-q")


def stashed(repository: Repository) -> None:
    repository.write("a", "stashed\n")
    repository.git("stash")


def stashed_and_packed(repository: Repository) -> None:
    stashed(repository)
    packed(repository)


def detached(repository: Repository) -> None:
    repository.git("checkout", "-q", "--detach")
    packed(repository)


def excluding(repository: Repository) -> None:
    packed(repository)
    (repository.path / ".git/info/exclude").write_text("*.log\n")
    repository.write(".gitignore", "*.tmp\n")
    repository.commit("chore: ignore temporary files")


def of_two_worktrees(repository: Repository) -> None:
    repository.git("worktree", "add", "-q", f"{repository.path}-linked")
    packed(repository)


def with_a_nested_one(repository: Repository) -> None:
    Repository(repository.path / "nested", repository.environment).commit("feat: begin within")
    packed(repository)


FORMS = [plain, packed, stashed, stashed_and_packed, detached, excluding, of_two_worktrees, with_a_nested_one]


def reads(pid: int) -> int:
    """How often a process has called read(2) or its like until now (proc_pid_io(5))."""
    return int(Path(f"/proc/{pid}/io").read_text().split("syscr: ")[1].split()[0])


def reads_in_a_second(rig: WatcherRig) -> int:
    assert rig.process is not None
    before = reads(rig.process.pid)
    time.sleep(1)
    return reads(rig.process.pid) - before


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_it_sleeps_after_the_start_and_after_each_change(
    watch: Watch, repository: Repository, form: Callable[[Repository], None]
) -> None:
    repository.write("a", "one\n")
    repository.commit("feat: begin")
    form(repository)
    rig = watch(repository.path)
    rig.settle()
    assert reads_in_a_second(rig) < MOST_READS
    repository.write("b", "one\n")
    rig.settle()
    assert reads_in_a_second(rig) < MOST_READS
    repository.commit("feat: go on")
    repository.git("status")
    rig.settle()
    assert reads_in_a_second(rig) < MOST_READS


def test_it_sleeps_in_a_linked_worktree(watch: Watch, repository: Repository) -> None:
    repository.write("a", "one\n")
    repository.commit("feat: begin")
    of_two_worktrees(repository)
    rig = watch(Path(f"{repository.path}-linked"))
    rig.settle()
    assert reads_in_a_second(rig) < MOST_READS
