"""Workflow rules on a real daemon and real repositories."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

from tests.support import Daemon, Repository, wait_until

GOOD = "feat: say what is done and why"
BROKEN = "obsd_rule_broken"
VIOLATIONS = "obsd_rule_violations_total"


@pytest.fixture
def repository(tmp_path: Path, obsd_daemon: Daemon) -> Repository:
    made = Repository(tmp_path / "shop", obsd_daemon.environment)
    made.write("README.md", "shop\n")
    made.commit("chore: begin with something to read")
    obsd_daemon.add(made.path, "shop")
    return made


def violations(daemon: Daemon) -> list[tuple[str, str]]:
    """Rule and subject of each, newest first."""
    found: list[dict[str, Any]] = daemon.json("violations")["violations"]
    return [(one["rule"], one["subject"]) for one in found]


def rule(daemon: Daemon, name: str) -> dict[str, Any]:
    """One rule of the workspace as it stands."""
    [found] = [one for one in daemon.json("rules", "--workspace", "shop")["rules"] if one["rule"] == name]
    return dict(found)


def test_each_commit_that_breaks_a_rule_is_a_violation(obsd_daemon: Daemon, repository: Repository) -> None:
    repository.write("a.md", "a\n")
    first = repository.commit("wip")
    samples = obsd_daemon.wait_for(BROKEN, 1, rule="commit_message_length", workspace="shop")
    assert samples.value(VIOLATIONS, rule="commit_message_prefix", workspace="shop") == 1
    assert samples.value(VIOLATIONS, rule="tests_with_source", workspace="shop") == 0
    assert set(violations(obsd_daemon)) == {("commit_message_length", first), ("commit_message_prefix", first)}
    assert rule(obsd_daemon, "commit_message_length")["state"] == "broken"
    repository.write("a.md", "b\n")
    second = repository.commit("wip")
    repository.write("a.md", "c\n")
    repository.commit(GOOD)
    obsd_daemon.wait_for(BROKEN, 0, rule="commit_message_length", workspace="shop")
    assert [subject for _, subject in violations(obsd_daemon)] == [second, second, first, first]
    repository.write("a.md", "d\n")
    last = repository.commit("wip again")
    obsd_daemon.wait_for(VIOLATIONS, 3, rule="commit_message_length", workspace="shop")
    assert ("commit_message_length", last) in violations(obsd_daemon)
    [session] = obsd_daemon.json("sessions")["sessions"]
    assert (session["violations"], session["commits"]) == (6, 4)
    assert session["first_commit_seconds"] is not None


def test_an_amend_keeps_what_its_commit_broke(obsd_daemon: Daemon, repository: Repository) -> None:
    repository.write("a.md", "a\n")
    repository.commit("wip")
    obsd_daemon.wait_for(BROKEN, 1, rule="commit_message_prefix", workspace="shop")
    repository.git("commit", "--amend", "-q", "-m", GOOD)
    obsd_daemon.wait_for(BROKEN, 0, rule="commit_message_prefix", workspace="shop")


def test_source_without_tests_and_long_commits(obsd_daemon: Daemon, repository: Repository) -> None:
    repository.write("src/a.py", "x = 1\n" * 501)
    bad = repository.commit(GOOD)
    obsd_daemon.wait_for(BROKEN, 1, rule="tests_with_source", workspace="shop")
    assert set(violations(obsd_daemon)) == {("tests_with_source", bad), ("commit_lines", bad)}
    repository.write("src/a.py", "x = 2\n")
    repository.write("tests/test_a.py", "")
    repository.git("add", "-A")
    repository.git("commit", "-q", "-m", GOOD)
    obsd_daemon.wait_for(BROKEN, 0, rule="tests_with_source", workspace="shop")
    repository.git("mv", "src/a.py", "src/b.py")
    repository.git("commit", "-q", "-m", GOOD)
    obsd_daemon.wait_for("git_commits_total", 3, workspace="shop")
    assert [subject for name, subject in violations(obsd_daemon) if name == "tests_with_source"] == [bad]


def test_an_agent_must_not_commit_to_the_default_branch(obsd_daemon: Daemon, repository: Repository) -> None:
    repository.git("switch", "-q", "-c", "topic")
    repository.commit(GOOD, CLAUDECODE="1")
    repository.git("switch", "-q", "main")
    repository.write("a.md", "a\n")
    bad = repository.commit(GOOD, CLAUDECODE="1")
    obsd_daemon.wait_for(BROKEN, 1, rule="agent_on_default_branch", workspace="shop")
    assert violations(obsd_daemon) == [("agent_on_default_branch", bad)]


def test_uncommitted_files_count_until_they_are_committed(obsd_daemon: Daemon, repository: Repository) -> None:
    for number in range(51):
        repository.write(f"notes/{number}.md", "x\n")
    obsd_daemon.wait_for(BROKEN, 1, rule="uncommitted_files", workspace="shop")
    [(name, path)] = violations(obsd_daemon)
    assert (name, path.startswith("notes/")) == ("uncommitted_files", True)
    obsd_daemon.restart(signal.SIGKILL)
    assert obsd_daemon.scrape().value(BROKEN, rule="uncommitted_files", workspace="shop") == 1
    repository.commit(GOOD)
    obsd_daemon.wait_for(BROKEN, 0, rule="uncommitted_files", workspace="shop")
    assert obsd_daemon.scrape().value(VIOLATIONS, rule="uncommitted_files", workspace="shop") == 1


def test_a_change_that_waits_too_long(obsd_daemon: Daemon, repository: Repository) -> None:
    obsd_daemon.configure("[rules]\nuncommitted_minutes = 0.01")
    assert obsd_daemon.obsctl("reload").code == 0
    repository.write("a.md", "a\n")
    obsd_daemon.wait_for(BROKEN, 1, rule="uncommitted_minutes", workspace="shop")
    assert violations(obsd_daemon) == [("uncommitted_minutes", "a.md")]
    repository.commit(GOOD)
    obsd_daemon.wait_for(BROKEN, 0, rule="uncommitted_minutes", workspace="shop")


def test_commits_behind_by_what_is_fetched(tmp_path: Path, obsd_daemon: Daemon, repository: Repository) -> None:
    origin = Repository(tmp_path / "origin", obsd_daemon.environment)
    origin.git("pull", "-q", str(repository.path), "main")
    repository.git("remote", "add", "origin", str(origin.path))
    repository.git("fetch", "-q", "origin")
    repository.git("branch", "-q", "--set-upstream-to=origin/main")
    for _ in range(11):
        origin.commit(GOOD)
    repository.git("fetch", "-q", "origin")
    repository.write("a.md", "a\n")
    obsd_daemon.wait_for(BROKEN, 1, rule="commits_behind", workspace="shop")
    assert violations(obsd_daemon) == [("commits_behind", origin.git("rev-parse", "HEAD"))]
    repository.git("pull", "-q", "--rebase=false")
    obsd_daemon.wait_for(BROKEN, 0, rule="commits_behind", workspace="shop")


def test_rules_can_be_turned_off_and_set_for_a_workspace(obsd_daemon: Daemon, repository: Repository) -> None:
    repository.commit("wip")
    obsd_daemon.wait_for(BROKEN, 2, workspace="shop")
    obsd_daemon.configure('[rules]\ncommit_lines = 7\n[workspaces."shop".rules]\ncommit_message_length = false')
    assert obsd_daemon.obsctl("reload").code == 0
    obsd_daemon.wait_for(BROKEN, 1, workspace="shop")
    length = rule(obsd_daemon, "commit_message_length")
    assert (length["limit"], length["state"]) == (False, "off")
    assert rule(obsd_daemon, "commit_lines")["limit"] == 7


def test_impossible_limits_break_and_nothing_else_does(obsd_daemon: Daemon, repository: Repository) -> None:
    obsd_daemon.configure(
        "[rules]\nuncommitted_files = 0\nuncommitted_minutes = 0\ncommit_message_length = 1e9\ncommit_lines = 0\n"
        'commits_behind = 0\ncommit_message_prefix = ["[", "(?x"]\nprotected_paths = ["[", "[z-a]", "**", "\\\\"]'
    )
    assert obsd_daemon.obsctl("reload").code == 0
    repository.write("a.py", "a = 1\n")
    obsd_daemon.wait_for(BROKEN, 1, rule="uncommitted_files", workspace="shop")
    repository.commit(GOOD)
    for name in ("commit_message_length", "commit_message_prefix", "commit_lines"):
        obsd_daemon.wait_for(BROKEN, 1, rule=name, workspace="shop")
    obsd_daemon.wait_for(BROKEN, 0, rule="uncommitted_files", workspace="shop")
    obsd_daemon.configure("[rules]\ncommit_lines = -1")
    assert obsd_daemon.obsctl("reload").code == 78


def test_what_was_not_judged_is_judged_after_a_restart(obsd_daemon: Daemon, repository: Repository) -> None:
    obsd_daemon.stop()
    bad = repository.commit("wip")
    obsd_daemon.start()
    obsd_daemon.wait_for(BROKEN, 2, workspace="shop")
    assert {subject for _, subject in violations(obsd_daemon)} == {bad}
    obsd_daemon.restart()
    assert len(violations(obsd_daemon)) == 2


def test_nothing_of_a_repository_runs_for_the_rules(
    tmp_path: Path, obsd_daemon: Daemon, repository: Repository
) -> None:
    trap = f"touch {tmp_path}/ran; cat"
    for key in ("filter.trap.clean", "filter.trap.smudge", "filter.trap.process", "core.fsmonitor"):
        repository.git("config", key, trap)
    repository.write(".gitattributes", "* filter=trap diff=trap\n")
    repository.write("README.md", "other\n")
    (repository.path / "README.md").touch()
    for number in range(51):
        repository.write(f"{number}.md", "x\n")
    obsd_daemon.wait_for(BROKEN, 1, rule="uncommitted_files", workspace="shop")
    assert not (tmp_path / "ran").exists()


def test_a_folder_without_git_keeps_all_rules(tmp_path: Path, obsd_daemon: Daemon) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    obsd_daemon.add(folder, "shop")
    for number in range(60):
        (folder / f"{number}.py").write_text("x\n")
    obsd_daemon.settle("shop")
    wait_until(lambda: all(one["state"] == "kept" for one in obsd_daemon.json("rules")["rules"]))
    assert obsd_daemon.obsctl("violations").stderr.startswith("no rule was broken")
    unknown = obsd_daemon.obsctl("violations", "--rule", "commit_line")
    assert unknown.code == 1
    assert "hint: rules: agent_on_default_branch" in unknown.stderr
    assert obsd_daemon.obsctl("rules", "--workspace", "nowhere").code == 4
