"""What is ignored is not seen, and takes no watch: git's rules at every level, changed while it runs."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.watching.watched_folders import watched
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


def base_watches(rig: WatcherRig) -> int:
    """Watches on the git directory: they are not the tree's."""
    return watched(rig) - int(rig.state["watches"])


def test_every_level_and_its_exceptions(watch: Watch, repo: Repository) -> None:
    repo.write(".gitignore", "*.log\n!keep.log\n/only-top\nbuild/\nlogs/**/deep\n")
    repo.write("sub/.gitignore", "*.tmp\n/anchored\n")
    rig = watch(repo.path)
    write_all(repo, "a.log", "keep.log", "only-top", "sub/only-top", "build/x", "sub/build/y", "logs/a/b/deep")
    write_all(repo, "sub/b.log", "sub/c.tmp", "c.tmp", "sub/anchored", "sub/more/anchored")
    expected = ["c.tmp", "keep.log", "sub/more/anchored", "sub/only-top"]
    assert paths(rig) == expected
    assert sorted(rig.snapshot) == sorted([*expected, ".gitignore", "sub/.gitignore"])


def test_an_exception_to_the_rule_of_a_folder_above(watch: Watch, repo: Repository) -> None:
    repo.write(".gitignore", "*.log\n")
    repo.write("sub/.gitignore", "!here.log\n")
    rig = watch(repo.path)
    write_all(repo, "sub/here.log", "sub/b.log", "here.log")
    assert paths(rig) == ["sub/here.log"]


def test_exclude_files_and_the_setting(watch: Watch, repo: Repository, short_tmp: Path) -> None:
    (repo.path / ".git/info").mkdir(exist_ok=True)
    (repo.path / ".git/info/exclude").write_text("*.mine\n")
    (short_tmp / "rig0/config/git").mkdir(parents=True)
    (short_tmp / "rig0/config/git/ignore").write_text("*.everywhere\n")
    rig = watch(repo.path, exclude=["*.setting", "/vendor/"])
    write_all(repo, "a.mine", "a.everywhere", "a.setting", "vendor/a", "sub/vendor/a", "a")
    assert paths(rig) == ["a", "sub/vendor/a"]


