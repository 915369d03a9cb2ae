"""Who else writes as git: other implementations, filters, other hashes, and commands that take no lock."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import other_gits
from tests.integration.watching.watched_branches import WatchedBranches, text
from tests.integration.watching.watcher_rig import WatcherRig
from tests.support import Repository, clean_environment

Watch = Callable[..., WatcherRig]


def python(code: str, *arguments: str) -> None:
    subprocess.run([sys.executable, "-c", code, *arguments], check=True)


def two_branches(made: Repository, *options: str, files: int = 12) -> None:
    """`main`, and `side` with another content of every file, one more and one less."""
    for number in range(files):
        made.write(f"f{number}.bin", text(number))
    made.write("only-main", "main\n")
    made.commit("feat: begin")
    made.git("checkout", "-q", "-b", "side")
    for number in range(files):
        made.write(f"f{number}.bin", text(number) + "side\n")
    made.git("rm", "-q", "only-main")
    made.write("only-side", "side\n")
    made.commit("feat: on the side")
    made.git("checkout", "-q", "main")


@pytest.mark.parametrize("writer", other_gits.NAMES)
def test_another_implementation_switches_branches(watch: Watch, repository: Repository, writer: str) -> None:
    if missing := other_gits.missing(writer):
        pytest.skip(missing)
    two_branches(repository)
    rig = watch(repository.path)
    for branch in ("side", "main"):
        other_gits.switch(writer, repository.path, branch)
        received = rig.settle()
        assert received.brief() == []
        assert sum(received.git.values()) == 14


def test_libgit2_stashes_and_gives_back(branches: WatchedBranches) -> None:
    branches.repository.write("f1.txt", text(1) + "edit\n")
    assert len(branches.received().changes) == 1
    opened = "import pygit2, sys; r = pygit2.Repository(sys.argv[1]); "
    python(opened + "r.stash(r.default_signature)", str(branches.repository.path))
    assert branches.received().brief() == []
    python(opened + "r.stash_pop()", str(branches.repository.path))
    received = branches.received()
    assert received.brief() == []
    assert sum(received.git.values()) == 1


def test_a_copy_of_what_git_has_is_created_all_the_same(branches: WatchedBranches) -> None:
    shutil.copy(branches.repository.path / "f0.txt", branches.repository.path / "copy.txt")
    assert branches.received().brief() == [("created", "copy.txt", 3, 0)]


def test_going_back_by_hand_is_an_edit(branches: WatchedBranches) -> None:
    branches.repository.write("f0.txt", "other\n")
    assert len(branches.received().changes) == 1
    branches.repository.write("f0.txt", text(0))
    received = branches.received()
    assert [change[:2] for change in received.brief()] == [("modified", "f0.txt")]
    assert received.discards == {}


@pytest.mark.parametrize("index", ["--index-version=4", "--split-index", "--sparse"])
def test_every_form_of_the_index(watch: Watch, repository: Repository, index: str) -> None:
    two_branches(repository)
    if index == "--sparse":
        repository.write("in/a", "1\n")
        repository.write("out/a", "1\n")
        repository.commit("feat: folders")
        repository.git("sparse-checkout", "set", "--cone", "--sparse-index", "in")
    else:
        repository.git("update-index", *index.split("="))
    rig = watch(repository.path)
    repository.git("checkout", "-q", "side")
    received = rig.settle()
    assert received.brief() == []
    assert sum(received.git.values()) >= 14
    repository.write("f0.bin", text(0) + "side\nedit\n")
    assert rig.settle().brief() == [("modified", "f0.bin", 1, 0)]


def test_a_repository_of_sha256(watch: Watch, short_tmp: Path) -> None:
    environment = clean_environment(short_tmp)
    path = short_tmp / "sha256"
    subprocess.run(
        ["git", "init", "-q", "-b", "main", "--object-format=sha256", str(path)], env=environment, check=True
    )
    made = Repository(path, environment)
    two_branches(made)
    rig = watch(made.path)
    for branch in ("side", "main"):
        made.git("checkout", "-q", branch)
        received = rig.settle()
        assert received.brief() == []
        assert sum(received.git.values()) == 14
    made.write("f0.bin", text(0) + "edit\n")
    assert rig.settle().brief() == [("modified", "f0.bin", 1, 0)]


def filtered(made: Repository, clean: str, smudge: str) -> None:
    made.git("config", "filter.f.clean", clean)
    made.git("config", "filter.f.smudge", smudge)
    made.write(".gitattributes", "*.bin filter=f\n")


def test_filters_as_of_git_crypt(watch: Watch, repository: Repository) -> None:
    filtered(repository, "tr a-z A-Z", "tr A-Z a-z")
    two_branches(repository)
    rig = watch(repository.path)
    for branch in ("side", "main", "side", "main"):
        repository.git("checkout", "-q", branch)
        received = rig.settle()
        assert received.brief() == []
        assert sum(received.git.values()) == 14
    repository.write("f0.bin", text(0) + "edit\n")
    assert rig.settle().brief() == [("modified", "f0.bin", 1, 0)]


def test_a_real_git_lfs(watch: Watch, repository: Repository) -> None:
    if shutil.which("git-lfs") is None:
        pytest.skip("git-lfs is not installed: apt install git-lfs")
    repository.git("lfs", "install", "--local")
    repository.write(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n")
    two_branches(repository)
    rig = watch(repository.path)
    for branch in ("side", "main", "side"):
        repository.git("checkout", "-q", branch)
        received = rig.settle()
        assert received.brief() == []
        assert sum(received.git.values()) == 14


def test_attributes_that_go_with_the_file_they_convert(watch: Watch, repository: Repository) -> None:
    repository.git("checkout", "-q", "-b", "side")
    repository.write(".gitattributes", "*.bat eol=crlf\n")
    (repository.path / "build.bat").write_bytes(b"echo\r\n" * 3)
    repository.commit("feat: attributes and a file")
    rig = watch(repository.path)
    for branch in ("main", "side", "main"):
        repository.git("checkout", "-q", branch)
        received = rig.settle()
        assert received.brief() == []
        assert sum(received.git.values()) == 2


def test_a_tracked_file_that_a_new_rule_names(watch: Watch, repository: Repository) -> None:
    repository.git("checkout", "-q", "-b", "side")
    repository.write(".gitignore", "bin/\ntags\n")
    repository.write("tools/bin/run.sh", "1\n")
    repository.write("refs/tags/A", "1\n")
    repository.git("add", "-f", ".gitignore", "tools/bin/run.sh", "refs/tags/A")
    repository.git("commit", "-q", "-m", "feat: tracked though ignored")
    repository.git("checkout", "-q", "main")
    rig = watch(repository.path)
    for branch in ("side", "main", "side"):
        repository.git("checkout", "-q", branch)
        assert rig.settle().brief() == []


def test_a_large_file_that_git_writes_and_removes(watch: Watch, repository: Repository) -> None:
    repository.git("checkout", "-q", "-b", "side")
    repository.write("big", "x\n" * 3000)
    repository.commit("feat: a large file")
    repository.write("big", "y\n" * 3000)
    repository.commit("feat: a large file anew")
    rig = watch(repository.path, max_measured_bytes=1000)
    for where in ("HEAD~1", "main", "side"):
        repository.git("checkout", "-q", "--detach", where)
        received = rig.settle()
        assert received.brief() == []
        assert sum(received.git.values()) == 1


def test_a_clone_into_a_watched_folder_is_gits(watch: Watch, repository: Repository, folder: Path) -> None:
    two_branches(repository, files=40)
    rig = watch(folder)
    repository.git("clone", "-q", str(repository.path), str(folder))
    received = rig.settle()
    assert received.brief() == []
    assert sum(received.git.values()) == 42


def test_a_new_repository_of_ones_own_files_is_ones_own(watch: Watch, folder: Path, short_tmp: Path) -> None:
    rig = watch(folder)
    environment = clean_environment(short_tmp)
    for number in range(5):
        (folder / f"f{number}").write_text("one\n")
    subprocess.run(["git", "init", "-q", str(folder)], env=environment, check=True)
    subprocess.run(["git", "-C", str(folder), "add", "-A"], env=environment, check=True)
    assert rig.settle().operations() == {"created": 5}
