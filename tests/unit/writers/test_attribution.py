"""From chains of processes to authors, and what programs are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from obsd.agents.table import AgentTable
from obsd.writers import programs
from obsd.writers.attribution import Author, author_of, one_of
from obsd.writers.processes import Process

TABLE = AgentTable.build()
CLAUDE = {"CLAUDECODE": "1", "CLAUDE_CODE_SESSION_ID": "s-claude"}
CODEX = {"CODEX_THREAD_ID": "s-codex"}


def process(program: str, **values: Any) -> Process:
    return Process(pid=values.pop("pid", 100), parent=1, program=program, **values)


def shell(**values: Any) -> Process:
    return process("bash", **values)


TERMINAL = process("xterm", role="terminal")
LOGIN = process("sshd", role="login")
HOST = process("code", role="host")
VIM = process("vim", role="editor")
PERSON, UNKNOWN = Author("person"), Author("unknown")


def claude(**values: Any) -> Process:
    return process("claude", agent="claude-code", **values)


@pytest.mark.parametrize(
    ("chain", "author"),
    [
        ([], UNKNOWN),
        ([process("sed")], UNKNOWN),
        ([claude()], Author("claude-code")),
        ([process("sed"), shell(), claude()], Author("claude-code")),
        ([process("sed", marks=CLAUDE), shell(marks=CLAUDE), claude()], Author("claude-code", "s-claude")),
        ([process("sed"), shell(marks=CLAUDE), claude()], Author("claude-code", "s-claude")),
        # An agent started from another one's shell: the nearer one, and its own session.
        ([process("sed", marks=CODEX | CLAUDE), process("codex", agent="codex", marks=CLAUDE), shell(), claude()],
         Author("codex", "s-codex")),
        ([process("codex", agent="codex", marks=CODEX)], Author("codex")),
        # What an agent starts is the agent's, an editor and a login shell included.
        ([VIM, shell(role="login_shell", terminal=True), claude()], Author("claude-code")),
        ([VIM, shell(), TERMINAL], PERSON),
        ([VIM], PERSON),
        ([process("sed"), shell(), TERMINAL], PERSON),
        ([process("sed"), shell(role="login_shell", terminal=True)], PERSON),
        ([process("sed"), shell(role="login_shell")], UNKNOWN),
        ([process("sed"), shell(terminal=True), LOGIN], PERSON),
        ([process("rsync"), shell(), LOGIN], UNKNOWN),
        ([HOST], UNKNOWN),
        ([process("sed"), shell(), HOST], UNKNOWN),
        ([VIM, shell(), HOST], UNKNOWN),
        # Agents that have only an environment.
        ([process("sed", marks={"COPILOT_AGENT": "1"}), shell(marks={"COPILOT_AGENT": "1"}), HOST],
         Author("copilot-vscode")),
        ([process("sed", marks=CLAUDE)], Author("claude-code", "s-claude")),
        # A terminal that an agent once started: who types into it now is not known.
        ([process("sed", marks=CLAUDE), shell(marks=CLAUDE), process("tmux", role="terminal", marks=CLAUDE)], UNKNOWN),
        ([process("sed", marks=CLAUDE), shell(marks=CLAUDE), process("code", role="host", marks=CLAUDE)], UNKNOWN),
        ([process("sed", marks=CLAUDE), shell(marks=CLAUDE), process("tmux", role="terminal", marks=CODEX)],
         Author("claude-code", "s-claude")),
        ([process("sed"), shell(), process("xterm", role="terminal"), shell(), claude()], PERSON),
        ([process("cron-job"), process("cron")], UNKNOWN),
    ],
)  # fmt: skip
def test_a_chain_leads_to_its_author(chain: list[Process], author: Author) -> None:
    assert author_of(TABLE, chain, lambda pid: "") == author


def test_a_session_without_an_environment_is_asked_for_by_the_agents_process() -> None:
    sessions: Mapping[int, str] = {7: "of-launcher", 9: "of-another"}
    chain = [
        process("sed"),
        process("node", agent="codex", pid=5),
        process("node", agent="codex", pid=7),
        process("codex", agent="codex", pid=9),
    ]
    assert author_of(TABLE, chain, lambda pid: sessions.get(pid, "")) == Author("codex", "of-launcher")
    assert author_of(TABLE, [claude(pid=9)], lambda pid: sessions.get(pid, "")) == Author("claude-code", "of-another")


@pytest.mark.parametrize(
    ("name", "executable", "arguments", "role"),
    [
        ("gnome-terminal-", "/usr/libexec/gnome-terminal-server", [], "terminal"),
        ("tmux: server", "/usr/bin/tmux", ["tmux"], "terminal"),
        ("sshd", "/usr/sbin/sshd", [], "login"),
        ("vim", "/usr/bin/vim.basic", ["vim", "f"], "editor"),
        ("code", "/usr/share/code/code", [], "host"),
        ("node", "/home/a/.vscode-server/bin/x/node", ["node", "s.js"], "host"),
        ("node", "/usr/bin/node", ["node", "/usr/lib/code-server/out/node/entry"], "host"),
        ("node", "/usr/bin/node", ["node", "/srv/app.js", "/home/a/.vscode-server/x"], ""),
        ("java", "/opt/idea/jbr/bin/java", ["java"], "host"),
        ("bash", "/usr/bin/bash", ["-bash"], "login_shell"),
        ("bash", "/usr/bin/bash", ["bash", "--login"], "login_shell"),
        ("bash", "/usr/bin/bash", ["bash", "-l"], "login_shell"),
        ("bash", "/usr/bin/bash", ["bash", "-l", "-c", "make"], ""),
        ("bash", "/usr/bin/bash", ["bash", "-lc", "make"], ""),
        ("bash", "/usr/bin/bash", ["bash", "script"], ""),
        ("bash", "/usr/bin/bash", [], ""),
        ("sed", "/usr/bin/sed", ["-sed"], ""),
    ],
)
def test_a_program_has_a_role(name: str, executable: str, arguments: list[str], role: str) -> None:
    assert programs.role(name, executable, arguments) == role


@pytest.mark.parametrize(
    ("name", "executable", "shown"),
    [
        ("sed", "/usr/bin/sed", "sed"),
        ("sed", "/usr/bin/busybox", "sed"),
        ("black", "/usr/bin/python3.11", "black"),
        ("MainThread", "/usr/lib/node_modules/@github/copilot-linux-x64/copilot", "copilot"),
        ("clang-format-di", "/usr/bin/clang-format-diff-14", "clang-format-diff-14"),
        ("tmux: server", "/usr/bin/tmux", "tmux"),
        ("vim", "", "vim"),
    ],
)
def test_a_program_is_shown_by_the_name_it_goes_by(name: str, executable: str, shown: str) -> None:
    assert programs.program_name(name, executable) == shown


def test_no_program_has_two_roles() -> None:
    kinds = [programs.TERMINALS, programs.LOGINS, programs.SHELLS, programs.EDITORS, programs.HOSTS]
    assert sum(map(len, kinds)) == len(frozenset().union(*kinds))


@pytest.mark.parametrize(
    ("authors", "sure"),
    [
        ({Author("codex", "s")}, Author("codex", "s")),
        ({Author("codex", "s"), Author("codex", "")}, Author("codex")),
        ({Author("codex", "s"), PERSON}, UNKNOWN),
        ({Author("codex"), UNKNOWN}, UNKNOWN),
        ({PERSON}, PERSON),
        (set(), UNKNOWN),
    ],
)
def test_one_of_several_is_what_they_agree_on(authors: set[Author], sure: Author) -> None:
    assert one_of(authors) == sure
