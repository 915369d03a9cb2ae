"""One installation for every repository: a real git that runs hooks of its configuration, the daemon and obsctl."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from obsd.git import hook_everywhere, spool
from tests import new_git
from tests.support import Daemon, Repository, wait_until

HOOKS = ("post-commit", "post-merge", "post-rewrite", "post-applypatch")
ASK = '[workspaces]\nfound = "{found}"\nfound_in = ["{folder}"]\n'


@pytest.fixture
def start(make_daemon: Callable[[str], Daemon]) -> Callable[..., Daemon]:
    """Starts a daemon that has such a git, with hooks for every repository installed."""

    def started(toml: str = "") -> Daemon:
        daemon = make_daemon("d")
        daemon.environment["PATH"] = new_git.path_with_it()
        daemon.configure(toml)
        daemon.start()
        installed = daemon.json("hooks", "install", "--global")
        assert installed["everywhere"]["hooks"] == "installed", installed
        return daemon

    return started


def _repository(daemon: Daemon, path: Path) -> Repository:
    return Repository(path, daemon.environment)


def _listed(daemon: Daemon, repository: Repository) -> None:
    """Returns when the daemon has put a working tree on the list."""
    place = daemon.state / "spool" / "workspaces.sh"
    wait_until(lambda: shlex.quote(str(repository.path)) in place.read_text(), "the working tree on the list")


def _codes(daemon: Daemon) -> list[str]:
    return [warning["code"] for warning in daemon.json("status")["warnings"]]


def test_a_workspace_reports_and_others_are_left_alone(start: Callable[..., Daemon], tmp_path: Path) -> None:
    daemon = start()
    ours, other = _repository(daemon, tmp_path / "ours"), _repository(daemon, tmp_path / "other")
    before = sorted((ours.path / ".git" / "hooks").iterdir())
    daemon.add(ours.path, "w")
    _listed(daemon, ours)
    assert sorted((ours.path / ".git" / "hooks").iterdir()) == before
    assert daemon.json("workspaces")["workspaces"][0]["hooks"] == "installed"
    ours.commit("feat: one", AI_AGENT="claude-code")
    other.commit("feat: of nobody")
    daemon.wait_for("git_commits_total", 1)
    daemon.wait_for("obsd_hook_reports_total", 1)
    (commit,) = daemon.json("commits")["commits"]
    assert (commit["agent"], commit["evidence"]) == ("claude-code", "environment")
    assert daemon.scrape().sum("obsd_commits_recovered_total") == 0
    assert spool.backlog(daemon.state / "spool") == 0


def test_hooks_of_husky_and_of_the_repository_as_well_count_once(start: Callable[..., Daemon], tmp_path: Path) -> None:
    daemon = start()
    daemon.json("hooks", "uninstall", "--global")
    both, husky = _repository(daemon, tmp_path / "both"), _repository(daemon, tmp_path / "husky")
    daemon.add(both.path, "both")
    daemon.json("hooks", "install", "--global")
    husky.git("config", "core.hooksPath", ".husky/_")
    daemon.add(husky.path, "husky")
    _listed(daemon, husky)
    both.commit("feat: one")
    husky.commit("feat: two")
    daemon.wait_for("obsd_hook_reports_total", 3)
    daemon.wait_for("git_commits_total", 2)
    assert daemon.scrape().sum("git_commits_total", workspace="both") == 1
    assert daemon.scrape().sum("obsd_commits_recovered_total") == 0
    states = {one["name"]: one["hooks"] for one in daemon.json("hooks", "status")["workspaces"]}
    assert states == {"both": "installed", "husky": "installed"}
    assert not (husky.path / ".git" / "obsd-hooks").exists()


def test_uninstalling_leaves_the_configuration_as_it_was(start: Callable[..., Daemon], tmp_path: Path) -> None:
    configuration = tmp_path / "gitconfig"
    configuration.write_text("[user]\n\tname = Ada\n")
    daemon = start()
    own = Path(daemon.environment["GIT_CONFIG_GLOBAL"])
    removed = daemon.json("hooks", "uninstall", "--global")["everywhere"]
    assert removed["hooks"] == "absent"
    assert {Path(change["path"]).name for change in removed["changes"]} == {own.name, *HOOKS}
    own.write_text(configuration.read_text())
    daemon.json("hooks", "install", "--global")
    assert daemon.json("hooks", "install", "--global")["everywhere"]["changes"] == []
    assert own.read_text().count("[hook ") == len(HOOKS)
    daemon.json("hooks", "uninstall", "--global")
    assert own.read_text() == configuration.read_text()
    assert not (daemon.state / "spool" / hook_everywhere.SCRIPTS).exists()
    assert daemon.json("hooks", "uninstall", "--global")["everywhere"]["changes"] == []


def test_doctor_sends_a_report_through(start: Callable[..., Daemon], tmp_path: Path) -> None:
    daemon = start()
    ours = _repository(daemon, tmp_path / "ours")
    daemon.add(ours.path, "w")
    _listed(daemon, ours)
    assert daemon.json("hooks", "status", "--global")["everywhere"]["probe"] == "arrived"
    said = daemon.obsctl("doctor").stdout
    assert "ok    hooks of every repository: installed, and a test report arrives" in said
    assert "ok    hooks of w: installed, and a test report arrives" in said
    (daemon.state / "spool" / "workspaces.sh").write_text("exit 0\n")
    failed = daemon.obsctl("doctor")
    assert failed.code == 1
    assert "fail  hooks of every repository: the hook script wrote no report" in failed.stdout


def test_a_repository_turns_them_off_for_itself(start: Callable[..., Daemon], tmp_path: Path) -> None:
    daemon = start()
    ours = _repository(daemon, tmp_path / "ours")
    for hook in HOOKS:
        ours.git("config", f"hook.obsd-{hook}.enabled", "false")
    daemon.add(ours.path, "w", "--no-hooks")
    assert daemon.json("workspaces")["workspaces"][0]["hooks"] == "absent"


def test_found_repositories_are_shown_once_with_the_command(start: Callable[..., Daemon], tmp_path: Path) -> None:
    daemon = start(ASK.format(found="ask", folder=tmp_path / "src"))
    found = _repository(daemon, tmp_path / "src" / "it's new")
    outside = _repository(daemon, tmp_path / "elsewhere")
    found.commit("feat: one")
    outside.commit("feat: of nobody")
    wait_until(lambda: "repositories_found" in _codes(daemon), "the repository that was found")
    _listed(daemon, found)
    (said,) = [one for one in daemon.json("status")["warnings"] if one["code"] == "repositories_found"]
    assert f"1 repository is committed to and no workspace: {found.path}" in said["text"]
    command = shlex.split(said["hint"].split("`")[1])
    assert command == ["obsctl", "add-workspace", str(found.path)]
    reports = daemon.scrape().sum("obsd_hook_reports_total")
    found.commit("feat: two")
    added = daemon.obsctl(*command[1:])
    assert added.code == 0, added
    wait_until(lambda: "repositories_found" not in _codes(daemon), "nothing that was found")
    assert daemon.scrape().sum("obsd_hook_reports_total") == reports


def test_found_repositories_become_workspaces(start: Callable[..., Daemon], tmp_path: Path) -> None:
    daemon = start(ASK.format(found="add", folder=tmp_path / "src"))
    found = _repository(daemon, tmp_path / "src" / "new")
    found.commit("feat: it is found by this one")
    wait_until(lambda: daemon.json("workspaces")["workspaces"], "the workspace")
    _listed(daemon, found)
    found.commit("feat: and this one counts")
    daemon.wait_for("git_commits_total", 1, workspace="new")


def test_an_older_git_says_what_is_there(make_daemon: Callable[[str], Daemon], tmp_path: Path) -> None:
    daemon = make_daemon("d")
    old = tmp_path / "bin" / "git"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho git version 2.53.0\n")
    old.chmod(0o755)
    daemon.start()
    refused = daemon.obsctl("hooks", "install", "--global", PATH=f"{old.parent}:{daemon.environment['PATH']}")
    assert refused.code == 1
    assert "git version 2.53.0 runs no hooks of its configuration: git 2.54 and later do" in refused.stderr
    assert "hint: `obsctl hooks install` adds hooks to each workspace" in refused.stderr
    assert not Path(daemon.environment["GIT_CONFIG_GLOBAL"]).exists()
