"""Histories replayed as commits: the classes of every commit's lines sum to what git counts, whatever it holds.

`OBSD_REPLAY` names repositories (folders, colon-separated); their last `OBSD_REPLAY_COMMITS` commits are replayed, too.
"""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
from pathlib import Path

import pytest

from obsd.git import layout
from obsd.git.commit_lines import added_lines
from tests.integration.commits.commit_rig import numstat
from tests.integration.commits.origins_rig import OriginsRig, origins_rig
from tests.integration.commits.test_figures import make_all_kinds, random_change
from tests.support import Repository

GIVEN = [Path(folder) for folder in os.environ.get("OBSD_REPLAY", "").split(":") if folder]
MOST = int(os.environ.get("OBSD_REPLAY_COMMITS", "300"))
AT_ONCE = 50


async def check(rig: OriginsRig, ids: list[str]) -> int:
    """Has HEAD's log gain commits as if each were made now; returns how many lines they add.

    Each one's classes, and the places of its added lines, sum to git's number.
    """
    where = layout.find(rig.root)
    assert where is not None
    # A commit's attributes decide what git counts, so git is asked where that commit is checked out.
    at = rig.folder / "at"
    rig.git("worktree", "add", "-q", "--detach", str(at))
    total = 0
    for start in range(0, len(ids), AT_ONCE):
        part = ids[start : start + AT_ONCE]
        for commit_id in part:
            rig.git("update-ref", "-m", "commit: replayed", "HEAD", commit_id)
        await rig.commits.scan("w")
        for commit_id in part:
            row = await rig.classified(commit_id)
            rig.git("-C", str(at), "checkout", "-q", "--detach", "--force", commit_id)
            added, removed, files = numstat(at, commit_id)
            assert (row.lines_added, row.lines_removed, row.files_changed) == (added, removed, files), commit_id
            assert row.origins is not None
            assert sum(one.lines for one in row.origins) == added, commit_id
            places = [file.places for file in added_lines(where, commit_id)]
            assert sum(sum(own[1::2]) for own in places) == added, commit_id
            total += added
    return total


def replay(folder: Path, source: Path, ids: list[str]) -> int:
    """Replays commits of a repository in a new one that has its objects."""
    made = Repository(folder / "replayed", {**os.environ, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull})
    common = made.git("-C", str(source), "rev-parse", "--path-format=absolute", "--git-common-dir")
    (made.path / ".git" / "objects" / "info" / "alternates").write_text(f"{common}/objects\n")
    made.commit("chore: begin")

    async def run() -> int:
        async with origins_rig(folder, made) as rig:
            return await check(rig, ids)

    return asyncio.run(run())


def commits(repository: Path) -> list[str]:
    """The ids of a repository's commits, oldest first."""
    command = ["git", "-C", str(repository), "rev-list", "--reverse", "--topo-order", "--all"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()


def test_the_classes_of_all_kinds_of_commits_sum_to_gits_numbers(tmp_path: Path, repository: Repository) -> None:
    make_all_kinds(repository)
    assert replay(tmp_path, repository.path, commits(repository.path)) > 1000


@pytest.mark.parametrize("seed", [1, 2])
def test_the_classes_of_generated_histories_sum_to_gits_numbers(
    tmp_path: Path, repository: Repository, seed: int
) -> None:
    chance = random.Random(seed)
    for step in range(40):
        random_change(repository, chance)
        repository.commit(f"feat: step {step}")
        if step % 8 == 3:
            repository.git("switch", "-q", "-c", f"side{step}", "HEAD~2")
        elif step % 8 == 7:
            repository.git("switch", "-q", "main")
            random_change(repository, chance)
            repository.commit("feat: beside it")
            how = ["merge", "-q", "--no-commit", "--no-ff", "-X", "theirs", f"side{step - 4}"]
            git = ["git", "-C", str(repository.path), *how]
            # A conflict is committed with its marks: lines that no parent has.
            subprocess.run(git, check=False, env=repository.environment, capture_output=True)
            repository.commit("merge: the side")
    assert replay(tmp_path, repository.path, commits(repository.path)) > 500


@pytest.mark.skipif(not GIVEN, reason="OBSD_REPLAY names no repository")
@pytest.mark.parametrize("source", GIVEN, ids=lambda path: path.parent.name)
@pytest.mark.timeout(0)
def test_the_classes_of_given_histories_sum_to_gits_numbers(tmp_path: Path, source: Path) -> None:
    ids = commits(source)[-MOST:]
    lines = replay(tmp_path, source, ids)
    print(f"{source}: {len(ids)} commits, {lines:,} added lines")
    assert ids
