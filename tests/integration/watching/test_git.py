"""What git itself writes is no edit, whatever the command; the next edit is measured against what git wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.commits.git_story import Story, text

CONFLICT = "<<<<<<< "


@pytest.mark.parametrize("command", ["checkout", "switch"])
def test_changing_branches(story: Story, command: str) -> None:
    story.git(command, "-q", "side")
    heard = story.heard()
    assert heard.brief() == []
    assert heard.git == {"checkout": 6 + 1 + 1 + 2}
    story.next_edit_is_measured_against_what_git_wrote()


def test_restoring_files(story: Story) -> None:
    story.git("checkout", "-q", "side", "--", "f0.txt", "f2.txt")
    story.git("restore", "--source=side", "f4.txt")
    heard = story.heard()
    assert heard.brief() == []
    assert sum(heard.git.values()) == 3
    story.next_edit_is_measured_against_what_git_wrote()


def test_discarding_an_edit(story: Story) -> None:
    story.repository.write("f0.txt", "edited\n")
    assert [change.operation for change in story.heard().changes] == ["modified"]
    story.git("checkout", "-q", "--", "f0.txt")
    heard = story.heard()
    assert heard.brief() == []
    assert sum(heard.git.values()) == 1
    story.next_edit_is_measured_against_what_git_wrote()


@pytest.mark.parametrize("options", [("--ff-only",), ("--no-ff", "--no-edit")])
def test_merging(story: Story, options: tuple[str, ...]) -> None:
    story.git("merge", "-q", *options, "side")
    heard = story.heard()
    assert heard.brief() == []
    assert heard.git == {"merge": 10}
    story.next_edit_is_measured_against_what_git_wrote()


def conflict(story: Story) -> None:
    """Makes main and side change the same line."""
    story.repository.write("f0.txt", text(0) + "main\n")
    story.repository.commit("feat: on main")
    assert story.heard().brief() == [("modified", "f0.txt", 1, 0)]


@pytest.mark.parametrize("command", [("merge", "side"), ("cherry-pick", "side"), ("rebase", "side")])
def test_a_conflict_is_gits_own_and_its_resolution_an_edit(story: Story, command: tuple[str, ...]) -> None:
    conflict(story)
    with pytest.raises(AssertionError):
        story.git(*command)
    assert CONFLICT in (story.repository.path / "f0.txt").read_text()
    assert story.heard().brief() == []
    story.repository.write("f0.txt", text(0) + "main\nside\n")
    resolution = story.heard().brief()
    assert [change[:2] for change in resolution] == [("modified", "f0.txt")]
    story.git("add", "f0.txt")
    story.git(command[0], "--continue", GIT_EDITOR="true")
    assert story.heard().brief() == []
    story.next_edit_is_measured_against_what_git_wrote()


def test_aborting_a_merge(story: Story) -> None:
    conflict(story)
    with pytest.raises(AssertionError):
        story.git("merge", "side")
    story.git("merge", "--abort")
    assert story.heard().brief() == []
    story.next_edit_is_measured_against_what_git_wrote()


@pytest.mark.parametrize("backend", ["--merge", "--apply"])
def test_rebasing(story: Story, backend: str) -> None:
    story.repository.write("f1.txt", text(1) + "main\n")
    story.repository.commit("feat: on main")
    story.repository.write("f3.txt", text(3) + "main\n")
    story.repository.commit("feat: more on main")
    assert len(story.heard().changes) == 2
    story.git("rebase", "-q", backend, "side")
    heard = story.heard()
    assert heard.brief() == []
    assert set(heard.git) == {"rebase"}
    story.next_edit_is_measured_against_what_git_wrote()


def test_resetting(story: Story) -> None:
    story.git("reset", "-q", "--hard", "side")
    heard = story.heard()
    assert heard.brief() == []
    assert heard.git == {"reset": 10}
    story.git("reset", "-q", "--soft", "main@{1}")
    story.git("reset", "-q", "--mixed")
    assert story.heard().brief() == []
    story.next_edit_is_measured_against_what_git_wrote()


def test_resetting_edits_away(story: Story) -> None:
    story.repository.write("f0.txt", "edited\n")
    story.repository.write("f1.txt", "staged\n")
    story.git("add", "f1.txt")
    (story.repository.path / "f2.txt").unlink()
    assert story.heard().operations() == {"modified": 2, "deleted": 1}
    story.git("reset", "-q", "--hard")
    heard = story.heard()
    assert heard.brief() == []
    assert heard.git == {"reset": 3}
    story.next_edit_is_measured_against_what_git_wrote()


def test_stash_and_pop(story: Story) -> None:
    story.repository.write("f0.txt", "edited\n")
    story.repository.write("f1.txt", "staged\n")
    story.git("add", "f1.txt")
    assert story.heard().operations() == {"modified": 2}
    story.git("stash", "push", "-q")
    heard = story.heard()
    assert heard.brief() == []
    assert heard.git == {"stash": 2}
    story.git("stash", "pop", "-q")
    heard = story.heard()
    assert heard.brief() == []
    assert heard.git == {"stash": 2}
    story.next_edit_is_measured_against_what_git_wrote()


def test_stash_of_untracked_files(story: Story) -> None:
    story.repository.write("f0.txt", "edited\n")
    story.repository.write("deep/untracked/u.txt", "one\ntwo\n")
    story.repository.write("v.txt", "one\n")
    assert story.heard().operations() == {"modified": 1, "created": 2}
    story.git("stash", "push", "-q", "-u")
    heard = story.heard()
    assert heard.brief() == []
    assert heard.git == {"stash": 3}
    story.git("stash", "pop", "-q")
    heard = story.heard()
    assert heard.brief() == []
    assert heard.git == {"stash": 3}
    story.next_edit_is_measured_against_what_git_wrote()


def test_removing_what_a_stash_gave_back_is_an_edit(story: Story) -> None:
    for name in ("u.txt", "n\udcff"):
        (story.repository.path / name).write_text("one\n")
    story.heard()
    story.git("stash", "push", "-q", "-u")
    assert story.heard().brief() == []
    story.git("stash", "pop", "-q")
    assert story.heard().brief() == []
    (story.repository.path / "u.txt").unlink()
    assert story.heard().brief() == [("deleted", "u.txt", 0, 1)]


@pytest.mark.parametrize("options", [(), ("--cone", "--sparse-index")])
def test_sparse_checkout(story: Story, options: tuple[str, ...]) -> None:
    story.git("sparse-checkout", "set", *options, "sub")
    heard = story.heard()
    assert heard.brief() == []
    assert sum(heard.git.values()) == 1
    story.git("sparse-checkout", "disable")
    assert story.heard().brief() == []
    story.next_edit_is_measured_against_what_git_wrote()


def test_bisecting(story: Story) -> None:
    for number in range(6):
        story.repository.write("f0.txt", f"{number}\n")
        story.repository.commit(f"feat: number {number}")
    story.heard()
    story.git("bisect", "start", "HEAD", story.base)
    while "is the first bad commit" not in story.git("bisect", "bad"):
        pass
    story.git("bisect", "reset")
    assert story.heard().brief() == []
    story.next_edit_is_measured_against_what_git_wrote()


@pytest.mark.parametrize("command", ["cherry-pick", "revert"])
def test_picking_and_reverting(story: Story, command: str) -> None:
    if command == "cherry-pick":
        story.git("cherry-pick", "side")
    else:
        story.git("reset", "-q", "--hard", "side")
        story.heard()
        story.git("revert", "--no-edit", "HEAD")
    heard = story.heard()
    assert heard.brief() == []
    assert heard.git == {command: 10}
    story.next_edit_is_measured_against_what_git_wrote()


def test_pulling(story: Story) -> None:
    story.git("branch", "-q", "-M", "side", "upstream")
    story.git("config", "pull.rebase", "false")
    story.git("pull", "-q", ".", "upstream")
    heard = story.heard()
    assert heard.brief() == []
    assert heard.git == {"pull": 10}
    story.next_edit_is_measured_against_what_git_wrote()


def test_applying_a_mailbox(story: Story, short_tmp: Path) -> None:
    patch = story.git("format-patch", "-1", "side", "-o", str(short_tmp))
    story.git("am", "-q", patch)
    heard = story.heard()
    assert heard.brief() == []
    assert heard.git == {"am": 10}
    story.next_edit_is_measured_against_what_git_wrote()
