"""GetDay of a real daemon: what was done today, who is at work, what needs attention; bad times are refused."""

from __future__ import annotations

import time

import pytest

from obsd import rpc_encoding
from obsd.client import client as client_module
from obsd.errors import InvalidRequest, NoSuchWorkspace
from tests.support import Daemon, Repository


def test_a_day_has_its_work_and_what_needs_a_look(obsd_daemon: Daemon, repository: Repository) -> None:
    obsd_daemon.add(repository.path, "w", "--no-hooks")
    repository.write("a.py", "one\ntwo\n")
    obsd_daemon.settle("w")
    repository.commit("x")
    obsd_daemon.wait_for("git_commits_total", 1, workspace="w")
    repository.write("a.py", "one\nlost\n")
    obsd_daemon.settle("w")
    repository.git("checkout", "--", "a.py")
    obsd_daemon.wait_for("obsd_discarded_files_total", 1, workspace="w")
    now = time.time()
    with client_module.connect(obsd_daemon.socket, 30) as client:
        day = client.day(since=now - 3600, before_since=now - 7200)
        of_one = client.day("w", since=now - 3600)
        earlier = client.day(since=now - 30 * 86_400, until=now - 29 * 86_400)
        with pytest.raises(InvalidRequest) as bad:
            client.day(since=now, until=now - 1)
        with pytest.raises(NoSuchWorkspace):
            client.day("nobody")
    assert bad.value.reason == "bad_time"
    assert (day.total.commits, day.total.sessions, day.total_before.commits) == (1, 1, 0)
    assert day.total.changes == sum(one.figures.changes for one in day.authors) >= 2
    assert [lane.workspace for lane in day.lanes] == ["w"]
    assert sum(slot.changes for slot in day.lanes[0].slots) == day.total.changes
    assert [one.id for one in day.sessions] == ["1"]
    assert {(one.kind, one.name) for one in day.attention} >= {
        ("rule", "commit_message_length"),
        ("discard", "restore"),
    }
    assert list(day.workspaces) == ["w"]
    assert (of_one.total.changes, of_one.total.commits) == (day.total.changes, day.total.commits)
    assert rpc_encoding.unix_seconds(of_one.before_since) == pytest.approx(now - 7200, abs=30)
    assert (earlier.total.changes, len(earlier.at_work), len(earlier.lanes)) == (0, 0, 0)
