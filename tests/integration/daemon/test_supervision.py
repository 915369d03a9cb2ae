"""No task of the daemon dies unseen: each one is made to fail, and does its work again afterwards."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psutil
import pytest

from tests.integration.daemon import failing_obsd
from tests.support import Daemon, Repository, wait_until

CREATED = ("copilot_files_modified_total", "created")
TASKS = {
    "the recorder",
    "the kernel's word on writers",
    "what the kernel says of writers",
    "the runtime folder",
    "the ticks",
    "pruning",
    "the watchdog",
    "the agents' records",
    "the keeping of agents' records",
    "the watcher of shop",
    "the heartbeat of shop",
    "the evaluation of rules",
    "the origins of commits",
    "the replaced lines",
    "the lines that are kept",
    "the status",
    "the attribution of telemetry",
    "the forwarding of telemetry",
    "the export of facts",
    "the pushing of metrics",
    "the days of anthropic",
    "the accepting of scrapes",
    "the accepting of telemetry",
    "the accepting of the page",
}
RETRIES = {"listening for telemetry over grpc", "listening for telemetry over http", "listening for scrapes"}


class FailingDaemon(Daemon):
    """A daemon whose supervised tasks fail when they are told to."""

    command = (sys.executable, failing_obsd.__file__)

    def fail(self) -> None:
        """Has tasks fail: at the first call all but the watchers', at the second the watchers'."""
        os.kill(self.pid, signal.SIGUSR1)

    @property
    def failed(self) -> set[str]:
        """The names of the tasks whose failure is in the log."""
        return set(re.findall(r"supervision: (.*) failed; restarting in .*: injected", self.log))

    def at_work(self) -> set[str]:
        """The names of the tasks that do their work now."""
        asked = self.log.count("at work:")
        os.kill(self.pid, signal.SIGUSR2)
        wait_until(lambda: self.log.count("at work:") > asked, "an answer")
        return set(re.findall(r"^at work: (.*)$", self.log, re.MULTILINE)[-1].split(", "))


@contextmanager
def without_known_files(daemon: Daemon) -> Iterator[None]:
    """The ledger cannot say, or be told, what watchers know of files."""
    with closing(sqlite3.connect(daemon.state / "ledger.sqlite3", timeout=30, isolation_level=None)) as connection:
        connection.execute("ALTER TABLE known_files RENAME TO known_files_away")
        try:
            yield
        finally:
            connection.execute("ALTER TABLE known_files_away RENAME TO known_files")


def state_of(daemon: Daemon) -> tuple[str, str]:
    """State and detail of the only workspace."""
    [workspace] = daemon.json("workspaces")["workspaces"]
    return workspace["state"], workspace["detail"]


def fork_server_of(daemon: Daemon) -> psutil.Process:
    """The process that starts the watchers."""
    [fork_server] = psutil.Process(daemon.pid).children()
    return fork_server


def wait_until_watched(daemon: Daemon, repository: Repository, name: str) -> None:
    """Returns when a new file is counted."""
    before = daemon.scrape().sum(CREATED[0], operation=CREATED[1])
    repository.write(name, "x = 1\n")
    daemon.wait_for(CREATED[0], before + 1, operation=CREATED[1])


def test_a_watcher_comes_back_when_the_ledger_could_not_be_read(obsd_daemon: Daemon, repository: Repository) -> None:
    obsd_daemon.add(repository.path, "shop")
    with without_known_files(obsd_daemon):
        for watcher in fork_server_of(obsd_daemon).children():
            watcher.kill()
        wait_until(lambda: "connection failed" in state_of(obsd_daemon)[1], "the failure")
        assert state_of(obsd_daemon)[0] == "failed"
        assert "the connection to the watcher failed" in obsd_daemon.log
    wait_until(lambda: state_of(obsd_daemon)[0] == "watching", "the watcher")
    wait_until_watched(obsd_daemon, repository, "a.py")


def test_a_daemon_that_starts_with_a_bad_table_is_ready_and_recovers(
    obsd_daemon: Daemon, repository: Repository
) -> None:
    obsd_daemon.add(repository.path, "shop")
    obsd_daemon.stop()
    with without_known_files(obsd_daemon):
        obsd_daemon.start()
        assert state_of(obsd_daemon)[0] == "failed"
    wait_until(lambda: state_of(obsd_daemon)[0] == "watching", "the watcher")


@pytest.fixture
def failing_daemon(short_tmp: Path) -> Iterator[FailingDaemon]:
    """One that is not started yet, with a service manager that wants signs of life."""
    daemon = FailingDaemon(short_tmp / "d")
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(str(short_tmp / "notify"))
    daemon.environment |= {"NOTIFY_SOCKET": str(short_tmp / "notify"), "WATCHDOG_USEC": "60000000"}
    with manager:
        yield daemon
        if daemon.process is not None:
            daemon.stop()


@pytest.fixture
def free_port() -> int:
    """A port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def everything(port: int, grpc: int = 0, http: int = 0) -> str:
    """A configuration with which every part runs; gateway and collector are not there."""
    return (
        f'[push]\npushgateway = "http://127.0.0.1:{port}"\n'
        f'[telemetry]\ngrpc = "127.0.0.1:{grpc}"\nhttp = "127.0.0.1:{http}"\nforward = "http://127.0.0.1:{port}"\n'
        "[rules]\nuncommitted_files = 2\n"
        '[usage.anthropic]\ntoken_file = "/nonexistent"\n'
    )


