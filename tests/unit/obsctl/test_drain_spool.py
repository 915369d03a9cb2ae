"""The hooks' reporter: silent, always 0, light while there is nothing to do, and true to what the hook wrote."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from obsctl import report_messages
from obsctl.commands import drain_spool
from obsd import api_socket
from obsd.errors import DaemonUnreachable, NotFound, ObsdError
from obsd.git.hook_report import Process, Report
from obsd.v1 import commit_pb2

ROOT = Path(__file__).parents[3]


def drain(spool: Path) -> subprocess.CompletedProcess[str]:
    """The reporter in a process of its own, telling at its end what it imported."""
    code = (
        "import sys\nfrom obsctl.__main__ import main\n"
        f"sys.argv = ['obsctl', 'drain-spool', {str(spool)!r}]\n"
        "code = main()\nassert code == 0\nprint([n for n in ('grpc', 'argparse') if n in sys.modules])"
    )
    environment = {"HOME": str(spool), "PATH": "/usr/bin:/bin", "XDG_RUNTIME_DIR": str(spool)}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60
    )


def test_it_is_silent_and_light_without_work(tmp_path: Path) -> None:
    for spool in (tmp_path, tmp_path / "missing"):
        result = drain(spool)
        assert (result.returncode, result.stdout, result.stderr) == (0, "[]\n", "")


def test_it_is_silent_and_light_without_a_daemon(tmp_path: Path) -> None:
    (tmp_path / "17").write_bytes(b"obsd-report 1\n")
    for published in (False, True):
        if published:
            api_socket.publish(tmp_path, tmp_path / "gone.sock")
        result = drain(tmp_path)
        assert (result.returncode, result.stdout, result.stderr) == (0, "[]\n", "")
        assert (tmp_path / "17").exists()


@pytest.mark.parametrize("argv", [[""], ["\0"], ["--help"], ["x", "y"]])
def test_nonsense_is_no_error(argv: list[str]) -> None:
    assert drain_spool.main(argv) == 0


def test_the_published_socket_is_found_again(tmp_path: Path) -> None:
    assert api_socket.published(tmp_path) is None
    socket = Path(os.fsdecode(b"/run/\xff/obsd.sock"))
    api_socket.publish(tmp_path, socket)
    assert api_socket.published(tmp_path) == socket
    (tmp_path / api_socket.PUBLISHED_NAME).write_bytes(b"no path")
    assert api_socket.published(tmp_path) is None


def test_a_report_crosses_with_bytes_of_any_kind() -> None:
    report = Report(
        id="7.1",
        worktree=os.fsdecode(b"/w\xff"),
        branch="refs/heads/\udcfe",
        marks={"AI_AGENT": "x\udcfd"},
        ancestors=(Process(1 << 40, "sh\udcff"), Process(12, "git")),
        reported_at=12.5,
    )
    message = report_messages.to_message(report)
    again = commit_pb2.CommitReport.FromString(message.SerializeToString())
    assert again.worktree == b"/w\xff"
    assert again.branch == "refs/heads/\\xfe"
    assert dict(again.marks) == {"AI_AGENT": "x\\xfd"}
    assert [one.name for one in again.ancestors] == ["sh\\xff", "git"]
    assert again.reported_at.ToMilliseconds() == 12_500


class Daemon:
    """Takes reports, or fails as told."""

    def __init__(self, failure: ObsdError | None = None) -> None:
        self.failure = failure
        self.requests: list[int] = []

    def report_commits(self, reports: list[commit_pb2.CommitReport]) -> None:
        """Counts them."""
        if self.failure:
            raise self.failure
        self.requests.append(len(reports))


def test_reports_go_in_requests_that_the_daemon_takes() -> None:
    daemon = Daemon()
    many = [Report(id=str(number), worktree="/w") for number in range(1200)]
    assert drain_spool.send(daemon, many) == [True] * 1200  # type: ignore[arg-type]
    assert daemon.requests == [500, 500, 200]
    daemon = Daemon()
    large = [Report(id=str(number), worktree="/" + "x" * 400_000) for number in range(4)]
    assert drain_spool.send(daemon, large) == [True] * 4  # type: ignore[arg-type]
    assert daemon.requests == [2, 2]


def test_what_is_refused_for_good_is_done_with_and_what_is_not_stays() -> None:
    report = [Report(id="1", worktree="/w")]
    refusing = Daemon(NotFound("unknown_repository", "no workspace has it"))
    assert drain_spool.send(refusing, report) == [True]  # type: ignore[arg-type]
    with pytest.raises(DaemonUnreachable):
        drain_spool.send(Daemon(DaemonUnreachable("daemon_gone", "gone")), report)  # type: ignore[arg-type]
