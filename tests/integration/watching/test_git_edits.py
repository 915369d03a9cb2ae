"""Edits stay edits when git is at work beside them, and what git does to its own folder is nothing at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.integration.watching.watched_branches import Watch, WatchedBranches, text
from tests.support import Repository


def test_applying_a_patch_is_editing(branches: WatchedBranches, short_tmp: Path) -> None:
    patch = short_tmp / "side.patch"
    patch.write_text(branches.git("diff", "main", "side", "--", "f0.txt", "new") + "\n")
    branches.git("apply", str(patch))
    received = branches.received()
    assert received.brief() == [("created", "new/only-side.txt", 1, 0), ("modified", "f0.txt", 1, 0)]
    assert not received.git


def test_adding_and_committing_are_nothing(branches: WatchedBranches) -> None:
    branches.repository.write("f0.txt", text(0) + "edit\n")
    branches.repository.write("untracked.txt", "new\n")
    assert len(branches.received().changes) == 2
    branches.git("add", "-A")
    branches.git("commit", "-q", "-m", "feat: edit")
    branches.git("commit", "-q", "--amend", "-m", "feat: edit it")
    branches.git("tag", "v1")
    branches.git("gc", "-q")
    received = branches.received()
    assert received.brief() == []
    assert not received.git
    branches.next_edit_is_measured_against_what_git_wrote()


def test_saving_adding_and_committing_at_once_is_one_edit(branches: WatchedBranches) -> None:
    branches.repository.write("f0.txt", text(0) + "edit\n")
    branches.repository.write("untracked.txt", "new\n")
    branches.repository.commit("feat: edit")
    received = branches.received()
    assert received.brief() == [("created", "untracked.txt", 1, 0), ("modified", "f0.txt", 1, 0)]
    assert not received.git


def test_git_mv_and_rm_are_deeds(branches: WatchedBranches) -> None:
    branches.git("mv", "f0.txt", "renamed.txt")
    branches.git("rm", "-q", "f1.txt")
    branches.git("mv", "sub", "other")
    received = branches.received()
    assert received.brief() == [
        ("deleted", "f1.txt", 0, 4),
        ("renamed", "other/kept.txt", 0, 0),
        ("renamed", "renamed.txt", 0, 0),
    ]
    assert not received.git
    branches.git("rm", "-q", "-r", "-f", "other", "f2.txt")
    branches.git("commit", "-q", "-m", "feat: remove them at once")
    received = branches.received()
    assert received.operations() == {"deleted": 2}
    assert not received.git
    branches.next_edit_is_measured_against_what_git_wrote()


def test_an_edit_while_git_works_on_other_files(branches: WatchedBranches) -> None:
    """The hook runs while git holds the index and writes other files."""
    path = branches.repository.path
    filter_command = f'sh -c \'cat; printf "saved meanwhile\\n" >>"{path}/f1.txt"; echo new >"{path}/mine.txt"\''
    branches.git("config", "filter.slow.smudge", filter_command)
    (path / ".git" / "info").mkdir(exist_ok=True)
    (path / ".git" / "info" / "attributes").write_text("f0.txt filter=slow\n")
    branches.git("checkout", "-q", "side")
    received = branches.received()
    assert received.brief() == [("created", "mine.txt", 1, 0), ("modified", "f1.txt", 1, 0)]
    assert sum(received.git.values()) == 10


def test_an_edit_right_after_git_is_measured_against_what_git_wrote(branches: WatchedBranches) -> None:
    branches.git("checkout", "-q", "side")
    with (branches.repository.path / "f0.txt").open("a") as file:
        file.write("mine\n")
    assert branches.received().brief() == [("modified", "f0.txt", 1, 0)]


def test_a_lock_that_a_killed_git_left_behind_holds_nothing_up(branches: WatchedBranches) -> None:
    (branches.repository.path / ".git" / "index.lock").write_text("")
    branches.repository.write("f0.txt", text(0) + "edit\n")
    assert branches.received().brief() == [("modified", "f0.txt", 1, 0)]
    branches.repository.write("f0.txt", text(0) + "edit\nmore\n")
    assert branches.received().brief() == [("modified", "f0.txt", 1, 0)]


def test_a_linked_worktree(make_repository: Callable[[str], Repository], watch: Watch) -> None:
    repository = make_repository("repo")
    repository.write("a.txt", "one\n")
    repository.commit("feat: begin")
    repository.git("worktree", "add", "-q", "-b", "other", "../linked")
    rig = watch(repository.path.parent / "linked")
    linked = repository.path.parent / "linked"
    repository.write("a.txt", "two\n")
    repository.commit("feat: on main")
    assert rig.settle().brief() == []
    repository.git("-C", str(linked), "merge", "-q", "main")
    received = rig.settle()
    assert received.brief() == []
    assert received.git == {"merge": 1}
    (linked / "a.txt").write_text("two\nthree\n")
    assert rig.settle().brief() == [("modified", "a.txt", 1, 0)]
