"""Contents that a filter converts: what git brings back differs from its blobs, and is git's all the same."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable

import pytest

from tests.integration.watching.watcher_rig import WatcherRig
from tests.support import Repository

Watch = Callable[..., WatcherRig]

ATTRIBUTES = "*.up filter=up\n*.bat eol=crlf\n*.id ident\n*.u working-tree-encoding=UTF-16\n"
FILES = 6


def fill(repository: Repository, word: str) -> None:
    for number in range(3):
        repository.write(f"{number}.up", f"{word} {number}\n" * 20)
    (repository.path / "a.bat").write_bytes(f"{word}\r\n".encode() * 3)
    repository.write("a.id", f"$Id$\n{word}\n")
    (repository.path / "a.u").write_bytes(f"{word}\n".encode("utf-16"))


@pytest.fixture
def filtered(repository: Repository) -> Repository:
    repository.git("config", "filter.up.clean", "tr a-z A-Z")
    repository.git("config", "filter.up.smudge", "tr A-Z a-z")
    repository.write(".gitattributes", ATTRIBUTES)
    fill(repository, "main")
    repository.commit("feat: main")
    repository.git("checkout", "-q", "-b", "side")
    fill(repository, "sides")
    repository.commit("feat: side")
    repository.git("checkout", "-q", "main")
    return repository


@pytest.mark.parametrize(
    "command",
    [
        ("checkout", "-q", "side"),
        ("merge", "-q", "side"),
        ("reset", "-q", "--hard", "side"),
        ("cherry-pick", "side"),
        ("rebase", "-q", "side"),
    ],
)
def test_every_command_that_writes(watch: Watch, filtered: Repository, command: tuple[str, ...]) -> None:
    rig = watch(filtered.path)
    filtered.git(*command)
    received = rig.settle()
    assert received.brief() == []
    assert sum(received.git.values()) == FILES


@pytest.mark.parametrize("back", [("stash", "pop", "-q"), ("stash", "apply", "-q"), ("stash", "pop", "-q", "--index")])
def test_what_was_stashed_comes_back(watch: Watch, filtered: Repository, back: tuple[str, ...]) -> None:
    rig = watch(filtered.path)
    fill(filtered, "edited")
    assert rig.settle().operations() == {"modified": FILES}
    for command in (("stash", "-q"), back):
        filtered.git(*command)
        received = rig.settle()
        assert received.brief() == []
        assert sum(received.git.values()) == FILES
    fill(filtered, "again")
    assert rig.settle().operations() == {"modified": FILES}


def test_a_removal_that_was_stashed_comes_back(watch: Watch, filtered: Repository) -> None:
    rig = watch(filtered.path)
    (filtered.path / "0.up").unlink()
    assert rig.settle().operations() == {"deleted": 1}
    filtered.git("stash", "-q")
    assert rig.settle().brief() == []
    filtered.git("stash", "apply", "-q")
    received = rig.settle()
    assert not (filtered.path / "0.up").exists()
    assert received.brief() == []


def test_taking_hunks_back(watch: Watch, filtered: Repository) -> None:
    rig = watch(filtered.path)
    filtered.write("0.up", "edited\n")
    filtered.write("1.up", "edited\n")
    assert rig.settle().operations() == {"modified": 2}
    command = ["git", "-C", str(filtered.path), "checkout", "-p"]
    subprocess.run(command, env=filtered.environment, input="y\n" * 9, text=True, check=True, capture_output=True)
    assert rig.settle().brief() == []


def test_what_git_lfs_brings_later(watch: Watch, repository: Repository) -> None:
    """`git lfs pull` writes files itself, and then the index notes it."""
    if shutil.which("git-lfs") is None:
        pytest.skip("git-lfs is not installed: apt install git-lfs")
    repository.git("lfs", "install", "--local")
    repository.write(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n")
    for number in range(4):
        repository.write(f"{number}.bin", f"{number}\n" * 40)
    repository.commit("feat: large files")
    repository.git("rm", "-q", "*.bin")
    repository.git("reset", "-q", "--hard", GIT_LFS_SKIP_SMUDGE="1")
    assert "git-lfs" in (repository.path / "0.bin").read_text()
    rig = watch(repository.path)
    repository.git("lfs", "checkout")
    received = rig.settle()
    assert (repository.path / "0.bin").read_text() == "0\n" * 40
    assert received.brief() == []
    repository.write("0.bin", "0\n" * 41)
    assert rig.settle().brief() == [("modified", "0.bin", 1, 0)]


@pytest.mark.parametrize("key", ["core.ignorecase", "core.excludesfile"])
def test_settings_of_a_repository_that_libgit2_refuses(watch: Watch, repository: Repository, key: str) -> None:
    repository.git("config", "core.repositoryFormatVersion", "1")
    repository.git("config", key, "true" if key == "core.ignorecase" else str(repository.path.parent / "ignored"))
    (repository.path.parent / "ignored").write_text("*.LOG\nx.log\n")
    repository.write(".gitignore", "*.LOG\n")
    config = repository.path / ".git/config"
    config.write_text(config.read_text() + "[extensions]\n\tnoop-v1\n\tpartialClone = origin\n")
    rig = watch(repository.path)
    repository.write("x.log", "x\n")
    repository.write("seen", "x\n")
    assert rig.settle().brief() == [("created", "seen", 1, 0)]
