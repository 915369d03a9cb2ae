"""What is kept of committed lines: known writers, real git, and each line's own text as the oracle."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest

from obsd.analysis.report import Report, Scope
from obsd.facts import LinesKept
from obsd.sources.kept_lines import KeptLinesSource
from tests.integration.commits.origins_rig import OriginsRig, origins_rig
from tests.support import Repository

DAY = 86_400.0

Story = Callable[[OriginsRig], Coroutine[None, None, None]]


def tell(folder: Path, repository: Repository, story: Story) -> None:
    repository.write("old.txt", "before 1\n")
    repository.commit("chore: start")

    async def run() -> None:
        async with origins_rig(folder, repository) as rig:
            await story(rig)

    asyncio.run(asyncio.wait_for(run(), 120))


async def measured(rig: OriginsRig, days: int) -> dict[str, tuple[int, int]]:
    """Lines of each author, committed and kept, as if so many days went by since the commits."""
    now = time.time() + days * DAY + 3600.0
    git, workspaces = rig.reader, rig.workspaces
    source = KeptLinesSource(rig.recorder, lambda: workspaces, git, lambda: 2 << 20, 0.0, lambda: now)
    source.start()
    try:
        async with asyncio.timeout(60):
            while True:
                last: LinesKept | None = await rig.recorder.query(lambda ledger: ledger.kept.last("w"))
                if last is not None and last.at == now:
                    break
                await asyncio.sleep(0.01)
    finally:
        await source.stop()
    return {agent: (of, kept) for age, agent, of, kept in last.lines if age == days and of}


def expected(rig: OriginsRig, commits: list[str], branch: str = "main") -> dict[str, tuple[int, int]]:
    """The same by the text of the lines."""
    added: Counter[str] = Counter()
    for commit_id in commits:
        added += rig.written(commit_id)
    names = rig.git("ls-tree", "-r", "--name-only", branch).split()
    there = Counter(line.split(" ")[0] for name in names for line in rig.git("show", f"{branch}:{name}").splitlines())
    return {agent: (of, there[agent]) for agent, of in added.items()}


@pytest.mark.parametrize("days", [7, 90])
def test_lines_that_are_still_there_are_kept(tmp_path: Path, repository: Repository, days: int) -> None:
    async def story(rig: OriginsRig) -> None:
        await rig.write("codex", "a.txt", rig.lines("codex", 8))
        await rig.insert("person", "a.txt", 4, 4)
        await rig.write("claude-code", "b.txt", rig.lines("claude-code", 5))
        rig.git("add", "-A")
        commits = [(await rig.commit()).commit_id]
        assert await measured(rig, 1) == {"codex": (8, 8), "person": (4, 4), "claude-code": (5, 5)}
        await rig.edit("person", "a.txt", lambda lines: [*lines[:2], *rig.lines("person", 2), *lines[6:]])
        await rig.rename("person", "b.txt", "c.txt")
        rig.git("add", "-A")
        commits.append((await rig.commit()).commit_id)
        kept = await measured(rig, days)
        assert kept == expected(rig, commits)
        assert kept["codex"] == (8, 6)
        assert kept["claude-code"] == (5, 5), "a renamed file has its lines"
        shown = rig.metrics().matching("obsd_kept_lines", workspace="w", age=f"{days}d")
        assert {labels["agent"]: value for labels, value in shown if value} == {
            agent: there for agent, (_, there) in kept.items() if there
        }
        report = Report(Scope(0, time.time() + 99 * DAY))
        await rig.recorder.query(lambda ledger: ledger.reporting.committed(report))
        assert {(one.author, one.committed, one.kept) for one in report.kept} == {
            (agent, *both) for agent, both in kept.items()
        }

    tell(tmp_path, repository, story)


def test_a_squash_and_an_unmerged_branch_are_what_the_default_branch_has(
    tmp_path: Path, repository: Repository
) -> None:
    async def story(rig: OriginsRig) -> None:
        rig.git("checkout", "-q", "-b", "feature")
        await rig.write("codex", "a.txt", rig.lines("codex", 6))
        rig.git("add", "-A")
        first = (await rig.commit()).commit_id
        assert await measured(rig, 1) == {"codex": (6, 0)}, "it is not merged"
        rig.git("checkout", "-q", "main")
        rig.git("merge", "-q", "--squash", "feature")
        rig.git("commit", "-q", "-m", "feat: squashed", "--no-verify")
        await rig.head()
        rig.git("branch", "-q", "-D", "feature")
        kept = await measured(rig, 7)
        assert kept["codex"] == (12, 12), "both commits were made here, and main has the lines of each"
        assert rig.git("cat-file", "-t", first).strip() == "commit"

    tell(tmp_path, repository, story)