def test_the_setting_counts_without_a_repository(watch: Watch, folder: Path) -> None:
    rig = watch(folder, exclude=["*.o", "out/"])
    for name in ("a.o", "a.c", "out/x", "sub/out/y", ".gitignore"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("a.c\n")
    assert paths(rig) == [".gitignore", "a.c"]


def test_built_in_names(watch: Watch, folder: Path) -> None:
    rig = watch(folder)
    for name in (".hg/store", "x/.svn/entries", ".a.swp", "a~", "#a#", ".#a", "a___jb_tmp___", "a"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x\n")
    assert paths(rig) == ["a"]


def test_ignored_folders_take_no_watch(watch: Watch, repo: Repository) -> None:
    repo.write(".gitignore", "node_modules/\n")
    for number in range(30):
        repo.write(f"node_modules/p{number}/lib/index.js", "x\n")
    rig = watch(repo.path)
    assert rig.state["watches"] == 1
    for number in range(30, 60):
        repo.write(f"node_modules/p{number}/lib/index.js", "x\n")
    repo.write("src/node_modules/p/index.js", "x\n")
    assert paths(rig) == []
    assert rig.state["watches"] == 2


def test_a_new_rule_drops_watches_and_files(watch: Watch, repo: Repository) -> None:
    write_all(repo, "out/a/b/c", "out/d", "src/e")
    rig = watch(repo.path)
    assert rig.state["watches"] == 5
    repo.write(".gitignore", "out/\n")
    assert paths(rig) == [".gitignore"]
    assert sorted(rig.snapshot) == [".gitignore", "src/e"]
    assert rig.state["watches"] == 2
    write_all(repo, "out/a/b/c", "out/new", "src/f")
    (repo.path / "out/d").unlink()
    assert paths(rig) == ["src/f"]


def test_a_removed_rule_adds_watches_but_counts_nothing(watch: Watch, repo: Repository) -> None:
    repo.write(".gitignore", "out/\n*.log\n")
    write_all(repo, "out/a/b/c", "out/d", "src/e", "x.log")
    rig = watch(repo.path)
    (repo.path / ".gitignore").write_text("")
    assert paths(rig) == [".gitignore"]
    assert sorted(rig.snapshot) == [".gitignore", "out/a/b/c", "out/d", "src/e", "x.log"]
    assert rig.state["watches"] == 5
    repo.write("out/a/b/c", "out/a/b/c\nmore\n")
    repo.write("x.log", "x.log\nmore\n")
    assert rig.settle().brief() == [("modified", "out/a/b/c", 1, 0), ("modified", "x.log", 1, 0)]


def test_a_removed_gitignore_and_a_changed_exclude(watch: Watch, repo: Repository) -> None:
    repo.write("sub/.gitignore", "*.log\n")
    rig = watch(repo.path)
    write_all(repo, "sub/a.log")
    assert paths(rig) == []
    (repo.path / "sub/.gitignore").unlink()
    assert paths(rig) == ["sub/.gitignore"]
    repo.write("sub/a.log", "sub/a.log\nmore\n")
    assert rig.settle().brief() == [("modified", "sub/a.log", 1, 0)]
    (repo.path / ".git/info").mkdir(exist_ok=True)
    (repo.path / ".git/info/exclude").write_text("*.log\n")
    rig.settle()
    write_all(repo, "sub/a.log", "b.log")
    assert paths(rig) == []
    assert sorted(rig.snapshot) == []


def test_rules_that_a_checkout_brings(watch: Watch, repo: Repository) -> None:
    repo.write("a", "a\n")
    repo.commit("feat: begin")
    repo.git("checkout", "-q", "-b", "ignoring")
    repo.write(".gitignore", "out/\n")
    repo.commit("chore: ignore out")
    repo.git("checkout", "-q", "main")
    write_all(repo, "out/x")
    rig = watch(repo.path)
    assert sorted(rig.snapshot) == ["a", "out/x"]
    repo.git("checkout", "-q", "ignoring")
    assert paths(rig) == []
    assert sorted(rig.snapshot) == [".gitignore", "a"]
    repo.git("checkout", "-q", "main")
    assert paths(rig) == []
    assert sorted(rig.snapshot) == ["a", "out/x"]


def test_tracked_files_count_though_a_rule_names_them(watch: Watch, repo: Repository) -> None:
    repo.write(".gitignore", "*.log\nout/\n")
    write_all(repo, "a.log", "b.log", "out/deep/tracked", "out/deep/untracked")
    repo.git("add", "-f", ".gitignore", "a.log", "out/deep/tracked")
    repo.git("commit", "-q", "-m", "feat: begin")
    rig = watch(repo.path)
    assert sorted(rig.snapshot) == [".gitignore", "a.log", "out/deep/tracked"]
    for name in ("a.log", "b.log", "out/deep/tracked", "out/deep/untracked"):
        repo.write(name, f"{name}\nmore\n")
    assert rig.settle().brief() == [("modified", "a.log", 1, 0), ("modified", "out/deep/tracked", 1, 0)]


def test_a_file_that_becomes_tracked_counts_from_then_on(watch: Watch, repo: Repository) -> None:
    repo.write(".gitignore", "*.log\nout/\n")
    repo.commit("feat: begin")
    rig = watch(repo.path)
    write_all(repo, "a.log", "out/deep/b")
    assert paths(rig) == []
    repo.git("add", "-f", "a.log", "out/deep/b")
    assert paths(rig) == []
    assert sorted(rig.snapshot) == [".gitignore", "a.log", "out/deep/b"]
    repo.write("a.log", "a.log\nmore\n")
    repo.write("out/deep/b", "out/deep/b\nmore\n")
    assert rig.settle().brief() == [("modified", "a.log", 1, 0), ("modified", "out/deep/b", 1, 0)]
    repo.git("rm", "-qf", "--cached", "a.log", "out/deep/b")
    assert paths(rig) == []
    assert sorted(rig.snapshot) == [".gitignore"]
    write_all(repo, "a.log", "out/deep/b")
    assert paths(rig) == []


def test_a_repository_that_comes_and_goes(
    watch: Watch, folder: Path, make_repository: Callable[..., Repository]
) -> None:
    (folder / "a").write_text("a\n")
    rig = watch(folder)
    repo = make_repository("work")
    repo.write(".gitignore", "*.log\n")
    rig.wait_for(lambda rig: rig.received.signals["head"])
    rig.settle()
    write_all(repo, "x.log", "y")
    assert paths(rig) == ["y"]
    repo.commit("feat: begin")
    repo.git("checkout", "-q", "-b", "other")
    write_all(repo, "z")
    repo.commit("feat: more")
    rig.settle()
    repo.git("checkout", "-q", "main")
    received = rig.settle()
    assert received.brief() == []
    assert received.git == {"checkout": 1}
    os.rename(repo.path / ".git", folder.parent / "away")
    rig.wait_for(lambda rig: any(reason == "rules" for reason, _, _ in rig.received.rescans))
    rig.settle()
    repo.write("y", "y\nmore\n")
    assert rig.settle().brief() == [("modified", "y", 1, 0)]


def test_a_workspace_that_is_a_folder_of_a_repository(watch: Watch, repo: Repository) -> None:
    repo.write(".gitignore", "/sub/out/\n*.log\n")
    write_all(repo, "sub/a", "other/b")
    repo.commit("feat: begin")
    repo.git("checkout", "-q", "-b", "side")
    repo.write("sub/a", "side\n")
    repo.write("other/b", "side\n")
    repo.commit("feat: on the side")
    repo.git("checkout", "-q", "main")
    rig = watch(repo.path / "sub")
    write_all(repo, "sub/out/x", "sub/y.log", "sub/z", "other/c")
    assert paths(rig) == ["z"]
    repo.git("checkout", "-q", "side")
    received = rig.settle()
    assert received.brief() == []
    assert received.git == {"checkout": 1}
    repo.write("sub/a", "side\nedit\n")
    assert rig.settle().brief() == [("modified", "a", 1, 0)]


def test_what_is_made_together_with_rules_is_made(watch: Watch, folder: Path) -> None:
    """A new ignore file has everything looked at; what came with it must not be taken as there before."""
    rig = watch(folder)
    made = {
        ".gitignore",
        *(f"{top}/{deep}/f{number}" for top in "abc" for deep in "xyz" for number in range(20)),
    }
    for name in sorted(made):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("*.o\n")
    assert set(paths(rig)) == made
