"""Agents at work: real processes beside a real daemon."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support import Daemon, Repository, wait_until

CHANGES = "obsd_agent_changes_total"
PRESENT = "obsd_agent_present"
Start = Callable[[str], subprocess.Popen[bytes]]


@pytest.fixture
def repository(tmp_path: Path, obsd_daemon: Daemon) -> Repository:
    made = Repository(tmp_path / "shop", obsd_daemon.environment)
    obsd_daemon.add(made.path, "shop")
    return made


@pytest.fixture
def start(tmp_path: Path, repository: Repository) -> Iterator[Start]:
    """Starts a program of a name in the workspace; it sleeps until the end of the test."""
    with ExitStack() as stack:

        def one(name: str) -> subprocess.Popen[bytes]:
            program = tmp_path / "bin" / name
            program.parent.mkdir(exist_ok=True)
            shutil.copy(shutil.which("sleep") or "", program)
            process = subprocess.Popen([str(program), "600"], cwd=repository.path, env=repository.environment)
            stack.callback(end, process)
            wait_until(lambda: Path(f"/proc/{process.pid}/exe").resolve().name == name)
            return process

        yield one


def end(process: subprocess.Popen[bytes]) -> None:
    """Ends a process."""
    process.kill()
    process.wait()


def present(daemon: Daemon) -> list[str]:
    """The agents that were seen at work in the newest session."""
    found: list[str] = daemon.json("sessions")["sessions"][0]["present"]
    return found


def agents(daemon: Daemon) -> list[dict[str, str]]:
    """The agents that wrote or committed something in the newest session."""
    found: list[dict[str, str]] = daemon.json("sessions")["sessions"][0]["agents"]
    return found


def test_a_change_beside_an_agent_that_waits_is_nobodys(
    obsd_daemon: Daemon, repository: Repository, start: Start
) -> None:
    start("codex")
    repository.write("a.py", "a = 1\n")
    obsd_daemon.settle("shop")
    samples = obsd_daemon.scrape()
    assert samples.value(CHANGES, agent="unknown", evidence="none", workspace="shop") == 1
    assert samples.value(PRESENT, agent="codex", workspace="shop") == 1
    assert (agents(obsd_daemon), present(obsd_daemon)) == ([], ["codex"])


def test_an_editor_is_no_agent(obsd_daemon: Daemon, repository: Repository, start: Start) -> None:
    start("code")
    repository.write("a.py", "a = 1\n")
    obsd_daemon.wait_for(CHANGES, 1, workspace="shop")
    assert present(obsd_daemon) == []


def test_all_that_are_present_are_listed(obsd_daemon: Daemon, repository: Repository, start: Start) -> None:
    start("codex")
    start("claude")
    repository.write("a.py", "a = 1\n")
    obsd_daemon.wait_for(CHANGES, 1, agent="unknown", workspace="shop")
    assert present(obsd_daemon) == ["claude-code", "codex"]


def test_who_leaves_is_gone_and_who_comes_is_seen(obsd_daemon: Daemon, repository: Repository, start: Start) -> None:
    codex = start("codex")
    repository.write("a.py", "a = 1\n")
    obsd_daemon.wait_for(PRESENT, 1, agent="codex", workspace="shop")
    end(codex)
    start("claude")
    # Looks are seconds apart, and come with changes.
    written = iter(range(10_000))

    def seen() -> float | None:
        repository.write("a.py", f"a = {next(written)}\n")
        return obsd_daemon.scrape().value(PRESENT, agent="claude-code", workspace="shop")

    wait_until(seen)
    samples = obsd_daemon.scrape()
    assert samples.value(PRESENT, agent="codex", workspace="shop") == 0
    assert set(present(obsd_daemon)) == {"codex", "claude-code"}


def test_a_killed_daemon_goes_on_with_the_session(obsd_daemon: Daemon, repository: Repository, start: Start) -> None:
    codex = start("codex")
    repository.write("a.py", "a = 1\n")
    obsd_daemon.wait_for(PRESENT, 1, agent="codex", workspace="shop")
    end(codex)
    [before] = obsd_daemon.json("sessions")["sessions"]
    obsd_daemon.restart(signal.SIGKILL)
    repository.write("b.py", "b = 1\n")
    # The change that waited for its author when the daemon was killed is attributed once, like the other.
    samples = obsd_daemon.wait_for(CHANGES, 2, workspace="shop")
    assert samples.value("copilot_files_modified_total", file_type="python", operation="created", workspace="shop") == 2
    [session] = obsd_daemon.json("sessions")["sessions"]
    assert (session["id"], session["started_at"]) == (before["id"], before["started_at"])
    assert (session["changes"], session["files"]) == (2, 2)
    assert (session["agents"], session["present"]) == ([], ["codex"])


def test_nothing_is_looked_at_while_all_is_idle(obsd_daemon: Daemon, repository: Repository, start: Start) -> None:
    start("codex")
    obsd_daemon.settle("shop")
    assert obsd_daemon.scrape().value(PRESENT, agent="codex", workspace="shop") is None
