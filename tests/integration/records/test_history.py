"""The time before a workspace was watched: shown as history, and in no counter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support import Daemon, Repository, wait_until
from tests.unit.records.live import ClaudeCode

AGENTS_MESSAGE = "feat: count\n\nCo-Authored-By: Claude <noreply@anthropic.com>"


def past(daemon: Daemon) -> list[dict[str, Any]]:
    return list(daemon.json("commits")["history"])


@pytest.fixture
def agent(make_daemon: Callable[[str], Daemon], repository: Repository) -> ClaudeCode:
    """One that edited and committed before there was a daemon."""
    made = ClaudeCode(make_daemon("d").home, repository.path)
    made.edit(repository.path / "a.py", "a = 1\nb = 2\n")
    made.edit(repository.path / "a.py", "a = 1\nb = 3\n")
    repository.commit(AGENTS_MESSAGE)
    return made


def test_the_log_is_history_from_the_first_day_on(
    agent: ClaudeCode, make_daemon: Callable[[str], Daemon], repository: Repository
) -> None:
    daemon = make_daemon("d").start()
    added = daemon.obsctl("add-workspace", str(repository.path), "--name", "shop")
    assert "`obsctl agents import` reads what agents did here before" in added.stderr
    wait_until(lambda: len(past(daemon)) == 2, "the log")
    of = {one["subject"]: one for one in past(daemon)}
    agents, persons = of["feat: count"], of["docs: say hello to the world"]
    assert (agents["source"], agents["agent"], agents["evidence"]) == ("history", "claude-code", "trailer")
    assert (agents["id"], agents["lines_added"], agents["files_changed"]) == (repository.git("rev-parse", "HEAD"), 2, 1)
    assert (persons["source"], persons["agent"], persons["author"]) == ("history", "unknown", "Ada Lovelace")
    assert "(history)" in daemon.obsctl("commits").stdout
    assert (daemon.json("commits")["commits"], daemon.json("sessions")["sessions"]) == ([], [])


def test_records_of_before_are_history_and_counted_nowhere(
    agent: ClaudeCode, make_daemon: Callable[[str], Daemon], repository: Repository
) -> None:
    daemon = make_daemon("d").start()
    daemon.add(repository.path, "shop")
    assert daemon.json("sessions")["history"] == []
    found = daemon.json("agents", "import", "--since", "7d")
    assert (found["commits"], found["sessions"], found["writes"]) == (2, 1, 2)
    [session] = daemon.json("sessions")["history"]
    assert (session["agent"], session["session"], session["workspace"]) == ("claude-code", agent.session, "shop")
    assert (session["writes"], session["files"], session["lines_added"], session["lines_removed"]) == (2, 1, 4, 2)
    assert agent.session[:12] in daemon.obsctl("sessions").stdout
    report = daemon.json("report")
    shares = {share["agent"]: share for share in report["history"]}
    assert (shares["claude-code"]["commits"], shares["claude-code"]["writes"]) == (1, 2)
    assert (shares["unknown"]["commits"], shares["unknown"]["sessions"]) == (1, 0)
    assert (report["commits"], report["agents"]) == (0, [])
    assert "claude-code 1 commit (+2 -0), 2 edits in 1 session" in daemon.obsctl("report").stdout
    samples = daemon.scrape()
    for counter in ("git_commits_total", "obsd_agent_changes_total", "copilot_files_modified_total"):
        assert samples.sum(counter) == 0


def test_what_is_seen_is_no_history_and_reading_again_changes_nothing(
    make_daemon: Callable[[str], Daemon], repository: Repository
) -> None:
    daemon = make_daemon("d")
    daemon.start().add(repository.path, "shop")
    wait_until(lambda: len(past(daemon)) == 1, "the log")
    agent = ClaudeCode(daemon.home, repository.path)
    agent.edit(repository.path / "a.py", "a = 1\n")
    repository.commit("feat: count what is there")
    daemon.wait_for("git_commits_total", 1)
    daemon.wait_for("obsd_agent_changes_total", 1)
    for _ in range(2):
        found = daemon.json("agents", "import")
        assert (found["sessions"], found["writes"]) == (0, 0)
        assert [one["subject"] for one in past(daemon)] == ["docs: say hello to the world"]
        assert [one["source"] for one in daemon.json("commits")["commits"]] == ["hook"]
        assert daemon.json("sessions")["history"] == []
    assert daemon.scrape().sum("git_commits_total") == 1


def test_a_folder_without_commits_has_no_history(make_daemon: Callable[[str], Daemon], repository: Repository) -> None:
    daemon = make_daemon("d")
    empty = Repository(repository.path.parent / "empty", repository.environment)
    daemon.start().add(empty.path, "empty")
    assert daemon.json("agents", "import")["commits"] == 0
    assert past(daemon) == []
