"""Restarts and crashes are invisible in what is counted; a workspace that goes takes its series along."""

from __future__ import annotations

import os
import signal

import pytest

from tests.samples import Samples
from tests.support import Daemon, Repository, wait_until

ENDINGS = pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT], ids=lambda s: s.name)

# What a restart may change: the daemon's own age and process, and everything about the watchers.
VOLATILE = (
    "obsd_up_since",
    "obsd_heartbeat",
    "obsd_events",
    "obsd_rescans",
    "obsd_watch",
    "copilot_session_duration",
    "process_",
    "python_",
)


def counted(samples: Samples) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """The series that a restart must leave as they were."""
    return {
        (name, frozenset(labels.items())): value
        for name, labels, value in samples.series
        if not name.startswith(VOLATILE)
    }


def work(repository: Repository, daemon: Daemon) -> None:
    """An edit, a removal and a commit, all recorded."""
    repository.write("a.py", "x = 1\n")
    repository.write("b.py", "y = 1\n")
    daemon.settle("w")
    (repository.path / "b.py").unlink()
    repository.write("a.py", "x = 2\n")
    daemon.settle("w")
    repository.commit("feat: do some work to be remembered")
    daemon.wait_for("git_commits_total", 1, workspace="w")
    # The hook's own report comes later than what the reflog told.
    daemon.wait_for("obsd_hook_reports_total", 1, workspace="w")
    daemon.settle("w")
    attributed(daemon)
    # The line that was edited and the one that was removed, neither of them committed.
    daemon.wait_for("obsd_overridden_lines_total", 2, workspace="w")


def attributed(daemon: Daemon) -> None:
    """Every change has its author, or is known to have none."""

    def done() -> bool:
        samples = daemon.scrape()
        return samples.sum("obsd_agent_changes_total") == samples.sum("copilot_files_modified_total")

    wait_until(done, "an author for each change")


@ENDINGS
def test_an_ending_loses_nothing_and_counts_nothing_twice(
    obsd_daemon: Daemon, repository: Repository, ending: signal.Signals
) -> None:
    obsd_daemon.add(repository.path, "w")
    work(repository, obsd_daemon)
    before = counted(obsd_daemon.scrape())
    commits, sessions = obsd_daemon.json("commits")["commits"], obsd_daemon.json("sessions")["sessions"]
    obsd_daemon.restart(ending)
    obsd_daemon.settle("w")
    assert counted(obsd_daemon.scrape()) == before
    assert obsd_daemon.json("commits")["commits"] == commits
    assert [one["id"] for one in obsd_daemon.json("sessions")["sessions"]] == [one["id"] for one in sessions]


@ENDINGS
def test_what_happens_while_it_is_down_is_found(
    obsd_daemon: Daemon, repository: Repository, ending: signal.Signals
) -> None:
    repository.write("kept.py", "one\n")
    repository.write("gone.py", "one\n")
    repository.commit("feat: have files to change")
    obsd_daemon.add(repository.path, "w")
    obsd_daemon.stop(ending)
    repository.write("kept.py", "one\ntwo\n")
    repository.write("new.py", "one\ntwo\nthree\n")
    (repository.path / "gone.py").unlink()
    made = repository.commit("feat: change them while nobody looks")
    repository.write("kept.py", "one\ntwo\nthree\n")
    obsd_daemon.start()
    samples = obsd_daemon.wait_for("git_commits_total", 1, workspace="w")
    obsd_daemon.settle("w")
    samples = obsd_daemon.scrape()
    changes = {
        operation: samples.sum("copilot_files_modified_total", workspace="w", operation=operation)
        for operation in ("created", "modified", "deleted", "renamed")
    }
    assert changes == {"created": 1, "modified": 1, "deleted": 1, "renamed": 0}
    assert obsd_daemon.json("commits")["commits"][0]["id"] == made


