"""A commit tracker over a real recorder, ledger and spool, in this process; git is the real program."""

from __future__ import annotations

import asyncio
import os
import subprocess
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from obsd.agents.table import AgentTable
from obsd.facts import Fact, WorkspaceAdded
from obsd.git import hook_install, spool
from obsd.ledger.rows import CommitRow
from obsd.recorder import Recorder
from obsd.sources.commit_tracker import CommitTracker
from obsd.sources.head_movers import NoHeads
from obsd.views import Views
from obsd.workspaces.workspace import Workspace
from tests.samples import Samples
from tests.support import Repository
from tests.threads_git import ThreadsGit
from tests.unit.recording import OpenLedger

NO_OBSCTL = Path("/nonexistent/obsctl")


@dataclass
class Rig:
    """What a test sees. `restart` ends everything as a stop does, and starts it again."""

    folder: Path
    workspaces: list[Workspace] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.spool = self.folder / "spool"
        spool.prepare(self.spool)
        self.recorder: Recorder
        self.views: Views
        self.commits: CommitTracker

    async def start(self) -> None:
        self.views = Views(time.time)
        self.recorder = Recorder(OpenLedger.open(self.folder / "ledger.sqlite"), self.views)
        await self.recorder.start()
        self.commits = CommitTracker(
            self.recorder, lambda: self.workspaces, AgentTable.build(), self.spool, ThreadsGit(), NoHeads()
        )
        await self.commits.start()

    async def stop(self) -> None:
        await self.commits.stop()
        await self.recorder.stop()

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    async def add(self, path: Path, name: str = "w", parent: str = "", *, with_hooks: bool = False) -> None:
        workspace = Workspace(name, os.fspath(path), time.time(), parent)
        await self.record([WorkspaceAdded(workspace.added_at, name, workspace.path, parent)])
        self.workspaces.append(workspace)
        await self.commits.workspace_added(name)
        if with_hooks:
            hook_install.install(path, NO_OBSCTL, self.spool)

    async def record(self, facts: Sequence[Fact]) -> None:
        await self.recorder.record(facts)

    async def scan(self, name: str = "w") -> list[CommitRow]:
        """Looks, and returns all commits of the workspace, oldest first."""
        await self.commits.scan(name)
        return await self.rows(name)

    async def rows(self, name: str = "w") -> list[CommitRow]:
        rows = await self.recorder.query(lambda ledger: ledger.commits(name, limit=0))
        return list(reversed(rows))

    def metrics(self) -> Samples:
        return Samples(self.views.metrics.exposition().decode())

    def rewrites(self, name: str = "w") -> Counter[str]:
        """How many rewrites of each operation the metrics show."""
        shown = self.metrics().matching("obsd_commit_rewrites_total", workspace=name)
        return Counter({labels["operation"]: int(value) for labels, value in shown if value})


@asynccontextmanager
async def rig(folder: Path) -> AsyncIterator[Rig]:
    made = Rig(folder)
    await made.start()
    try:
        yield made
    finally:
        await made.stop()


def numstat(repository: Path, commit: str) -> tuple[int, int, int]:
    """Lines added, removed and files, as `git show` prints them: the figures that obsd promises."""
    output = subprocess.run(
        [
            "git",
            "-C",
            str(repository),
            "show",
            "--first-parent",
            "-m",
            "-M",
            "--numstat",
            "--format=",
            commit,
        ],
        capture_output=True,
        check=True,
    ).stdout
    rows = [line.split(b"\t", 2) for line in output.splitlines() if line]
    added, removed = (sum(int(row[n]) for row in rows if row[n] != b"-") for n in (0, 1))
    return added, removed, len(rows)


Scenario = Callable[[Rig, Repository], Coroutine[None, None, None]]

CALM = {"GIT_EDITOR": "true", "GIT_SEQUENCE_EDITOR": "true"}
"""The environment of a git that asks nobody."""


def run_in_repository(folder: Path, repository: Repository, scenario: Scenario) -> None:
    """Runs a scenario on a workspace `w` that is the repository, added just now."""

    async def run() -> None:
        async with rig(folder) as made:
            await made.add(repository.path)
            await scenario(made, repository)

    asyncio.run(asyncio.wait_for(run(), 60))


def edit(repository: Repository, name: str, message: str, **environment: str) -> str:
    """One commit that adds a line to a file."""
    path = repository.path / name
    repository.write(name, (path.read_text() if path.exists() else "") + f"{message}\n")
    return repository.commit(message, **environment)


def run_with_hooks(folder: Path, repository: Repository, scenario: Scenario) -> None:
    """Runs a scenario on a workspace whose hooks write to the spool; no obsctl takes the reports from there."""

    async def hooked(made: Rig, repository: Repository) -> None:
        hook_install.install(repository.path, NO_OBSCTL, made.spool)
        await scenario(made, repository)

    run_in_repository(folder, repository, hooked)
