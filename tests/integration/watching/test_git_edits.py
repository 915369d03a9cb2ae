"""Edits stay edits when git is at work beside them, and what git does to its own folder is nothing at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.integration.commits.git_story import Story, Watch, text
from tests.support import Repository


def test_applying_a_patch_is_editing(story: Story, short_tmp: Path) -> None:
    patch = short_tmp / "side.patch"
    patch.write_text(story.git("diff", "main", "side", "--", "f0.txt", "new") + "\n")
    story.git("apply", str(patch))
    heard = story.heard()
    assert heard.brief() == [("created", "new/only-side.txt", 1, 0), ("modified", "f0.txt", 1, 0)]
    assert not heard.git


def test_adding_and_committing_are_nothing(story: Story) -> None:
    story.repository.write("f0.txt", text(0) + "edit\n")
    story.repository.write("untracked.txt", "new\n")
    assert len(story.heard().changes) == 2
    story.git("add", "-A")
    story.git("commit", "-q", "-m", "feat: edit")
    story.git("commit", "-q", "--amend", "-m", "feat: edit it")
    story.git("tag", "v1")
    story.git("gc", "-q")
    heard = story.heard()
    assert heard.brief() == []
    assert not heard.git
    story.next_edit_is_measured_against_what_git_wrote()


def test_saving_adding_and_committing_at_once_is_one_edit(story: Story) -> None:
    story.repository.write("f0.txt", text(0) + "edit\n")
    story.repository.write("untracked.txt", "new\n")
    story.repository.commit("feat: edit")
    heard = story.heard()
    assert heard.brief() == [("created", "untracked.txt", 1, 0), ("modified", "f0.txt", 1, 0)]
    assert not heard.git


def test_git_mv_and_rm_are_deeds(story: Story) -> None:
    story.git("mv", "f0.txt", "renamed.txt")
    story.git("rm", "-q", "f1.txt")
    story.git("mv", "sub", "other")
    heard = story.heard()
    assert heard.brief() == [
        ("deleted", "f1.txt", 0, 4),
        ("renamed", "other/kept.txt", 0, 0),
        ("renamed", "renamed.txt", 0, 0),
    ]
    assert not heard.git
    story.git("rm", "-q", "-r", "-f", "other", "f2.txt")
    story.git("commit", "-q", "-m", "feat: remove them at once")
    heard = story.heard()
    assert heard.operations() == {"deleted": 2}
    assert not heard.git
    story.next_edit_is_measured_against_what_git_wrote()


def test_an_edit_while_git_works_on_other_files(story: Story) -> None:
    """The hook runs while git holds the index and writes other files."""
    path = story.repository.path
    filter_command = f'sh -c \'cat; printf "saved meanwhile\\n" >>"{path}/f1.txt"; echo new >"{path}/mine.txt"\''
    story.git("config", "filter.slow.smudge", filter_command)
    (path / ".git" / "info").mkdir(exist_ok=True)
    (path / ".git" / "info" / "attributes").write_text("f0.txt filter=slow\n")
    story.git("checkout", "-q", "side")
    heard = story.heard()
    assert heard.brief() == [("created", "mine.txt", 1, 0), ("modified", "f1.txt", 1, 0)]
    assert sum(heard.git.values()) == 10


def test_an_edit_right_after_git_is_measured_against_what_git_wrote(story: Story) -> None:
    story.git("checkout", "-q", "side")
    with (story.repository.path / "f0.txt").open("a") as file:
        file.write("mine\n")
    assert story.heard().brief() == [("modified", "f0.txt", 1, 0)]


def test_a_lock_that_a_killed_git_left_behind_holds_nothing_up(story: Story) -> None:
    (story.repository.path / ".git" / "index.lock").write_text("")
    story.repository.write("f0.txt", text(0) + "edit\n")
    assert story.heard().brief() == [("modified", "f0.txt", 1, 0)]
    story.repository.write("f0.txt", text(0) + "edit\nmore\n")
    assert story.heard().brief() == [("modified", "f0.txt", 1, 0)]


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
    heard = rig.settle()
    assert heard.brief() == []
    assert heard.git == {"merge": 1}
    (linked / "a.txt").write_text("two\nthree\n")
    assert rig.settle().brief() == [("modified", "a.txt", 1, 0)]
