"""How a daemon starts, and what it says when it cannot: exit codes, one line, a hint."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import Daemon, command, wait_until

BAD_CONFIGURATIONS = {
    "not TOML": ("version = ", "obsd.toml"),
    "unknown table": ("version = 1\n[metric]\n", "metric"),
    "unknown key": ('version = 1\n[metrics]\nlisen = "127.0.0.1:0"\n', "lisen"),
    "wrong type": ('version = 1\n[watch]\nsettle_seconds = "soon"\n', "settle_seconds"),
    "wrong value": ('version = 1\n[metrics]\nfilenames = "all"\n', "filenames"),
    "negative": ("version = 1\n[sessions]\nidle_timeout_seconds = -1\n", "idle_timeout_seconds"),
    "other version": ("version = 2\n", "version"),
    "open to all without a token": ('version = 1\n[metrics]\nlisten = "0.0.0.0:0"\n', "token_file"),
    "no UTF-8": (b"version = 1\n# \xff\n", "obsd.toml"),
}


def run(daemon: Daemon, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs `obsd` to its end."""
    return subprocess.run(
        [*command("obsd"), *arguments],
        env=daemon.environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize(("text", "named"), BAD_CONFIGURATIONS.values(), ids=BAD_CONFIGURATIONS)
@pytest.mark.parametrize("arguments", [[], ["--check-config"]], ids=["start", "check"])
def test_a_bad_configuration_ends_it_with_78(
    make_daemon: Callable[[str], Daemon], text: str | bytes, named: str, arguments: list[str]
) -> None:
    daemon = make_daemon("d")
    file = daemon.etc / "obsd.toml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    result = run(daemon, *arguments)
    assert result.returncode == 78, result
    assert str(file) in result.stderr
    assert named in result.stderr
    assert "hint: " in result.stderr
    assert "Traceback" not in result.stderr


def test_check_config_accepts_a_good_file_and_none(make_daemon: Callable[[str], Daemon]) -> None:
    daemon = make_daemon("d")
    assert run(daemon, "--check-config").returncode == 0
    (daemon.etc / "obsd.toml").unlink()
    assert run(daemon, "--check-config").returncode == 0


@pytest.mark.parametrize("arguments", [[], ["--check-config"]], ids=["start", "check"])
def test_a_configuration_that_is_no_file_ends_it_with_78(
    make_daemon: Callable[[str], Daemon], short_tmp: Path, arguments: list[str]
) -> None:
    os.mkfifo(short_tmp / "fifo")
    result = run(make_daemon("d"), *arguments, "--config", str(short_tmp / "fifo"))
    assert result.returncode == 78, result
    assert "not a regular file" in result.stderr
    assert "hint: " in result.stderr


def test_a_configuration_that_was_named_must_be_there(make_daemon: Callable[[str], Daemon]) -> None:
    result = run(make_daemon("d"), "--check-config", "--config", "/nonexistent/obsd.toml")
    assert result.returncode == 78
    assert "/nonexistent/obsd.toml" in result.stderr


def test_a_second_daemon_is_refused_and_the_first_goes_on(obsd_daemon: Daemon) -> None:
    result = run(obsd_daemon)
    assert result.returncode == 1, result
    assert str(obsd_daemon.pid) in result.stderr
    assert "hint: " in result.stderr
    assert obsd_daemon.json("status")["pid"] == obsd_daemon.pid


def test_a_stale_socket_is_taken_over(make_daemon: Callable[[str], Daemon]) -> None:
    daemon = make_daemon("d")
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(daemon.socket))
    daemon.start()
    assert daemon.json("status")["pid"] == daemon.pid


def test_the_socket_is_private(obsd_daemon: Daemon) -> None:
    assert obsd_daemon.socket.stat().st_mode & 0o777 == 0o600
    assert obsd_daemon.runtime.stat().st_mode & 0o077 == 0


def test_a_socket_path_that_is_too_long_is_refused(make_daemon: Callable[[str], Daemon], short_tmp: Path) -> None:
    daemon = make_daemon("d")
    long = short_tmp / ("x" * 120)
    long.mkdir(mode=0o700)
    daemon.environment["RUNTIME_DIRECTORY"] = str(long)
    result = run(daemon)
    assert result.returncode in {1, 78}, result
    assert "107" in result.stderr
    assert "hint: " in result.stderr
    assert "Traceback" not in result.stderr


def test_a_taken_port_is_a_warning_and_all_else_works(make_daemon: Callable[[str], Daemon]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        daemon = make_daemon("d")
        daemon.configure(listen=f"127.0.0.1:{port}")
        daemon.start()
        status = daemon.json("status")
        [warning] = [one for one in status["warnings"] if "port" in one["code"] or "listen" in one["code"]]
        assert str(port) in warning["text"]
        assert warning["hint"]
        assert daemon.obsctl("metrics").code == 0


def test_no_metrics_over_http_when_they_are_off(make_daemon: Callable[[str], Daemon]) -> None:
    daemon = make_daemon("d")
    daemon.configure(listen="")
    daemon.start()
    assert not daemon.json("status")["metrics_url"]
    assert "obsd_build_info" in daemon.obsctl("metrics").stdout


def test_reload_takes_a_good_file_and_refuses_a_bad_one(obsd_daemon: Daemon) -> None:
    obsd_daemon.configure("[sessions]\nidle_timeout_seconds = 60\n")
    good = obsd_daemon.obsctl("reload")
    assert good.code == 0, good
    assert "idle_timeout_seconds" in good.stdout + good.stderr
    obsd_daemon.configure("[sessions]\nidle = 60\n")
    bad = obsd_daemon.obsctl("reload")
    assert bad.code == 78, bad
    assert "idle" in bad.stderr
    assert "hint: " in bad.stderr
    assert obsd_daemon.json("status")["pid"] == obsd_daemon.pid


def test_without_a_daemon_obsctl_says_so(make_daemon: Callable[[str], Daemon]) -> None:
    daemon = make_daemon("d")
    for arguments in (["status"], ["workspaces"], ["add-workspace", "/tmp"], ["commits"], ["reload"]):
        result = daemon.obsctl(*arguments)
        assert result.code == 3, (arguments, result)
        assert "hint: " in result.stderr
    assert daemon.obsctl("frobnicate").code == 2
    assert daemon.obsctl("add-workspace").code == 2


def test_json_errors_are_json(make_daemon: Callable[[str], Daemon]) -> None:
    result = make_daemon("d").obsctl("--json", "status")
    assert result.code == 3
    error = json.loads(result.stdout or result.stderr)
    assert error["schema_version"] == 1


def test_it_logs_a_line_for_its_start_and_its_end(obsd_daemon: Daemon) -> None:
    obsd_daemon.stop()
    wait_until(lambda: obsd_daemon.log)
    assert "Traceback" not in obsd_daemon.log
    assert all(line.isprintable() for line in obsd_daemon.log.splitlines())
