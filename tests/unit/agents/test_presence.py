"""Which process is which agent, by the rules that were seen with real ones."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from obsd.agents import presence
from obsd.agents.table import AgentTable

TABLE = AgentTable.build()


@pytest.mark.parametrize(
    ("executable", "name", "arguments", "agent"),
    [
        ("/usr/bin/node", "claude", ("claude",), "claude-code"),
        ("/opt/codex", "codex", ("codex",), "codex"),
        ("/opt/codex.exe", "codex.exe", ("codex",), "codex"),
        ("/n/@github/copilot-linux-x64/copilot", "MainThread", ("copilot",), "copilot-cli"),
        ("/usr/bin/node", "node", ("node", "/home/a/node_modules/.bin/gemini"), "gemini-cli"),
        ("/usr/bin/node", "node", ("node", "--x", "/n/@google/gemini-cli/dist/index.js"), "gemini-cli"),
        ("/usr/bin/python3.11", "aider", ("python", "/home/a/bin/aider"), "aider"),
        ("/usr/bin/python3.11", "python3", ("python3", "/home/a/bin/aider"), "aider"),
        ("/usr/bin/node", "node", ("node", "/home/gemini/server.js"), ""),
        ("/usr/bin/node", "node", ("node", "server.js", "/x/.bin/gemini"), ""),
        ("/usr/bin/vim", "vim", ("vim", "/n/@google/gemini-cli/x.js"), ""),
        ("/usr/share/code/code", "code", ("code", "--type=x"), ""),
        ("/opt/cursor/cursor", "cursor", ("cursor",), ""),
        ("/opt/windsurf", "windsurf", (), ""),
        ("/usr/bin/node", "node", ("node", "/n/@continuedev/cli/dist/cn.js"), "continue"),
        ("/usr/bin/python3.11", "mini", ("python", "/home/a/.venv/bin/mini"), "mini-swe-agent"),
        ("/usr/bin/python3.11", "python3", ("python3", "/home/mini/server.py"), ""),
        ("/opt/mini", "mini", ("mini",), ""),
        ("/usr/bin/node", "pi", ("pi",), "pi"),
        ("/n/cline", "cline", ("cline", "fix it"), "cline"),
        ("/n/cline", "cline", ("cline", "--cline-hub-daemon", "--cwd", "/home/a/w"), ""),
        ("", "", (), ""),
    ],
)
def test_matching(executable: str, name: str, arguments: tuple[str, ...], agent: str) -> None:
    assert presence.match(TABLE, executable, name, arguments) == agent


def test_a_running_process_is_looked_at(tmp_path: Path) -> None:
    program = tmp_path / "codex"
    program.write_text(f"#!{sys.executable}\nimport signal\nprint(flush=True)\nsignal.pause()\n")
    program.chmod(0o755)
    with subprocess.Popen([program], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            assert presence.agent_of(TABLE, process.pid) == "codex"
        finally:
            process.kill()
    assert presence.agent_of(TABLE, process.pid) == ""
