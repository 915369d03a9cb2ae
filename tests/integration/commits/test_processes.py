"""Commits without a mark: given to the agent that was there, if nothing tells otherwise."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.commits.commit_rig import Rig, Story, edit, hooked
from tests.support import Repository


@pytest.fixture
def story(short_tmp: Path, repository: Repository) -> Callable[[Story], None]:
    return lambda told: hooked(short_tmp / "state", repository, told)


def test_the_only_agent_in_the_folder_made_it(story: Callable[[Story], None], short_tmp: Path) -> None:
    agent = _fake_agent(short_tmp, "gemini")

    async def told(made: Rig, repository: Repository) -> None:
        with _process(agent, repository.path):
            repository.git("-c", "core.hooksPath=", "commit", "-q", "--allow-empty", "-m", "feat: x")
            rows = await made.scan()
            # A report shows the way to a person's shell: who else is there says nothing then.
            edit(repository, "a.txt", "feat: by hand")
            rows = await made.scan()
            with _process(_fake_agent(short_tmp, "claude"), repository.path):
                repository.git("-c", "core.hooksPath=", "commit", "-q", "--allow-empty", "-m", "feat: y")
                rows = await made.scan()
        assert [(row.agent, row.evidence) for row in rows] == [
            ("gemini-cli", "process"),
            ("unknown", "none"),
            ("unknown", "none"),
        ]

    story(told)


def test_an_agent_above_the_hook_made_it(story: Callable[[Story], None], short_tmp: Path) -> None:
    """An agent that sets no mark, working from another folder."""
    agent = _fake_agent(short_tmp, "droid")

    async def told(made: Rig, repository: Repository) -> None:
        command = ["git", "-C", repository.path, "commit", "-q", "--allow-empty", "-m", "feat: x"]
        with _process(agent, Path("/"), *map(str, command), **repository.environment):
            (row,) = await made.scan()
        assert (row.agent, row.evidence, row.source) == ("factory-droid", "process", "hook")

    story(told)


def test_old_commits_are_not_given_to_who_is_present_now(story: Callable[[Story], None], short_tmp: Path) -> None:
    async def told(made: Rig, repository: Repository) -> None:
        await made.stop()
        repository.git("-c", "core.hooksPath=", "commit", "-q", "--allow-empty", "-m", "feat: x")
        hour_ago = time.time() - 3600
        log = repository.path / ".git" / "logs" / "HEAD"
        stamp = repository.git("log", "-1", "--format=%ct")
        log.write_text(log.read_text().replace(stamp, str(int(hour_ago))))
        os.utime(log, (hour_ago, hour_ago))
        with _process(_fake_agent(short_tmp, "gemini"), repository.path):
            await made.start()
        assert [row.agent for row in await made.rows()] == ["unknown"]

    story(told)


def _fake_agent(folder: Path, name: str) -> Path:
    """A program of that name: it runs what it is given, and stays until it is killed."""
    path = folder / "bin" / name
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        # The kernel names a script's process after the script.
        path.write_text(
            f"#!{sys.executable}\nimport subprocess, sys, signal\n"
            "if sys.argv[1:]: subprocess.run(sys.argv[1:])\n"
            "print(flush=True)\nsignal.pause()\n"
        )
        path.chmod(0o755)
    return path


class _process:  # noqa: N801 - reads as a statement
    """A process that stays as long as the block."""

    def __init__(self, program: Path, cwd: Path, *arguments: str, **environment: str) -> None:
        self._process = subprocess.Popen(
            [program, *arguments], cwd=cwd, env=environment or None, stdout=subprocess.PIPE
        )

    def __enter__(self) -> None:
        assert self._process.stdout is not None
        self._process.stdout.readline()

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()
