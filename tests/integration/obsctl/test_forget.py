"""`obsctl forget`: a workspace that was added by mistake leaves no record and no hook, and never by accident."""

from __future__ import annotations

from tests.support import Daemon, Repository


def test_forgetting_a_workspace(obsd_daemon: Daemon, repository: Repository) -> None:
    obsd_daemon.add(repository.path, "mistake")
    repository.write("a.py", "one\n")
    obsd_daemon.settle("mistake")
    repository.commit("feat: one")
    obsd_daemon.wait_for("git_commits_total", 1, workspace="mistake")

    unasked = obsd_daemon.obsctl("forget", "mistake")
    assert (unasked.code, "--yes" in unasked.stderr) == (1, True), "nobody was there to ask"
    assert obsd_daemon.json("today")["total"]["commits"] == 1

    found = obsd_daemon.json("forget", str(repository.path), "--yes")
    assert found["workspaces"] == ["mistake"]
    assert obsd_daemon.json("workspaces")["workspaces"] == []
    assert obsd_daemon.json("commits")["commits"] == []
    today = obsd_daemon.json("today")
    assert (today["total"]["changes"], today["lanes"], today["first_record"]) == (0, [], None)
    assert not (repository.path / ".git/hooks/post-commit").exists()
    assert obsd_daemon.obsctl("forget", "mistake", "--yes").code == 4
    obsd_daemon.restart()
    assert obsd_daemon.json("sessions")["sessions"] == []
    obsd_daemon.add(repository.path, "mistake")
    repository.commit("feat: two")
    obsd_daemon.wait_for("git_commits_total", 1, workspace="mistake")


def test_what_was_removed_before_can_be_forgotten(obsd_daemon: Daemon, repository: Repository) -> None:
    obsd_daemon.add(repository.path, "w")
    repository.write("a.py", "one\n")
    obsd_daemon.settle("w")
    obsd_daemon.obsctl("remove-workspace", "w")
    assert len(obsd_daemon.json("sessions")["sessions"]) == 1
    assert obsd_daemon.obsctl("forget", "w", "--yes").stdout == "w: forgotten\n"
    assert obsd_daemon.json("sessions")["sessions"] == []
