"""The agent above a git hook: the nearest one, and none beyond a terminal or an editor that hosts agents."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from obsd.agents.table import AgentTable
from obsd.git.hook_report import Process
from obsd.writers.hook_ancestors import agent_above

TABLE = AgentTable.build()
GONE = 1 << 22


def names(*of: str) -> list[Process]:
    return [Process(GONE, name) for name in of]


@pytest.mark.parametrize(
    ("ancestors", "agent"),
    [
        (names("git", "sh", "claude", "bash", "systemd"), "claude-code"),
        (names("git", "codex", "bash", "claude"), "codex"),
        (names("git", "bash", "systemd"), ""),
        (names("git", "node", "bash"), ""),
        (names("git", "bash", "tmux: server", "claude"), ""),
        (names("git", "bash", "code", "claude"), ""),
        (names("git", "bash", "sshd", "claude"), ""),
        ([Process(GONE, "node", "/usr/bin/node", ("node", "/n/@google/gemini-cli/dist/index.js"))], "gemini-cli"),
        ([], ""),
    ],
)
def test_by_names(ancestors: list[Process], agent: str) -> None:
    assert agent_above(TABLE, ancestors, fresh=False) == agent


def test_a_script_is_known_while_it_runs_and_the_report_is_fresh(tmp_path: Path) -> None:
    script = tmp_path / "node_modules" / "aider" / "aider.py"
    script.parent.mkdir(parents=True)
    script.write_text("import sys\nprint(flush=True)\nsys.stdin.read()\n")
    with subprocess.Popen([sys.executable, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        name = Path(f"/proc/{process.pid}/comm").read_text().strip()
        above = [Process(process.pid, name)]
        assert agent_above(TABLE, above, fresh=True) == "aider"
        assert agent_above(TABLE, above, fresh=False) == ""
        # Its number is another process' by now.
        assert agent_above(TABLE, [Process(process.pid, "perl")], fresh=True) == ""
        process.communicate()
