"""Commits without a mark: whose the git above the hook was, and never those of who is merely there."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.commits.commit_rig import Rig, Scenario, edit, run_with_hooks
from tests.support import Repository


@pytest.fixture
def run(short_tmp: Path, repository: Repository) -> Callable[[Scenario], None]:
    return lambda scenario: run_with_hooks(short_tmp / "state", repository, scenario)


def test_who_is_merely_there_made_nothing(run: Callable[[Scenario], None], short_tmp: Path) -> None:
    agent = _fake_agent(short_tmp, "gemini")

    async def scenario(made: Rig, repository: Repository) -> None:
        with _process(agent, repository.path):
            repository.git("-c", "core.hooksPath=", "commit", "-q", "--allow-empty", "-m", "feat: x")
            await made.scan()
            edit(repository, "a.txt", "feat: by hand")
            rows = await made.scan()
        assert [(row.agent, row.evidence) for row in rows] == [("unknown", "none"), ("unknown", "none")]

    run(scenario)


def test_an_agent_above_the_hook_made_it(run: Callable[[Scenario], None], short_tmp: Path) -> None:
    """An agent that sets no mark, working from another folder."""
    agent = _fake_agent(short_tmp, "droid")

    async def scenario(made: Rig, repository: Repository) -> None:
        command = ["git", "-C", repository.path, "commit", "-q", "--allow-empty", "-m", "feat: x"]
        with _process(agent, Path("/"), *map(str, command), **repository.environment):
            (row,) = await made.scan()
        assert (row.agent, row.evidence, row.source) == ("factory-droid", "writer", "hook")

    run(scenario)


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
