"""A whole daemon with or without the helper, a repository, and stand-ins with agents' real names and environments.

Owns the processes and ends them. All run as root, whom the helper always allows; the writers are real programs.
"""

from __future__ import annotations

import pwd
import shlex
import sqlite3
import subprocess
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from tests.support import Daemon, Repository, wait_until
from tests.system.writers.rig import Agent, Helper

ROOT = pwd.getpwuid(0)
WORKSPACE = "shop"

ENVIRONMENTS: Mapping[str, Mapping[str, str]] = {
    "claude": {"CLAUDECODE": "1", "CLAUDE_CODE_ENTRYPOINT": "cli", "CLAUDE_CODE_SESSION_ID": "5e2c0f6c-0000"},
    "codex": {"CODEX_THREAD_ID": "01a20000-0000", "CODEX_CI": "1"},
    # It hides the user's configuration and hooks from the git that it runs.
    "gemini": {
        "GEMINI_CLI": "1",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.hooksPath",
        "GIT_CONFIG_VALUE_0": "",
    },
    "mini": {},
    "xterm": {},
    "cron": {},
}
"""What the shells below each program get: agents set marks, terminals and services none."""

IDS = {"claude": "claude-code", "codex": "codex", "gemini": "gemini-cli", "xterm": "person", "cron": "unknown"}
"""Whose the work of each is."""


class Change(NamedTuple):
    """A change as the ledger has it."""

    path: str
    agent: str
    evidence: str
    session: str
    program: str


class Scene:
    """A daemon that watches one repository, and who is at work beside it."""

    def __init__(self, folder: Path, *, with_helper: bool, configuration: str = "") -> None:
        self.folder = folder
        self._at_work: dict[str, Agent] = {}
        self.helper = Helper(folder)
        if with_helper:
            self.helper.start()
        self.daemon = Daemon(folder / "d", configuration)
        self.daemon.environment["OBSD_WRITERS_SOCKET"] = str(self.helper.socket)
        self.repository = Repository(folder / "shop", self.daemon.environment)
        self.repository.write("prog.py", "def one():\n    return 1\n")
        self.repository.commit("chore: begin with one function")
        self.daemon.start()
        self.daemon.add(self.repository.path, WORKSPACE)
        if with_helper:
            self.await_source(lambda source: bool(source["up"]))

    @property
    def path(self) -> Path:
        return self.repository.path

    def source(self) -> dict[str, Any]:
        """How the kernel's source is, as `obsctl status` shows it."""
        found = self.daemon.json("status")["author_sources"]
        return next(one for one in found if one["source"] == "writers")

    def await_source(self, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        wait_until(lambda: condition(self.source()), "the kernel's source")
        return self.source()

    def at_work(self, name: str) -> Agent:
        """The process of that name, started in the repository at its first use."""
        if name not in self._at_work:
            kept = ("PATH", "HOME", "LC_ALL", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM")
            environment = {key: self.repository.environment[key] for key in kept if key in self.repository.environment}
            made = self._at_work[name] = Agent(name, self.folder, environment, ROOT)
            made.run(f"os.chdir({str(self.path)!r})")
        return self._at_work[name]

    def leave(self, name: str) -> None:
        """Ends the process of that name."""
        self._at_work.pop(name).stop()

    def shell(self, name: str, command: str) -> None:
        """Has somebody run a shell command in the repository, with the environment that they give it."""
        self.at_work(name).shell(f"cd {shlex.quote(str(self.path))} && {command}", **ENVIRONMENTS[name])

    def settle(self) -> None:
        self.daemon.settle(WORKSPACE)

    def changes(self) -> list[Change]:
        """The changes that are recorded, oldest first; whoever waits for an author has none."""
        ledger = self.daemon.state / "ledger.sqlite3"
        with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as connection:
            rows = connection.execute(
                "SELECT p.path, a.agent, a.evidence, a.session, a.program FROM changes c"
                " JOIN paths p ON p.id = c.path LEFT JOIN authors a ON a.id = c.author ORDER BY c.seq"
            ).fetchall()
        return [Change(*(column or "" for column in row)) for row in rows]

    def authors(self, path: str) -> list[str]:
        """Who wrote a path's changes, after all that was written has its author."""
        self.settle()
        return [change.agent for change in self.changes() if change.path == path]

    def commits(self) -> list[tuple[str, str, str]]:
        """(subject, agent, evidence) of all commits, oldest first."""
        found = self.daemon.json("commits", "--limit", "500")["commits"]
        return [(one["subject"], one["agent"], one["evidence"]) for one in reversed(found)]

    def await_commits(self, count: int) -> list[tuple[str, str, str]]:
        wait_until(lambda: len(self.commits()) >= count, f"{count} commits")
        return self.commits()

    def stop(self) -> None:
        for one in self._at_work.values():
            one.stop()
        if self.daemon.process is not None and self.daemon.process.poll() is None:
            self.daemon.stop()
        self.helper.stop()


def run_alone(command: str, folder: Path) -> None:
    """Has a shell that nobody is known to be above run a command."""
    subprocess.run(["sh", "-c", command], cwd=folder, check=True)
