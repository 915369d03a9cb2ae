"""Real Git LFS beside obsd's hooks: both work, in whatever order they were installed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from obsd.git import hook_config, hook_install, hook_script, spool
from tests.integration.hooks.hook_rig import OBSCTL, reported, tree
from tests.support import Daemon, Repository, wait_until

pytestmark = pytest.mark.skipif(shutil.which("git-lfs") is None, reason="git-lfs is not installed")


@pytest.fixture
def spool_dir(short_tmp: Path) -> Path:
    folder = short_tmp / "spool"
    spool.prepare(folder)
    return folder


def lfs(repository: Repository, *words: str) -> None:
    repository.git("lfs", *words)


def hook(repository: Repository, name: str) -> str:
    return (repository.path / ".git" / "hooks" / name).read_text()


@pytest.mark.parametrize("first", ["obsd", "lfs"])
def test_both_work_in_both_orders(repository: Repository, spool_dir: Path, first: str) -> None:
    if first == "obsd":
        hook_install.install(repository.path, OBSCTL, spool_dir)
        assert hook_install.state(repository.path).state == "installed"
        repository.commit("feat: one")
        assert reported(spool_dir) == ["post-commit"]
        spool.remove(spool.read(spool_dir))
        lfs(repository, "install", "--local")
        if not hook_config.supported():
            assert hook_install.state(repository.path).state == "foreign"
            assert hook_install.state(repository.path).missing == ("post-commit", "post-merge")
    else:
        lfs(repository, "install", "--local")
    hook_install.install(repository.path, OBSCTL, spool_dir)
    assert hook_install.state(repository.path).state == "installed"
    for _ in range(2):
        lfs(repository, "install", "--local")
        lfs(repository, "update")
        assert hook_install.install(repository.path, OBSCTL, spool_dir) == []
    assert 'git lfs post-commit "$@"' in hook(repository, "post-commit")
    before = repository.git("rev-parse", "HEAD")
    repository.write("a.txt", "1\n")
    commit = repository.commit("feat: two", CLAUDECODE="1")
    (report,) = (item.report for item in spool.read(spool_dir))
    assert report.marks == {"CLAUDECODE": "1"}
    assert (report.hook, report.commit_id) in {("prepare-commit-msg", before), ("post-commit", commit)}


def test_what_lfs_overwrites_is_missed(repository: Repository, spool_dir: Path) -> None:
    hook_install.install(repository.path, OBSCTL, spool_dir)
    lfs(repository, "update", "--force")
    state = hook_install.state(repository.path)
    if not hook_config.supported():
        assert (state.state, state.missing) == ("foreign", ("post-commit", "post-merge"))
        assert "obsctl hooks install" in state.detail


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


def test_an_agents_commit_is_known_and_hooks_that_vanish_are_a_warning(
    obsd_daemon: Daemon, repository: Repository
) -> None:
    obsd_daemon.add(repository.path, "w")
    lfs(repository, "update", "--force")

    def codes() -> list[str]:
        return [one["code"] for one in obsd_daemon.json("status")["warnings"]]

    wait_until(lambda: "hooks_gone" in codes(), "the warning")
    result = obsd_daemon.obsctl("hooks", "install", "w")
    assert result.code == 0, result
    wait_until(lambda: "hooks_gone" not in codes(), "no warning")
    repository.write("a.py", "x\n")
    commit = repository.commit("feat: add a", CLAUDECODE="1")
    found = wait_until(lambda: obsd_daemon.json("commits")["commits"], "the commit")
    assert [(one["id"], one["agent"], one["evidence"]) for one in found] == [(commit, "claude-code", "environment")]
    hooks = repository.path / ".git" / "hooks"
    shutil.rmtree(hooks)
    wait_until(lambda: "hooks_gone" in codes(), "the warning")
    obsd_daemon.json("hooks", "uninstall", "w")
    subprocess.run(["git", "-C", str(repository.path), "commit", "-q", "--allow-empty", "-m", "x"], check=False)
    wait_until(lambda: "hooks_gone" not in codes(), "no warning once they are taken away on purpose")
