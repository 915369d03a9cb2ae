"""The API's own promises over a real socket: errors, limits, streams, health, and the socket itself."""

from __future__ import annotations

import logging
import os
import socket
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from obsctl import documents
from obsd import api_socket
from obsd.client import client as client_module
from obsd.client.client import Client
from obsd.errors import (
    DaemonUnreachable,
    InvalidRequest,
    LimitReached,
    NoSuchWorkspace,
    NotFound,
    NotPermitted,
    ObsdError,
    TimedOut,
)
from obsd.facts import FileChanged, ProbeReturned
from obsd.v1 import commit_pb2, daemon_pb2
from obsd.views.subscriptions import QUEUE_FACTS
from tests.integration.daemon.partial_daemon import Running, serving
from tests.support import wait_until


@pytest.fixture
def running(short_tmp: Path) -> Iterator[Running]:
    with serving(short_tmp / "api.sock") as served:
        yield served


@pytest.fixture
def client(running: Running) -> Iterator[Client]:
    with client_module.connect(running.socket) as connected:
        yield connected


class NewerClient(Client):
    """A client of a version to come."""

    def dance(self) -> daemon_pb2.ReloadResponse:
        """Calls what no daemon knows."""
        return self._call("DaemonService/Dance", daemon_pb2.ReloadRequest(), daemon_pb2.ReloadResponse)


def change(path: str = "a") -> FileChanged:
    return FileChanged(1.0, "w", path, "modified", "Python", 1, 0)


def test_the_socket_is_for_its_owner_alone_whatever_its_name(short_tmp: Path) -> None:
    name = os.fsdecode(b"%41 ?#\xc3\xa9;:\xff.sock")
    with serving(short_tmp / name) as served:
        assert stat.S_IMODE(os.stat(served.socket).st_mode) == 0o600
        assert os.listdir(short_tmp) == [name]
        with client_module.connect(served.socket) as connected:
            assert connected.serving()
    assert os.listdir(short_tmp) == []


def test_a_path_that_grpc_cannot_take_is_said_at_once(short_tmp: Path) -> None:
    with pytest.raises(InvalidRequest, match="comma"):
        api_socket.target(short_tmp / "a,b.sock")


def test_a_stale_socket_is_replaced_and_anything_else_is_not(short_tmp: Path) -> None:
    place = short_tmp / "api.sock"
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(place))
    with pytest.raises(DaemonUnreachable, match="nothing listens"):
        client_module.connect(place)
    with serving(place) as served, client_module.connect(served.socket) as connected:
        assert connected.serving()
    place.write_text("precious")
    with pytest.raises(NotPermitted, match="is not a socket"), serving(place):
        pass
    assert place.read_text() == "precious"


def test_health_as_the_standard_has_it(client: Client) -> None:
    assert client.serving()
    assert client.serving("obsd.v1.CommitService")
    with pytest.raises(NotFound) as caught:
        client.serving("obsd.v1.Nothing")
    assert caught.value.reason == "unknown_service"


def test_an_expected_error_arrives_whole(client: Client) -> None:
    with pytest.raises(NoSuchWorkspace) as caught:
        client.workspace("nö\n")
    assert caught.value.reason == "no_such_workspace"
    assert "nö\\n" in caught.value.message
    assert "obsctl workspaces" in caught.value.hint


def test_an_unexpected_error_is_internal_logged_once_and_the_daemon_goes_on(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO), pytest.raises(ObsdError) as caught:
        client.commits()
    assert type(caught.value) is ObsdError
    assert caught.value.reason == "internal"
    assert "secret" not in caught.value.message
    ours = [record for record in caplog.records if record.name.startswith("obsd.")]
    assert [record.levelname for record in ours] == ["ERROR"]
    assert client.serving()


@pytest.mark.parametrize(
    "report",
    [
        {"hook_argument": "x" * (1 << 20)},
        {"id": "x" * 129},
        {"worktree": b"/" + b"x" * 4096},
        {"worktree": b"relative"},
        {"worktree": b"/a\0b"},
        {"commit_id": "HEAD"},
        {"commit_id": "a" * 41},
        {"branch": "x" * 2000},
        {"hook": "pre-commit"},
        {"marks": {"x" * 300: "y"}},
        {"marks": {str(number): "y" for number in range(65)}},
        {"ancestors": [commit_pb2.ProcessInfo(pid=1)] * 33},
        {"ancestors": [commit_pb2.ProcessInfo(arguments=["x"] * 65)]},
    ],
    ids=str,
)
def test_a_bad_report_is_refused_with_its_reason(client: Client, report: dict[str, object]) -> None:
    fields: dict[str, object] = {"worktree": b"/w", "hook": "post-commit", "id": "1"} | report
    with pytest.raises(InvalidRequest) as caught:
        client.report_commits([commit_pb2.CommitReport(**fields)])  # type: ignore[arg-type]
    assert caught.value.reason == "bad_report"
    assert len(caught.value.message) < 1100
    assert caught.value.hint


