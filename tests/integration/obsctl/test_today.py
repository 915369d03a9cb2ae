"""`obsctl` without a verb against a real daemon: what was done today, on a terminal and as JSON."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios

import jsonschema

from tests.support import Daemon, Repository, command, schema

_STYLES = re.compile(r"\x1b\[[0-9;]*m")


def on_terminal(daemon: Daemon, *arguments: str, rows: int = 24, columns: int = 80) -> list[str]:
    """The lines that obsctl prints on a terminal of a size, without styles."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    environment = {key: value for key, value in daemon.environment.items() if key not in ("COLUMNS", "LINES")}
    with subprocess.Popen(
        [*command("obsctl"), *arguments],
        env=environment | {"TERM": "xterm", "NO_COLOR": "1"},
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.PIPE,
    ) as process:
        os.close(theirs)
        shown = read_all(ours)
        assert process.wait(60) == 0, process.communicate()[1]
    os.close(ours)
    return _STYLES.sub("", shown.decode()).replace("\r", "").splitlines()


def read_all(terminal: int) -> bytes:
    """Everything that is written to a terminal until its last user closes it."""
    shown = b""
    while True:
        try:
            part = os.read(terminal, 65_536)
        except OSError:
            return shown
        if not part:
            return shown
        shown += part


def test_today_on_a_terminal_and_as_json(obsd_daemon: Daemon, repository: Repository) -> None:
    nothing = obsd_daemon.obsctl()
    assert (nothing.code, "add-workspace PATH" in nothing.stderr) == (0, True)
    obsd_daemon.add(repository.path, "w")
    for number in range(3):
        repository.write(f"src/支払い_{number}.py", "one\n" * (number + 1))
        obsd_daemon.settle("w")
    repository.commit("x", CLAUDECODE="1", AI_AGENT="claude-code_2-1-197_agent")
    obsd_daemon.wait_for("git_commits_total", 1, workspace="w")

    found = obsd_daemon.json()
    jsonschema.validate(found, schema("today"))
    assert (found["kind"], found["total"]["commits"], found["total"]["changes"]) == ("today", 1, 3)
    assert found["total"]["lines_added"] == 6
    assert {one["author"]: one["figures"]["commits"] for one in found["authors"]}["claude-code"] == 1
    assert [one["id"] for one in found["sessions"]] == ["1"]
    assert found["since"] < found["at"]

    lines = on_terminal(obsd_daemon)
    text = "\n".join(lines)
    assert len(lines) < 24
    assert "claude-code" in text
    assert "rule commit_message_" in text
    assert "1 " in lines[-1]
    assert obsd_daemon.json("--week")["total"]["commits"] == 1
    yesterday = obsd_daemon.obsctl("--date", "yesterday")
    assert (yesterday.code, "nothing happened" in yesterday.stderr) == (0, True)

    status = on_terminal(obsd_daemon, "status")
    assert status[0].startswith("today   1 session, 1 commit")
    assert any(line.startswith("obsd ") for line in status), "what it runs on follows"