def test_every_task_that_fails_is_started_again(
    failing_daemon: FailingDaemon, repository: Repository, free_port: int
) -> None:
    failing_daemon.configure(everything(free_port))
    failing_daemon.start()
    failing_daemon.add(repository.path, "shop")
    wait_until(lambda: failing_daemon.at_work() == TASKS, f"{TASKS}")
    failing_daemon.fail()
    wait_until(lambda: failing_daemon.failed == TASKS - {"the watcher of shop"}, "their failure")
    wait_until(lambda: failing_daemon.at_work() == TASKS, f"{TASKS}")
    failing_daemon.fail()
    wait_until(lambda: "the connection to the watcher failed: injected" in failing_daemon.log, "the watcher's failure")
    wait_until(lambda: failing_daemon.at_work() == TASKS, f"{TASKS}")
    wait_until_watched(failing_daemon, repository, "a.py")
    wait_until_watched(failing_daemon, repository, "b.py")
    wait_until_watched(failing_daemon, repository, "c.py")
    failing_daemon.wait_for("obsd_rule_broken", 1, rule="uncommitted_files")
    repository.commit("feat: count what is there")
    failing_daemon.wait_for("git_commits_total", 1)
    failing_daemon.wait_for("obsd_rule_broken", 0, rule="uncommitted_files")


def test_addresses_are_tried_again_whatever_fails(failing_daemon: FailingDaemon, free_port: int) -> None:
    taken = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
    scrapes, grpc, http = (server.getsockname()[1] for server in taken)
    failing_daemon.configure(everything(free_port, grpc, http), f"127.0.0.1:{scrapes}")
    failing_daemon.start()
    wait_until(lambda: failing_daemon.at_work() >= RETRIES, "their trying")
    failing_daemon.fail()
    wait_until(lambda: failing_daemon.failed >= RETRIES, "their failure")
    for server in taken:
        server.close()
    wait_until(lambda: failing_daemon.json("status")["metrics_url"], "an address for scrapes")
    wait_until(lambda: not failing_daemon.at_work() & RETRIES, "the end of trying")
    for port in (grpc, http):
        socket.create_connection(("127.0.0.1", port), 30).close()


def test_a_fork_server_that_cannot_be_started_again_is_tried_again(
    failing_daemon: FailingDaemon, repository: Repository
) -> None:
    failing_daemon.environment["FAIL_FORKS"] = "1"
    failing_daemon.start()
    failing_daemon.add(repository.path, "shop")
    fork_server_of(failing_daemon).kill()
    wait_until(lambda: "the restart of the fork server failed; restarting" in failing_daemon.log, "a failure")
    wait_until(lambda: state_of(failing_daemon)[0] == "watching", "the watcher")
    wait_until_watched(failing_daemon, repository, "a.py")
