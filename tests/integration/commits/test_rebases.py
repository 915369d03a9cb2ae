"""Rebases by the real git: what is a rewrite, and which commits made during one are new."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.commits.commit_rig import CALM, Rig, Scenario, edit, run_in_repository
from tests.support import Repository


@pytest.fixture
def run(short_tmp: Path, repository: Repository) -> Callable[[Scenario], None]:
    """Runs a scenario; the repository has one commit from before."""
    return lambda scenario: run_in_repository(short_tmp / "state", repository, scenario)


@pytest.mark.parametrize("backend", ["--merge", "--apply"])
def test_a_rebase_rewrites(run: Callable[[Scenario], None], backend: str) -> None:
    async def scenario(made: Rig, repository: Repository) -> None:
        repository.git("checkout", "-q", "-b", "topic")
        old = [edit(repository, f"{n}.txt", f"feat: {n}") for n in range(3)]
        repository.git("checkout", "-q", "main")
        edit(repository, "m.txt", "feat: main")
        repository.git("checkout", "-q", "topic")
        repository.git("rebase", "-q", backend, "main")
        new = repository.git("rev-list", "--reverse", "main..topic").split()
        rows = {row.commit_id: row for row in await made.scan()}
        assert len(rows) == 4
        assert [rows[commit].earlier_ids for commit in new] == [(commit,) for commit in old]
        assert made.rewrites() == {"rebase": 3}

    run(scenario)


def test_commits_within_a_rebase(run: Callable[[Scenario], None]) -> None:
    """An edit that is amended, a commit beside it, a reword and a fixup: only the new commit is one."""

    async def scenario(made: Rig, repository: Repository) -> None:
        for number in range(4):
            edit(repository, f"{number}.txt", f"feat: {number}")
        assert len(await made.scan()) == 4
        todo = "sed -i -e '2s/pick/reword/;3s/pick/edit/;4s/pick/fixup/'"
        repository.git("rebase", "-q", "-i", "HEAD~4", **CALM | {"GIT_SEQUENCE_EDITOR": todo})
        repository.git("commit", "-q", "--amend", "-m", "feat: amended")
        edit(repository, "new.txt", "feat: in the middle")
        await made.scan()
        repository.git("rebase", "--continue", **CALM)
        rows = await made.scan()
        shown = repository.git("log", "--reverse", "--format=%s", "HEAD~4..HEAD").split("\n")
        assert shown == ["feat: 0", "feat: 1", "feat: amended", "feat: in the middle"]
        # By committer's time, which has whole seconds: those of one second are in the order of being made.
        assert sorted(row.subject for row in rows) == sorted(shown)
        assert {row.branch for row in rows} == {"main"}
        assert made.rewrites()["amend"] == 1

    run(scenario)


def test_a_reword_among_commits_of_one_second(run: Callable[[Scenario], None]) -> None:
    """It steps onto the commit and then replaces it, in a later second: no other commit is taken for its original."""

    async def scenario(made: Rig, repository: Repository) -> None:
        moment = {"GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z"}
        for number in range(3):
            repository.write(f"{number}.txt", "1\n")
            repository.commit(f"feat: {number}", **moment)
        assert len(await made.scan()) == 3
        todo = {"GIT_SEQUENCE_EDITOR": "sed -i 2s/pick/reword/", "GIT_COMMITTER_DATE": "2030-01-01T00:00:00Z"}
        repository.git("rebase", "-q", "-i", "HEAD~3", **CALM | todo)
        rows = await made.scan()
        ids = repository.git("rev-list", "HEAD~3..HEAD").split()
        assert sorted(row.commit_id for row in rows) == sorted(ids)
        assert sorted(row.subject for row in rows) == ["feat: 0", "feat: 1", "feat: 2"]

    run(scenario)


@pytest.mark.parametrize("by", ["commit", "continue"])
def test_a_rebase_that_conflicts(run: Callable[[Scenario], None], by: str) -> None:
    async def scenario(made: Rig, repository: Repository) -> None:
        repository.git("checkout", "-q", "-b", "topic")
        old = edit(repository, "README.md", "feat: topic", GIT_AUTHOR_DATE="2020-01-01T00:00:00Z")
        repository.git("checkout", "-q", "main")
        edit(repository, "README.md", "feat: main")
        repository.git("checkout", "-q", "topic")
        with pytest.raises(AssertionError):
            repository.git("rebase", "-q", "main")
        repository.write("README.md", "both\n")
        repository.git("add", "-A")
        if by == "commit":
            repository.git("commit", "-q", "-m", "feat: resolved")
        repository.git("rebase", "--continue", **CALM)
        rows = await made.scan()
        assert len(rows) == 2
        (topic,) = (row for row in rows if row.earlier_ids)
        assert (topic.commit_id, topic.earlier_ids) == (repository.git("rev-parse", "topic"), (old,))
        assert made.rewrites() == {"rebase": 1}

    run(scenario)


def test_a_rebase_that_stops_between_two_looks(run: Callable[[Scenario], None]) -> None:
    async def scenario(made: Rig, repository: Repository) -> None:
        old = [edit(repository, f"{n}.txt", f"feat: {n}") for n in range(2)]
        edit(repository, "x.txt", "feat: x")
        todo = "sed -i -e '1s/pick/edit/'"
        repository.git("rebase", "-q", "-i", "HEAD~3", **CALM | {"GIT_SEQUENCE_EDITOR": todo})
        repository.git("commit", "-q", "--amend", "-m", "feat: changed")
        await made.scan()
        repository.git("rebase", "--continue", **CALM)
        rows = {row.commit_id: row for row in await made.scan()}
        assert len(rows) == 3
        new = repository.git("rev-list", "--reverse", "HEAD~3..HEAD").split()
        assert rows[new[1]].earlier_ids == (old[1],)

    run(scenario)
