"""No descriptor is left for a while: what comes meanwhile is found afterwards, and nothing fails in the log."""

from __future__ import annotations

import os
import resource
import signal
import socket
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import urlsplit

from tests.chaos.arena import children
from tests.support import Daemon, Repository, wait_until

SPARE = 6
CONNECTIONS = 60


def held(daemon: Daemon) -> int:
    """The descriptors that the daemon has open."""
    return sum(1 for _ in Path(f"/proc/{daemon.pid}/fd").iterdir())


def test_connections_that_take_all_descriptors_lose_nothing(obsd_daemon: Daemon, repository: Repository) -> None:
    obsd_daemon.add(repository.path, "repo")
    address = urlsplit(obsd_daemon.json("status")["metrics_url"])
    before = resource.prlimit(obsd_daemon.pid, resource.RLIMIT_NOFILE)
    limit = held(obsd_daemon) + SPARE
    resource.prlimit(obsd_daemon.pid, resource.RLIMIT_NOFILE, (limit, before[1]))
    with ExitStack() as stack:
        for _ in range(CONNECTIONS):
            with suppress(OSError):
                stack.enter_context(socket.create_connection((address.hostname or "", address.port or 0), timeout=1))
        wait_until(lambda: held(obsd_daemon) >= limit - 1, "a daemon with no descriptor to spare")
        commit_id = repository.commit("feat: one while there are none left")
    resource.prlimit(obsd_daemon.pid, resource.RLIMIT_NOFILE, before)
    obsd_daemon.wait_for("git_commits_total", 1, workspace="repo")
    assert [one["id"] for one in obsd_daemon.json("commits")["commits"]] == [commit_id]
    assert "Traceback" not in obsd_daemon.log


def test_a_commit_that_no_process_could_read_is_counted_though_none_follows(
    obsd_daemon: Daemon, repository: Repository
) -> None:
    obsd_daemon.add(repository.path, "repo", "--no-hooks")
    for reader in children(obsd_daemon.pid, "obsd-reader"):
        os.kill(reader, signal.SIGKILL)
    wait_until(lambda: not children(obsd_daemon.pid, "obsd-reader"), "no reader")
    before = resource.prlimit(obsd_daemon.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(obsd_daemon.pid, resource.RLIMIT_NOFILE, (3, before[1]))
    commit_id = repository.commit("feat: one while no process can be started")
    wait_until(lambda: "the scan of its commits failed; again in" in obsd_daemon.log, "a scan that failed")
    resource.prlimit(obsd_daemon.pid, resource.RLIMIT_NOFILE, before)
    obsd_daemon.wait_for("git_commits_total", 1, workspace="repo")
    assert [one["id"] for one in obsd_daemon.json("commits")["commits"]] == [commit_id]
    assert "Traceback" not in obsd_daemon.log
