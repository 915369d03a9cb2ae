"""Commits of programs that write no entry of HEAD's log, or one that does not say what was made."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from dulwich import porcelain

from tests.integration.commits.commit_rig import Rig, Scenario, edit, numstat, run_in_repository
from tests.support import Repository

WHO = b"Ada Lovelace <ada@example.org>"


@pytest.fixture
def run(short_tmp: Path, repository: Repository) -> Callable[[Scenario], None]:
    """Runs a scenario; the repository has one commit from before."""
    return lambda scenario: run_in_repository(short_tmp / "state", repository, scenario)


def by_dulwich(repository: Repository, subject: str, *, amend: bool = False) -> str:
    (repository.path / "d.txt").write_text(f"{subject}\n" * 3)
    repository.git("add", "-A")
    porcelain.commit(str(repository.path), message=subject.encode(), author=WHO, committer=WHO, amend=amend)
    return repository.git("rev-parse", "HEAD")


def without_entries(repository: Repository) -> str:
    return (repository.path / ".git" / "logs" / "HEAD").read_text()


def test_dulwich(run: Callable[[Scenario], None]) -> None:
    """A commit that nothing follows, one that an entry shows by its old id, and an amend."""

    async def scenario(made: Rig, repository: Repository) -> None:
        before = without_entries(repository)
        first = by_dulwich(repository, "feat: first")
        assert without_entries(repository) == before
        (row,) = await made.scan()
        assert (row.commit_id, row.branch, row.subject, row.lines_added) == (first, "main", "feat: first", 3)
        second = by_dulwich(repository, "feat: second")
        third = edit(repository, "a.txt", "feat: by git")
        assert [row.commit_id for row in await made.scan()] == [first, second, third]
        amended = by_dulwich(repository, "feat: amended", amend=True)
        rows = await made.scan()
        assert [(row.commit_id, row.earlier_ids) for row in rows[2:]] == [(amended, (third,))]
        assert made.rewrites() == {"amend": 1}
        assert len(await made.scan()) == 3
        assert made.metrics().sum("git_commits_total", workspace="w") == 3

    run(scenario)


def test_a_repository_without_a_log(short_tmp: Path, make_repository: Callable[[str], Repository]) -> None:
    async def scenario(made: Rig, repository: Repository) -> None:
        ids = []
        for number in range(3):
            repository.write("a.txt", f"{number}\n")
            ids.append(repository.commit(f"feat: {number}"))
            await made.scan()
        assert [row.commit_id for row in await made.scan()] == ids
        assert not (repository.path / ".git" / "logs" / "HEAD").exists()

    repository = make_repository("empty")
    repository.git("config", "core.logAllRefUpdates", "false")
    run_in_repository(short_tmp / "state", repository, scenario)


def test_what_is_fetched_by_such_a_program_is_not_made_here(
    run: Callable[[Scenario], None], make_repository: Callable[[str], Repository]
) -> None:
    upstream = make_repository("upstream")

    async def scenario(made: Rig, repository: Repository) -> None:
        upstream.write("u.txt", "u\n")
        head = upstream.commit("feat: made elsewhere, just now")
        repository.git("remote", "add", "origin", str(upstream.path))
        repository.git("fetch", "-q", "origin")
        (repository.path / ".git" / "refs" / "heads" / "main").write_text(f"{head}\n")  # as go-git's pull does it
        repository.git("reset", "-q", "--hard", "origin/main")
        assert await made.scan() == []
        assert not made.rewrites()

    run(scenario)


def test_what_was_pushed_before_the_scan_still_counts(run: Callable[[Scenario], None], short_tmp: Path) -> None:
    async def scenario(made: Rig, repository: Repository) -> None:
        repository.git("clone", "-q", "--bare", str(repository.path), str(short_tmp / "bare"))
        repository.git("remote", "add", "origin", str(short_tmp / "bare"))
        commit = by_dulwich(repository, "feat: pushed")
        repository.git("push", "-q", "origin", "main")
        assert [row.commit_id for row in await made.scan()] == [commit]

    run(scenario)


def test_going_back_makes_nothing(run: Callable[[Scenario], None]) -> None:
    """A reset to what an amend left, and to a commit of another worktree that was made just now."""

    async def scenario(made: Rig, repository: Repository) -> None:
        first = edit(repository, "a.txt", "feat: first")
        repository.git("commit", "-q", "--amend", "-m", "feat: better")
        better = repository.git("rev-parse", "HEAD")
        repository.git("reset", "-q", "--hard", first)
        repository.git("reset", "-q", "--hard", better)
        repository.git("worktree", "add", "-q", "-b", "other", str(repository.path.parent / "other"))
        repository.git("-C", str(repository.path.parent / "other"), "commit", "-q", "--allow-empty", "-m", "feat: x")
        repository.git("reset", "-q", "--hard", "other")
        assert [row.commit_id for row in await made.scan()] == [better]
        repository.git("reset", "-q", "--hard", first)
        assert [row.commit_id for row in await made.scan()] == [better]
        assert made.rewrites() == {"amend": 1}

    run(scenario)


def test_git_subtree(run: Callable[[Scenario], None], make_repository: Callable[[str], Repository]) -> None:
    library = make_repository("library")
    library.write("l.txt", "1\n")
    library.commit("feat: a library")

    async def scenario(made: Rig, repository: Repository) -> None:
        repository.git("subtree", "add", "-q", "--squash", "--prefix=lib", str(library.path), "main")
        rows = await made.scan()
        assert {row.commit_id for row in rows} == set(repository.git("rev-parse", "HEAD", "HEAD^2").split())
        assert [row.kind for row in rows] == ["unknown", "merge"]
        library.write("l.txt", "2\n")
        library.commit("feat: more")
        repository.git("subtree", "pull", "-q", "--squash", "--prefix=lib", str(library.path), "main")
        rows = await made.scan()
        assert len(rows) == 4
        assert {row.commit_id for row in rows[2:]} == set(repository.git("rev-parse", "HEAD", "HEAD^2").split())

    try:
        library.git("subtree", "-h")
    except AssertionError as error:
        if "is not a git command" in str(error):
            pytest.skip("git subtree is not installed")
    run(scenario)


def test_an_octopus_onto_an_ancestor(run: Callable[[Scenario], None]) -> None:
    async def scenario(made: Rig, repository: Repository) -> None:
        for name in ("one", "two"):
            repository.git("checkout", "-q", "-b", name, "main")
            edit(repository, f"{name}.txt", f"feat: {name}")
        repository.git("checkout", "-q", "main")
        repository.git("merge", "-q", "--no-edit", "one", "two")
        rows = await made.scan()
        assert [row.kind for row in rows] == ["commit", "commit", "merge"]
        assert rows[2].commit_id == repository.git("rev-parse", "HEAD")
        assert "main" not in repository.git("log", "-1", "--format=%P")
        figures = (rows[2].lines_added, rows[2].lines_removed, rows[2].files_changed)
        assert figures == numstat(repository.path, "HEAD")

    run(scenario)


@pytest.mark.skipif(shutil.which("stg") is None, reason="stgit is not installed")
def test_stgit(run: Callable[[Scenario], None]) -> None:
    """Its temporary commits are none, and a refresh is a rewrite of its patch."""

    async def scenario(made: Rig, repository: Repository) -> None:
        def stg(*words: str, **environment: str) -> None:
            environment = {**repository.environment, **environment}
            subprocess.run(["stg", *words], cwd=repository.path, env=environment, check=True, capture_output=True)

        stg("init")
        for name in ("p1", "p2"):
            # A refresh keeps the times of `new`.
            stg("new", "-m", f"feat: {name}", name, GIT_COMMITTER_DATE="2026-01-01T00:00:00Z")
            repository.write(f"{name}.txt", "1\n2\n")
            repository.git("add", "-A")
            stg("refresh")
        rows = await made.scan()
        assert [row.subject for row in rows] == ["feat: p1", "feat: p2"]
        assert [row.commit_id for row in rows] == repository.git("rev-list", "--reverse", "HEAD", "-2").split()
        assert [row.lines_added for row in rows] == [2, 2]

    run(scenario)


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_isomorphic_git(run: Callable[[Scenario], None], short_tmp: Path) -> None:
    root = subprocess.run(["npm", "root", "-g"], capture_output=True, text=True, check=False).stdout.strip()
    if not Path(root, "isomorphic-git").is_dir():
        pytest.skip("isomorphic-git is not installed: npm install -g isomorphic-git")

    async def scenario(made: Rig, repository: Repository) -> None:
        repository.write("i.txt", "1\n2\n")
        script = short_tmp / "commit.js"
        script.write_text(
            "const git = require(process.argv[2]), fs = require('fs'), dir = process.argv[3];\n"
            "(async () => { await git.add({fs, dir, filepath: 'i.txt'});\n"
            "console.log(await git.commit({fs, dir, message: 'feat: by isomorphic-git',\n"
            "author: {name: 'Ada', email: 'ada@example.org'}})); })();\n"
        )
        command = ["node", str(script), f"{root}/isomorphic-git", str(repository.path)]
        run = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=True)
        commit = run.stdout.strip()
        (row,) = await made.scan()
        assert (row.commit_id, row.lines_added, row.author_name) == (commit, 2, "Ada")

    run(scenario)
