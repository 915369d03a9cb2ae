"""What git itself writes is no edit, whatever the command; the next edit is measured against what git wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.watching.watched_branches import WatchedBranches, text

CONFLICT = "<<<<<<< "


@pytest.mark.parametrize("command", ["checkout", "switch"])
def test_changing_branches(branches: WatchedBranches, command: str) -> None:
    branches.git(command, "-q", "side")
    received = branches.received()
    assert received.brief() == []
    assert received.git == {"checkout": 6 + 1 + 1 + 2}
    branches.next_edit_is_measured_against_what_git_wrote()


def test_restoring_files(branches: WatchedBranches) -> None:
    branches.git("checkout", "-q", "side", "--", "f0.txt", "f2.txt")
    branches.git("restore", "--source=side", "f4.txt")
    received = branches.received()
    assert received.brief() == []
    assert sum(received.git.values()) == 3
    branches.next_edit_is_measured_against_what_git_wrote()


def test_discarding_an_edit(branches: WatchedBranches) -> None:
    branches.repository.write("f0.txt", "edited\n")
    assert [change.operation for change in branches.received().changes] == ["modified"]
    branches.git("checkout", "-q", "--", "f0.txt")
    received = branches.received()
    assert received.brief() == []
    assert sum(received.git.values()) == 1
    branches.next_edit_is_measured_against_what_git_wrote()


@pytest.mark.parametrize("options", [("--ff-only",), ("--no-ff", "--no-edit")])
def test_merging(branches: WatchedBranches, options: tuple[str, ...]) -> None:
    branches.git("merge", "-q", *options, "side")
    received = branches.received()
    assert received.brief() == []
    assert received.git == {"merge": 10}
    branches.next_edit_is_measured_against_what_git_wrote()


def conflict(branches: WatchedBranches) -> None:
    """Makes main and side change the same line."""
    branches.repository.write("f0.txt", text(0) + "main\n")
    branches.repository.commit("feat: on main")
    assert branches.received().brief() == [("modified", "f0.txt", 1, 0)]


@pytest.mark.parametrize("command", [("merge", "side"), ("cherry-pick", "side"), ("rebase", "side")])
def test_a_conflict_is_gits_own_and_its_resolution_an_edit(branches: WatchedBranches, command: tuple[str, ...]) -> None:
    conflict(branches)
    with pytest.raises(AssertionError):
        branches.git(*command)
    assert CONFLICT in (branches.repository.path / "f0.txt").read_text()
    assert branches.received().brief() == []
    branches.repository.write("f0.txt", text(0) + "main\nside\n")
    resolution = branches.received().brief()
    assert [change[:2] for change in resolution] == [("modified", "f0.txt")]
    branches.git("add", "f0.txt")
    branches.git(command[0], "--continue", GIT_EDITOR="true")
    assert branches.received().brief() == []
    branches.next_edit_is_measured_against_what_git_wrote()


def test_aborting_a_merge(branches: WatchedBranches) -> None:
    conflict(branches)
    with pytest.raises(AssertionError):
        branches.git("merge", "side")
    branches.git("merge", "--abort")
    assert branches.received().brief() == []
    branches.next_edit_is_measured_against_what_git_wrote()


@pytest.mark.parametrize("backend", ["--merge", "--apply"])
def test_rebasing(branches: WatchedBranches, backend: str) -> None:
    branches.repository.write("f1.txt", text(1) + "main\n")
    branches.repository.commit("feat: on main")
    branches.repository.write("f3.txt", text(3) + "main\n")
    branches.repository.commit("feat: more on main")
    assert len(branches.received().changes) == 2
    branches.git("rebase", "-q", backend, "side")
    received = branches.received()
    assert received.brief() == []
    assert set(received.git) == {"rebase"}
    branches.next_edit_is_measured_against_what_git_wrote()


def test_resetting(branches: WatchedBranches) -> None:
    branches.git("reset", "-q", "--hard", "side")
    received = branches.received()
    assert received.brief() == []
    assert received.git == {"reset": 10}
    branches.git("reset", "-q", "--soft", "main@{1}")
    branches.git("reset", "-q", "--mixed")
    assert branches.received().brief() == []
    branches.next_edit_is_measured_against_what_git_wrote()


def test_resetting_edits_away(branches: WatchedBranches) -> None:
    branches.repository.write("f0.txt", "edited\n")
    branches.repository.write("f1.txt", "staged\n")
    branches.git("add", "f1.txt")
    (branches.repository.path / "f2.txt").unlink()
    assert branches.received().operations() == {"modified": 2, "deleted": 1}
    branches.git("reset", "-q", "--hard")
    received = branches.received()
    assert received.brief() == []
    assert received.git == {"reset": 3}
    branches.next_edit_is_measured_against_what_git_wrote()


def test_stash_and_pop(branches: WatchedBranches) -> None:
    branches.repository.write("f0.txt", "edited\n")
    branches.repository.write("f1.txt", "staged\n")
    branches.git("add", "f1.txt")
    assert branches.received().operations() == {"modified": 2}
    branches.git("stash", "push", "-q")
    received = branches.received()
    assert received.brief() == []
    assert received.git == {"stash": 2}
    branches.git("stash", "pop", "-q")
    received = branches.received()
    assert received.brief() == []
    assert received.git == {"stash": 2}
    branches.next_edit_is_measured_against_what_git_wrote()


def test_stash_of_untracked_files(branches: WatchedBranches) -> None:
    branches.repository.write("f0.txt", "edited\n")
    branches.repository.write("deep/untracked/u.txt", "one\ntwo\n")
    branches.repository.write("v.txt", "one\n")
    assert branches.received().operations() == {"modified": 1, "created": 2}
    branches.git("stash", "push", "-q", "-u")
    received = branches.received()
    assert received.brief() == []
    assert received.git == {"stash": 3}
    branches.git("stash", "pop", "-q")
    received = branches.received()
    assert received.brief() == []
    assert received.git == {"stash": 3}
    branches.next_edit_is_measured_against_what_git_wrote()


def test_removing_what_a_stash_gave_back_is_an_edit(branches: WatchedBranches) -> None:
    for name in ("u.txt", "n\udcff"):
        (branches.repository.path / name).write_text("one\n")
    branches.received()
    branches.git("stash", "push", "-q", "-u")
    assert branches.received().brief() == []
    branches.git("stash", "pop", "-q")
    assert branches.received().brief() == []
    (branches.repository.path / "u.txt").unlink()
    assert branches.received().brief() == [("deleted", "u.txt", 0, 1)]


@pytest.mark.parametrize("options", [(), ("--cone", "--sparse-index")])
def test_sparse_checkout(branches: WatchedBranches, options: tuple[str, ...]) -> None:
    branches.git("sparse-checkout", "set", *options, "sub")
    received = branches.received()
    assert received.brief() == []
    assert sum(received.git.values()) == 1
    branches.git("sparse-checkout", "disable")
    assert branches.received().brief() == []
    branches.next_edit_is_measured_against_what_git_wrote()


def test_bisecting(branches: WatchedBranches) -> None:
    for number in range(6):
        branches.repository.write("f0.txt", f"{number}\n")
        branches.repository.commit(f"feat: number {number}")
    branches.received()
    branches.git("bisect", "start", "HEAD", branches.base)
    while "is the first bad commit" not in branches.git("bisect", "bad"):
        pass
    branches.git("bisect", "reset")
    assert branches.received().brief() == []
    branches.next_edit_is_measured_against_what_git_wrote()


@pytest.mark.parametrize("command", ["cherry-pick", "revert"])
def test_picking_and_reverting(branches: WatchedBranches, command: str) -> None:
    if command == "cherry-pick":
        branches.git("cherry-pick", "side")
    else:
        branches.git("reset", "-q", "--hard", "side")
        branches.received()
        branches.git("revert", "--no-edit", "HEAD")
    received = branches.received()
    assert received.brief() == []
    assert received.git == {command: 10}
    branches.next_edit_is_measured_against_what_git_wrote()


def test_pulling(branches: WatchedBranches) -> None:
    branches.git("branch", "-q", "-M", "side", "upstream")
    branches.git("config", "pull.rebase", "false")
    branches.git("pull", "-q", ".", "upstream")
    received = branches.received()
    assert received.brief() == []
    assert received.git == {"pull": 10}
    branches.next_edit_is_measured_against_what_git_wrote()


def test_applying_a_mailbox(branches: WatchedBranches, short_tmp: Path) -> None:
    patch = branches.git("format-patch", "-1", "side", "-o", str(short_tmp))
    branches.git("am", "-q", patch)
    received = branches.received()
    assert received.brief() == []
    assert received.git == {"am": 10}
    branches.next_edit_is_measured_against_what_git_wrote()
