"""Commit reports that cannot be used, and clients that misbehave: a stable reason, and the daemon goes on."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from typing import Any

import grpc
import pytest

from obsd.v1 import commit_pb2, commit_pb2_grpc
from tests.support import Daemon, Repository

UNKNOWN = "0123456789" * 4


@pytest.fixture
def commits(obsd_daemon: Daemon) -> Iterator[Any]:
    """A stub of CommitService for the running daemon."""
    with grpc.insecure_channel(f"unix:{obsd_daemon.socket}") as channel:
        yield commit_pb2_grpc.CommitServiceStub(channel)


def refusal(commits: Any, *reports: commit_pb2.CommitReport) -> tuple[grpc.StatusCode, dict[str, str]]:
    """Status and trailing metadata of a call that must fail."""
    with pytest.raises(grpc.RpcError) as raised:
        commits.ReportCommits(commit_pb2.ReportCommitsRequest(reports=reports), timeout=20)
    error: Any = raised.value
    metadata = {name: value for name, value in error.trailing_metadata() if isinstance(value, str)}
    assert metadata.get("obsd-reason"), f"no reason: {error}"
    assert metadata.get("obsd-hint"), f"no hint: {error}"
    return error.code(), metadata


def report(repository: Repository, commit_id: str = "", **fields: Any) -> commit_pb2.CommitReport:
    """A report as post-commit makes it."""
    return commit_pb2.CommitReport(
        worktree=os.fsencode(repository.path), commit_id=commit_id, hook="post-commit", **fields
    )


def test_reports_of_what_is_not_there(
    obsd_daemon: Daemon, repository: Repository, commits: Any, make_repository: Any
) -> None:
    obsd_daemon.add(repository.path, "w", "--no-hooks")
    elsewhere = make_repository("elsewhere")
    unregistered = refusal(commits, report(elsewhere, elsewhere.commit("chore: be elsewhere")))
    assert unregistered[0] is grpc.StatusCode.NOT_FOUND
    assert refusal(commits, report(repository, UNKNOWN))[0] is grpc.StatusCode.NOT_FOUND
    tree = repository.git("rev-parse", "HEAD^{tree}")
    code, metadata = refusal(commits, report(repository, tree))
    assert code in {grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT}
    assert metadata["obsd-reason"] != unregistered[1]["obsd-reason"]
    assert obsd_daemon.scrape().sum("git_commits_total") == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"commit_id": "x" * 40},
        {"commit_id": "HEAD"},
        {"commit_id": "abc"},
        {"hook": "pre-commit"},
        {"hook": "x" * 2**20},
        {"branch": "refs/heads/" + "b" * 2**20},
        {"id": "i" * 129},
        {"hook_argument": "a" * 65},
        {"worktree": b"relative"},
        {"worktree": b"/" + b"w" * 2**20},
        {"worktree": b"/nul\0byte"},
        {"worktree": b""},
        {"marks": {"CLAUDECODE": "1" * 2**20}},
    ],
    ids=lambda fields: "-".join(f"{name}-{len(value)}" for name, value in fields.items()),
)
def test_fields_that_are_not_of_their_form(
    obsd_daemon: Daemon, repository: Repository, commits: Any, fields: dict[str, Any]
) -> None:
    obsd_daemon.add(repository.path, "w", "--no-hooks")
    good = report(repository, repository.git("rev-parse", "HEAD"))
    bad = commit_pb2.CommitReport(**fields)
    good.MergeFrom(bad)
    if "worktree" in fields:
        good.worktree = fields["worktree"]
    code, _ = refusal(commits, good)
    assert code in {
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.NOT_FOUND,
    }
    assert obsd_daemon.json("status")["pid"] == obsd_daemon.pid
    assert "Traceback" not in obsd_daemon.log
    assert max(len(line) for line in obsd_daemon.log.splitlines()) < 1000


def test_too_many_and_none(obsd_daemon: Daemon, repository: Repository, commits: Any) -> None:
    obsd_daemon.add(repository.path, "w", "--no-hooks")
    assert refusal(commits)[0] is grpc.StatusCode.INVALID_ARGUMENT
    assert refusal(commits, *[report(repository)] * 1001)[0] is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_one_good_report_among_bad_ones_is_taken(obsd_daemon: Daemon, repository: Repository, commits: Any) -> None:
    obsd_daemon.add(repository.path, "w", "--no-hooks")
    made = repository.commit("feat: be the good one here")
    answer = commits.ReportCommits(
        commit_pb2.ReportCommitsRequest(reports=[report(repository, UNKNOWN), report(repository, made)]), timeout=20
    )
    refused, good = answer.results
    assert refused.outcome == commit_pb2.REPORT_OUTCOME_REFUSED
    assert refused.reason
    assert good.outcome in {commit_pb2.REPORT_OUTCOME_COUNTED, commit_pb2.REPORT_OUTCOME_KNOWN}
    # What was acknowledged is durable: it is there at once.
    assert obsd_daemon.scrape().sum("git_commits_total", workspace="w") == 1
    again = commits.ReportCommits(commit_pb2.ReportCommitsRequest(reports=[report(repository, made)]), timeout=20)
    assert [one.outcome for one in again.results] == [commit_pb2.REPORT_OUTCOME_KNOWN]
    assert obsd_daemon.scrape().sum("git_commits_total", workspace="w") == 1


def test_clients_that_hang_up_and_talk_nonsense(obsd_daemon: Daemon, repository: Repository) -> None:
    obsd_daemon.add(repository.path, "w", "--no-hooks")
    for nonsense in (b"", b"GET / HTTP/1.1\r\n\r\n", os.urandom(4096), b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(obsd_daemon.socket))
            client.sendall(nonsense)
    made = repository.commit("feat: report and hang up at once")
    with grpc.insecure_channel(f"unix:{obsd_daemon.socket}") as channel:
        stub: Any = commit_pb2_grpc.CommitServiceStub(channel)
        call = stub.ReportCommits.future(commit_pb2.ReportCommitsRequest(reports=[report(repository, made)]))
        call.cancel()
    assert obsd_daemon.json("status")["pid"] == obsd_daemon.pid
    obsd_daemon.wait_for("git_commits_total", 1, workspace="w")
    assert "Traceback" not in obsd_daemon.log
