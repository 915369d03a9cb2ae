"""`obsctl report` and `obsctl top` against a real daemon: every form, empty answers, and a terminal that is resized."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import WAIT_SECONDS, Daemon, Repository, command


@pytest.fixture
def busy(obsd_daemon: Daemon, make_repository: Callable[..., Repository]) -> Daemon:
    """A daemon whose one workspace `w` saw eight changes and two commits, one of an agent."""
    repository = make_repository("w")
    repository.write("a.py", "a = 1\n")
    repository.commit("feat: begin with a file")
    obsd_daemon.add(repository.path, "w")
    for number in range(5):
        repository.write(f"f{number}.py", "x\n" * (number + 1))
    repository.write("a|`b<i>.md", "text\n")
    obsd_daemon.settle("w")
    repository.commit("feat: add files by hand")
    repository.write("a.py", "a = 2\n")
    obsd_daemon.settle("w")
    (repository.path / "f0.py").unlink()
    obsd_daemon.settle("w")
    repository.commit("feat: let an agent finish it", CLAUDECODE="1")
    obsd_daemon.wait_for("git_commits_total", 2)
    return obsd_daemon


def test_a_report_has_what_happened(busy: Daemon) -> None:
    report = busy.json("report")
    assert report["kind"] == "report"
    assert report["changes"] | {"lines_added": 0, "lines_removed": 0} == {
        "changes": 8,
        "created": 6,
        "modified": 1,
        "deleted": 1,
        "renamed": 0,
        "lines_added": 0,
        "lines_removed": 0,
    }
    assert (report["commits"], report["sessions"], report["files_changed"]) == (2, 1, 7)
    agents = {agent["agent"]: agent for agent in report["agents"]}
    assert agents["claude-code"]["commits"] == 1
    assert agents["claude-code"]["evidence"] == {"environment": 1}
    assert agents["unknown"]["commits"] == 1
    assert sum(slot["changes"] for slot in report["slots"]) == 8
    first = {"workspace": "w", "path": "f0.py", "changes": 2, "lines_added": 1, "lines_removed": 1}
    assert report["files"][0] == first
    assert sum(slot["commits"] for slot in busy.json("report", "--since", "2h")["slots"]) == 2


def test_the_committed_lines_are_those_that_git_counts(busy: Daemon) -> None:
    busy.wait_for("obsd_commit_origin_lines_total", 17, workspace="w")
    report = busy.json("report")
    commits = busy.json("commits")["commits"]
    assert sum(one["lines"] for one in report["committed"]) == sum(one["lines_added"] for one in commits) == 17
    # Nobody proved who wrote them: no helper names writers here, and no agent has a record of it.
    assert [(one["agent"], one["floor"]) for one in report["committed"]] == [("unknown", None)]
    assert report["agents_committed"] == {"floor": 0.0, "ceiling": 1.0}
    [session] = busy.json("sessions")["sessions"]
    assert busy.json("session", session["id"])["committed"] == report["committed"]
    assert "agents wrote 0% to 100% of their lines" in busy.obsctl("session", session["id"]).stdout


def test_a_report_of_one_agent_has_its_sessions_and_commits(busy: Daemon) -> None:
    report = busy.json("report", "--agent", "claude-code", "--workspace", "w")
    assert (report["commits"], report["sessions"]) == (1, 1)
    assert [agent["agent"] for agent in report["agents"]] == ["claude-code"]
    assert report["files"] == []


def test_every_form_shows_the_same(busy: Daemon, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    text = busy.obsctl("report").stdout
    markdown = busy.obsctl("report", "--markdown").stdout
    assert busy.obsctl("report", "--html", str(page)).code == 0
    html = page.read_text("utf-8")
    for form in (text, markdown, html, busy.obsctl("report", "--html", "-").stdout):
        assert "claude-code" in form
        assert "environment 1" in form
    assert 'id="plot-changes"' in html
    assert "a|`b&lt;i&gt;.md" in html
    assert "``a\\|`b<i>.md``" in markdown
    assert list(tmp_path.iterdir()) == [page]


def test_a_page_that_cannot_be_written_is_an_error_with_a_hint(obsd_daemon: Daemon, tmp_path: Path) -> None:
    result = obsd_daemon.obsctl("report", "--html", str(tmp_path / "missing" / "r.html"))
    assert result.code == 1
    assert "hint:" in result.stderr


def test_empty_answers_say_why_and_what_to_do(obsd_daemon: Daemon, make_repository: Callable[..., Repository]) -> None:
    for arguments in (["report"], ["report", "--markdown"], ["report", "--html", "-"], ["top"]):
        result = obsd_daemon.obsctl(*arguments)
        assert result.code == 0
        assert "add-workspace" in result.stdout + result.stderr
    assert obsd_daemon.json("report")["first_record"] is None
    repository = make_repository("w")
    obsd_daemon.add(repository.path, "w", "--no-hooks")
    repository.write("a.py", "a\n")
    obsd_daemon.settle("w")
    assert "without --agent" in obsd_daemon.obsctl("report", "--agent", "codex").stderr
    assert obsd_daemon.obsctl("report", "--workspace", "nope").code == 4


def test_a_report_may_not_begin_in_the_future(obsd_daemon: Daemon) -> None:
    result = obsd_daemon.obsctl("report", "--since", "2099-01-01")
    assert result.code != 0
    assert "must begin before it ends" in result.stderr


def test_top_is_one_look_without_a_terminal(busy: Daemon) -> None:
    result = busy.obsctl("top")
    assert result.code == 0
    assert "claude-code" in result.stdout
    assert "commit " in result.stdout
    top = busy.json("top")
    [workspace] = top["workspaces"]
    assert (workspace["name"], sum(workspace["changes"]), workspace["commits"]) == ("w", 8, 2)
    assert top["recent"][0]["kind"]


class Terminal:
    """`obsctl top` on a terminal of its own."""

    def __init__(self, daemon: Daemon) -> None:
        self.pid, self.screen = pty.fork()
        if self.pid == 0:
            os.environ.clear()
            os.environ.update(daemon.environment | {"TERM": "xterm-256color"})
            arguments = [*command("obsctl"), "top", "--interval", "0.2"]
            os.execv(arguments[0], arguments)
        self.seen = ""
        self.resize(30, 120)

    def resize(self, rows: int, columns: int) -> None:
        """Gives it another size, of which the kernel tells it."""
        fcntl.ioctl(self.screen, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def press(self, key: str) -> None:
        """Types a key."""
        self.seen = ""
        os.write(self.screen, key.encode())

    def wait_for(self, text: str) -> None:
        """Returns when a text was drawn since the last key."""
        deadline = time.monotonic() + WAIT_SECONDS
        while text not in self.seen:
            assert time.monotonic() < deadline, self.seen
            if select.select([self.screen], [], [], 0.1)[0]:
                self.seen += os.read(self.screen, 65536).decode(errors="replace")

    def end(self) -> int:
        """Its exit code."""
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            if select.select([self.screen], [], [], 0.1)[0]:
                try:
                    self.seen += os.read(self.screen, 65536).decode(errors="replace")
                except OSError:
                    break
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def test_top_obeys_its_keys_and_a_new_size(busy: Daemon) -> None:
    terminal = Terminal(busy)
    try:
        terminal.wait_for("s sort: activity")
        terminal.wait_for("WORKSPACE")
        terminal.press("s")
        terminal.wait_for("s sort: name")
        terminal.press("w")
        terminal.wait_for("w workspace: w")
        terminal.seen = ""
        terminal.resize(20, 60)
        terminal.wait_for("RATE")
        terminal.wait_for("q quit")
        terminal.press("q")
        assert terminal.end() == 0
        assert "\x1b[?1049l" in terminal.seen, "the terminal's own screen is back"
    finally:
        try:
            os.kill(terminal.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def test_top_gives_the_terminal_back_when_it_is_interrupted(busy: Daemon) -> None:
    terminal = Terminal(busy)
    terminal.wait_for("s sort: activity")
    terminal.press("\x03")
    assert terminal.end() == 130
    assert "\x1b[?1049l" in terminal.seen


def test_top_ends_with_the_daemon(busy: Daemon) -> None:
    terminal = Terminal(busy)
    terminal.wait_for("s sort: activity")
    busy.stop()
    assert terminal.end() == 3
    assert "\x1b[?1049l" in terminal.seen


def test_persons_are_named_on_request_alone(busy: Daemon) -> None:
    name = busy.json("commits")["commits"][0]["author"]
    assert "by_author" not in busy.json("report")
    assert name not in busy.obsctl("report").stdout
    [own] = busy.json("report", "--by", "author")["by_author"]
    assert (own["name"], own["commits"]) == (name, 2)
    assert own["lines"] == sum(one["lines_added"] for one in busy.json("commits")["commits"])
    assert name in busy.obsctl("report", "--by", "author").stdout
    refused = busy.obsctl("report", "--by", "author", "--markdown")
    assert refused.code != 0
    assert "--by author" in refused.stderr
