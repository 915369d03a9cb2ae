"""Who wrote a file, by the real kernel: agents, persons, and nobody that is known, with real programs as writers."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from obsd.config_sections import AgentConfig
from tests.support import Repository, clean_environment, wait_until
from tests.system.writers.rig import NOBODY, Agent, ReaderRig, agents, authors

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="handing over fanotify groups needs root")

SESSION = "5e2c0f6c-0000-4000-8000-000000000001"


def test_an_agents_own_write_is_the_agents(reader: ReaderRig, work: Path, claude: Agent) -> None:
    claude.run(f"open('{work}/a.py', 'w').write('x = 1')")
    assert authors(reader.settle(), "a.py") == {("claude-code", "claude")}


@pytest.mark.parametrize(
    ("command", "program"),
    [
        ("sed -i s/one/two/ f", "sed"),
        ("cp source f", "cp"),
        ("truncate -s 1 f", "truncate"),
        ("mv source f", "mv"),
        ("echo more | tee -a f >/dev/null", "tee"),
        ("awk 'BEGIN { print 1 > \"f\" }'", ""),
    ],
)
def test_a_shell_command_of_an_agent_is_the_agents(
    reader: ReaderRig, work: Path, claude: Agent, command: str, program: str
) -> None:
    for name in ("f", "source"):
        (work / name).write_text("one\n")
    reader.settle()
    claude.shell(f"cd {work}; {command}; true", CLAUDE_CODE_SESSION_ID=SESSION)
    seen = reader.settle()
    assert agents(seen, "f") == {"claude-code"}
    # A program that was gone at once may be nameless, but is never another one.
    assert not program or {one.program for one in seen if one.name == "f"} <= {program, ""}


def test_a_session_is_known_by_the_environment_below_the_agent(
    reader: ReaderRig, work: Path, make_agent: Callable[..., Agent]
) -> None:
    # Its own environment names the session that it was started from.
    codex = make_agent("codex", {"CLAUDE_CODE_SESSION_ID": SESSION, "CODEX_THREAD_ID": "outer"})
    codex.shell(f"echo x > {work}/f; sleep 0.2", CODEX_THREAD_ID="inner")
    codex.run(f"open('{work}/own', 'w').write('x')")
    seen = reader.settle()
    assert {(one.agent, one.session) for one in seen if one.name == "f"} == {("codex", "inner")}
    assert {(one.agent, one.session) for one in seen if one.name == "own"} == {("codex", "")}


def test_an_agent_of_the_configuration_and_its_session_are_known(
    make_reader: Callable[..., ReaderRig], work: Path, make_agent: Callable[..., Agent]
) -> None:
    own = asdict(AgentConfig(id="mine", processes=("mytool",)))
    # Any function of a process id will do.
    reader = make_reader(agents=[own], session_of="builtins:hex").add(work)
    mine = make_agent("mytool")
    mine.run(f"open('{work}/f', 'w').write('x')")
    assert {(one.agent, one.session) for one in reader.settle() if one.name == "f"} == {("mine", hex(mine.pid))}


def test_two_agents_in_one_tree_are_told_apart(
    reader: ReaderRig, work: Path, claude: Agent, make_agent: Callable[..., Agent]
) -> None:
    gemini = make_agent("gemini")
    for number in range(20):
        claude.run(f"open('{work}/c{number}', 'w').write('x')")
        gemini.shell(f"echo x > {work}/g{number}")
    seen = reader.settle()
    for number in range(20):
        assert agents(seen, f"c{number}") == {"claude-code"}
        assert agents(seen, f"g{number}") == {"gemini-cli"}


def test_who_writes_beside_a_waiting_agent_is_not_the_agent(reader: ReaderRig, work: Path, claude: Agent) -> None:
    claude.run(f"os.chdir('{work}')")
    subprocess.run(["sh", "-c", "echo x > f"], cwd=work, check=True)
    assert agents(reader.settle(), "f") == {"unknown"}


def test_gits_own_writes_and_who_ran_that_git_are_known(
    reader: ReaderRig, place: Path, work: Path, claude: Agent
) -> None:
    repository = Repository(work / "repo", clean_environment(place))
    repository.write("f.txt", "one\n")
    repository.commit("chore: begin with one line")
    repository.write("f.txt", "one\ntwo\n")
    patch = repository.git("diff")
    (work / "p").write_text(patch + "\n")
    repository.git("checkout", "-q", "f.txt")
    # It keeps that git alive: the name of a program that is gone at once may be missing on a busy machine.
    hook = repository.write(".git/hooks/post-commit", "#!/bin/sh\nsleep 0.3\n")
    hook.chmod(0o755)
    subprocess.run(["chown", "-R", "nobody", str(repository.path)], check=True)
    reader.add(repository.path, repository.path / ".git" / "logs")
    reader.settle()
    commands = f"cd {repository.path}; git apply ../p; git commit -qam 'feat: two lines'"
    claude.shell(commands, **repository.environment, CLAUDE_CODE_SESSION_ID=SESSION)
    seen = reader.settle()
    assert {one.agent for one in seen if one.name == "f.txt"} == {"claude-code"}
    assert {one.program for one in seen if one.name == "f.txt"} <= {"git", ""}
    [moved] = {(one.agent, one.session, one.by_git) for one in seen if one.name == "HEAD"}
    assert moved == ("claude-code", SESSION, True)


def test_a_person_in_a_terminal_is_a_person(reader: ReaderRig, place: Path, work: Path) -> None:
    terminal = place / "xterm"
    shutil.copy(Path(sys.executable).resolve(), terminal)
    typed = f"echo typed > {work}/f; exit\n"
    session(terminal, ["sh", "-i"], typed)
    assert agents(reader.settle(), "f") == {"person"}


@pytest.mark.skipif(shutil.which("vim") is None, reason="vim is not installed")
def test_vim_in_a_terminal_is_a_person(reader: ReaderRig, work: Path) -> None:
    session(Path(sys.executable), ["vim", "-u", "NONE", "-n", f"{work}/f"], "ihello\x1b:wq\r")
    assert (work / "f").read_text() == "hello\n"
    assert agents(reader.settle(), "f") == {"person"}


def session(terminal: Path, command: list[str], typed: str) -> None:
    """Runs a command in a terminal of its own below a program, and types."""
    code = textwrap.dedent("""
        import os, pty, sys
        pid, terminal = pty.fork()
        if pid == 0:
            os.execvp(sys.argv[2], sys.argv[2:])
        os.write(terminal, sys.argv[1].encode())
        try:
            while os.read(terminal, 4096):
                pass
        except OSError:
            pass
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    """)
    environment = {"PATH": os.environ["PATH"], "PYTHONHOME": sys.base_prefix, "TERM": "xterm", "HOME": "/"}
    run = [str(terminal), "-S", "-c", code, typed, *command]
    subprocess.run(run, env=environment, stdin=subprocess.DEVNULL, check=True, timeout=60)


def test_su_and_its_kind_lead_on_to_who_called_them(reader: ReaderRig, work: Path, place: Path) -> None:
    claude = Agent("claude", place, user=pwd.getpwuid(0))
    claude.shell(f"su nobody -s /bin/sh -c 'echo x > {work}/f; sleep 0.1'")
    claude.shell(f"setpriv --reuid=65534 --clear-groups sh -c 'echo x > {work}/g'")
    claude.stop()
    seen = reader.settle()
    assert agents(seen, "f") == agents(seen, "g") == {"claude-code"}


def test_a_script_that_becomes_an_agent_is_not_the_agent_before(reader: ReaderRig, work: Path, place: Path) -> None:
    agent = shutil.copy("/bin/sleep", place / "claude")
    for number in range(10):
        script = f"echo x > {work}/before{number}; exec {agent} 0.05"
        subprocess.run(["bash", "-c", script], check=True, user=NOBODY.pw_uid, group=NOBODY.pw_gid, extra_groups=[])
    seen = reader.settle()
    assert {one.agent for one in seen if one.name.startswith("before")} == {"unknown"}


def test_what_outlives_its_agent_is_known_by_its_environment_or_not_at_all(
    reader: ReaderRig, work: Path, place: Path
) -> None:
    for name, marks in (("marked", {"CLAUDECODE": "1", "CLAUDE_CODE_SESSION_ID": SESSION}), ("bare", {})):
        agent = Agent("claude", place)
        agent.shell(
            f"(until [ -e {place}/go-{name} ]; do sleep 0.05; done; echo x > {work}/{name}; sleep 0.3) &", **marks
        )
        agent.stop()
        (place / f"go-{name}").touch()
        wait_until((work / name).exists, "the file")
    seen = reader.settle()
    assert {(one.agent, one.session) for one in seen if one.name == "marked"} == {("claude-code", SESSION)}
    assert agents(seen, "bare") == {"unknown"}


def test_clines_daemon_writes_for_cline(reader: ReaderRig, work: Path, place: Path) -> None:
    # It has init for a parent, nothing in its environment, and outlives the command line.
    program = shutil.copy(Path(sys.executable).resolve(), place / "cline")
    code = f"import time; open('{work}/f', 'w').write('x'); time.sleep(0.5)"
    command = [str(program), "-S", "-c", code, "--cline-hub-daemon", "--cwd", str(work)]
    environment = {"PATH": os.environ["PATH"], "PYTHONHOME": sys.base_prefix}
    subprocess.run(["setsid", "--fork", *command], env=environment, check=True)
    wait_until((work / "f").exists, "the file")
    assert agents(reader.settle(), "f") == {"cline"}
