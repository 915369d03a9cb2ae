"""Commits under fire: a daemon and reporters that are killed, many repositories at once, callers that read a pipe.

`OBSD_FAULT_COMMITS` sets how many commits there are; `make test` has a small number.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from obsd.git import hook_install
from tests.support import Daemon, Repository, wait_until

COMMITS = int(os.environ.get("OBSD_FAULT_COMMITS", "40"))
REPOSITORIES = int(os.environ.get("OBSD_FAULT_REPOSITORIES", "5"))


def commit_many(repository: Repository, count: int) -> list[str]:
    """So many commits, one after the other; their ids."""
    ids = []
    for number in range(count):
        repository.write(f"f{number % 10}.txt", f"{number}\n")
        ids.append(repository.commit(f"feat: number {number}"))
    return ids


def counted(daemon: Daemon, workspace: str) -> list[str]:
    """The ids that `obsctl commits` shows for a workspace, oldest first."""
    rows = daemon.json("commits", "--limit", "0", "--workspace", workspace)["commits"]
    return [row["id"] for row in reversed(rows)]


def test_kills_lose_nothing_and_count_nothing_twice(
    make_daemon: Callable[[str], Daemon], make_repository: Callable[[str], Repository]
) -> None:
    """SIGKILL of the daemon and of the reporters at random moments, while commits are made."""
    source = random.Random(5)
    daemon = make_daemon("d").start()
    repository = make_repository("repo")
    repository.write("README.md", "x\n")
    repository.commit("docs: begin")
    daemon.add(repository.path, "w")
    made: list[str] = []
    worker = threading.Thread(target=lambda: made.extend(commit_many(repository, COMMITS)))
    worker.start()
    while worker.is_alive():
        time.sleep(source.uniform(0.05, 0.5))
        _kill_reporters(daemon)
        if source.random() < 0.5:
            daemon.stop(signal.SIGKILL)
            daemon.start()
    worker.join()
    daemon.wait_for("git_commits_total", COMMITS, workspace="w")
    assert sorted(counted(daemon, "w")) == sorted(made)
    daemon.restart()
    daemon.wait_for("git_commits_total", COMMITS, workspace="w")
    wait_until(lambda: not _reports(daemon), "an empty spool")
    _check_lines(daemon, "w")


def _check_lines(daemon: Daemon, workspace: str) -> None:
    """Each line of each commit has one origin, in the record and in the counter."""

    def classified() -> list[dict[str, Any]] | None:
        rows = daemon.json("commits", "--limit", "0", "--workspace", workspace)["commits"]
        return rows if all(row["origins"] is not None for row in rows) else None

    rows = wait_until(classified, "the origins of all lines")
    for row in rows:
        assert sum(one["lines"] for one in row["origins"]) == row["lines_added"], row
    added = sum(row["lines_added"] for row in rows)
    assert added > 0
    samples = daemon.scrape()
    assert samples.sum("obsd_commit_origin_lines_total", workspace=workspace) == added
    assert samples.sum("obsd_commit_lines_total", workspace=workspace, direction="added") == added


def test_many_repositories_at_once(obsd_daemon: Daemon, make_repository: Callable[[str], Repository]) -> None:
    repositories = [make_repository(f"r{number}") for number in range(REPOSITORIES)]
    for number, repository in enumerate(repositories):
        repository.write("README.md", "x\n")
        repository.commit("docs: begin")
        obsd_daemon.add(repository.path, f"w{number}")
    each = max(2, COMMITS // REPOSITORIES)
    workers = [threading.Thread(target=commit_many, args=(repository, each)) for repository in repositories]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for number, repository in enumerate(repositories):
        samples = obsd_daemon.wait_for("git_commits_total", each, workspace=f"w{number}")
        made = repository.git("rev-list", "--reverse", f"-{each}", "HEAD").split()
        assert counted(obsd_daemon, f"w{number}") == made
        assert samples.sum("obsd_commits_recovered_total", workspace=f"w{number}") == 0


def test_a_caller_that_reads_the_pipe_is_released(obsd_daemon: Daemon, repository: Repository) -> None:
    """What the hook leaves in the background holds none of git's descriptors: the pipe ends with git itself."""
    obsd_daemon.add(repository.path, "w")
    reporter = _slow_reporter(obsd_daemon, repository)
    read, write = os.pipe()
    git = subprocess.Popen(
        ["git", "-C", str(repository.path), "commit", "--allow-empty", "-m", "feat: x"],
        env=repository.environment,
        stdin=subprocess.DEVNULL,
        stdout=write,
        stderr=write,
    )
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        pipe.read()
    assert git.wait(10) == 0
    # The reporter still runs when the pipe has ended.
    pid = int(wait_until(lambda: reporter.read_text() if reporter.exists() else "", "the reporter").split()[0])
    held = {os.readlink(f"/proc/{pid}/fd/{number}") for number in (0, 1, 2)}
    assert held == {"/dev/null"}
    os.kill(pid, signal.SIGKILL)


def test_a_daemon_that_is_down_is_not_noticed(obsd_daemon: Daemon, repository: Repository) -> None:
    obsd_daemon.add(repository.path, "w")
    obsd_daemon.stop()
    done = subprocess.run(
        ["git", "-C", str(repository.path), "commit", "-q", "--allow-empty", "-m", "feat: x"],
        env=repository.environment | {"CLAUDECODE": "1"},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    obsd_daemon.start()
    samples = obsd_daemon.wait_for("git_commits_total", 1, workspace="w")
    assert samples.sum("obsd_commits_total", agent="claude-code", evidence="environment") == 1
    assert samples.sum("obsd_commits_recovered_total", workspace="w") == 0


def _reports(daemon: Daemon) -> list[str]:
    return [name for name in os.listdir(daemon.state / "spool") if name.isdigit()]


def _kill_reporters(daemon: Daemon) -> None:
    """Ends the reporter that the spool names, if it is one."""
    try:
        pid = int((daemon.state / "spool" / "drainer").read_text())
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError):
        return
    if b"drain-spool" in command and os.fsencode(daemon.state) in command:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return


def _slow_reporter(daemon: Daemon, repository: Repository) -> Path:
    """Puts a reporter into the hooks that says its pid and stays; returns where it says so."""
    place = repository.path.parent / "reporter"
    said = place.with_suffix(".pid")
    place.write_text(f"#!/bin/sh\necho $$ >{said}.new\nmv {said}.new {said}\nexec sleep 60\n")
    place.chmod(0o755)
    hook_install.uninstall(repository.path)  # obsctl may have put others there, where Git LFS is installed
    hook_install.install(repository.path, place, daemon.state / "spool")
    return said