def test_it_ends_cleanly(obsd_daemon: Daemon, repository: Repository) -> None:
    obsd_daemon.add(repository.path, "w")
    [workspace] = obsd_daemon.json("workspaces")["workspaces"]
    assert workspace["state"] == "watching"
    children = wait_until(lambda: _children(obsd_daemon.pid))
    assert obsd_daemon.stop() == 0
    wait_until(lambda: not any(_runs(pid) for pid in children), "the watchers to end")
    assert not obsd_daemon.socket.exists()
    assert "Traceback" not in obsd_daemon.log


def test_watchers_end_with_a_daemon_that_is_killed(obsd_daemon: Daemon, repository: Repository) -> None:
    obsd_daemon.add(repository.path, "w")
    children = wait_until(lambda: _children(obsd_daemon.pid))
    obsd_daemon.stop(signal.SIGKILL)
    wait_until(lambda: not any(_runs(pid) for pid in children), "the watchers to end")


def _children(pid: int) -> list[int]:
    """The processes below one."""
    from psutil import Process

    return [child.pid for child in Process(pid).children(recursive=True)]


def _runs(pid: int) -> bool:
    from psutil import STATUS_ZOMBIE, NoSuchProcess, Process

    try:
        return bool(Process(pid).status() != STATUS_ZOMBIE)
    except NoSuchProcess:
        return False


def test_series_come_with_a_workspace_and_go_with_it(obsd_daemon: Daemon, repository: Repository) -> None:
    assert not [labels for _, labels, _ in obsd_daemon.scrape().series if labels.get("workspace")]
    obsd_daemon.add(repository.path, "w")
    samples = obsd_daemon.scrape()
    assert samples.value("copilot_session_active", workspace="w") == 0
    assert samples.value("copilot_session_duration_seconds", workspace="w") == 0
    assert samples.value("obsd_watcher_up", workspace="w") == 1
    assert (samples.value("obsd_watches", workspace="w") or 0) > 0
    for counter in ("copilot_files_modified_total", "obsd_queue_overflows_total", "obsd_watcher_restarts_total"):
        assert list(samples.matching(counter, workspace="w")), f"{counter} is not there from the start"
    work(repository, obsd_daemon)
    assert obsd_daemon.obsctl("remove-workspace", "w").code == 0
    assert not [name for name, labels, _ in obsd_daemon.scrape().series if labels.get("workspace") == "w"]
    assert obsd_daemon.json("workspaces")["workspaces"] == []
    obsd_daemon.restart()
    assert not [name for name, labels, _ in obsd_daemon.scrape().series if labels.get("workspace") == "w"]


def test_removal_leaves_the_repository_as_it_was(obsd_daemon: Daemon, repository: Repository) -> None:
    def contents() -> dict[str, bytes]:
        return {
            str(path.relative_to(repository.path)): path.read_bytes()
            for path in sorted(repository.path.rglob("*"))
            if path.is_file()
        }

    hook = repository.write(".git/hooks/post-commit", "#!/bin/sh\necho mine\n")
    hook.chmod(0o755)
    before = contents()
    obsd_daemon.add(repository.path, "w")
    assert contents() != before
    assert obsd_daemon.obsctl("remove-workspace", "w").code == 0
    assert contents() == before
    assert hook.stat().st_mode & 0o777 == 0o755


def test_a_killed_watcher_is_replaced(obsd_daemon: Daemon, repository: Repository) -> None:
    obsd_daemon.add(repository.path, "w")
    repository.write("a.py", "x = 1\n")
    obsd_daemon.settle("w")
    os.kill(obsd_daemon.json("workspaces")["workspaces"][0]["watcher_pid"], signal.SIGKILL)
    repository.write("b.py", "x = 1\n")
    obsd_daemon.wait_for("obsd_watcher_restarts_total", 1, workspace="w")
    wait_until(lambda: obsd_daemon.json("workspaces")["workspaces"][0]["state"] == "watching")
    obsd_daemon.settle("w")
    assert obsd_daemon.scrape().sum("copilot_files_modified_total", workspace="w") == 2