def test_the_number_and_size_of_reports_is_bounded(client: Client) -> None:
    with pytest.raises(InvalidRequest, match="no report") as none:
        client.report_commits([])
    assert none.value.reason == "no_reports"
    report = commit_pb2.CommitReport(worktree=b"/w", hook="post-commit")
    with pytest.raises(LimitReached) as many:
        client.report_commits([report] * 1001)
    assert many.value.reason == "too_many_reports"
    with pytest.raises(LimitReached) as large:
        client.report_commits([commit_pb2.CommitReport(worktree=b"x" * (5 << 20))])
    assert large.value.reason == "message_too_large"
    assert client.serving()


def test_a_call_ends_at_its_deadline(client: Client) -> None:
    client.timeout_seconds = 0.2
    with pytest.raises(TimedOut, match=r"within 0\.2 s"):
        client.reload()


def test_a_call_that_the_daemon_does_not_know_says_so(running: Running) -> None:
    with NewerClient(running.socket) as client, pytest.raises(ObsdError) as caught:
        client.dance()
    assert caught.value.reason == "unimplemented"
    assert "restart" in caught.value.hint


@pytest.mark.parametrize("raw", [b"\xff\xff\xff", b"\x0a\x05ab"])
def test_what_cannot_be_decoded_is_an_argument_of_the_callers(
    running: Running, raw: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with grpc.insecure_channel(f"unix:{running.socket}") as channel:
        one = channel.unary_unary("/obsd.v1.WorkspaceService/Add", None, None)
        many = channel.unary_stream("/obsd.v1.ActivityService/Watch", None, None)
        for call in (lambda: one(raw, timeout=20), lambda: list(many(raw, timeout=20))):
            with caplog.at_level(logging.INFO), pytest.raises(grpc.RpcError) as caught:
                call()
            assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert not [record for record in caplog.records if record.exc_info or record.levelno >= logging.ERROR]


def test_a_stream_has_what_was_recorded_after_it_began(running: Running, client: Client) -> None:
    events = client.watch()
    running.call(running.daemon.recorder.record([ProbeReturned(1.0, "w", 0.1), change("b\udcff")]))
    event = next(events)
    assert (event.kind, event.workspace) == ("FileChanged", "w")
    assert event.fields["path"] == "b\\xff"
    probes = client.watch(kinds=["ProbeReturned"])
    running.call(running.daemon.recorder.record([change(), ProbeReturned(1.0, "w", 0.25)]))
    assert next(probes).fields["duration_seconds"] == 0.25


def test_a_stream_of_an_unknown_kind_or_workspace_is_refused(client: Client) -> None:
    for wanted, error in (({"kinds": ["Nonsense"]}, InvalidRequest), ({"workspace": "w"}, NoSuchWorkspace)):
        with pytest.raises(error):
            next(client.watch(**wanted))


def test_a_client_that_hangs_up_leaves_nothing_behind(running: Running) -> None:
    activity = running.daemon.recorder.subscriptions
    one, other = Client(running.socket), Client(running.socket)
    events = one.watch()
    _kept = other.watch()
    running.call(running.daemon.recorder.record([change()]))
    next(events)
    assert activity.open == 2
    events.close()  # type: ignore[attr-defined]
    wait_until(lambda: activity.open == 1, "the first stream to be cleaned up")
    other.close()
    wait_until(lambda: activity.open == 0, "the second stream to be cleaned up")
    one.close()


def test_a_slow_client_is_told_how_much_it_missed(running: Running, client: Client) -> None:
    events = client.watch()
    facts = [change("x" * 200) for _ in range(QUEUE_FACTS)]
    for _ in range(4):
        running.call(running.daemon.recorder.record(facts))
    seen = dropped = 0
    while seen + dropped < 4 * QUEUE_FACTS:
        event = next(events)
        if event.kind == "Dropped":
            dropped += documents.event(event)["count"]
        else:
            seen += 1
    assert dropped > 0
    assert seen >= QUEUE_FACTS


def test_stopping_ends_streams_at_once(running: Running, client: Client) -> None:
    events = client.watch()
    rest: list[object] = []
    reader = threading.Thread(target=lambda: rest.extend(events))
    reader.start()
    running.call(running.daemon.recorder.record([change()]))
    running.call(running.server.stop())
    reader.join(10)
    assert not reader.is_alive()
    assert len(rest) == 1
    with pytest.raises(DaemonUnreachable):
        client.serving()


def test_no_permission_and_no_daemon_are_told_apart(short_tmp: Path) -> None:
    with pytest.raises(DaemonUnreachable, match="does not exist"):
        client_module.connect(short_tmp / "none.sock")
    if os.geteuid() == 0:
        pytest.skip("root may use every socket")
    with serving(short_tmp / "api.sock") as served:
        served.socket.chmod(0)
        with pytest.raises(NotPermitted):
            client_module.connect(served.socket)
        served.socket.chmod(0o600)


def test_a_daemon_that_takes_no_connections_is_a_timeout(short_tmp: Path) -> None:
    place = short_tmp / "full.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(place))
        listener.listen(0)
        waiting = []
        for _ in range(8):
            waiting.append(socket.socket(socket.AF_UNIX))
            waiting[-1].setblocking(False)
            waiting[-1].connect_ex(str(place))
        with pytest.raises(TimedOut):
            api_socket.reach(place, 0.2)
        for one in waiting:
            one.close()
