"""obsctl and git hooks: what it writes into a repository, what it takes away again, and that reports arrive."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tests.support import Daemon, Repository, wait_until

BESIDE_LFS = ("prepare-commit-msg", "post-rewrite", "post-applypatch")
HOOKS = BESIDE_LFS if shutil.which("git-lfs") else ("post-commit", "post-merge", "post-rewrite", "post-applypatch")


def test_adding_installs_hooks_and_removing_takes_them_away(obsd_daemon: Daemon, repository: Repository) -> None:
    hooks = repository.path / ".git" / "hooks"
    before = sorted(os.listdir(hooks))
    result = obsd_daemon.obsctl("add-workspace", str(repository.path))
    assert result.code == 0, result
    assert "repo: watching" in result.stdout
    for name in HOOKS:
        assert f"written {hooks / name}" in result.stdout
        assert os.access(hooks / name, os.X_OK)
    listed = obsd_daemon.json("workspaces")
    assert [(one["name"], one["state"], one["hooks"]) for one in listed["workspaces"]] == [
        ("repo", "watching", "installed")
    ]
    again = obsd_daemon.json("add-workspace", str(repository.path))
    assert (again["kind"], again["created"], again["hooks"]["changes"]) == ("add-workspace", False, [])
    removed = obsd_daemon.obsctl("remove-workspace", str(repository.path))
    assert removed.code == 0, removed
    assert sorted(os.listdir(hooks)) == before
    assert obsd_daemon.json("workspaces")["workspaces"] == []


def test_no_hooks_writes_none(obsd_daemon: Daemon, repository: Repository) -> None:
    before = sorted(os.listdir(repository.path / ".git" / "hooks"))
    added = obsd_daemon.json("add-workspace", str(repository.path), "--no-hooks")
    assert added["hooks"] == {"result": "not asked for", "changes": []}
    assert added["workspace"]["hooks"] == "absent"
    assert sorted(os.listdir(repository.path / ".git" / "hooks")) == before


def test_hooks_that_belong_to_another_tool_are_left_alone_and_the_line_is_told(
    obsd_daemon: Daemon, repository: Repository
) -> None:
    (repository.path / "tools").mkdir()
    repository.git("config", "core.hooksPath", "tools")
    result = obsd_daemon.obsctl("add-workspace", str(repository.path), "--name", "w")
    assert result.code == 0, result
    assert "belongs to another tool" in result.stderr
    assert f"to add {repository.path}/tools/post-commit: " in result.stdout
    assert os.listdir(repository.path / "tools") == []
    assert obsd_daemon.json("workspaces")["workspaces"][0]["hooks"] == "foreign"
    assert "warn  hooks of w: another tool" in obsd_daemon.obsctl("doctor").stdout


def test_when_the_daemon_refuses_nothing_is_left_behind(obsd_daemon: Daemon, repository: Repository) -> None:
    hooks = repository.path / ".git" / "hooks"
    before = sorted(os.listdir(hooks))
    result = obsd_daemon.obsctl("add-workspace", str(repository.path), "--name", "not a name")
    assert result.code == 1
    assert "\nhint: " in result.stderr
    assert sorted(os.listdir(hooks)) == before
    assert obsd_daemon.json("workspaces")["workspaces"] == []


def test_hooks_are_installed_probed_and_uninstalled(obsd_daemon: Daemon, repository: Repository) -> None:
    obsd_daemon.add(repository.path, "w", "--no-hooks")
    assert obsd_daemon.json("hooks", "status")["workspaces"][0]["hooks"] == "absent"
    installed = obsd_daemon.json("hooks", "install", "w")["workspaces"][0]
    assert installed["hooks"] == "installed"
    assert {Path(change["path"]).name for change in installed["changes"]} == set(HOOKS)
    status = obsd_daemon.json("hooks", "status", str(repository.path))["workspaces"][0]
    assert (status["hooks"], status["probe"], status["error"]) == ("installed", "arrived", None)
    removed = obsd_daemon.json("hooks", "uninstall")["workspaces"][0]
    assert (removed["hooks"], len(removed["changes"])) == ("absent", len(HOOKS))


def test_removing_a_worktree_keeps_the_hooks_that_its_repository_still_uses(
    obsd_daemon: Daemon, repository: Repository
) -> None:
    obsd_daemon.add(repository.path, "w")
    other = repository.path.parent / "other"
    repository.git("worktree", "add", "-q", str(other))
    added = obsd_daemon.obsctl("add-workspace", str(other))
    assert added.code == 0, added
    removed = obsd_daemon.obsctl("remove-workspace", str(other))
    assert removed.code == 0, removed
    assert obsd_daemon.json("hooks", "status", "w")["workspaces"][0]["hooks"] == "installed"


def test_a_hook_finds_its_daemon_without_the_users_environment(obsd_daemon: Daemon, repository: Repository) -> None:
    obsd_daemon.add(repository.path, "w")
    repository.write("a.py", "x\n")
    # The repository's environment has none of the daemon's folders: the hook knows its spool, and the spool the socket.
    commit = repository.commit("feat: add a")
    found = wait_until(lambda: obsd_daemon.json("commits")["commits"], "the commit")
    assert [(one["id"], one["source"]) for one in found] == [(commit, "hook")]
    wait_until(
        lambda: not [name for name in os.listdir(obsd_daemon.state / "spool") if name.isdigit()],
        "an empty spool",
    )
