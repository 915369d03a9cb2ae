"""Reports over mutual TLS: a real daemon, the real reporter, and certificates of the test's own authority."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path

import grpc
import pytest

from obsd.git import hook_install
from obsd.v1 import (
    commit_pb2,
    commit_pb2_grpc,
    daemon_pb2,
    daemon_pb2_grpc,
    workspace_pb2,
    workspace_pb2_grpc,
)
from tests.certificates import Authority
from tests.integration.remote.remote_rig import Elsewhere, Served
from tests.otlp import SERVICES, binary, claude_metrics, point
from tests.support import Daemon, Repository, command, wait_until

INSIDE = "/workspaces/shop"


@pytest.fixture
def served(make_daemon: Callable[[str], Daemon], tmp_path: Path, repository: Repository) -> Served:
    """A daemon that receives reports, with one workspace that has no hooks."""
    daemon = make_daemon("d")
    served = Served(daemon, tmp_path / "served")
    daemon.configure(served.section())
    daemon.start()
    daemon.add(repository.path, "shop", "--no-hooks")
    return served


@pytest.fixture
def elsewhere(tmp_path: Path, served: Served) -> Elsewhere:
    """A place whose reporter has a certificate that is good."""
    place = Elsewhere(tmp_path / "elsewhere")
    certificate, key = served.authority.sign("container")
    place.reports_to(address=served.address, certificate=certificate, key=key, authority=served.authority.certificate)
    return place


def _only(daemon: Daemon) -> dict[str, object]:
    daemon.wait_for("git_commits_total", 1)
    (commit,) = daemon.json("commits")["commits"]
    return {name: commit[name] for name in ("workspace", "agent", "evidence")}


def test_a_commit_counts_once_with_its_agent(served: Served, elsewhere: Elsewhere, repository: Repository) -> None:
    """The folder is at another path there: the commit itself says which workspace is meant."""
    place = elsewhere.spool / "remote.toml"
    place.write_text(place.read_text() + f"{json.dumps(str(repository.path))} = {json.dumps(INSIDE)}\n")
    hook_install.install(repository.path, Path(command("obsctl")[0]), elsewhere.spool)
    repository.commit("feat: inside", AI_AGENT="codex")
    assert _only(served.daemon) == {"workspace": "shop", "agent": "codex", "evidence": "environment"}
    wait_until(lambda: elsewhere.waiting == 0, "a spool that is empty")
    elsewhere.hook(repository, INSIDE, AI_AGENT="codex")
    assert elsewhere.deliver() == ""
    samples = served.daemon.scrape()
    assert samples.sum("git_commits_total") == 1
    assert samples.sum("obsd_hook_reports_total", result="known") == 1


def test_paths_that_are_named(served: Served, elsewhere: Elsewhere, repository: Repository) -> None:
    place = elsewhere.spool / "remote.toml"
    place.write_text(place.read_text() + f"{json.dumps(INSIDE)} = {json.dumps(str(repository.path))}\n")
    commit = repository.commit("feat: inside")
    # The commit is in no log any more, so that its path alone says where it belongs.
    served.daemon.wait_for("git_commits_total", 1)
    (repository.path / ".git" / "logs" / "HEAD").write_text("")
    elsewhere.hook(repository, INSIDE, AI_AGENT="codex")
    assert elsewhere.deliver() == ""
    assert elsewhere.waiting == 0
    assert served.daemon.json("commits")["commits"][0]["id"] == commit


def test_an_unknown_repository_is_refused_and_its_report_stays(
    served: Served, elsewhere: Elsewhere, repository: Repository, tmp_path: Path
) -> None:
    other = Repository(tmp_path / "other", repository.environment)
    other.commit("feat: of nobody")
    elsewhere.hook(other, "/workspaces/other")
    said = elsewhere.deliver()
    assert "no workspace is the repository /workspaces/other" in said
    assert "obsctl add-workspace" in said
    assert elsewhere.waiting == 1
    served.daemon.add(other.path, "other", "--no-hooks")
    assert elsewhere.deliver() == ""
    assert elsewhere.waiting == 0


def test_two_clones_with_the_commit_are_not_guessed_between(
    served: Served, elsewhere: Elsewhere, repository: Repository, tmp_path: Path
) -> None:
    repository.commit("feat: one")
    clone = tmp_path / "clone"
    repository.git("clone", "-q", str(repository.path), str(clone))
    served.daemon.add(clone, "clone", "--no-hooks")
    elsewhere.hook(repository, INSIDE, AI_AGENT="codex")
    assert "no workspace is the repository" in elsewhere.deliver()
    assert elsewhere.waiting == 1


REFUSED = {
    "of another authority": ("other", False),
    "expired": ("own", True),
}


@pytest.mark.parametrize("who", REFUSED)
def test_a_certificate_that_is_not_good_is_refused(
    served: Served, elsewhere: Elsewhere, repository: Repository, tmp_path: Path, who: str
) -> None:
    whose, expired = REFUSED[who]
    authority = served.authority if whose == "own" else Authority(tmp_path / "other", "the user's own")
    certificate, key = authority.sign("stranger", expired=expired)
    own = served.authority.certificate
    elsewhere.reports_to(address=served.address, certificate=certificate, key=key, authority=own)
    repository.commit("feat: inside")
    elsewhere.hook(repository, INSIDE, AI_AGENT="codex")
    assert elsewhere.deliver() != ""
    assert elsewhere.waiting == 1
    assert _only(served.daemon)["agent"] == "unknown"
    assert served.daemon.scrape().sum("obsd_hook_reports_total") == 0


def test_a_daemon_of_another_authority_gets_nothing(
    served: Served, elsewhere: Elsewhere, repository: Repository, tmp_path: Path
) -> None:
    certificate, key = served.authority.sign("container")
    other = Authority(tmp_path / "other", "another").certificate
    elsewhere.reports_to(address=served.address, certificate=certificate, key=key, authority=other)
    repository.commit("feat: inside")
    elsewhere.hook(repository, INSIDE)
    assert "self-signed certificate" in elsewhere.deliver() or "unable to get local issuer" in elsewhere.deliver()
    assert elsewhere.waiting == 1


def _channel(served: Served, *, certificate: bool = True) -> grpc.Channel:
    own, key = served.authority.sign("container")
    files = (key.read_bytes(), own.read_bytes()) if certificate else (None, None)
    credentials = grpc.ssl_channel_credentials(served.authority.certificate.read_bytes(), *files)
    return grpc.secure_channel(served.address, credentials, [("grpc.ssl_target_name_override", "localhost")])


def _report(channel: grpc.Channel, repository: Repository) -> str:
    report = commit_pb2.CommitReport(worktree=os.fsencode(repository.path), hook="probe")
    request = commit_pb2.ReportCommitsRequest(reports=[report])
    with channel:
        return _code(lambda: commit_pb2_grpc.CommitServiceStub(channel).ReportCommits(request, timeout=20))


def _code(call: Callable[[], object]) -> str:
    try:
        call()
    except grpc.RpcError as error:
        return str(error.code().name)
    return "OK"


def test_without_a_certificate_and_in_clear_nothing_is_taken(served: Served, repository: Repository) -> None:
    clear = grpc.insecure_channel(served.address)
    channels = {"with": _channel(served), "without": _channel(served, certificate=False), "clear": clear}
    codes = {name: _report(channel, repository) for name, channel in channels.items()}
    assert codes == {"with": "OK", "without": "UNAVAILABLE", "clear": "UNAVAILABLE"}


def test_a_certificate_can_read_and_change_nothing(served: Served, repository: Repository) -> None:
    with _channel(served) as channel:
        daemon, workspaces = (
            daemon_pb2_grpc.DaemonServiceStub(channel),
            workspace_pb2_grpc.WorkspaceServiceStub(channel),
        )
        calls: dict[str, Callable[[], object]] = {
            "status": lambda: daemon.GetStatus(daemon_pb2.GetStatusRequest(), timeout=20),
            "reload": lambda: daemon.Reload(daemon_pb2.ReloadRequest(), timeout=20),
            "list": lambda: workspaces.List(workspace_pb2.ListWorkspacesRequest(), timeout=20),
            "remove": lambda: workspaces.Remove(workspace_pb2.RemoveWorkspaceRequest(workspace="shop"), timeout=20),
        }
        assert {name: _code(call) for name, call in calls.items()} == dict.fromkeys(calls, "UNIMPLEMENTED")
    assert [one["name"] for one in served.daemon.json("workspaces")["workspaces"]] == ["shop"]


def test_telemetry_with_a_certificate(served: Served) -> None:
    """It belongs to the workspace that it names, and to none by a process id, which is one of another machine."""
    named, unnamed = (binary("metrics", claude_metrics(point(5, 10, session=one))) for one in ("a", "b"))
    with _channel(served) as channel:
        send = channel.unary_unary(SERVICES["metrics"], None, None)
        send(named, timeout=20, metadata=(("obsd-workspace", "shop"),))
        send(unnamed, timeout=20)
    samples = served.daemon.scrape()
    assert samples.sum("obsd_agent_tokens_total", workspace="shop") == 5
    assert samples.sum("obsd_agent_tokens_total") == 10
    with _channel(served, certificate=False) as channel:
        send = channel.unary_unary(SERVICES["metrics"], None, None)
        assert _code(lambda: send(named, timeout=20)) == "UNAVAILABLE"


def _warning(daemon: Daemon) -> str:
    return " ".join(one["text"] for one in daemon.json("status")["warnings"] if one["code"] == "api_not_served")


def _listens(host: str, port: int) -> bool:
    with socket.socket() as trial:
        return trial.connect_ex((host, port)) == 0


def test_a_key_that_others_can_read_is_not_used(make_daemon: Callable[[str], Daemon], tmp_path: Path) -> None:
    daemon = make_daemon("d")
    served = Served(daemon, tmp_path / "served")
    served.key.chmod(0o640)
    daemon.configure(served.section())
    daemon.start()
    assert "has mode 0640, so that others can use it: chmod 600" in _warning(daemon)
    host, port = served.address.split(":")
    assert not _listens(host, int(port))
    served.key.chmod(0o600)
    served.key.touch()
    assert daemon.obsctl("reload").code == 0
    assert _warning(daemon) == ""
    assert _listens(host, int(port))
    daemon.configure()
    assert daemon.obsctl("reload").code == 0
    wait_until(lambda: not _listens(host, int(port)), "nobody who listens")


def test_the_section_needs_all_of_it(make_daemon: Callable[[str], Daemon], tmp_path: Path) -> None:
    daemon = make_daemon("d")
    served = Served(daemon, tmp_path / "served")
    daemon.configure(served.section(client_authority=""))
    checked = daemon.obsctl("config", "check")
    assert checked.code == 78
    assert "api.listen: it needs api.certificate, api.key and api.client_authority" in checked.stderr
