"""The user's inotify instances are used up: it is said, changes are found all the same, and it ends by itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests import inotify_limits
from tests.inotify_limits import limited, set_limits
from tests.support import Daemon, Repository, wait_until

_BEATS_SECONDS = 150.0
"""Watchers look for a free instance once a minute."""


def state(daemon: Daemon) -> str:
    [workspace] = daemon.json("workspaces")["workspaces"]
    return str(workspace["state"])


@pytest.mark.slow
@pytest.mark.skipif(not inotify_limits.are_to_be_had(), reason="no user namespace is to be had here")
def test_watching_resumes_when_instances_are_free_again(
    make_daemon: Callable[[str], Daemon], repository: Repository
) -> None:
    daemon = make_daemon("d")
    daemon.command = (*limited(instances=0), *daemon.command)
    daemon.start()
    daemon.add(repository.path, "repo")
    assert state(daemon) == "degraded"
    assert "inotify instance" in daemon.json("workspaces")["workspaces"][0]["detail"]
    assert daemon.scrape().value("obsd_watcher_degraded", workspace="repo") == 1
    repository.write("meanwhile.py", "one\n")
    set_limits(daemon.pid, instances=100)
    wait_until(lambda: state(daemon) == "watching", "a watcher with an instance", _BEATS_SECONDS)
    repository.write("afterwards.py", "one\n")
    daemon.settle("repo")
    samples = daemon.wait_for("copilot_files_modified_total", 2, workspace="repo", operation="created")
    assert samples.value("obsd_watcher_degraded", workspace="repo") == 0
    assert "Traceback" not in daemon.log
