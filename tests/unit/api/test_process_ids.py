"""Pids in a report count where they are of the daemon's own namespace, and nowhere else."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from types import SimpleNamespace

import pytest

from obsd.api.commits import CommitService
from obsd.api.remote_server import RemoteCommits
from obsd.git.hook_report import Process, Report, ReportOutcome
from obsd.v1 import commit_pb2 as pb
from obsd.workspaces.workspace import Workspace

OWN = os.readlink("/proc/self/ns/pid")


class Commits:
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.given: list[Report] = []

    async def report(self, reports: Sequence[Report]) -> list[ReportOutcome]:
        self.given += reports
        return [ReportOutcome("known") for _ in reports]


def _ancestors(service: type[CommitService], namespace: str) -> tuple[Process, ...]:
    commits = Commits()
    registry = SimpleNamespace(list=lambda: [Workspace("w", "/w", 0.0)])
    process = pb.ProcessInfo(pid=17, name="claude")
    report = pb.CommitReport(worktree=b"/w", hook="post-commit", ancestors=[process], pid_namespace=namespace)
    made = service(SimpleNamespace(commits=commits, registry=registry))
    asyncio.run(made.ReportCommits(pb.ReportCommitsRequest(reports=[report]), None))
    return commits.given[0].ancestors


@pytest.mark.parametrize(
    ("service", "namespace", "pid"),
    [
        (CommitService, "", 17),
        (CommitService, OWN, 17),
        (CommitService, "pid:[1]", 0),
        (RemoteCommits, "", 0),
        # The first namespace of another machine has the same name.
        (RemoteCommits, OWN, 0),
    ],
)
def test_whose_pids_count(service: type[CommitService], namespace: str, pid: int) -> None:
    assert _ancestors(service, namespace) == (Process(pid, "claude"),)
