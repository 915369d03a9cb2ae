"""Real Git LFS beside obsd's hooks: both work, in whatever order they were installed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from obsd.git import hook_config, hook_install, hook_paths, hook_script, spool
from tests.integration.hooks.hook_rig import OBSCTL, reported, tree, write_hook
from tests.support import Daemon, Repository, wait_until

pytestmark = pytest.mark.skipif(shutil.which("git-lfs") is None, reason="git-lfs is not installed")


@pytest.fixture
def spool_dir(short_tmp: Path) -> Path:
    folder = short_tmp / "spool"
    spool.prepare(folder)
    return folder


@pytest.fixture(autouse=True)
def with_lfs(without_lfs: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (hook_paths, hook_install):
        monkeypatch.setattr(module, "lfs_is_there", lambda: True)


def lfs(repository: Repository, *words: str) -> None:
    repository.git("lfs", *words)


def hook(repository: Repository, name: str) -> str:
    return (repository.path / ".git" / "hooks" / name).read_text()


@pytest.mark.parametrize("first", ["obsd", "lfs"])
def test_both_work_in_both_orders(repository: Repository, spool_dir: Path, first: str) -> None:
    if first == "lfs":
        lfs(repository, "install", "--local")
    hook_install.install(repository.path, OBSCTL, spool_dir)
    assert hook_install.state(repository.path).state == "installed"
    for _ in range(2):
        lfs(repository, "install", "--local")
        lfs(repository, "update")
        assert hook_install.install(repository.path, OBSCTL, spool_dir) == []
        assert hook_install.state(repository.path).state == "installed"
    lfs(repository, "update", "--force")
    assert hook_install.state(repository.path).state == "installed"
    assert 'git lfs post-commit "$@"' in hook(repository, "post-commit")
    before = repository.git("rev-parse", "HEAD")
    repository.write("a.txt", "1\n")
    commit = repository.commit("feat: two", CLAUDECODE="1")
    (report,) = (item.report for item in spool.read(spool_dir))
    assert report.marks == {"CLAUDECODE": "1"}
    assert (report.hook, report.commit_id) in {("prepare-commit-msg", before), ("post-commit", commit)}


def test_lfs_that_comes_later_takes_its_hooks_over(
    repository: Repository, spool_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own remedy overwrites obsd's hooks: that is seen, and installing again helps."""
    with monkeypatch.context() as before:
        for module in (hook_paths, hook_install):
            before.setattr(module, "lfs_is_there", lambda: False)
        hook_install.install(repository.path, OBSCTL, spool_dir)
    assert "obsd hook" in hook(repository, "post-commit")
    lfs(repository, "update", "--force")
    if hook_config.supported():
        return
    state = hook_install.state(repository.path)
    assert (state.state, state.missing) == ("foreign", ("post-commit", "post-merge"))
    assert "obsctl hooks install" in state.detail
    hook_install.install(repository.path, OBSCTL, spool_dir)
    assert hook_install.state(repository.path).state == "installed"


def test_obsds_own_hooks_make_room_for_lfs(repository: Repository, spool_dir: Path) -> None:
    path = repository.path / ".git" / "hooks" / "post-commit"
    path.write_bytes(hook_script.script("post-commit", OBSCTL, spool_dir))
    path.chmod(0o755)
    hook_install.install(repository.path, OBSCTL, spool_dir)
    assert not path.exists()
    assert hook_install.state(repository.path).state == "installed"


def test_somebodys_hook_beside_lfs_is_kept(repository: Repository, spool_dir: Path) -> None:
    write_hook(repository, "post-commit", "#!/bin/sh\necho mine\n")
    write_hook(repository, "prepare-commit-msg", "#!/bin/sh\nexit 0\n")
    before = tree(repository.path / ".git" / "hooks")
    hook_install.install(repository.path, OBSCTL, spool_dir)
    assert hook_install.state(repository.path).state == "installed"
    repository.commit("feat: one")
    assert "post-commit" in reported(spool_dir)
    hook_install.uninstall(repository.path, spool_dir)
    assert tree(repository.path / ".git" / "hooks") == before


def test_uninstalling_leaves_lfs_as_it_was(repository: Repository, spool_dir: Path) -> None:
    lfs(repository, "install", "--local")
    before = tree(repository.path / ".git" / "hooks")
    hook_install.install(repository.path, OBSCTL, spool_dir)
    hook_install.uninstall(repository.path, spool_dir)
    assert tree(repository.path / ".git" / "hooks") == before


def test_the_block_that_earlier_versions_put_into_lfs_hooks_goes(repository: Repository, spool_dir: Path) -> None:
    lfs(repository, "install", "--local")
    path = repository.path / ".git" / "hooks" / "post-commit"
    alone = path.read_bytes()
    first, _, rest = alone.partition(b"\n")
    path.write_bytes(first + b"\n" + hook_script.block("post-commit") + rest)
    hook_install.install(repository.path, OBSCTL, spool_dir)
    assert path.read_bytes() == alone
    assert hook_install.state(repository.path).state == "installed"


def codes(obsd_daemon: Daemon) -> list[str]:
    return [one["code"] for one in obsd_daemon.json("status")["warnings"]]


def test_an_agents_commit_is_known_and_hooks_that_vanish_are_a_warning(
    obsd_daemon: Daemon, repository: Repository
) -> None:
    obsd_daemon.add(repository.path, "w")
    lfs(repository, "install", "--local")
    repository.write("a.py", "x\n")
    commit = repository.commit("feat: add a", CLAUDECODE="1")
    found = wait_until(lambda: obsd_daemon.json("commits")["commits"], "the commit")
    assert [(one["id"], one["agent"], one["evidence"]) for one in found] == [(commit, "claude-code", "environment")]
    shutil.rmtree(repository.path / ".git" / "hooks")
    wait_until(lambda: "hooks_gone" in codes(obsd_daemon), "the warning")
    obsd_daemon.json("hooks", "install", "w")
    repository.commit("feat: another")
    wait_until(lambda: "hooks_gone" not in codes(obsd_daemon), "no warning once they are back")
    shutil.rmtree(repository.path / ".git" / "hooks")
    wait_until(lambda: "hooks_gone" in codes(obsd_daemon), "the warning again")
    obsd_daemon.json("hooks", "uninstall", "w")
    repository.commit("feat: a third")
    wait_until(lambda: "hooks_gone" not in codes(obsd_daemon), "no warning once they are taken away on purpose")
