"""What workflow rules ask of git, held against git."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from obsd.git import layout, status
from obsd.git.layout import Layout
from obsd.git.program import GitFailed
from obsd.git.repository import Repository as Opened
from tests.support import Repository, clean_environment


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "repo", clean_environment(tmp_path))
    made.write("a.txt", "a\n")
    made.write("sub/b.txt", "b\n")
    made.commit("first")
    return made


def found(repository: Repository) -> Layout:
    """Its layout."""
    where = layout.find(repository.path)
    assert where is not None
    return where


def by_git(repository: Repository) -> set[str]:
    """What `git status` lists."""
    listed = repository.git("status", "--porcelain", "-z", "-uall", "--no-renames")
    return {entry.lstrip().partition(" ")[2].lstrip() for entry in listed.split("\0") if entry}


def test_every_kind_of_difference_is_seen_as_git_sees_it(repository: Repository) -> None:
    assert status.uncommitted(found(repository)) == set()
    repository.write(".gitignore", "*.log\n")
    repository.write("x.log", "")
    repository.write("a.txt", "changed\n")
    repository.write("new/deep.txt", "")
    repository.write("staged.txt", "")
    repository.git("add", "staged.txt")
    repository.git("mv", "sub/b.txt", "sub/c.txt")
    (repository.path / os.fsdecode(b'odd\xff\n"name')).write_text("")
    inner = Repository(repository.path / "inner", repository.environment)
    inner.write("z", "")
    expected = {"a.txt", ".gitignore", "new/deep.txt", "staged.txt", "sub/b.txt", "sub/c.txt", 'odd\udcff\n"name'}
    assert status.uncommitted(found(repository)) == expected == by_git(repository) - {"inner/"}


def test_the_index_is_left_as_it_is(repository: Repository) -> None:
    index = repository.path / ".git" / "index"
    (repository.path / "a.txt").touch()
    before = index.stat()
    assert status.uncommitted(found(repository)) == set()
    after = index.stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert not index.with_suffix(".lock").exists()


def test_unborn_detached_linked_split_and_sha256(repository: Repository, tmp_path: Path) -> None:
    unborn = Repository(tmp_path / "unborn", repository.environment)
    unborn.write("x", "")
    assert status.uncommitted(found(unborn)) == {"x"}
    repository.git("worktree", "add", "-q", "--detach", str(tmp_path / "linked"))
    (tmp_path / "linked" / "a.txt").write_text("other\n")
    where = layout.find(tmp_path / "linked")
    assert where is not None
    assert status.uncommitted(where) == {"a.txt"}
    repository.git("update-index", "--split-index")
    repository.write("a.txt", "once more\n")
    assert status.uncommitted(found(repository)) == {"a.txt"}
    other = tmp_path / "sha256"
    other.mkdir()
    repository.git("init", "-q", "--object-format=sha256", str(other))
    modern = Repository(other, repository.environment)
    modern.write("y", "")
    modern.commit("first")
    modern.write("y", "2")
    assert status.uncommitted(found(modern)) == {"y"}


def test_settings_that_compare_are_taken_over(repository: Repository) -> None:
    repository.git("config", "core.filemode", "false")
    (repository.path / "a.txt").chmod(0o755)
    assert status.uncommitted(found(repository)) == set()
    excludes = repository.path.parent / 'ex"clu\\des'
    excludes.write_text("*.tmp\n")
    repository.git("config", "core.excludesFile", str(excludes))
    repository.write("z.tmp", "")
    assert status.uncommitted(found(repository)) == set()
    (repository.path / ".git" / "info" / "exclude").write_text("*.bak\n")
    repository.write("z.bak", "")
    assert status.uncommitted(found(repository)) == set()


def test_a_broken_repository_is_an_expected_error(repository: Repository) -> None:
    (repository.path / ".git" / "index").write_bytes(b"no index")
    with pytest.raises(GitFailed):
        status.uncommitted(found(repository))


def test_upstreams(repository: Repository, tmp_path: Path) -> None:
    assert status.upstream(found(repository)) == status.Upstream()
    clone = tmp_path / "clone"
    repository.git("clone", "-q", str(repository.path), str(clone))
    where = layout.find(clone)
    assert where is not None
    assert status.upstream(where).behind == 0
    tip = [repository.commit("more") for _ in range(2)][-1]
    assert status.upstream(where).behind == 0
    repository.git("-C", str(clone), "fetch", "-q")
    assert status.upstream(where) == status.Upstream(2, "origin/main", tip)
    repository.git("-C", str(clone), "checkout", "-q", "--detach")
    assert status.upstream(where) == status.Upstream()


def test_default_branches(repository: Repository, tmp_path: Path) -> None:
    assert status.default_branch(found(repository)) == "main"
    repository.git("branch", "master")
    assert status.default_branch(found(repository)) == "main"
    repository.git("branch", "trunk")
    repository.git("config", "init.defaultBranch", "trunk")
    assert status.default_branch(found(repository)) == "trunk"
    repository.git("branch", "-m", "trunk", "stem")
    assert status.default_branch(found(repository)) == "main"
    repository.git("switch", "-q", "stem")
    repository.git("clone", "-q", str(repository.path), str(tmp_path / "clone"))
    where = layout.find(tmp_path / "clone")
    assert where is not None
    assert status.default_branch(where) == "stem"


@pytest.mark.parametrize("libgit2", [True, False])
def test_what_a_commit_touched(repository: Repository, libgit2: bool) -> None:
    root = repository.git("rev-parse", "HEAD")
    repository.git("mv", "a.txt", "z.txt")
    repository.write("sub/b.txt", "2\n")
    moved = repository.commit("second")
    repository.git("switch", "-q", "-c", "side", root)
    repository.write("side.txt", "")
    repository.commit("on the side")
    repository.git("switch", "-q", "main")
    repository.git("merge", "-q", "--no-ff", "-m", "merge", "side")
    opened = Opened(found(repository))
    if not libgit2:
        opened.libgit2 = None
    assert set(status.touched(opened, root)) == {"a.txt", "sub/b.txt"}
    assert set(status.touched(opened, moved)) == {"a.txt", "z.txt", "sub/b.txt"}
    assert set(status.touched(opened, repository.git("rev-parse", "HEAD"))) == {"side.txt"}


@pytest.mark.parametrize("libgit2", [True, False])
def test_what_a_commit_left_as_it_was(repository: Repository, libgit2: bool) -> None:
    root = repository.git("rev-parse", "HEAD")
    repository.write("d/long.txt", "".join(f"{number}\n" for number in range(50)))
    repository.write("d/edited.txt", "".join(f"a {number}\n" for number in range(50)))
    repository.write("tool.sh", "exit\n")
    repository.commit("second")
    repository.git("mv", "d", "e\u00e9 e")
    (repository.path / "tool.sh").chmod(0o755)
    with (repository.path / "e\u00e9 e/edited.txt").open("a") as file:
        file.write("more\n")
    repository.write("new.txt", "1\n")
    moved = repository.commit("third")
    opened = Opened(found(repository))
    if not libgit2:
        opened.libgit2 = None
    contents = status.contents(opened, moved)
    same = {"d/long.txt", "e\u00e9 e/long.txt", "tool.sh"}
    assert contents.same == same
    assert set(contents.paths) == same | {"d/edited.txt", "e\u00e9 e/edited.txt", "new.txt"}
    assert not status.contents(opened, root).same
    assert set(status.contents(opened, root).paths) == set(status.touched(opened, root))
