"""What git itself writes is no edit, whatever the command; the next edit is measured against what git wrote."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.watcher_rig import Heard, WatcherRig
from tests.support import Repository

Watch = Callable[..., WatcherRig]

FILES = 12
CONFLICT = "<<<<<<< "


class Story:
    """A repository with a main branch and a branch `side` that differ in most ways, watched on main."""

    def __init__(self, repository: Repository, watch: Watch) -> None:
        self.repository = repository
        self.git = repository.git
        for number in range(FILES):
            repository.write(f"f{number}.txt", text(number))
        repository.write("sub/kept.txt", "kept\n")
        repository.write("gone/only-main.txt", "main\n")
        self.base = repository.commit("feat: begin")
        self.git("checkout", "-q", "-b", "side")
        for number in range(0, FILES, 2):
            repository.write(f"f{number}.txt", text(number) + "side\n")
        repository.write("new/only-side.txt", "side\n")
        self.git("rm", "-q", "-r", "gone")
        self.git("mv", "sub/kept.txt", "sub/moved.txt")
        self.side = repository.commit("feat: on the side")
        self.git("checkout", "-q", "main")
        self.rig = watch(repository.path)

    def heard(self) -> Heard:
        return self.rig.settle()

    def next_edit_is_measured_against_what_git_wrote(self) -> None:
        """Adds one line to every file, and expects just that."""
        paths = sorted(self.rig.table)
        assert paths == sorted(on_disk(self.repository.path))
        for path in paths:
            with open(self.repository.path / path, "a") as file:
                file.write("edit\n")
        assert self.heard().brief() == [("modified", path, 1, 0) for path in paths]


def text(number: int) -> str:
    return f"file {number}\n" * (3 + number)


def on_disk(root: Path) -> list[str]:
    return [
        os.path.relpath(os.path.join(above, name), root)
        for above, _, names in os.walk(root)
        if ".git" not in Path(above).relative_to(root).parts
        for name in names
    ]


@pytest.fixture
def story(make_repository: Callable[[str], Repository], watch: Watch) -> Story:
    return Story(make_repository("repo"), watch)


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


def test_sparse_checkout(story: Story) -> None:
    story.git("sparse-checkout", "set", "sub")
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


def test_pulling(story: Story, make_repository: Callable[[str], Repository]) -> None:
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


def test_git_mv_and_rm_are_gits_own(story: Story) -> None:
    story.git("mv", "f0.txt", "renamed.txt")
    story.git("rm", "-q", "f1.txt")
    heard = story.heard()
    assert heard.brief() == []
    assert heard.git == {"other": 3}
    story.next_edit_is_measured_against_what_git_wrote()


def test_an_edit_while_git_works_on_other_files(story: Story) -> None:
    """The hook runs while git holds the index and writes other files."""
    path = story.repository.path
    filter_command = (
        f'sh -c \'cat; printf "saved meanwhile\\n" >>"{path}/f1.txt"; echo new >"{path}/mine.txt"\''
    )
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
