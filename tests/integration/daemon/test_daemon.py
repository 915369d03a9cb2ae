"""The daemon as a process: what it tells the service manager, signals, locks, the ledger's state, upkeep."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.support import Daemon, Repository, command, wait_until

MakeDaemon = Callable[[str], Daemon]


class Manager:
    """A service manager's notification socket."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.settimeout(30)
        self.seen: list[str] = []

    def wait_for(self, wanted: str) -> None:
        """Returns when a message that starts so has come, after all that are in `seen`."""
        while True:
            self.seen.append(self._socket.recv(4096).decode())
            if self.seen[-1].startswith(wanted):
                return

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def manager(short_tmp: Path) -> Iterator[Manager]:
    made = Manager(short_tmp / "notify")
    yield made
    made.close()


def run(daemon: Daemon, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs `obsd` to its end."""
    return subprocess.run(
        [*command("obsd"), *arguments], env=daemon.environment, capture_output=True, text=True, timeout=60, check=False
    )


def warnings(daemon: Daemon) -> dict[str, dict[str, Any]]:
    """The warnings of `obsctl status` by code."""
    return {warning["code"]: warning for warning in daemon.json("status")["warnings"]}


def processes_of(pid: int) -> Iterator[int]:
    """The process and all below it."""
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from processes_of(int(child))


def all_gone(pids: list[int]) -> bool:
    """Whether none of these processes is there."""
    return not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_the_service_manager_is_told_everything(make_daemon: MakeDaemon, manager: Manager, short_tmp: Path) -> None:
    daemon = make_daemon("d")
    daemon.environment |= {"NOTIFY_SOCKET": str(short_tmp / "notify"), "WATCHDOG_USEC": "200000"}
    daemon.start(ready=False)
    manager.wait_for("READY=1")
    assert "STATUS=starting" in manager.seen
    assert daemon.json("status")["pid"] == daemon.pid
    (short_tmp / "shop").mkdir()
    daemon.add(short_tmp / "shop", "shop")
    manager.wait_for("STATUS=1 workspace: 1 watching")
    for _ in range(3):
        manager.wait_for("WATCHDOG=1")
    for pid in processes_of(daemon.pid):
        if pid != daemon.pid:
            assert b"NOTIFY_SOCKET" not in Path(f"/proc/{pid}/environ").read_bytes()
    daemon.configure("[sessions]\nidle_timeout_seconds = 7")
    os.kill(daemon.pid, signal.SIGHUP)
    manager.wait_for("RELOADING=1\nMONOTONIC_USEC=")
    manager.wait_for("READY=1")
    assert daemon.stop() == 0
    manager.wait_for("STOPPING=1")


def test_a_bad_file_on_sighup_keeps_the_old_configuration(obsd_daemon: Daemon) -> None:
    url = obsd_daemon.json("status")["metrics_url"]
    obsd_daemon.configure("[metrics2]\n")
    os.kill(obsd_daemon.pid, signal.SIGHUP)
    warning = wait_until(lambda: warnings(obsd_daemon).get("config_reload_failed"))
    assert "metrics2" in warning["text"]
    assert obsd_daemon.json("status")["metrics_url"] == url
    assert obsd_daemon.scrape().value("obsd_degraded") == 1
    obsd_daemon.configure()
    os.kill(obsd_daemon.pid, signal.SIGHUP)
    wait_until(lambda: not warnings(obsd_daemon))
    assert obsd_daemon.scrape().value("obsd_degraded") == 0


def test_what_waits_for_the_next_start_is_said(obsd_daemon: Daemon) -> None:
    obsd_daemon.configure('[[agents]]\nid = "house-bot"\nenv = ["HOUSE_BOT"]\n')
    assert obsd_daemon.obsctl("reload").code == 0
    held = warnings(obsd_daemon)
    assert "agents" in held["config_needs_restart"]["text"]
    obsd_daemon.restart()
    assert not warnings(obsd_daemon)


def test_the_metrics_address_moves_on_reload(obsd_daemon: Daemon) -> None:
    before = obsd_daemon.json("status")["metrics_url"]
    obsd_daemon.configure(listen="localhost:0")
    assert obsd_daemon.obsctl("reload").code == 0
    assert obsd_daemon.json("status")["metrics_url"] != before
    assert obsd_daemon.scrape().value("obsd_degraded") == 0


def test_two_daemons_share_no_ledger_and_no_socket(obsd_daemon: Daemon, make_daemon: MakeDaemon) -> None:
    other = make_daemon("e")
    other.environment["STATE_DIRECTORY"] = obsd_daemon.environment["STATE_DIRECTORY"]
    result = run(other)
    assert result.returncode == 1
    assert str(obsd_daemon.pid) in result.stderr
    third = make_daemon("f")
    result = run(third, "--socket", str(obsd_daemon.socket))
    assert result.returncode == 1
    assert "hint: " in result.stderr
    assert obsd_daemon.json("status")["pid"] == obsd_daemon.pid


def test_signals_while_it_starts_or_stops_do_no_harm(make_daemon: MakeDaemon) -> None:
    daemon = make_daemon("d").start(ready=False)
    wait_until(lambda: (daemon.runtime / "obsd.lock").exists())
    # It is not waited for in between, so a process id of a dead child still takes signals.
    for number in (signal.SIGHUP, signal.SIGINT, *[signal.SIGTERM] * 20):
        os.kill(daemon.pid, number)
    assert daemon.stop() == 0
    daemon.start()
    assert daemon.stop() == 0
    assert not daemon.socket.exists()


def test_no_process_outlives_it(make_daemon: MakeDaemon, short_tmp: Path) -> None:
    daemon = make_daemon("d").start()
    (short_tmp / "shop").mkdir()
    daemon.add(short_tmp / "shop", "shop")
    for number in (signal.SIGTERM, signal.SIGKILL):
        below = list(processes_of(daemon.pid))
        assert len(below) > 1
        daemon.stop(number)
        wait_until(partial(all_gone, below))
        daemon.start()


def test_a_damaged_ledger_is_moved_aside_and_said(make_daemon: MakeDaemon) -> None:
    daemon = make_daemon("d").start()
    ledger = Path(daemon.json("status")["ledger_file"])
    daemon.stop()
    ledger.write_bytes(b"no database at all" * 1000)
    daemon.start()
    warning = warnings(daemon)["ledger_moved_aside"]
    assert str(ledger.parent) in warning["text"]
    assert len(list(ledger.parent.glob(f"{ledger.stem}*"))) >= 2


def test_a_ledger_of_a_newer_version_is_left_untouched(make_daemon: MakeDaemon) -> None:
    daemon = make_daemon("d").start()
    ledger = Path(daemon.json("status")["ledger_file"])
    daemon.stop()
    with closing(sqlite3.connect(ledger, isolation_level=None)) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = ledger.read_bytes()
    result = run(daemon)
    assert result.returncode == 1
    assert "hint: " in result.stderr
    assert "Traceback" not in result.stderr
    assert ledger.read_bytes() == before


def test_a_runtime_folder_that_is_a_link_is_refused(make_daemon: MakeDaemon, short_tmp: Path) -> None:
    daemon = make_daemon("d")
    (short_tmp / "link").symlink_to(daemon.runtime)
    daemon.environment["RUNTIME_DIRECTORY"] = str(short_tmp / "link")
    result = run(daemon)
    assert result.returncode == 77
    assert "hint: " in result.stderr


def test_a_session_ends_by_itself(make_daemon: MakeDaemon, repository: Repository) -> None:
    daemon = make_daemon("d")
    daemon.configure("[sessions]\nidle_timeout_seconds = 1")
    daemon.start()
    daemon.add(repository.path, "shop", "--no-hooks")
    repository.write("a.py", "1\n")
    daemon.settle("shop")
    assert daemon.json("sessions")["sessions"]
    wait_until(lambda: daemon.json("sessions")["sessions"][0]["ended_at"])
    assert daemon.scrape().value("copilot_session_active", workspace="shop") == 0


def test_linked_worktrees_come_and_go_by_themselves(
    obsd_daemon: Daemon, repository: Repository, short_tmp: Path
) -> None:
    def names() -> set[str]:
        return {workspace["name"] for workspace in obsd_daemon.json("workspaces")["workspaces"]}

    obsd_daemon.add(repository.path, "shop", "--no-hooks")
    repository.git("worktree", "add", "-q", str(short_tmp / "fix"))
    wait_until(lambda: names() == {"shop", "shop/fix"})
    (short_tmp / "fix" / "b.py").write_text("1\n2\n")
    obsd_daemon.settle("shop/fix")
    assert obsd_daemon.scrape().sum("copilot_files_modified_total", workspace="shop/fix", operation="created") == 1
    assert obsd_daemon.scrape().sum("copilot_files_modified_total", workspace="shop") == 0
    obsd_daemon.restart()
    assert names() == {"shop", "shop/fix"}
    repository.git("worktree", "remove", "--force", str(short_tmp / "fix"))
    wait_until(lambda: names() == {"shop"})


def test_interrupting_the_terminal_ends_it_cleanly(make_daemon: MakeDaemon, short_tmp: Path) -> None:
    daemon = make_daemon("d")
    (short_tmp / "shop").mkdir()
    with daemon.log_file.open("ab") as log:
        daemon.process = subprocess.Popen(command("obsd"), env=daemon.environment, stderr=log, start_new_session=True)
    daemon.wait_ready()
    daemon.add(short_tmp / "shop", "shop")
    os.killpg(daemon.pid, signal.SIGINT)
    assert daemon.process.wait(30) == 0
    assert "Traceback" not in daemon.log
    assert "warning" not in daemon.log
