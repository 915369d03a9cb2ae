"""The runtime folder goes while the daemon runs: at a logout without lingering, or by a cleaner of temporary files."""

from __future__ import annotations

import shutil

from tests.support import Daemon, Repository, wait_until


def test_folder_and_socket_are_made_anew(obsd_daemon: Daemon, repository: Repository) -> None:
    obsd_daemon.add(repository.path, "w")
    pid = obsd_daemon.json("status")["pid"]
    shutil.rmtree(obsd_daemon.runtime)
    wait_until(lambda: obsd_daemon.obsctl("status").code == 0, "an answer")
    assert obsd_daemon.json("status")["pid"] == pid
    assert obsd_daemon.runtime.stat().st_mode & 0o777 == 0o700
    # A probe goes through a folder of the watcher's in there: no watcher ends by it.
    repository.write("a.txt", "1\n")
    assert obsd_daemon.obsctl("wait", "--settled", "w").code == 0
    workspace = obsd_daemon.json("workspaces")["workspaces"][0]
    assert (workspace["state"], obsd_daemon.scrape().sum("obsd_watcher_restarts_total")) == ("watching", 0)


def test_a_socket_alone_is_made_anew(obsd_daemon: Daemon) -> None:
    (obsd_daemon.runtime / "obsd.sock").unlink()
    wait_until(lambda: obsd_daemon.obsctl("status").code == 0, "an answer")
