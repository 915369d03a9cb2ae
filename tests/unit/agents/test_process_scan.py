"""Looks at processes: real ones, named like agents."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from obsd.agents.process_scan import Scanner
from obsd.agents.table import AgentTable
from tests.support import clean_environment, wait_until

ASLEEP = "import sys, time; print(flush=True); time.sleep(600)"


class Processes:
    """Starts processes that sleep until the end of the test."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder, self._stack = folder, stack
        self.environment = clean_environment(folder)

    def named(self, name: str, cwd: Path, environment: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        """A program of that name."""
        program = self._folder / "bin" / name
        program.parent.mkdir(exist_ok=True)
        shutil.copy(shutil.which("sleep") or "", program)
        return self._start([str(program), "600"], cwd, environment)

    def script(self, path: str, cwd: Path) -> subprocess.Popen[bytes]:
        """An interpreter that runs a script at a path."""
        script = self._folder / path
        script.parent.mkdir(parents=True, exist_ok=True)
        script.write_text(ASLEEP)
        return self._start([sys.executable, str(script)], cwd, None)

    def _start(self, command: list[str], cwd: Path, environment: Mapping[str, str] | None) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            command, cwd=cwd, env=self.environment | dict(environment or {}), stdout=subprocess.DEVNULL
        )
        self._stack.callback(self.end, process)
        wait_until(
            # The kernel shows a new program some microseconds before its environment.
            lambda: (
                (
                    os.readlink(f"/proc/{process.pid}/exe") != os.readlink("/proc/self/exe")
                    or "python" in os.path.basename(command[0])
                )
                and Path(f"/proc/{process.pid}/environ").read_bytes()
            ),
            "the program",
        )
        return process

    def end(self, process: subprocess.Popen[bytes]) -> None:
        """Ends one."""
        process.kill()
        process.wait()


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    with ExitStack() as stack:
        yield Processes(tmp_path, stack)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "w"
    (folder / "src").mkdir(parents=True)
    return folder


def look(scanner: Scanner, folder: Path, *others: Path) -> tuple[str, ...]:
    """The agents in one folder."""
    return scanner.scan([str(folder)], [str(other) for other in others]).agents[str(folder)]


def test_an_agent_is_found_by_its_program_in_the_workspace_or_below(processes: Processes, workspace: Path) -> None:
    scanner = Scanner(AgentTable.build())
    assert look(scanner, workspace) == ()
    processes.named("codex", workspace / "src")
    assert look(scanner, workspace) == ("codex",)


def test_an_agent_is_found_by_its_script(processes: Processes, workspace: Path) -> None:
    processes.script("node_modules/@google/gemini-cli/index.py", workspace)
    scanner = Scanner(AgentTable.build())
    assert wait_until(lambda: look(scanner, workspace)) == ("gemini-cli",)


def test_who_leaves_is_gone_and_several_are_all_told(processes: Processes, workspace: Path) -> None:
    scanner = Scanner(AgentTable.build())
    codex = processes.named("codex", workspace)
    processes.named("claude", workspace)
    assert look(scanner, workspace) == ("claude-code", "codex")
    processes.end(codex)
    assert look(scanner, workspace) == ("claude-code",)


def test_editors_shells_and_agents_elsewhere_are_no_agents_here(processes: Processes, workspace: Path) -> None:
    for name in ("code", "cursor", "windsurf", "idea", "bash"):
        processes.named(name, workspace)
    processes.named("codex", workspace.parent)
    assert look(Scanner(AgentTable.build()), workspace) == ()


def test_a_workspace_inside_has_agents_of_its_own(processes: Processes, workspace: Path) -> None:
    processes.named("codex", workspace / "src")
    scanner = Scanner(AgentTable.build())
    assert look(scanner, workspace, workspace / "src") == ()
    assert look(scanner, workspace / "src", workspace) == ("codex",)


def test_an_agent_without_a_program_is_found_by_its_shell(processes: Processes, workspace: Path) -> None:
    processes.named("zsh", workspace, {"AUGMENT_AGENT": "1"})
    assert look(Scanner(AgentTable.build()), workspace) == ("augment",)


def test_a_shell_of_an_agent_that_has_a_program_is_not_it(processes: Processes, workspace: Path) -> None:
    processes.named("zsh", workspace, {"CLAUDECODE": "1", "AI_AGENT": "claude-code_2-1_agent"})
    assert look(Scanner(AgentTable.build()), workspace) == ()


def test_a_folder_that_can_be_looked_into_has_no_blind_spot(workspace: Path) -> None:
    assert Scanner(AgentTable.build()).blind_spots(str(workspace)) == "" or not os.access("/proc/1/stat", os.R_OK)
    assert Scanner(AgentTable.build()).blind_spots(str(workspace / "gone")) == ""


def test_a_workspace_of_somebody_else_has_one(monkeypatch: pytest.MonkeyPatch, workspace: Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: os.stat(workspace).st_uid + 1)
    assert "another user" in Scanner(AgentTable.build()).blind_spots(str(workspace))
