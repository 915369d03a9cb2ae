"""Every way of making a commit, by the real git: what counts, as what, on which branch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.commits.commit_rig import CALM, Rig, Scenario, edit, numstat, run_in_repository
from tests.support import Repository


@pytest.fixture
def run(short_tmp: Path, repository: Repository) -> Callable[[Scenario], None]:
    """Runs a scenario; the repository has one commit from before."""
    return lambda scenario: run_in_repository(short_tmp / "state", repository, scenario)


def test_history_from_before_is_not_counted(run: Callable[[Scenario], None]) -> None:
    async def scenario(made: Rig, repository: Repository) -> None:
        assert await made.scan() == []
        edit(repository, "a.txt", "feat: first")
        assert [row.subject for row in await made.scan()] == ["feat: first"]
        assert len(await made.scan()) == 1

    run(scenario)


def test_plain_commits_carry_all_that_is_promised(run: Callable[[Scenario], None]) -> None:
    async def scenario(made: Rig, repository: Repository) -> None:
        repository.write("a.txt", "1\n2\n3\n")
        commit = repository.commit("feat: add lines\n\nbody")
        (row,) = await made.scan()
        assert (row.commit_id, row.branch, row.author_name, row.author_email) == (
            commit, "main", "Ada Lovelace", "ada@example.org",
        )  # fmt: skip
        assert (row.subject, row.kind, row.agent, row.evidence) == (
            "feat: add lines",
            "commit",
            "unknown",
            "none",
        )
        assert (row.lines_added, row.lines_removed, row.files_changed) == (3, 0, 1)
        assert row.source == "reflog"
        assert row.committed_at == float(repository.git("show", "-s", "--format=%ct", commit))

    run(scenario)


def test_an_amend_is_a_rewrite(run: Callable[[Scenario], None]) -> None:
    async def scenario(made: Rig, repository: Repository) -> None:
        first = edit(repository, "a.txt", "feat: first")
        repository.git("commit", "-q", "--amend", "-m", "feat: better")
        (row,) = await made.scan()
        assert (row.commit_id, row.earlier_ids) == (repository.git("rev-parse", "HEAD"), (first,))
        assert row.subject == "feat: better"
        assert made.rewrites() == {"amend": 1}

    run(scenario)


def test_merges(run: Callable[[Scenario], None]) -> None:
    async def scenario(made: Rig, repository: Repository) -> None:
        repository.git("checkout", "-q", "-b", "topic")
        edit(repository, "t.txt", "feat: topic")
        repository.git("checkout", "-q", "main")
        edit(repository, "m.txt", "feat: main")
        repository.git("merge", "-q", "--no-edit", "topic")
        merge = repository.git("rev-parse", "HEAD")
        repository.git("checkout", "-q", "topic")
        repository.git("merge", "-q", "main")  # a fast-forward
        rows = await made.scan()
        assert [(row.kind, row.branch) for row in rows] == [
            ("commit", "topic"),
            ("commit", "main"),
            ("merge", "main"),
        ]
        last = rows[-1]
        assert (last.lines_added, last.lines_removed, last.files_changed) == numstat(repository.path, merge)

    run(scenario)


def test_a_merge_with_conflicts_and_an_octopus(run: Callable[[Scenario], None]) -> None:
    async def scenario(made: Rig, repository: Repository) -> None:
        for name in ("one", "two", "three"):
            repository.git("checkout", "-q", "-b", name, "main")
            edit(repository, f"{name}.txt" if name != "three" else "README.md", f"feat: {name}")
        repository.git("checkout", "-q", "main")
        edit(repository, "README.md", "feat: main")
        repository.git("merge", "-q", "--no-edit", "one", "two")
        with pytest.raises(AssertionError):
            repository.git("merge", "-q", "three")
        repository.write("README.md", "both\n")
        repository.git("add", "-A")
        repository.git("commit", "-q", "--no-edit")
        kinds = [row.kind for row in await made.scan()]
        assert kinds == ["commit", "commit", "commit", "commit", "merge", "merge"]

    run(scenario)


def test_picks_reverts_and_patches(run: Callable[[Scenario], None]) -> None:
    async def scenario(made: Rig, repository: Repository) -> None:
        repository.git("checkout", "-q", "-b", "topic")
        picked = edit(repository, "t.txt", "feat: topic")
        patch = repository.git("format-patch", "-1", "--stdout") + "\n"
        repository.git("checkout", "-q", "main")
        edit(repository, "m.txt", "feat: main")
        repository.git("cherry-pick", picked)
        repository.git("revert", "--no-edit", "HEAD")
        (repository.path.parent / "p.patch").write_text(patch)
        repository.git("am", "-q", str(repository.path.parent / "p.patch"))
        rows = await made.scan()
        assert [row.kind for row in rows] == ["commit", "commit", "cherry-pick", "revert", "am"]
        assert {row.branch for row in rows[1:]} == {"main"}

    run(scenario)


def test_a_pick_that_conflicts_and_one_that_fast_forwards(run: Callable[[Scenario], None]) -> None:
    async def scenario(made: Rig, repository: Repository) -> None:
        base = repository.git("rev-parse", "HEAD")
        repository.git("checkout", "-q", "-b", "topic")
        picked = edit(repository, "README.md", "feat: topic")
        repository.git("checkout", "-q", "-b", "other", base)
        repository.git("cherry-pick", "--ff", picked)
        repository.git("checkout", "-q", "main")
        edit(repository, "README.md", "feat: main")
        with pytest.raises(AssertionError):
            repository.git("cherry-pick", picked)
        repository.write("README.md", "both\n")
        repository.git("add", "-A")
        repository.git("cherry-pick", "--continue", **CALM)
        assert [row.kind for row in await made.scan()] == ["commit", "commit", "cherry-pick"]

    run(scenario)


def test_what_comes_from_elsewhere_is_not_made_here(
    run: Callable[[Scenario], None], make_repository: Callable[[str], Repository]
) -> None:
    upstream = make_repository("upstream")
    upstream.write("u.txt", "u\n")
    upstream.commit("feat: upstream")

    async def scenario(made: Rig, repository: Repository) -> None:
        repository.git("remote", "add", "origin", str(upstream.path))
        repository.git("fetch", "-q", "origin")
        repository.git("reset", "-q", "--hard", "origin/main")
        repository.git("branch", "-q", "-u", "origin/main")
        edit(upstream, "u.txt", "feat: more")
        repository.git("pull", "-q", "--ff-only")
        assert await made.scan() == []
        edit(upstream, "u.txt", "feat: again")
        edit(repository, "mine.txt", "feat: mine")
        repository.git("pull", "-q", "--no-rebase", "--no-edit")
        edit(upstream, "u.txt", "feat: and again")
        edit(repository, "mine.txt", "feat: mine too")
        repository.git("pull", "-q", "--rebase")
        rows = await made.scan()
        assert sorted(row.kind for row in rows) == ["commit", "commit", "merge"]  # a rebase makes one of them newer

    run(scenario)


def test_branches_are_those_of_the_time(run: Callable[[Scenario], None]) -> None:
    async def scenario(made: Rig, repository: Repository) -> None:
        edit(repository, "a.txt", "feat: on main")
        repository.git("checkout", "-q", "-b", "feature/x")
        edit(repository, "a.txt", "feat: on x")
        repository.git("checkout", "-q", "--detach")
        edit(repository, "a.txt", "feat: detached")
        repository.git("checkout", "-q", "-b", "kept")
        edit(repository, "a.txt", "feat: on kept")
        repository.git("branch", "-m", "renamed")
        edit(repository, "a.txt", "feat: on renamed")
        repository.git("switch", "-q", "main")
        rows = await made.scan()
        assert [row.branch for row in rows] == ["main", "feature/x", "(detached)", "kept", "renamed"]

    run(scenario)


def test_what_moves_head_without_a_commit(run: Callable[[Scenario], None]) -> None:
    async def scenario(made: Rig, repository: Repository) -> None:
        edit(repository, "a.txt", "feat: one")
        assert len(await made.scan()) == 1
        repository.git("reset", "-q", "--hard", "HEAD~1")
        repository.git("reset", "-q", "--hard", "ORIG_HEAD")
        repository.write("a.txt", "stashed\n")
        repository.git("stash", "-q")
        repository.git("stash", "pop", "-q")
        repository.git("checkout", "-q", "-f", "--detach", "HEAD~1")
        repository.git("checkout", "-q", "main")
        repository.git("update-ref", "refs/heads/main", "HEAD~1")
        repository.git("clean", "-fdq")
        assert len(await made.scan()) == 1
        assert not made.rewrites()

    run(scenario)


def test_plumbing_makes_commits_too(run: Callable[[Scenario], None]) -> None:
    """A tool that writes objects and references itself leaves no message that says so."""

    async def scenario(made: Rig, repository: Repository) -> None:
        tree = repository.git("rev-parse", "HEAD^{tree}")
        made_by_plumbing = repository.git("commit-tree", tree, "-p", "HEAD", "-m", "feat: plumbing")
        repository.git("update-ref", "refs/heads/main", made_by_plumbing)
        (row,) = await made.scan()
        assert (row.commit_id, row.kind) == (made_by_plumbing, "unknown")
        amended = repository.git("commit-tree", tree, "-p", "HEAD~1", "-m", "feat: amended")
        repository.git("update-ref", "refs/heads/main", amended)
        assert len(await made.scan()) == 1
        assert made.rewrites() == {"amend": 1}

    run(scenario)


def test_a_first_commit_and_an_orphan(short_tmp: Path, make_repository: Callable[[str], Repository]) -> None:
    async def scenario(made: Rig, repository: Repository) -> None:
        edit(repository, "a.txt", "feat: root")
        repository.git("checkout", "-q", "--orphan", "other")
        edit(repository, "b.txt", "feat: orphan")
        rows = await made.scan()
        assert [(row.subject, row.branch, row.files_changed) for row in rows] == [
            ("feat: root", "unknown", 1),
            ("feat: orphan", "other", 2),
        ]

    run_in_repository(short_tmp / "state", make_repository("empty"), scenario)


def test_pruned_commits_still_count(run: Callable[[Scenario], None]) -> None:
    async def scenario(made: Rig, repository: Repository) -> None:
        edit(repository, "a.txt", "feat: thrown away")
        repository.git("reset", "-q", "--hard", "HEAD~1")
        thrown = repository.git("rev-parse", "HEAD@{1}")
        (repository.path / ".git" / "objects" / thrown[:2] / thrown[2:]).unlink()
        (row,) = await made.scan()
        assert (row.commit_id, row.subject, row.author_name) == (thrown, "feat: thrown away", "Ada Lovelace")

    run(scenario)
