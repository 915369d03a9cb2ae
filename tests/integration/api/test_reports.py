"""ReportCommits and the other calls that change a real daemon: what is taken, what is refused, each idempotent."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from obsd.client import client as client_module
from obsd.client.client import Client
from obsd.errors import AlreadyExists, InvalidRequest, NoSuchWorkspace, NotFound
from obsd.v1 import commit_pb2 as pb
from tests.support import Daemon, Repository


@pytest.fixture
def client(obsd_daemon: Daemon) -> Iterator[Client]:
    with client_module.connect(obsd_daemon.socket, 30) as connected:
        yield connected


def report(repository: Repository, commit_id: str, **fields: object) -> pb.CommitReport:
    """A post-commit report of a commit."""
    given = {"worktree": os.fsencode(repository.path), "hook": "post-commit", "id": commit_id}
    return pb.CommitReport(commit_id=commit_id, branch="refs/heads/main", **{**given, **fields})  # type: ignore[arg-type]


def test_a_commit_is_counted_once_however_often_it_is_reported(
    obsd_daemon: Daemon, client: Client, repository: Repository
) -> None:
    obsd_daemon.add(repository.path, "w", "--no-hooks")
    first = repository.commit("feat: one")
    second = repository.commit("feat: two")
    results = client.report_commits([report(repository, first), report(repository, second)])
    assert {result.outcome for result in results} <= {pb.REPORT_OUTCOME_COUNTED, pb.REPORT_OUTCOME_KNOWN}
    assert [result.id for result in results] == [first, second]
    # What was acknowledged is there to be read, without waiting.
    assert {one.id for one in client.commits().commits} == {first, second}
    again = client.report_commits([report(repository, first), report(repository, second)])
    assert {result.outcome for result in again} == {pb.REPORT_OUTCOME_KNOWN}
    assert len(client.commits().commits) == 2
    obsd_daemon.wait_for("git_commits_total", 2, workspace="w")


def test_reports_of_what_is_not_there_are_refused(obsd_daemon: Daemon, client: Client, repository: Repository) -> None:
    head = repository.git("rev-parse", "HEAD")
    with pytest.raises(NotFound) as unregistered:
        client.report_commits([report(repository, head)])
    assert unregistered.value.reason == "unknown_repository"
    assert unregistered.value.hint
    obsd_daemon.add(repository.path, "w", "--no-hooks")
    with pytest.raises(NotFound) as unknown:
        client.report_commits([report(repository, "1" * 40)])
    assert unknown.value.reason == "unknown_commit"
    tree = repository.git("rev-parse", "HEAD^{tree}")
    with pytest.raises(InvalidRequest) as no_commit:
        client.report_commits([report(repository, tree)])
    assert no_commit.value.reason == "not_a_commit"
    assert not client.commits().commits
    assert client.serving()


def test_one_bad_report_does_not_refuse_the_others(obsd_daemon: Daemon, client: Client, repository: Repository) -> None:
    obsd_daemon.add(repository.path, "w", "--no-hooks")
    made = repository.commit("feat: one")
    results = client.report_commits(
        [
            report(repository, "x" * 40, id="bad"),
            report(repository, made, id="good"),
            report(repository, "2" * 40, id="gone"),
            report(repository, "", id="probe", hook="probe"),
        ]
    )
    assert [(result.id, result.reason) for result in results] == [
        ("bad", "bad_report"),
        ("good", ""),
        ("gone", "unknown_commit"),
        ("probe", ""),
    ]
    assert [one.id for one in client.commits().commits] == [made]


def test_adding_and_removing_are_idempotent(client: Client, repository: Repository) -> None:
    path = str(repository.path)
    first, second = client.add_workspace(path, "w"), client.add_workspace(path)
    assert (first.created, second.created) == (True, False)
    assert first.workspace.name == second.workspace.name == "w"
    with pytest.raises(AlreadyExists):
        client.add_workspace(path, "other")
    assert client.workspace(path).name == "w"
    link = repository.path.with_name("link")
    link.symlink_to(path)
    assert client.workspace(str(link)).name == "w"
    assert client.remove_workspace("w").path == path
    with pytest.raises(NoSuchWorkspace):
        client.remove_workspace("w")


def test_settling_all_workspaces_at_once(obsd_daemon: Daemon, client: Client, repository: Repository) -> None:
    assert client.settle() == 0
    obsd_daemon.add(repository.path, "w", "--no-hooks")
    repository.write("a.py", "x\n")
    assert client.settle() > 0
    assert [session.changes for session in client.sessions("w").sessions] == [1]
    with pytest.raises(NoSuchWorkspace):
        client.settle("none")
