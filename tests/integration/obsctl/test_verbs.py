"""obsctl's verbs against a real daemon: what they print, what they write, and how they end."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import pytest

from tests.support import Daemon, Repository, command, wait_until


def test_a_folder_without_a_repository_is_told_so(obsd_daemon: Daemon, short_tmp: Path) -> None:
    (short_tmp / "plain").mkdir()
    result = obsd_daemon.obsctl("add-workspace", str(short_tmp / "plain"))
    assert result.code == 0, result
    assert "not a git repository" in result.stderr
    assert "plain: watching, 1 folder" in result.stdout


def test_a_relative_path_and_a_link_are_the_users(obsd_daemon: Daemon, repository: Repository) -> None:
    link = repository.path.parent / "link"
    link.symlink_to(repository.path)
    result = subprocess.run(
        [*command("obsctl"), "add-workspace", "../link", "--name", "w", "--json"],
        cwd=repository.path,
        env=obsd_daemon.environment,
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert json.loads(result.stdout)["workspace"]["path"] == str(repository.path)
    shown = obsd_daemon.obsctl("commits", "--workspace", str(link))
    assert shown.code == 0, shown


def test_a_path_that_is_not_utf8_can_be_added_and_removed(obsd_daemon: Daemon, short_tmp: Path) -> None:
    folder = os.fsencode(short_tmp) + b"/w\xff\x1b[2J"
    os.mkdir(folder)
    added = obsd_daemon.json("add-workspace", os.fsdecode(folder), "--name", "odd")
    assert added["workspace"]["path"] == f"{short_tmp}/w\\xff\\x1b[2J"
    removed = obsd_daemon.obsctl("remove-workspace", os.fsdecode(folder))
    assert removed.code == 0, removed


def test_exit_codes_of_the_contract(obsd_daemon: Daemon, short_tmp: Path) -> None:
    assert obsd_daemon.obsctl("status").code == 0
    assert obsd_daemon.obsctl("add-workspace", str(short_tmp / "none")).code == 1
    assert obsd_daemon.obsctl("status", "--nonsense").code == 2
    for verb in (["remove-workspace", "none"], ["commits", "--workspace", "none"], ["wait", "--settled", "none"]):
        assert obsd_daemon.obsctl(*verb).code == 4
    os.kill(obsd_daemon.pid, signal.SIGSTOP)
    try:
        assert obsd_daemon.obsctl("status", "--timeout", "0.3").code == 69
        assert obsd_daemon.obsctl("tail", "--timeout", "0.3").code == 69
        assert obsd_daemon.obsctl("wait", "--timeout", "0.3").code == 69
    finally:
        os.kill(obsd_daemon.pid, signal.SIGCONT)
    obsd_daemon.configure("[watch]\nnonsense = 1")
    reload = obsd_daemon.obsctl("reload")
    assert reload.code == 78
    assert "nonsense" in reload.stderr
    assert obsd_daemon.stop() == 0
    assert obsd_daemon.obsctl("status").code == 3


@pytest.mark.skipif(os.geteuid() == 0, reason="root may use every socket")
def test_a_socket_that_is_not_ours_is_exit_code_77(obsd_daemon: Daemon) -> None:
    obsd_daemon.socket.chmod(0)
    result = obsd_daemon.obsctl("status")
    assert result.code == 77
    assert "no permission" in result.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes folders of others")
def test_a_runtime_folder_that_another_user_made_is_exit_code_77(obsd_daemon: Daemon) -> None:
    folder = obsd_daemon.home / f"obsd-{os.getuid()}"
    folder.mkdir(mode=0o700)
    (folder / "obsd.sock").symlink_to(obsd_daemon.socket)
    variables: dict[str, Any] = {
        "RUNTIME_DIRECTORY": "",
        "XDG_RUNTIME_DIR": "",
        "OBSD_SOCKET": "",
        "TMPDIR": str(obsd_daemon.home),
    }
    assert obsd_daemon.obsctl("status", **variables).code == 0
    os.chown(folder, 65534, 65534)
    for verb in (["status"], ["hooks", "status", "."], ["metrics"]):
        result = obsd_daemon.obsctl(*verb, **variables)
        assert (result.code, result.stdout) == (77, "")
        assert "belongs to user 65534" in result.stderr
        assert "hint: " in result.stderr
    assert obsd_daemon.obsctl("--socket", str(folder / "obsd.sock"), "status", **variables).code == 0


def test_status_shows_one_page_and_one_object(obsd_daemon: Daemon, repository: Repository) -> None:
    empty = obsd_daemon.obsctl("status")
    assert "add-workspace PATH" in empty.stderr
    obsd_daemon.add(repository.path, "w")
    found = obsd_daemon.json("status")
    assert (found["schema_version"], found["kind"], found["pid"]) == (1, "status", obsd_daemon.pid)
    assert found["socket"] == str(obsd_daemon.socket)
    assert found["metrics_url"].startswith("http://127.0.0.1:")
    assert found["ledger_file"] == str(obsd_daemon.state / "ledger.sqlite3")
    assert found["config_file"] == str(obsd_daemon.etc / "obsd.toml")
    assert found["ledger_bytes"] > 0
    assert found["up_since"].endswith("Z")
    page = obsd_daemon.obsctl("status").stdout
    for text in (found["metrics_url"], str(obsd_daemon.socket), "watching", "installed"):
        assert text in page


def test_commits_and_sessions_with_their_filters(obsd_daemon: Daemon, repository: Repository) -> None:
    obsd_daemon.add(repository.path, "w")
    ids = []
    for number in range(3):
        repository.write("a.py", f"x = {number}\n")
        trailer = "\n\nCo-Authored-By: Claude <noreply@anthropic.com>" if number == 1 else ""
        ids.append(repository.commit(f"feat: number {number}{trailer}"))
    wait_until(lambda: len(obsd_daemon.json("commits")["commits"]) == 3, "three commits")
    commits = obsd_daemon.json("commits")["commits"]
    assert {one["id"] for one in commits} == set(ids)
    assert [one["subject"] for one in obsd_daemon.json("commits", "--limit", "1")["commits"]] == ["feat: number 2"]
    assert len(obsd_daemon.json("commits", "--limit", "0")["commits"]) == 3
    assert [one["id"] for one in obsd_daemon.json("commits", "--agent", "claude-code")["commits"]] == [ids[1]]
    assert len(obsd_daemon.json("commits", "--since", "1h", "--workspace", "w")["commits"]) == 3
    assert obsd_daemon.json("commits", "--since", "2099-01-01")["commits"] == []
    listed = obsd_daemon.obsctl("commits").stdout
    assert "feat: number 2" in listed
    assert ids[0][:10] in listed
    obsd_daemon.settle("w")
    sessions = obsd_daemon.json("sessions")["sessions"]
    assert len(sessions) == 1
    assert sessions[0]["commits"] == 3
    assert sessions[0]["ended_at"] is None
    assert "w" in obsd_daemon.obsctl("sessions").stdout


def test_tail_shows_facts_as_they_come_and_ends_with_the_daemon(obsd_daemon: Daemon, repository: Repository) -> None:
    obsd_daemon.add(repository.path, "w")
    options = {"env": obsd_daemon.environment, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    tail = subprocess.Popen([*command("obsctl"), "--json", "tail", "--kind", "FileChanged"], text=True, **options)  # type: ignore[call-overload]
    lines = subprocess.Popen([*command("obsctl"), "tail", "--workspace", "w"], text=True, **options)  # type: ignore[call-overload]
    try:
        number = 0

        def seen() -> bool:
            nonlocal number
            number += 1
            repository.write("a.py", "x\n" * number)
            obsd_daemon.settle("w")
            return _readable(tail.stdout) and _readable(lines.stdout)

        wait_until(seen, "both tails to show a change")
        fact = json.loads(tail.stdout.readline())
        assert (fact["kind"], fact["workspace"], fact["path"]) == ("FileChanged", "w", "a.py")
        assert {"at", "operation", "file_type", "lines_added", "lines_removed"} <= set(fact)
        assert "  w  " in lines.stdout.readline()
        lines.send_signal(signal.SIGINT)
        assert lines.wait(20) == 130
        assert lines.stderr.read() == ""
        assert obsd_daemon.stop() == 0
        assert tail.wait(20) == 3
        assert json.loads(tail.stderr.read().splitlines()[-1])["reason"] == "daemon_stopped"
    finally:
        for process in (tail, lines):
            process.kill()
            process.communicate()


def _readable(stream: IO[str]) -> bool:
    return bool(select.select([stream], [], [], 0)[0])


def test_metrics_go_to_stdout_and_into_a_file_at_once(obsd_daemon: Daemon, short_tmp: Path) -> None:
    shown = obsd_daemon.obsctl("metrics")
    assert "obsd_build_info" in shown.stdout
    place = short_tmp / "obsd.prom"
    place.write_text("old")
    before = place.stat().st_ino
    assert obsd_daemon.obsctl("metrics", "--textfile", str(place)).stdout == ""
    assert place.stat().st_ino != before
    assert place.stat().st_mode & 0o777 == 0o644
    assert "obsd_build_info" in place.read_text()
    assert os.listdir(short_tmp).count("obsd.prom") == 1
    failed = obsd_daemon.obsctl("metrics", "--textfile", str(short_tmp / "none" / "obsd.prom"))
    assert failed.code == 1
    assert "hint:" in failed.stderr
    assert [name for name in os.listdir(short_tmp) if "tmp" in name] == []


def test_reload_says_what_changed(obsd_daemon: Daemon) -> None:
    assert "nothing changed" in obsd_daemon.obsctl("reload").stderr
    obsd_daemon.configure("[sessions]\nidle_timeout_seconds = 7\n")
    assert "sessions.idle_timeout_seconds" in obsd_daemon.obsctl("reload").stdout
    obsd_daemon.configure("[sessions]\nidle_timeout_seconds = 8\n")
    assert obsd_daemon.json("reload")["changed"] == ["sessions.idle_timeout_seconds: 7.0 -> 8.0"]


def test_doctor_finds_all_well_and_says_what_is_not(obsd_daemon: Daemon, repository: Repository) -> None:
    obsd_daemon.add(repository.path, "w")
    healthy = obsd_daemon.json("doctor")
    assert healthy["failed"] == 0
    states = {check["check"]: check["state"] for check in healthy["checks"]}
    for name in ("daemon", "version", "metrics", "workspace w", "hooks of w", "git", "spool", "clock", "configuration"):
        assert states[name] == "ok", healthy
    obsd_daemon.obsctl("hooks", "uninstall")
    missing = obsd_daemon.obsctl("doctor")
    assert "warn  hooks of w" in missing.stdout
    assert "hint: obsctl hooks install w" in missing.stdout
    obsd_daemon.stop()
    stopped = obsd_daemon.obsctl("doctor")
    assert stopped.code == 1
    assert stopped.stdout.startswith("fail  daemon: no daemon answers")
    assert "ok    git" in stopped.stdout


def test_version_names_both(obsd_daemon: Daemon) -> None:
    found = obsd_daemon.json("version")
    assert found["version"] == found["daemon_version"] == obsd_daemon.json("status")["version"]


def test_wait_waits_for_a_daemon_that_starts(make_daemon: Callable[[str], Daemon]) -> None:
    daemon = make_daemon("d")
    waiting = subprocess.Popen([*command("obsctl"), "wait", "--timeout", "60"], env=daemon.environment)
    daemon.start()
    assert waiting.wait(60) == 0


def test_progress_is_shown_on_a_terminal_alone(obsd_daemon: Daemon, short_tmp: Path) -> None:
    (short_tmp / "plain").mkdir()
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*command("obsctl"), "add-workspace", str(short_tmp / "plain")],
        env=obsd_daemon.environment | {"TERM": "xterm"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            shown += (part := os.read(ours, 4096))
        except OSError:
            break
        if not part:
            break
    os.close(ours)
    output = process.communicate(timeout=60)[0]
    assert process.returncode == 0
    assert b"scanning the folder" in shown
    assert output.startswith("plain: watching")
