"""The time before a workspace was watched: shown as history, and in no counter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.support import Daemon, Repository, wait_until
from tests.unit.records.live import ClaudeCode

AGENTS_MESSAGE = "feat: count\n\nCo-Authored-By: Claude <noreply@anthropic.com>"


def past(daemon: Daemon) -> list[dict[str, Any]]:
    return list(daemon.json("commits")["history"])


def test_the_first_day_is_not_empty_and_counts_nothing(
    make_daemon: Callable[[str], Daemon], repository: Repository
) -> None:
    daemon = make_daemon("d")
    agent = ClaudeCode(daemon.home, repository.path)
    agent.edit(repository.path / "a.py", "a = 1\nb = 2\n")
    agent.edit(repository.path / "a.py", "a = 1\nb = 3\n")
    before = repository.commit(AGENTS_MESSAGE)
    daemon.start()
    added = daemon.obsctl("add-workspace", str(repository.path), "--name", "shop")
    assert "`obsctl agents import` reads what agents did here before" in added.stderr
    wait_until(lambda: len(past(daemon)) == 2, "the log")
    newest, oldest = past(daemon)
    assert (newest["id"], newest["source"], newest["agent"], newest["evidence"]) == (
        before,
        "history",
        "claude-code",
        "trailer",
    )
    assert (newest["lines_added"], newest["files_changed"]) == (2, 1)
    assert (oldest["source"], oldest["agent"], oldest["author"]) == ("history", "unknown", "Ada Lovelace")
    assert daemon.json("sessions")["history"] == []
    found = daemon.json("agents", "import", "--since", "7d")
    assert (found["commits"], found["sessions"], found["writes"]) == (2, 1, 2)
    [session] = daemon.json("sessions")["history"]
    assert (session["agent"], session["session"], session["workspace"]) == ("claude-code", agent.session, "shop")
    assert (session["writes"], session["files"], session["lines_added"], session["lines_removed"]) == (2, 1, 4, 2)
    assert "(history)" in daemon.obsctl("commits").stdout
    assert agent.session[:12] in daemon.obsctl("sessions").stdout
    report = daemon.json("report")
    shares = {share["agent"]: share for share in report["history"]}
    assert (shares["claude-code"]["commits"], shares["claude-code"]["writes"], shares["unknown"]["commits"]) == (
        1,
        2,
        1,
    )
    assert (report["commits"], report["agents"]) == (0, [])
    assert "claude-code 1 commit (+2 -0), 2 edits in 1 session" in daemon.obsctl("report").stdout
    samples = daemon.scrape()
    for counter in ("git_commits_total", "obsd_agent_changes_total", "copilot_files_modified_total"):
        assert samples.sum(counter) == 0
    assert (daemon.json("sessions")["sessions"], daemon.json("commits")["commits"]) == ([], [])


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
